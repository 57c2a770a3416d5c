//! When answers come.

use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::{Running, expect, get};

#[test]
fn many_delays_at_once_come_in_their_order_and_none_early() {
    // Far enough apart that a busy machine does not swap what two threads saw.
    let sites: String = (0..20)
        .rev()
        .map(|n| format!("[[site]]\nlabel = '{n}'\nbytes = '1'\ndelay = '{}ms'\n", 100 + n * 40))
        .collect();
    let server = Running::new(&sites);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for site in 0..20 {
            let (server, sender) = (&server, sender.clone());
            scope.spawn(move || {
                let mut stream = server.connect();
                let start = Instant::now();
                stream.write_all(&get(&format!("/{site}/0"))).unwrap();
                stream.read_exact(&mut [0]).unwrap();
                sender.send((start.elapsed(), site)).unwrap();
            });
        }
    });
    drop(sender);
    for (elapsed, site) in receiver {
        let delay = server.scenario.sites[site].reply.delay(7, site, 0);
        assert!(elapsed >= delay, "site {site} came after {elapsed:?}, before its {delay:?}");
    }
    assert_eq!(server.witness("/witness").peak_in_flight, 20);
}

#[test]
fn a_request_sent_ahead_waits_from_when_the_answer_before_it_was_sent() {
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
fn a_delay_longer_than_any_clock_is_no_delay_that_passes() {
    let server = Running::new("[[site]]\nlabel = 'a'\nbytes = '1'\ndelay = '9000000000000000000s'\n");
    let mut stream = server.connect();
    stream.write_all(&get("/0/0")).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(stream.read(&mut [0]).is_err(), "neither an answer nor an end");
    assert_eq!(server.witness("/witness").requests, 1);
}
