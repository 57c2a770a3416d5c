//! The contract over HTTP/2, for every backend that speaks it.

use std::time::Duration;

use fetchbench::backend::Backend;
use fetchbench::fetch::error::ErrorClass;
use fetchbench::fetch::{Capability, Connections, Limits, Progress};

use super::{MIXED, fetch, limits, open, outcome, waiting};
use crate::families::over_families;
use crate::http2::{NO_CLOSE, built, http2_backends, is_shared};
use crate::mock::Mock;

/// Clients that open a connection for every fetch that begins before the first has connected.
const HASTY: [&str; 1] = ["isahc"];

fn is_hasty(backend: Backend) -> bool {
    HASTY.contains(&backend.entry().client)
}

#[test]
fn http2_replies_keep_their_order() {
    over_families(|ip| {
        let mock = Mock::start_on(ip, MIXED);
        let sites = mock.scenario.sites.len() as u64;
        for backend in http2_backends() {
            let mut session = open(backend, &limits(4));
            for visit in 0..3 {
                mock.take_witness();
                mock.verified(backend, session.as_mut(), visit);
                let seen = mock.take_witness();
                assert_eq!((seen.requests, seen.http2.streams), (sites, sites), "{backend}");
                assert_eq!(seen.http2.connection_errors, 0, "{backend}");
            }
        }
    });
}

#[test]
fn http2_over_tls_is_negotiated() {
    let mock = Mock::start(&MIXED.replacen("concurrency", "tls = true\nconcurrency", 1));
    let sites = mock.scenario.sites.len() as u64;
    let able = |backend: &Backend| backend.entry().can(Capability::Https);
    for backend in http2_backends().into_iter().filter(able) {
        let plain: Backend = backend.to_string().replace("+h2", "").parse().unwrap();
        // Node's http2 speaks nothing else.
        let plain_streams = if plain.is_http2() { sites } else { 0 };
        for (backend, streams) in [(backend, sites), (plain, plain_streams)] {
            let mut session =
                backend.open(&mock.options(), &limits(4), &Progress::default()).unwrap();
            for visit in 0..2 {
                mock.take_witness();
                mock.verified(backend, session.as_mut(), visit);
                assert_eq!(mock.take_witness().http2.streams, streams, "{backend}");
            }
        }
    }
}

#[test]
fn newcomers_get_http2_from_reqwest() {
    let tls = "description = 'd'\nconcurrency = 1\ntls = true\n[[site]]\nlabel = 'a'\nbytes = 1";
    let mock = Mock::start(tls);
    for backend in built(&["reqwest@tokio/default", "reqwest-blocking@threads/default"]) {
        let mut session = backend.open(&mock.options(), &limits(1), &Progress::default()).unwrap();
        mock.verified(backend, session.as_mut(), 0);
        assert_eq!(mock.take_witness().http2.streams, 1, "{backend}");
    }
}

#[test]
fn servers_may_refuse_http2() {
    let site = "[[site]]\nlabel = 'a'\nbytes = 1";
    let plain = Mock::start(&format!("description = 'd'\nconcurrency = 1\nhttp = '1'\n{site}"));
    let tls =
        Mock::start(&format!("description = 'd'\nconcurrency = 1\nhttp = '1'\ntls = true\n{site}"));
    for backend in http2_backends() {
        let pass = fetch(backend, &limits(1), &plain.urls(0));
        // It answers in HTTP/1.1 and closes, in whatever order the client reads that.
        let is_known = matches!(
            outcome(&pass.fetched[0]),
            Err(ErrorClass::Protocol | ErrorClass::ClosedEarly | ErrorClass::Reset)
        );
        assert!(is_known, "{backend}: {pass:?}");
        if backend.entry().can(Capability::Https) {
            let mut session =
                backend.open(&tls.options(), &limits(1), &Progress::default()).unwrap();
            let pass = session.fetch_all(&tls.urls(0)).unwrap();
            assert_eq!(outcome(&pass.fetched[0]), Err(ErrorClass::Tls), "{backend}: {pass:?}");
        }
    }
}

#[test]
fn streams_reach_the_concurrency() {
    let mock = Mock::start(&waiting(12, 400));
    for backend in http2_backends() {
        let mut session = open(backend, &limits(4));
        let connections = if is_shared(backend) { 1 } else { 4 };
        for (visit, opened) in [(0, connections), (1, 0)] {
            mock.take_witness();
            mock.verified(backend, session.as_mut(), visit);
            let seen = mock.take_witness();
            assert_eq!((seen.requests, seen.peak_in_flight), (12, 4), "{backend}, {visit}");
            // On several threads, isahc's hasty connections depend on luck.
            if !is_hasty(backend) {
                assert_eq!(seen.connections, opened, "{backend}, {visit}");
            }
        }
    }
}

