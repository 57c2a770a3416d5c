//! Any split of requests into segments, and any bytes at all.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Running, expect, get};

static SERVER: LazyLock<Running> = LazyLock::new(|| {
    Running::new(
        "[[site]]\nlabel = 'a'\nbytes = '30'\n[[site]]\nlabel = 'b'\nbytes = '5kB'\ndelay = '1ms'\n\
        [[site]]\nlabel = 'c'\nbytes = '0'\n",
    )
});

fn request_and_answer(site: usize, visit: u64) -> (Vec<u8>, Vec<u8>) {
    match site {
        3 => (get("/nowhere"), b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec()),
        _ => (get(&format!("/{site}/{visit}")), SERVER.answer(site, visit)),
    }
}

/// Sends whatever it is, and reads until the server closes or resets: it must do one of the two.
fn is_survived(mut stream: TcpStream, bytes: &[u8]) {
    let gone = |error: std::io::Error| {
        assert!(
            matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset),
            "{error}"
        );
    };
    let _ = stream.write_all(bytes).map_err(gone);
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new()).map_err(gone);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn segments_make_no_difference(
        visits in vec((0..4_usize, any::<u64>()), 1..12),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let (requests, answers): (Vec<_>, Vec<_>) =
            visits.into_iter().map(|(site, visit)| request_and_answer(site, visit)).unzip();
        let requests = requests.concat();
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(requests.len())).collect();
        ends.push(requests.len());
        ends.sort_unstable();
        let mut stream = SERVER.connect();
        let mut sent = 0;
        for end in ends {
            stream.write_all(&requests[sent..end]).unwrap();
            sent = end;
            std::thread::yield_now();
        }
        expect(&mut stream, &answers.concat());
    }

    #[test]
    fn no_bytes_crash_or_hang_it(bytes in vec(any::<u8>(), 0..40_000)) {
        is_survived(SERVER.connect(), &bytes);
        is_survived(super::connect(&SERVER.control), &bytes);
    }

    #[test]
    fn mutated_requests_do_no_harm(
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut request = b"GET /1/7 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: \
                            keep-alive\r\nContent-Length: 0\r\n\r\n".to_vec();
        for (index, byte) in changes {
            let index = index.index(request.len());
            request[index] = byte;
        }
        is_survived(SERVER.connect(), &request);
        let mut stream = SERVER.connect();
        stream.write_all(&get("/0/0")).unwrap();
        expect(&mut stream, &SERVER.answer(0, 0));
    }
}
