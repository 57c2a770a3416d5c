//! When answers come.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::{Running, expect, get};

/// How far the delays of neighbouring sites lie apart.
const GAP: Duration = Duration::from_millis(50);

/// Asks for all ten sites, the longest delay first, each on a connection of its own. Returns the
/// connections by site and when each was asked for, or `None` where this took so long that the
/// order of the deadlines is not sure.
fn ask_for_all(server: &Running) -> Option<Vec<(TcpStream, Instant)>> {
    server.witness("/take");
    let mut streams: Vec<_> = (0..10).map(|_| (server.connect(), Instant::now())).collect();
    let start = Instant::now();
    for (site, (stream, asked)) in streams.iter_mut().enumerate().rev() {
        *asked = Instant::now();
        stream.write_all(&get(&format!("/{site}/0"))).unwrap();
    }
    while server.witness("/witness").requests < 10 {
        assert!(start.elapsed() < super::PATIENCE);
    }
    (start.elapsed() < GAP).then_some(streams)
}

#[test]
fn many_delays_end_in_order() {
    let site = |n| {
        format!("[[site]]\nlabel = '{n}'\nbytes = '1'\ndelay = '{}ms'\n", 100 + n * GAP.as_millis())
    };
    let server = Running::new(&(0..10).map(site).collect::<String>());
    let streams = (0..20)
        .find_map(|_| ask_for_all(&server))
        .expect("a machine that can send ten requests in 50 ms");
    for last in [2, 5, 9] {
        let (mut stream, asked) = (&streams[last].0, streams[last].1);
        stream.read_exact(&mut [0; 1]).unwrap();
        let delay = server.scenario.sites[last].reply.delay(7, last, 0);
        assert!(asked.elapsed() >= delay, "site {last} came before its {delay:?}");
        for (earlier, (stream, _)) in streams[..last].iter().enumerate() {
            stream.set_nonblocking(true).unwrap();
            assert_eq!(
                stream.peek(&mut [0]).ok(),
                Some(1),
                "site {earlier} came after site {last}"
            );
        }
    }
}

#[test]
fn pipelined_delays_start_in_turn() {
    let server = Running::new("[[site]]\nlabel = 'a'\nbytes = '1'\ndelay = '50ms'\n");
    let mut stream = server.connect();
    let start = Instant::now();
    stream.write_all(&get("/0/0").repeat(3)).unwrap();
    for _ in 0..3 {
        expect(&mut stream, &server.answer(0, 0));
    }
    assert!(start.elapsed() >= Duration::from_millis(150));
    assert_eq!(server.witness("/witness").peak_in_flight, 1);
}

#[test]
fn timed_bodies_arrive_whole() {
    let server = Running::new(
        "[[site]]\nlabel = 'a'\nbytes = '40kB'\ndelay = '20ms'\nbody_time = '100ms'\n",
    );
    let mut stream = server.connect();
    let start = Instant::now();
    stream.write_all(&get("/0/0")).unwrap();
    let expected = server.answer(0, 0);
    expect(&mut stream, &expected[..expected.len() - 40_000]);
    // What is there when the head is, without waiting for more.
    stream.set_nonblocking(true).unwrap();
    let with_the_head = stream.peek(&mut [0; 40_000]).unwrap_or(0);
    stream.set_nonblocking(false).unwrap();
    assert!(
        with_the_head < 40_000 || start.elapsed() >= Duration::from_millis(120),
        "all came with the head"
    );
    expect(&mut stream, &expected[expected.len() - 40_000..]);
    assert!(start.elapsed() >= Duration::from_millis(120));
    // A body that is not asked for takes no time either, and the connection goes on.
    stream.write_all(b"HEAD /0/1 HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    expect(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 40000\r\n\r\n");
    assert_eq!(server.witness("/witness").bytes, 40_000);
}

#[test]
fn the_errors_of_delays_are_told() {
    let server = Running::new("[[site]]\nlabel = 'a'\nbytes = '1'\ndelay = '5ms'\n");
    let mut stream = server.connect();
    for visit in 0..3 {
        stream.write_all(&get(&format!("/0/{visit}"))).unwrap();
        expect(&mut stream, &server.answer(0, visit));
    }
    let witness = server.whole_witness("/take");
    assert_eq!((witness.begin_errors.count(), witness.delay_errors.count()), (3, 3));
    // The system takes what it was offered a moment before.
    let worst =
        [&witness.begin_errors, &witness.delay_errors].map(|errors| errors.quantile(1.0).unwrap());
    assert!(worst[0] <= worst[1] && worst[1] < super::PATIENCE, "{worst:?}");
    assert!(witness.cpu_ns > 0);
    assert_eq!(server.whole_witness("/take").delay_errors.count(), 0, "taking starts anew");
}
