//! The contract that every backend keeps: what it owes to the trait, whatever its client and executor.

use std::num::NonZeroUsize;
use std::sync::Once;
use std::time::Duration;

use fetchbench::backend::Backend;
use fetchbench::client::UserOptions;
use fetchbench::fetch::error::ErrorClass;
use fetchbench::fetch::{Capability, Connections, Fetch, Fetched, Limits, Pass, Progress};
use url::Url;

use crate::families::over_families;
use crate::mock::Mock;
use crate::peers::say;

mod addresses;
mod encrypted;
mod faults;
mod headers;
mod http2;
mod redirects;
mod redirect_cases;
mod requests;

pub fn limits(concurrency: usize) -> Limits {
    Limits {
        deadline: Duration::from_secs(10),
        ..Limits::new(NonZeroUsize::new(concurrency).unwrap())
    }
}

pub fn open(backend: Backend, limits: &Limits) -> Box<dyn Fetch> {
    backend.open(&UserOptions::default(), limits, &Progress::default()).unwrap()
}

/// Every backend over HTTP/1.1: those of this program, and those in other languages that are set up. Which are not is
/// said once.
///
/// With FETCHBENCH_BACKENDS=optional only those that the default build has not: the tests of that build
/// have met all others.
pub fn backends() -> impl Iterator<Item = Backend> {
    static SAID: Once = Once::new();
    let missing: Vec<String> = Backend::peers()
        .filter(|backend| !backend.entry().is_set_up())
        .map(|backend| backend.to_string())
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        let required = std::env::var_os("FETCHBENCH_REQUIRE_PEERS").is_some();
        assert!(
            !required,
            "required here, but not set up: {missing}: run `fetchbench peers install`"
        );
        SAID.call_once(|| {
            say(&format!("skipped: not set up: {missing}: run `fetchbench peers install`"))
        });
    }
    let optional =
        std::env::var_os("FETCHBENCH_BACKENDS").is_some_and(|backends| backends == "optional");
    let backends: Vec<Backend> = Backend::set_up()
        .filter(|backend| !backend.is_http2())
        .filter(|backend| !optional || !(backend.entry().usual || backend.entry().is_peer()))
        .collect();
    assert!(
        !backends.is_empty(),
        "no backend is left: FETCHBENCH_BACKENDS=optional needs --features full"
    );
    backends.into_iter()
}

/// Fetches with a fresh session.
pub fn fetch(backend: Backend, limits: &Limits, urls: &[Url]) -> Pass {
    open(backend, limits).fetch_all(urls).unwrap()
}

/// The class of a failure, or the status and length of a page.
fn outcome(fetched: &Fetched) -> Result<(u16, u64), ErrorClass> {
    fetched.result.as_ref().map(|page| (page.status, page.bytes)).map_err(|error| error.class)
}

fn outcomes(pass: &Pass) -> Vec<Result<(u16, u64), ErrorClass>> {
    pass.fetched.iter().map(outcome).collect()
}

const MIXED: &str = r#"
    description = "sizes and delays of all kinds"
    concurrency = 4
    [[site]]
    label = "empty"
    bytes = "0"
    [[site]]
    label = "small"
    bytes = "10"
    repeat = 5
    delay = { uniform = ["0ms", "5ms"] }
    [[site]]
    label = "not found"
    origin = "other"
    status = 404
    bytes = "100"
    [[site]]
    label = "no content"
    status = 204
    bytes = "0"
    [[site]]
    label = "large"
    bytes = "3MiB"
    begins = "large"
"#;

#[test]
fn replies_keep_the_order_of_urls() {
    over_families(|ip| {
        let mock = Mock::start_on(ip, MIXED);
        for backend in backends() {
            let mut session = open(backend, &limits(4));
            for visit in 0..3 {
                let pass = session.fetch_all(&mock.urls(visit)).unwrap();
                assert_eq!(pass.fetched.len(), mock.scenario.sites.len(), "{backend}");
                mock.scenario
                    .verify(visit, mock.scenario.sites.len(), &pass)
                    .unwrap_or_else(|error| panic!("{backend}: {error}"));
            }
        }
    });
}

/// On one thread it is no matter of luck: every task begins before any begins anew.
#[test]
fn concurrency_is_used_in_full() {
    let mock = Mock::start(
        "description = 'd'\nconcurrency = 256\n[[site]]\nlabel = 'a'\nrepeat = 1000\nbytes = 100",
    );
    for backend in [
        "hyper@tokio:1",
        "hyper@tokio:1+per-site",
        "hyper@smol:1",
        "reqwest@tokio:1",
        "surf@smol:1",
    ] {
        let backend: Backend = backend.parse().unwrap();
        let mut session = open(backend, &limits(256));
        for visit in 0..2 {
            let pass = mock.verified(backend, session.as_mut(), visit);
            assert_eq!(most_in_flight(&pass), 256, "{backend}, visit {visit}");
        }
    }
}

