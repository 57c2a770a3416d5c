//! `cargo bench`: every backend on every scenario, one over several concurrencies, and what the harness
//! itself costs.
//!
//! Criterion times nothing here: each pass times itself, from its first request to its last body
//! byte. Urls are made before that and answers are verified after it, and sessions and servers are
//! opened when the first function that criterion's filter lets through asks for them.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};
use fetchbench::backend::Backend;
use fetchbench::cli::raise_descriptor_limit;
use fetchbench::client::UserOptions;
use fetchbench::compare::LONGEST_IDEAL;
use fetchbench::fetch::origin::Origin;
use fetchbench::fetch::{Capability, Fetch, Progress};
use fetchbench::record::{BenchSample, SampleKind};
use fetchbench::scenario::Scenario;
use fetchbench::scenario::versions::HttpVersions;

mod by_hand;
mod suite;

use self::suite::{Place, Suite, Timed, WarmUp};

/// A scenario with more at once is left out: it is there to tell what they take, not how long.
const MOST_AT_ONCE: usize = 1_000;

const CONCURRENCIES: [usize; 4] = [1, 8, 64, 256];

/// Of the scenarios for HTTP/2, this one stands for all, so that the benches end within six minutes.
const HTTP2: &str = "h2c";
const LEFT_OUT: [&str; 4] = ["h2", "h2-fan-out", "h2-bulk", "h2-limit"];

fn main() -> anyhow::Result<()> {
    let suite = Suite::from_environment()?;
    // A thousand connections are more than the usual soft limit.
    raise_descriptor_limit();
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(250))
        .measurement_time(Duration::from_secs(1))
        .sample_size(10)
        // Of ten samples a hundred thousand resamples, the default, tell no more than ten thousand
        // do, but to draw them takes longer than to measure.
        .nresamples(10_000)
        .configure_from_args();
    for scenario in Scenario::built_in() {
        if LEFT_OUT.contains(&&*scenario.name) {
            continue;
        }
        if scenario.limits.concurrency.get() > MOST_AT_ONCE {
            eprintln!(
                "{}: left out, since it tells what fetches take, not how long: see compare",
                scenario.name
            );
            continue;
        }
        bench_scenario(&mut criterion, &suite.place(scenario));
    }
    bench_concurrency(&mut criterion, &suite);
    bench_overhead(&mut criterion, &suite);
    criterion.final_summary();
    if let Some(folder) = suite.record() {
        eprintln!("The samples are recorded in {}", folder.display());
    }
    Ok(())
}

fn bench_scenario(criterion: &mut Criterion, place: &Place<'_>) {
    let mut group = group(criterion, &place.scenario.name);
    group.throughput(Throughput::Elements(place.list_length() as u64));
    for backend in backends(&place.scenario) {
        if place.scenario.needs_https() && !backend.entry().can(Capability::Https) {
            eprintln!("{}/{backend}: left out, since it cannot fetch https", place.scenario.name);
            continue;
        }
        let ideal = place.scenario.ideal(0, backend.slots(&place.scenario.limits));
        if ideal > LONGEST_IDEAL {
            eprintln!(
                "{}/{backend}: left out, since a pass takes {ideal:.1?} at best",
                place.scenario.name
            );
            continue;
        }
        bench_backend(
            &mut group,
            BenchmarkId::from_parameter(backend),
            place,
            &backend,
            SampleKind::Pass,
        );
    }
}

/// The usual backends. Where versions of HTTP are compared, those that speak HTTP/2 take part twice.
fn backends(scenario: &Scenario) -> Vec<Backend> {
    let mut backends: Vec<Backend> = Backend::usual().collect();
    if scenario.name == HTTP2 {
        let versions = Some(HttpVersions::Http2);
        backends.extend(Backend::able_to_speak(Backend::usual(), versions).0);
    }
    backends
}

/// No throughput is set here: the line chart would take it for its x.
fn bench_concurrency(criterion: &mut Criterion, suite: &Suite) {
    let mut group = group(criterion, "concurrency");
    for concurrency in CONCURRENCIES {
        let concurrency = NonZeroUsize::new(concurrency).expect("none is zero");
        let place = suite.place(keepalive().with_concurrency(concurrency));
        for backend in Backend::usual().filter(|backend| !backend.is_sequential()) {
            let id = BenchmarkId::new(backend.to_string(), concurrency);
            bench_backend(&mut group, id, &place, &backend, SampleKind::Concurrency);
        }
    }
}