#[test]
fn crowds_share_one_connection() {
    let mock = Mock::start(&waiting(600, 500));
    for backend in built(&[
        "hyper@tokio:1+h2",
        "hyper@smol:1+h2",
        "reqwest@tokio:1+h2",
        "curl-multi@loop+h2",
        "floor@loop+h2",
    ]) {
        let mut session = open(backend, &limits(300));
        for visit in 0..2 {
            mock.take_witness();
            mock.verified(backend, session.as_mut(), visit);
            let seen = mock.take_witness();
            assert_eq!(seen.peak_in_flight, 300, "{backend}");
            assert_eq!(seen.http2.peak_streams, 300, "{backend}");
            assert_eq!(seen.connections, if visit == 0 { 1 } else { 0 }, "{backend}");
        }
    }
}

/// Pairs each backend with a number of streams.
fn with(backends: Vec<Backend>, streams: u64) -> impl Iterator<Item = (Backend, u64)> {
    backends.into_iter().map(move |backend| (backend, streams))
}

#[test]
fn stream_limits_hold_fetches_back() {
    let toml = waiting(40, 100).replacen("[[site]]", "max_concurrent_streams = 5\n[[site]]", 1);
    let mock = Mock::start(&toml);
    let one = ["hyper@tokio+h2", "reqwest@tokio+h2", "hyper-pool@tokio+h2", "floor@loop+h2"];
    let three = ["hyper@tokio+h2+conns=3", "floor@loop+h2+conns=3"];
    for (backend, most) in with(built(&one), 5).chain(with(built(&three), 15)) {
        let mut session = open(backend, &limits(20));
        // The first requests may precede the limit, and be refused and sent again.
        mock.verified(backend, session.as_mut(), 0);
        mock.take_witness();
        mock.verified(backend, session.as_mut(), 1);
        let seen = mock.take_witness();
        assert_eq!((seen.peak_in_flight, seen.http2.refused), (most, 0), "{backend}");
    }
}

#[test]
fn http2_origins_share_the_budget() {
    let site = |n| format!("[[site]]\nlabel = '{n}'\norigin = '{n}'\nbytes = 1\n");
    let sites: String = (0..20).map(site).collect();
    let mock = Mock::start(&format!("description = 'd'\nconcurrency = 4\n{sites}"));
    for backend in http2_backends() {
        let mut session = open(backend, &limits(4));
        for visit in 0..2 {
            mock.take_witness();
            mock.verified(backend, session.as_mut(), visit);
            // Of a pass four connections are left at most.
            assert!(mock.take_witness().connections >= 16, "{backend}, visit {visit}");
        }
    }
}

#[test]
fn http2_connections_follow_the_policy() {
    let mock = Mock::start(&waiting(6, 200));
    for backend in http2_backends() {
        let cold = if is_shared(backend) { 1 } else { 3 };
        for (connections, each_pass) in [(Connections::PerFetch, 6), (Connections::Cold, cold)] {
            let limits = Limits { connections, ..limits(3) };
            let has_no_close = NO_CLOSE.contains(&backend.entry().client);
            if has_no_close && connections == Connections::PerFetch {
                let opened = backend.open(&mock.options(), &limits, &Progress::default());
                assert!(opened.is_err(), "{backend} has no option for it");
                continue;
            }
            let mut session = open(backend, &limits);
            for visit in 0..2 {
                mock.take_witness();
                mock.verified(backend, session.as_mut(), visit);
                let seen = mock.take_witness();
                if !is_hasty(backend) {
                    assert_eq!(seen.connections, each_pass, "{backend}, {connections:?}");
                }
            }
        }
    }
}

#[test]
fn http2_deadlines_are_each_fetchs() {
    let mock = Mock::start(&waiting(6, 100));
    for backend in http2_backends() {
        let strict = Limits { deadline: Duration::from_millis(400), ..limits(1) };
        mock.verified(backend, open(backend, &strict).as_mut(), 0);
    }
}

#[test]
fn http2_tasks_keep_the_limit() {
    let mock = Mock::start(&waiting(8, 300));
    for option in ["+per-site", "+one-task"] {
        for backend in ["hyper@async-std+h2", "hyper@smol+h2", "hyper@tokio+h2"] {
            let backend: Backend = format!("{backend}{option}").parse().unwrap();
            mock.take_witness();
            mock.verified(backend, open(backend, &limits(4)).as_mut(), 0);
            assert_eq!(mock.take_witness().peak_in_flight, 4, "{backend}");
        }
    }
}

#[test]
fn overdue_fetches_end_in_order() {
    let mock = Mock::start(
        "description = 'd'\nconcurrency = 2\n[[site]]\nlabel = 'late'\nbytes = '1'\ndelay = '1h'\n\
         [[site]]\nlabel = 'a'\nrepeat = 20\nbytes = '1'\ndelay = '50ms'\n",
    );
    for backend in built(&["floor@loop", "floor@loop+h2"]) {
        let limits = Limits { deadline: Duration::from_millis(300), ..limits(2) };
        let pass = fetch(backend, &limits, &mock.urls(0));
        // The others take a second, one after another.
        let [late, .., last] = &pass.fetched[..] else { panic!("{pass:?}") };
        assert_eq!(outcome(late), Err(ErrorClass::Timeout), "{backend}");
        assert_eq!(outcome(last), Ok((200, 1)), "{backend}");
        assert!(late.ended() < last.started, "{backend}: {pass:?}");
    }
}