fn most_in_flight(pass: &Pass) -> i32 {
    let starts = pass.fetched.iter().map(|fetched| (fetched.started, 1));
    let ends = pass.fetched.iter().map(|fetched| (fetched.started + fetched.elapsed, -1));
    let mut changes: Vec<(Duration, i32)> = starts.chain(ends).collect();
    changes.sort_unstable();
    let in_flight = changes.iter().scan(0, |in_flight, (_, change)| {
        *in_flight += change;
        Some(*in_flight)
    });
    in_flight.max().unwrap_or_default()
}

#[test]
fn times_are_those_of_the_fetches() {
    let mock = Mock::start(
        "description = 'd'\nconcurrency = 2\n[[site]]\nlabel = 'a'\nrepeat = 4\nbytes = '1'\ndelay = '50ms'",
    );
    for backend in backends() {
        let pass = fetch(backend, &limits(2), &mock.urls(0));
        let slots = backend.slots(&limits(2)).get() as u32;
        assert!(
            pass.elapsed >= Duration::from_millis(50) * (4 / slots),
            "{backend}: {:?}",
            pass.elapsed
        );
        for fetched in &pass.fetched {
            assert!(fetched.elapsed >= Duration::from_millis(50), "{backend}: {fetched:?}");
            assert!(fetched.started + fetched.elapsed <= pass.elapsed, "{backend}: {fetched:?}");
        }
    }
}

#[test]
fn an_empty_list_is_an_empty_pass() {
    for backend in backends() {
        assert_eq!(fetch(backend, &limits(4), &[]).fetched, [], "{backend}");
    }
}

/// Sites that wait, so that all slots are taken before the first is free again, unless the machine
/// is very busy.
fn waiting(sites: usize, delay_ms: u32) -> String {
    format!(
        "description = 'd'\nconcurrency = 1\n[[site]]\nlabel = 'a'\nrepeat = {sites}\nbytes = '1kB'\n\
         delay = '{delay_ms}ms'"
    )
}

/// How many of its connections a backend opens anew in a second pass: none, but that a process of curl
/// makes only one.
fn opened_again(backend: Backend, connections: u64) -> u64 {
    if backend.entry().client == "curl" { connections } else { 0 }
}

#[test]
fn the_concurrency_is_reached() {
    let mock = Mock::start(&waiting(8, 400));
    for backend in backends() {
        let limits = limits(4);
        let slots = backend.slots(&limits).get() as u64;
        let mut session = open(backend, &limits);
        for (visit, opened) in [(0, slots), (1, opened_again(backend, slots))] {
            // What keeps no connections opens one for every fetch.
            let opened = if backend.entry().can(Capability::KeepAlive) { opened } else { 8 };
            mock.take_witness();
            mock.verified(backend, session.as_mut(), visit);
            let seen = mock.take_witness();
            assert_eq!(
                (seen.requests, seen.peak_in_flight, seen.connections),
                (8, slots, opened),
                "{backend}, {visit}"
            );
        }
    }
}

/// Backends with options, of every backend that takes them.
fn with_options(options: &[&str]) -> Vec<Backend> {
    let takes = |backend: &Backend, option: &str| {
        backend.entry().options().iter().any(|taken| option.starts_with(&taken[..2]))
    };
    let backend = |backend: Backend, option: &str| {
        format!("{backend}{option}").parse().unwrap_or_else(|error| panic!("{error}"))
    };
    let backends = options.iter().flat_map(|option| {
        let backends = Backend::all()
            .filter(|backend| takes(backend, option))
            .map(|plain| backend(plain, option));
        backends.collect::<Vec<Backend>>()
    });
    backends.collect()
}

#[test]
fn task_options_keep_the_limit() {
    let mock = Mock::start(&waiting(8, 300));
    let backends = with_options(&["+per-site", "+one-task"]);
    assert!(!backends.is_empty());
    for backend in backends {
        mock.take_witness();
        mock.verified(backend, open(backend, &limits(4)).as_mut(), 0);
        let seen = mock.take_witness();
        assert_eq!((seen.requests, seen.peak_in_flight), (8, 4), "{backend}");
    }
}

#[test]
fn default_clients_fetch_rightly() {
    let mock = Mock::start(MIXED);
    let backends = with_options(&["/default"]);
    assert!(!backends.is_empty());
    for backend in backends {
        let mut session = open(backend, &limits(4));
        for visit in 0..2 {
            mock.verified(backend, session.as_mut(), visit);
        }
    }
}

