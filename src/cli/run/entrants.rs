//! The backends of `fetchbench run`: those chosen, those left out, and the baseline.

use std::num::NonZeroUsize;

use anyhow::anyhow;
use http::HeaderMap;

use super::args::RunArgs;
use crate::backend::{Backend, Executor};
use crate::cli::{descriptors, usage};
use crate::fetch::{Capability, Limits};
use crate::report::text::ExampleKind;
use crate::scenario::versions::HttpVersions;

/// A backend that is about to make its pass, with its limits.
pub(super) struct Entrant {
    pub(super) backend: Backend,
    pub(super) name: String,
    pub(super) kind: ExampleKind,
    pub(super) limits: Limits,
}

/// Returns the backends that the user chose, each once.
///
/// # Errors
///
/// Returns an error if they cannot all be opened in one process.
pub(super) fn selected(args: &RunArgs) -> anyhow::Result<Vec<Backend>> {
    let mut backends = Vec::new();
    for backend in args.backend.iter().flat_map(|backends| &backends.0) {
        let backend = backend.speaking(args.http).map_err(usage)?;
        if !backends.contains(&backend) {
            backends.push(backend);
        }
    }
    match Backend::conflict(&backends) {
        Some(conflict) => Err(usage(anyhow!("{conflict}"))),
        None => Ok(backends),
    }
}

/// Returns the backends to compare, and notes on those left out. A backend that the user names is
/// never left out: if it cannot fetch https, it fails with a reason.
///
/// # Errors
///
/// Returns an error if a backend that the user names cannot send the headers.
pub(super) fn backends(
    selected: Vec<Backend>,
    http: Option<HttpVersions>,
    needs_https: bool,
    headers: &HeaderMap,
) -> anyhow::Result<(Vec<Backend>, Vec<String>)> {
    if !selected.is_empty() {
        selected.iter().try_for_each(|backend| backend.check_headers(headers))?;
        return Ok((selected, Vec::new()));
    }
    let (backends, no_http2) = Backend::able_to_speak(Backend::usual(), http);
    let (backends, no_https): (Vec<Backend>, Vec<Backend>) = backends
        .into_iter()
        .partition(|backend| backend.entry().can(Capability::Https) || !needs_https);
    let (backends, no_header): (Vec<Backend>, Vec<Backend>) =
        backends.into_iter().partition(|backend| backend.entry().unsendable(headers).is_none());
    let unsendable = no_header.first().and_then(|backend| backend.entry().unsendable(headers));
    let sending = unsendable.map_or_else(String::new, |name| format!("send header {name}"));
    let notes = [
        left_out_note("speak HTTP/2", &no_http2),
        left_out_note("fetch https", &no_https),
        left_out_note(&sending, &no_header),
    ];
    Ok((backends, notes.into_iter().flatten().collect()))
}

/// Names the backends left out, if any, and the reason.
pub(in crate::cli) fn left_out_note(lacking: &str, left_out: &[Backend]) -> Option<String> {
    let names: Vec<_> = left_out.iter().map(Backend::to_string).collect();
    (!names.is_empty())
        .then(|| format!("Left out, since they cannot {lacking}: {}.", names.join(", ")))
}

/// Returns the entrants. The first is the baseline: the first sequential backend, or, if there is
/// none, another sequential backend that can send the headers.
pub(super) fn entrants(
    mut backends: Vec<Backend>,
    limits: &Limits,
    headers: &HeaderMap,
) -> Vec<Entrant> {
    let baseline = match backends.iter().position(Backend::is_sequential) {
        Some(index) => Some(entrant(backends.remove(index), limits)),
        None if backends.iter().all(Backend::is_fake) => Some(fake_baseline(limits)),
        None => Backend::all()
            .find(|backend| {
                backend.is_sequential() && backend.entry().unsendable(headers).is_none()
            })
            .map(|backend| entrant(backend, limits)),
    };
    baseline
        .into_iter()
        .chain(backends.into_iter().map(|backend| entrant(backend, limits)))
        .collect()
}

fn entrant(backend: Backend, limits: &Limits) -> Entrant {
    Entrant {
        backend,
        name: backend.to_string(),
        kind: kind(backend.entry().executor),
        limits: limits.clone(),
    }
}

/// Returns how an executor fetches. The fake stands for the article's asynchronous example.
fn kind(executor: Executor) -> ExampleKind {
    match executor {
        Executor::Sequential | Executor::Python => ExampleKind::Synchronous,
        Executor::Threads | Executor::PythonThreads => ExampleKind::Threaded,
        Executor::Go | Executor::Parallel => ExampleKind::Concurrent,
        Executor::AsyncStd
        | Executor::Smol
        | Executor::Tokio
        | Executor::Compio
        | Executor::Loop
        | Executor::Asyncio
        | Executor::Node
        | Executor::Virtual => ExampleKind::Asynchronous,
    }
}

/// Returns the entrants for a server that speaks HTTP/2 only. No sequential backend does, so the
/// baseline is the first backend with one slot.
pub(super) fn http2_entrants(backends: Vec<Backend>, limits: &Limits) -> Vec<Entrant> {
    let baseline = backends.first().map(|backend| with_one_slot(*backend, limits));
    baseline
        .into_iter()
        .chain(backends.into_iter().map(|backend| entrant(backend, limits)))
        .collect()
}

/// Returns the fake with one slot, which makes it sequential: it has as many slots as the
/// concurrency.
fn fake_baseline(limits: &Limits) -> Entrant {
    with_one_slot("fake".parse().expect("the table has the fake backend"), limits)
}

fn with_one_slot(backend: Backend, limits: &Limits) -> Entrant {
    let limits = limits.clone().with_concurrency(NonZeroUsize::MIN);
    Entrant {
        name: format!("{backend} at concurrency 1"),
        kind: ExampleKind::Synchronous,
        ..entrant(backend, &limits)
    }
}

/// Reserves descriptors for the entrant that needs most, and for `listeners`.
pub(super) fn reserve(entrants: &[Entrant], listeners: usize) -> anyhow::Result<()> {
    let needs = entrants.iter().map(|entrant| {
        (entrant.backend.descriptors(&entrant.limits), entrant.backend.slots(&entrant.limits).get())
    });
    let (connections, concurrency) = needs.max().unwrap_or_default();
    descriptors::reserve_fetches(concurrency, connections, listeners).map_err(usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(backends: &[&str]) -> Vec<String> {
        let backends = backends.iter().map(|backend| backend.parse().unwrap()).collect();
        let entrants =
            entrants(backends, &Limits::new(NonZeroUsize::new(7).unwrap()), &HeaderMap::new());
        entrants.into_iter().map(|entrant| entrant.name).collect()
    }

    #[test]
    fn the_first_is_sequential() {
        assert_eq!(names(&["hyper@smol", "ureq@sequential"]), ["ureq@sequential", "hyper@smol"]);
        assert_eq!(names(&["hyper@smol", "fake"]), ["ureq@sequential", "hyper@smol", "fake"]);
        assert_eq!(names(&["fake"]), ["fake at concurrency 1", "fake"]);
        let http2 = vec!["hyper@smol+h2".parse().unwrap()];
        let entrants = http2_entrants(http2, &Limits::new(NonZeroUsize::MIN));
        let names: Vec<_> = entrants.iter().map(|entrant| entrant.name.as_str()).collect();
        assert_eq!(names, ["hyper@smol+h2 at concurrency 1", "hyper@smol+h2"]);
    }
}
