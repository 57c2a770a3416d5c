//! The server on its own: several loops, where it listens, what it bounds, what it writes down, and
//! how it ends.

use std::io::{Read, Write};
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use fetchbench::server::Setup;
use fetchbench::server::witness::Witness;

use super::{PATIENCE, Running, connect, exchange, expect, get};

const SITES: &str = "[[site]]\nlabel = 'quick'\nbytes = '10'\n[[site]]\nlabel = 'slow'\nbytes = '10'\ndelay = '300ms'\n\
    [[site]]\nlabel = 'never'\nbytes = '10'\ndelay = '3000s'\n";

#[test]
fn several_loops_count_exactly() {
    let setup = Setup { loops: NonZeroUsize::new(3).unwrap(), ..Setup::default() };
    let server = Running::with(SITES, setup);
    let mut streams: Vec<_> = (0..7).map(|_| server.connect()).collect();
    for round in 1..50 {
        for stream in &mut streams {
            stream.write_all(&get(&format!("/0/{round}"))).unwrap();
        }
        for stream in &mut streams {
            expect(stream, &server.answer(0, round));
        }
        let witness = server.witness("/take");
        let connections = if round == 1 { 7 } else { 0 };
        assert!((1..=7).contains(&witness.peak_in_flight));
        let seen = Witness {
            requests: 7,
            bytes: 70,
            connections,
            peak_in_flight: 0,
            ..Witness::default()
        };
        assert_eq!(Witness { peak_in_flight: 0, ..witness }, seen, "round {round}");
    }
    // What waits at the same time in different loops is in work at the same time.
    for stream in &mut streams {
        stream.write_all(&get("/1/0")).unwrap();
    }
    for stream in &mut streams {
        expect(stream, &server.answer(1, 0));
    }
    let witness = server.whole_witness("/take");
    assert_eq!((witness.peak_in_flight, witness.delay_errors.count()), (7, 7));
    assert!(
        witness.span_ns >= 300_000_000,
        "from the first request to the last answer, in whichever loop"
    );
}

#[test]
fn slow_heads_end_idle_ones_stay() {
    let setup = Setup { head_timeout: Duration::from_millis(200), ..Setup::default() };
    let server = Running::with(SITES, setup);
    let (mut idle, mut slow) = (server.connect(), server.connect());
    let start = Instant::now();
    slow.write_all(b"GET /0/0 HTTP/1.1\r\n").unwrap();
    // Each byte more is no excuse.
    let cut = (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        slow.write_all(b"x").is_err()
    });
    assert!(cut && start.elapsed() >= Duration::from_millis(200));
    idle.write_all(&get("/0/0")).unwrap();
    expect(&mut idle, &server.answer(0, 0));
    // A head in two parts is not cut when the time of another has passed.
    for part in get("/0/1").chunks(20) {
        idle.write_all(part).unwrap();
        std::thread::sleep(Duration::from_millis(5));
    }
    expect(&mut idle, &server.answer(0, 1));
}

#[test]
fn extra_clients_wait() {
    let server = Running::with(SITES, Setup { max_connections: 2, ..Setup::default() });
    let mut streams: Vec<_> = (0..3).map(|_| server.connect()).collect();
    for stream in &mut streams {
        stream.write_all(&get("/0/0")).unwrap();
    }
    let mut last = streams.pop().unwrap();
    for stream in &mut streams {
        expect(stream, &server.answer(0, 0));
    }
    server.witness("/take");
    let patience = Duration::from_millis(200);
    last.set_read_timeout(Some(patience)).unwrap();
    assert!(last.read(&mut [0]).is_err(), "a third was let in");
    let witness = server.whole_witness("/witness");
    assert_eq!(witness.connections, 0, "the control channel is open all the same");
    let busy = Duration::from_nanos(witness.cpu_ns);
    assert!(busy < patience / 8, "looks for room all the time: {busy:?} of {patience:?}");
    drop(streams);
    last.set_read_timeout(Some(PATIENCE)).unwrap();
    expect(&mut last, &server.answer(0, 0));
}

#[test]
fn pending_replies_are_finished() {
    let server = Running::new(SITES);
    let (mut idle, mut slow) = (server.connect(), server.connect());
    slow.write_all(&get("/1/0")).unwrap();
    while server.witness("/witness").requests == 0 {}
    server.stopper.finish(PATIENCE);
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
    expect(&mut slow, &server.answer(1, 0));
    assert_eq!(slow.read(&mut [0]).unwrap(), 0);
    assert!(std::net::TcpStream::connect(&server.origins[0]).is_err(), "it still listens");
}

#[test]
fn grace_after_signals_is_short() {
    let server = Running::new(SITES);
    let mut stream = server.connect();
    stream.write_all(&get("/2/0")).unwrap();
    while server.witness("/witness").requests == 0 {}
    server.stopper.finish(Duration::from_millis(50));
    assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0, "an answer that was due in an hour");
}

#[test]
fn the_access_log_has_answers() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let setup = Setup { access_log: Some(file.reopen().unwrap()), ..Setup::default() };
    let server = Running::with(SITES, setup);
    let mut stream = server.connect();
    for target in ["/0/5", "/nowhere", "/1/6"] {
        stream.write_all(&get(target)).unwrap();
    }
    expect(&mut stream, &server.answer(0, 5));
    expect(&mut stream, b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    expect(&mut stream, &server.answer(1, 6));
    // The connection is closed after all is written down.
    drop(server);
    let text = std::fs::read_to_string(file.path()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let field = |name: &str| lines.iter().map(|line| line[name].clone()).collect::<Vec<_>>();
    assert_eq!(
        (field("site"), field("visit")),
        (vec![0.into(), 1.into()], vec![5.into(), 6.into()]),
        "{text}"
    );
    assert_eq!((field("status"), field("bytes")), (vec![200.into(); 2], vec![10.into(); 2]));
    assert!(
        lines[1]["took_ms"].as_f64().unwrap() >= 300.0 && lines[0]["time"].is_string(),
        "{text}"
    );
}

#[test]
fn delays_are_reported_on_request() {
    let server = Running::new(SITES);
    let told = |target: &str| {
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: a\r\nserver-timing: ?\r\nconnection: close\r\n\r\n"
        );
        String::from_utf8(exchange(connect(&server.origins[0]), request.as_bytes())).unwrap()
    };
    let answer = told("/1/0");
    let line = answer
        .lines()
        .find_map(|line| line.strip_prefix("server-timing: planned;dur=300.000, actual;dur="));
    let actual: f64 = line.expect(&answer).parse().unwrap();
    assert!((300.0..10_000.0).contains(&actual), "{actual}");
    assert!(
        answer.contains("content-length: 10\r\n") && answer.contains("connection: close\r\n\r\n"),
        "{answer}"
    );
    assert!(told("/0/0").contains("planned;dur=0.000"));
}
