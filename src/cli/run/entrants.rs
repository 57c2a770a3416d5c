//! The backends of `fetchbench run`: those chosen, those left out, and the baseline.

use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::anyhow;
use http::HeaderMap;

use super::args::RunArgs;
use crate::backend::Row;
use crate::cli::{descriptors, usage};
use crate::fetch::Limits;

/// A backend that is about to make its pass, with its limits.
pub(super) struct Entrant {
    pub(super) row: Row,
    pub(super) name: String,
    pub(super) sequential: bool,
    pub(super) limits: Limits,
}

/// Returns the backends that the user chose, each once.
///
/// # Errors
///
/// Returns an error if they cannot all be opened in one process.
pub(super) fn selected(args: &RunArgs) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for row in args.backend.iter().flat_map(|rows| &rows.0) {
        if !rows.contains(row) {
            rows.push(*row);
        }
    }
    match Row::conflict(&rows) {
        Some(conflict) => Err(usage(anyhow!("{conflict}"))),
        None => Ok(rows),
    }
}

/// Returns the backends to compare, and notes on those left out. A backend that the user names is
/// never left out: if it cannot fetch https, it fails with a reason.
///
/// # Errors
///
/// Returns an error if a backend that the user names cannot send the headers.
pub(super) fn rows(
    selected: Vec<Row>,
    needs_https: bool,
    headers: &HeaderMap,
) -> anyhow::Result<(Vec<Row>, Vec<String>)> {
    if !selected.is_empty() {
        selected.iter().try_for_each(|row| row.check_headers(headers))?;
        return Ok((selected, Vec::new()));
    }
    let (rows, no_https): (Vec<Row>, Vec<Row>) =
        Row::usual().partition(|row| row.backend().https || !needs_https);
    let (rows, no_header): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| row.backend().unsendable(headers).is_none());
    let unsendable = no_header.first().and_then(|row| row.backend().unsendable(headers));
    let sending = unsendable.map_or_else(String::new, |name| format!("send header {name}"));
    let notes = [left_out_note("fetch https", &no_https), left_out_note(&sending, &no_header)];
    Ok((rows, notes.into_iter().flatten().collect()))
}

/// Names the backends left out, if any, and the reason.
fn left_out_note(lacking: &str, left_out: &[Row]) -> Option<String> {
    let names: Vec<_> = left_out.iter().map(Row::to_string).collect();
    (!names.is_empty())
        .then(|| format!("Left out, since they cannot {lacking}: {}.", names.join(", ")))
}

/// Returns the entrants. The first is the baseline: the first sequential backend, or, if there is
/// none, another sequential backend that can send the headers.
pub(super) fn entrants(mut rows: Vec<Row>, limits: &Limits, headers: &HeaderMap) -> Vec<Entrant> {
    let baseline = match rows.iter().position(Row::is_sequential) {
        Some(index) => Some(entrant(rows.remove(index), limits)),
        None if rows.iter().all(Row::is_fake) => Some(fake_baseline(limits)),
        None => Row::all()
            .find(|row| row.is_sequential() && row.backend().unsendable(headers).is_none())
            .map(|row| entrant(row, limits)),
    };
    baseline.into_iter().chain(rows.into_iter().map(|row| entrant(row, limits))).collect()
}

fn entrant(row: Row, limits: &Limits) -> Entrant {
    let limits = Limits { progress: Arc::default(), ..limits.clone() };
    Entrant { row, name: row.to_string(), sequential: row.is_sequential(), limits }
}

/// Returns the fake with one slot, which makes it sequential: it has as many slots as the
/// concurrency.
fn fake_baseline(limits: &Limits) -> Entrant {
    let row = "fake".parse().expect("the table has the fake row");
    let limits = Limits { concurrency: NonZeroUsize::MIN, ..limits.clone() };
    Entrant { name: "fake at concurrency 1".to_owned(), sequential: true, ..entrant(row, &limits) }
}

/// Reserves descriptors for the entrant that needs most, and for `listeners`.
pub(super) fn reserve(entrants: &[Entrant], listeners: usize) -> anyhow::Result<()> {
    let needs = entrants.iter().map(|entrant| {
        (entrant.row.descriptors(&entrant.limits), entrant.row.slots(&entrant.limits).get())
    });
    let (connections, concurrency) = needs.max().unwrap_or_default();
    descriptors::reserve_fetches(concurrency, connections, listeners).map_err(usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(rows: &[&str]) -> Vec<String> {
        let rows = rows.iter().map(|row| row.parse().unwrap()).collect();
        let entrants =
            entrants(rows, &Limits::new(NonZeroUsize::new(7).unwrap()), &HeaderMap::new());
        entrants.into_iter().map(|entrant| entrant.name).collect()
    }

    #[test]
    fn the_first_is_sequential() {
        assert_eq!(names(&["hyper@smol", "ureq@sequential"]), ["ureq@sequential", "hyper@smol"]);
        assert_eq!(names(&["hyper@smol", "fake"]), ["ureq@sequential", "hyper@smol", "fake"]);
        assert_eq!(names(&["fake"]), ["fake at concurrency 1", "fake"]);
    }

    #[test]
    fn progress_is_not_shared() {
        let limits = Limits::new(NonZeroUsize::MIN);
        let entrants = entrants(vec!["fake".parse().unwrap()], &limits, &HeaderMap::new());
        limits.bump_progress();
        entrants[0].limits.bump_progress();
        assert_eq!(entrants[1].limits.progress.load(std::sync::atomic::Ordering::Relaxed), 0);
    }
}
