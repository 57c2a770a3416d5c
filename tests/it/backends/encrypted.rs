//! Every backend that speaks https over the mock server's own TLS.

use fetchbench::backend::Backend;
use fetchbench::client::UserOptions;
use fetchbench::fetch::error::ErrorClass;
use fetchbench::fetch::{Capability, Connections, Limits, Progress};

use super::{MIXED, backends, limits, opened_again, outcome, waiting};
use crate::families::over_families;
use crate::mock::Mock;

fn encrypted_backends() -> impl Iterator<Item = Backend> {
    backends().filter(|backend| backend.entry().can(Capability::Https))
}

#[test]
fn tls_replies_are_right() {
    over_families(|ip| {
        let mock = Mock::start_on(ip, &MIXED.replacen("concurrency", "tls = true\nconcurrency", 1));
        let sites = mock.scenario.sites.len() as u64;
        for backend in encrypted_backends() {
            let mut session =
                backend.open(&mock.options(), &limits(4), &Progress::default()).unwrap();
            for visit in 0..3 {
                mock.take_witness();
                mock.verified(backend, session.as_mut(), visit);
                assert_eq!(mock.take_witness().requests, sites, "{backend}");
            }
        }
    });
}

#[test]
fn cold_fetches_make_handshakes() {
    let site = "[[site]]\nlabel = 'a'\nrepeat = 5\nbytes = '1kB'";
    let mock = Mock::start(&format!("description = 'd'\nconcurrency = 2\ntls = true\n{site}"));
    for backend in encrypted_backends() {
        let limits = Limits { connections: Connections::PerFetch, ..limits(2) };
        let mut session = backend.open(&mock.options(), &limits, &Progress::default()).unwrap();
        for visit in 0..2 {
            mock.take_witness();
            mock.verified(backend, session.as_mut(), visit);
            assert_eq!(mock.take_witness().connections, 5, "{backend}");
        }
    }
}

#[test]
fn trust_needs_a_certificate() {
    over_families(|ip| {
        let mock = Mock::start_on(
            ip,
            "description = 'd'\nconcurrency = 1\ntls = true\n[[site]]\nlabel = 'a'\nbytes = 1",
        );
        for backend in encrypted_backends() {
            let pass = backend
                .open(&UserOptions::default(), &limits(1), &Progress::default())
                .unwrap()
                .fetch_all(&mock.urls(0))
                .unwrap();
            assert_eq!(
                outcome(&pass.fetched[0]),
                Err(ErrorClass::Tls),
                "{backend}: {:?}",
                pass.fetched[0].result
            );
        }
    });
}

#[test]
fn backends_without_tls_refuse() {
    let mock = Mock::start(
        "description = 'd'\nconcurrency = 1\ntls = true\n[[site]]\nlabel = 'a'\nbytes = 1",
    );
    for backend in Backend::all().filter(|backend| !backend.entry().can(Capability::Https)) {
        let pass = backend
            .open(&mock.options(), &limits(1), &Progress::default())
            .unwrap()
            .fetch_all(&mock.urls(0))
            .unwrap();
        assert_eq!(outcome(&pass.fetched[0]), Err(ErrorClass::Unsupported), "{backend}");
    }
}

#[test]
fn connections_over_tls_are_kept() {
    let mock = Mock::start(&format!("tls = true\n{}", waiting(8, 300)));
    for backend in encrypted_backends() {
        let slots = backend.slots(&limits(4)).get() as u64;
        let mut session = backend.open(&mock.options(), &limits(4), &Progress::default()).unwrap();
        for (visit, opened) in [(0, slots), (1, opened_again(backend, slots))] {
            mock.take_witness();
            mock.verified(backend, session.as_mut(), visit);
            assert_eq!(mock.take_witness().connections, opened, "{backend}, {visit}");
        }
    }
}