#[test]
fn many_connections_are_kept() {
    let mock = Mock::start(&waiting(120, 1000));
    // httpx looks through its whole pool for every request, and so has answers before it has sent
    // them all.
    for backend in backends().filter(|backend| {
        !backend.is_sequential()
            && backend.entry().client != "httpx"
            && backend.entry().can(Capability::KeepAlive)
    }) {
        let mut session = open(backend, &limits(120));
        for (visit, opened) in [(0, 120), (1, opened_again(backend, 120))] {
            mock.take_witness();
            mock.verified(backend, session.as_mut(), visit);
            let seen = mock.take_witness();
            assert_eq!(
                (seen.peak_in_flight, seen.connections),
                (120, opened),
                "{backend}, {visit}"
            );
        }
    }
}

#[test]
fn the_budget_spans_origins() {
    let site = |n| format!("[[site]]\nlabel = '{n}'\norigin = '{n}'\nbytes = 1\n");
    let sites: String = (0..40).map(site).collect();
    let mock = Mock::start(&format!("description = 'd'\nconcurrency = 4\n{sites}"));
    for backend in backends() {
        let mut session = open(backend, &limits(4));
        for visit in 0..2 {
            mock.take_witness();
            mock.verified(backend, session.as_mut(), visit);
            // Of a pass four connections are left at most, and so the next one has to open most
            // anew.
            assert!(mock.take_witness().connections >= 36, "{backend}, visit {visit}");
        }
    }
}

#[test]
fn names_limit_connections() {
    let mock = Mock::start(&waiting(8, 20));
    let limitable = |backend: &Backend| backend.entry().options().contains(&"+conns=N");
    for backend in backends().filter(limitable) {
        let limited: Backend = format!("{backend}+conns=2").parse().unwrap();
        let slots = limited.slots(&limits(4)).get();
        assert_eq!(slots, if backend.is_sequential() { 1 } else { 2 }, "{limited}");
        let mut session = open(limited, &limits(4));
        mock.take_witness();
        mock.verified(limited, session.as_mut(), 0);
        let witness = mock.take_witness();
        assert_eq!(witness.peak_in_flight, slots as u64, "{limited}");
        let kept = backend.entry().can(Capability::KeepAlive);
        assert_eq!(witness.connections, if kept { slots as u64 } else { 8 }, "{limited}");
    }
}

#[test]
fn the_policy_sets_connections() {
    let mock = Mock::start(&waiting(4, 300));
    for backend in backends() {
        let slots = backend.slots(&limits(4)).get() as u64;
        let cold = if backend.entry().can(Capability::KeepAlive) { slots } else { 4 };
        for (connections, each_pass) in [(Connections::PerFetch, 4), (Connections::Cold, cold)] {
            let mut session = open(backend, &Limits { connections, ..limits(4) });
            for visit in 0..2 {
                mock.take_witness();
                mock.verified(backend, session.as_mut(), visit);
                assert_eq!(
                    mock.take_witness().connections,
                    each_pass,
                    "{backend}, {connections:?}"
                );
            }
        }
    }
}

#[test]
fn progress_counts_every_fetch() {
    let mock = Mock::start(MIXED);
    for backend in backends() {
        let limits = limits(3);
        let progress = Progress::default();
        let mut session = backend.open(&UserOptions::default(), &limits, &progress).unwrap();
        mock.verified(backend, session.as_mut(), 0);
        assert_eq!(progress.ended(), mock.scenario.sites.len(), "{backend}");
    }
}

#[test]
fn requested_threads_start() {
    let count = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        let name = |task: std::fs::DirEntry| {
            std::fs::read_to_string(task.path().join("comm")).unwrap_or_default()
        };
        tasks.map(name).filter(|name| name.starts_with("smol-")).count()
    };
    // Other tests open sessions of smol too, so this one asks for more threads than they all have.
    let backend: Backend = "hyper@smol:60".parse().unwrap();
    let _session = open(backend, &limits(1));
    // A thread takes its name when it first runs.
    let tries = (0..500).take_while(|_| {
        std::thread::sleep(Duration::from_millis(10));
        count() < 60
    });
    assert!(tries.count() < 500, "{} threads", count());
}

#[test]
fn each_fetch_has_a_deadline() {
    let mock = Mock::start(&waiting(6, 100));
    for backend in backends() {
        // Six fetches of 100 ms, one after another, take longer than the deadline of each.
        let limits = Limits { deadline: Duration::from_millis(400), ..limits(1) };
        mock.verified(backend, open(backend, &limits).as_mut(), 0);
    }
}
