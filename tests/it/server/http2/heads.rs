//! How long the head of a request may take.

use std::time::{Duration, Instant};

use fetchbench::server::Setup;

use super::*;

const SITES: &str = "[[site]]\nlabel = 'a'\nbytes = '10'\n\
    [[site]]\nlabel = 'slow'\nbytes = '10'\ndelay = '1h'\n";

fn start(head_timeout: Duration) -> Running {
    Running::with(SITES, Setup { head_timeout, ..Setup::default() })
}

/// The first half of the header block of a stream.
fn begin(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_STREAM, stream, &request("GET", "/0/0", &[])[..9])
}

/// The second half.
fn end(stream: u32) -> Vec<u8> {
    frame(CONTINUATION, END_HEADERS, stream, &request("GET", "/0/0", &[])[9..])
}

#[test]
fn unfinished_heads_time_out() {
    let server = start(Duration::from_millis(200));
    // Also beside a stream with a distant deadline.
    for before in [vec![], get(1, "/1/0")] {
        let mut client = RawClient::new(&server);
        let start = Instant::now();
        client.send(&[before, begin(3)].concat());
        assert_eq!(client.next(), None);
        let (least, most) = (Duration::from_millis(200), crate::server::PATIENCE / 2);
        assert!((least..most).contains(&start.elapsed()), "{:?}", start.elapsed());
    }
}

#[test]
fn slow_prefaces_time_out() {
    let server = start(Duration::from_millis(200));
    let mut stream = server.connect();
    let is_cut = PREFACE[..20].iter().any(|byte| {
        std::thread::sleep(Duration::from_millis(50));
        stream.write_all(&[*byte]).is_err()
    });
    assert!(is_cut, "each byte gives it more time");
}

#[test]
fn quick_heads_have_no_time_out() {
    let server = start(Duration::from_millis(500));
    let mut client = RawClient::new(&server);
    client.send(&begin(1));
    // The connection is always within a head, but within none for long.
    for stream in (1..41).step_by(2) {
        std::thread::sleep(Duration::from_millis(50));
        client.send(&[end(stream), begin(stream + 2)].concat());
        assert_eq!(client.answer(stream).body, server.body(0, 0));
    }
}
