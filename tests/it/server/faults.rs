//! Faults as they come over the wire.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use fetchbench::scenario::fault::{self, End, Fault, Listening, Made};

use super::{PATIENCE, Running, connect, exchange, expect, get};

fn site(fault: &str) -> String {
    format!("[[site]]\nlabel = '{fault}'\nbytes = 20\nfault = '{fault}'\n")
}

/// A server whose only site has a fault.
fn faulty(fault: &str) -> Running {
    Running::new(&site(fault))
}

/// What is answered to one request until the connection ends, and the error that it ends with.
fn answered(server: &Running) -> (Vec<u8>, Option<ErrorKind>) {
    let mut stream = server.connect();
    stream.write_all(&get("/0/0")).unwrap();
    let mut bytes = Vec::new();
    let error = stream.read_to_end(&mut bytes).err().map(|error| error.kind());
    (bytes, error)
}

#[test]
fn a_script_is_sent_to_the_byte() {
    let cases: BTreeMap<&str, (&[u8], usize)> = BTreeMap::from([
        ("close-before-head", (b"".as_slice(), 0)),
        ("close-in-head", (b"HTTP/1.1 200 OK\r\ncontent-le", 0)),
        ("close-in-body", (b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n", 10)),
        ("length-too-large", (b"HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\n", 20)),
        ("no-last-chunk", (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n14\r\n", 22)),
        ("until-close", (b"HTTP/1.1 200 OK\r\n\r\n", 20)),
        ("stale", (b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n", 20)),
        ("http-1.0", (b"HTTP/1.0 200 OK\r\ncontent-length: 20\r\n\r\n", 20)),
    ]);
    for (name, (head, body)) in cases {
        let (bytes, error) = answered(&faulty(name));
        assert_eq!(error, None, "{name}");
        assert!(bytes.starts_with(head), "{name}: {:?}", String::from_utf8_lossy(&bytes));
        assert_eq!(bytes.len(), head.len() + body, "{name}");
    }
}

#[test]
fn bytes_before_a_reset_arrive() {
    for (name, bytes) in [("reset-before-head", 0), ("reset-in-head", 27), ("reset-in-body", 49)] {
        let (read, error) = answered(&faulty(name));
        assert_eq!((read.len(), error), (bytes, Some(ErrorKind::ConnectionReset)), "{name}");
    }
}

#[test]
fn scripts_keep_connections() {
    let server = faulty("surplus");
    let mut stream = server.connect();
    for visit in 0..2 {
        stream.write_all(&get(&format!("/0/{visit}"))).unwrap();
        expect(&mut stream, &server.answer(0, visit));
        expect(&mut stream, b"junk\n");
    }
    let answer =
        exchange(server.connect(), b"GET /0/0 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    assert!(answer.ends_with(b"junk\n"), "it is closed where the client asks for it");
}

#[test]
fn faults_occur_on_nth_visits() {
    let server =
        Running::new("[[site]]\nlabel = 'a'\nbytes = 20\nfault = 'other-visit'\nevery = 3\n");
    let mut stream = server.connect();
    for visit in 0..9 {
        stream.write_all(&get(&format!("/0/{visit}"))).unwrap();
        let wrong = visit % 3 == 2;
        expect(&mut stream, &server.answer(0, if wrong { visit + 1 } else { visit }));
    }
}

#[test]
fn redirects_name_this_server() {
    let sites = format!(
        "[[site]]\nlabel = 'a'\nbytes = 20\norigin = 'other'\n{}",
        site("redirect-elsewhere")
    );
    let server = Running::new(&sites);
    let answer = exchange(connect(&server.origins[1]), &get("/1/7"));
    let location = format!("location: http://{}/0/7\r\n", server.origins[0]);
    assert!(String::from_utf8(answer).unwrap().contains(&location), "{location}");
}

#[test]
fn silent_requests_stay_pending() {
    let server = Running::new(&format!("{}[[site]]\nlabel = 'b'\nbytes = 20\n", site("silence")));
    let mut silent = server.connect();
    silent.write_all(&get("/0/0")).unwrap();
    let mut other = server.connect();
    other.write_all(&get("/1/0")).unwrap();
    expect(&mut other, &server.answer(1, 0));
    let until = Instant::now() + PATIENCE;
    while server.witness("/take").peak_in_flight < 2 && Instant::now() < until {
        other.write_all(&get("/1/0")).unwrap();
        expect(&mut other, &server.answer(1, 0));
    }
    drop(silent);
    while server.witness("/take").peak_in_flight > 0 {
        assert!(Instant::now() < until, "the request of a client that has gone is in work still");
    }
}

#[test]
fn endless_replies_are_paced() {
    for name in [
        "endless-body",
        "endless-chunks",
        "endless-headers",
        "endless-line",
        "endless-interims",
        "slow-head",
    ] {
        let server = faulty(name);
        let mut stream = server.connect();
        stream.write_all(&get("/0/0")).unwrap();
        let until = Instant::now() + Duration::from_millis(100);
        let (mut bytes, mut piece) = (0, vec![0; 1 << 16]);
        while Instant::now() < until {
            bytes += stream.read(&mut piece).unwrap();
        }
        assert!(bytes > 0, "{name}");
        // 64 KiB each 2 ms are 3.3 MB in a tenth of a second; a loop without a pause would send
        // gigabytes.
        assert!(bytes < 10 << 20, "{name}: {bytes} bytes");
        drop(stream);
        let until = Instant::now() + PATIENCE;
        while server.witness("/take").peak_in_flight > 0 {
            assert!(Instant::now() < until, "{name}");
        }
    }
}

#[test]
fn listeners_play_their_faults() {
    let server =
        Running::new(&["refuse", "tls-plain", "tls-abort", "tls-reset"].map(site).concat());
    let refused = TcpStream::connect(&server.origins[0]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    let plain = exchange(connect(&server.origins[1]), b"\x16\x03\x01 and so on");
    assert_eq!(plain, b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(exchange(connect(&server.origins[2]), b"\x16\x03\x01 and so on"), b"");
    let mut reset = connect(&server.origins[3]);
    reset.write_all(b"\x16\x03\x01 and so on").unwrap();
    assert_eq!(reset.read_to_end(&mut Vec::new()).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

/// All that can be had over a plain connection, at once, from one server: it outlives them all.
#[test]
fn every_script_is_played() {
    let plain = |fault: &&Fault| matches!(fault.made, Made::Reply(_));
    let ends = |fault: &Fault| !matches!(fault.script().unwrap().end, End::Stay | End::Forever(..));
    let faults: Vec<&Fault> = fault::all().filter(plain).collect();
    let sites: String = faults.iter().map(|fault| site(fault.name)).collect();
    let server = Running::new(&format!("[[site]]\nlabel = 'a'\nbytes = 20\n{sites}"));
    let streams: Vec<TcpStream> = (1..=faults.len())
        .map(|number| {
            let mut stream = server.connect();
            let target = format!("/{number}/0");
            stream
                .write_all(
                    format!("GET {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
                        .as_bytes(),
                )
                .unwrap();
            stream
        })
        .collect();
    for (fault, mut stream) in faults.iter().zip(streams).filter(|(fault, _)| ends(fault)) {
        // It ends, whichever way.
        let _ = stream.read_to_end(&mut Vec::new());
        assert!(
            !stream.read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock),
            "{}",
            fault.name
        );
    }
    let mut stream = server.connect();
    stream.write_all(&get("/0/0")).unwrap();
    expect(&mut stream, &server.answer(0, 0));
    assert_eq!(server.witness("/take").requests, faults.len() as u64 + 1);
}

#[test]
fn origins_listen_as_sites_ask() {
    let sites = "[[site]]\nlabel = 'a'\nbytes = 1\n[[site]]\nlabel = 'b'\nbytes = 1\ntls = true\n";
    let server = Running::new(&format!("{sites}{}", site("refuse")));
    assert_eq!(server.scenario.origins.len(), 3);
    assert_eq!(server.scenario.origins[2], Listening::Refuses);
}