fn bench_overhead(criterion: &mut Criterion, suite: &Suite) {
    let place = suite.place(keepalive());
    let mut group = group(criterion, "overhead");
    bench_fake(&mut group, &place);
    for backend in Backend::usual() {
        let open = |_: &mut (), _| {
            let start = Instant::now();
            let session = open(&backend, &UserOptions::default(), &place.scenario);
            let elapsed = start.elapsed();
            drop(session);
            Timed { elapsed, ideal: None }
        };
        let sample = BenchSample { fetches: 0, ..place.sample(SampleKind::Open, &backend) };
        bench(&mut group, BenchmarkId::new("open", backend), &sample, suite, || (), open);
    }
    let over_http2 = suite.place(Scenario::load(HTTP2).expect("it is built in"));
    for (name, open) in by_hand::ALL {
        let backend: Backend = name.parse().expect("each loop stands beside a backend");
        let place = if backend.is_http2() { &over_http2 } else { &place };
        let concurrency = place.scenario.limits.concurrency.get();
        let pass = |by_hand: &mut by_hand::Loop, visit| Timed {
            elapsed: by_hand(&place.urls(visit)),
            ideal: None,
        };
        let sample = place.sample(SampleKind::ByHand, &backend);
        let open = || {
            place.origins();
            open(concurrency)
        };
        bench(&mut group, BenchmarkId::new("by-hand", *name), &sample, suite, open, pass);
    }
}

/// What a pass of the fake costs, in which nothing is fetched. The time is that of the clock, not
/// the made-up one.
fn bench_fake(group: &mut BenchmarkGroup<'_, WallTime>, place: &Place<'_>) {
    let backend: Backend = "fake".parse().expect("it is in the table");
    let origin = Origin { scheme: "http".to_owned(), host: "127.0.0.1".to_owned(), port: 1 };
    let urls = place.scenario.urls(&[origin], 0);
    let urls = &urls[..place.list_length()];
    let pass = |session: &mut Box<dyn Fetch>, _| {
        let start = Instant::now();
        let pass = session.fetch_all(urls).unwrap_or_else(|error| panic!("{backend}: {error:#}"));
        let elapsed = start.elapsed();
        assert_eq!(pass.fetched.len(), urls.len());
        Timed { elapsed, ideal: None }
    };
    let sample = place.sample(SampleKind::Harness, &backend);
    bench(
        group,
        BenchmarkId::from_parameter(backend),
        &sample,
        place.suite(),
        || open(&backend, &UserOptions::default(), &place.scenario),
        pass,
    );
}

/// One backend on one scenario.
fn bench_backend(
    group: &mut BenchmarkGroup<'_, WallTime>,
    id: BenchmarkId,
    place: &Place<'_>,
    backend: &Backend,
    what: SampleKind,
) {
    let sample = place.sample(what, backend);
    let open = || open(backend, &place.options(), &place.scenario);
    bench(group, id, &sample, place.suite(), open, |session, visit| {
        place.pass(backend, session.as_mut(), visit)
    });
}

/// One function: opens a session when criterion first calls, and keeps it warm until the function
/// ends.
///
/// Each pass of a session has its own visit, so that no answer can be mistaken for an earlier
/// one's. Visits begin anew with each function, so that all backends meet the same sequence of delays.
fn bench<S>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    id: BenchmarkId,
    sample: &BenchSample,
    suite: &Suite,
    open: impl Fn() -> S,
    pass: impl Fn(&mut S, u64) -> Timed,
) {
    let mut session = None;
    let mut warm_up = WarmUp::new();
    let mut visits = 0..;
    group.bench_function(id, |bencher| {
        let session = session.get_or_insert_with(&open);
        bencher.iter_custom(|passes| {
            let timed: Vec<Timed> =
                visits.by_ref().take(passes as usize).map(|visit| pass(session, visit)).collect();
            let elapsed: Duration = timed.iter().map(|timed| timed.elapsed).sum();
            if !warm_up.includes(passes) {
                let ideal: Option<Duration> = timed.iter().map(|timed| timed.ideal).sum();
                suite.keep(&BenchSample {
                    passes: NonZeroU64::new(passes).expect("criterion asks for one at least"),
                    elapsed_s: elapsed.as_secs_f64(),
                    ideal_s: ideal.map(|ideal| ideal.as_secs_f64()),
                    ..sample.clone()
                });
            }
            elapsed
        });
    });
}

/// A group whose samples all have equally many passes: a pass may take long, and more passes are no
/// better known.
fn group<'c>(criterion: &'c mut Criterion, name: &str) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat);
    group
}

fn keepalive() -> Scenario {
    Scenario::load("keepalive").expect("it is built in")
}

fn open(backend: &Backend, options: &UserOptions, scenario: &Scenario) -> Box<dyn Fetch> {
    backend
        .open(options, &scenario.limits, &Progress::default())
        .unwrap_or_else(|error| panic!("{error:#}"))
}
