//! `fetchbench run`: the article's experiment, once for each row.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use http::HeaderMap;
use url::Url;

use super::flags::{FetchFlags, Rows, SiteFlags, parse_rows};
use super::terminal::{Progress, print, print_error};
use super::{EXIT_FETCH_FAILED, descriptors, interrupt, live, mock, usage};
use crate::backend::Row;
use crate::fetch::{Limits, Options, Pass};
use crate::report::text::{self, Example, Line};
use crate::units::parse_time_scale;

/// Examples of use, as shown by `--help`.
pub(super) const EXAMPLES: &str = "\
Examples:
  fetchbench                                     the article, with every row
  fetchbench --backend hyper --time-scale 0.1    one client, shorter delays
  fetchbench run --scenario bulk --backend smol  large bodies, one executor
  fetchbench run https://example.com             a live site, once for each row
  fetchbench run --sites my-sites.txt            the same with a file of urls

Exit codes: 0 all fetched and right, 1 error, 2 usage, 3 some fetch failed or
was answered wrongly, 130 interrupted.";

/// Fetch the same sites one after another and then concurrently, once with each row, and compare the totals.
///
/// Without urls the sites are those of a scenario, answered by a mock server of our own on this machine.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) sites: SiteFlags,
    /// Built-in scenario or path of a TOML file [default: article]
    #[arg(long, value_name = "NAME|PATH", conflicts_with_all = ["urls", "sites"])]
    pub(super) scenario: Option<String>,
    /// Multiply all delays of the scenario: 0 for none at all
    #[arg(long, value_name = "FACTOR", value_parser = parse_time_scale, allow_negative_numbers = true, conflicts_with_all = ["urls", "sites"])]
    pub(super) time_scale: Option<f64>,
    /// Row, or client or executor for all of its rows; may be repeated [default: every row that fetches for real]
    #[arg(long, value_name = "ROW", value_parser = parse_rows, value_delimiter = ',')]
    pub(super) backend: Vec<Rows>,
    #[command(flatten)]
    pub(super) fetch: FetchFlags,
}

/// The visit that every row makes. The same for all, so that all meet the same delays; each has a session of its own, and
/// so no answer of another's to mistake for its own.
const VISIT: u64 = 0;

/// What all rows are sent to fetch.
pub(super) trait Course {
    /// The urls of one visit, the same for every visit but for its number.
    fn urls(&self, visit: u64) -> Vec<Url>;

    /// What became of each site in the pass of `visit`.
    fn lines(&self, visit: u64, pass: &Pass) -> Vec<Line>;

    /// Takes note of a backend's pass before it is shown.
    fn observe(&mut self, _backend: &str, _pass: &Pass) {}

    /// What the pass costs over `slots` if nothing but programmed delays takes time; `None` where there are none.
    fn ideal(&self, visit: u64, slots: NonZeroUsize) -> Option<Duration>;

    /// What the reader must know to read the figures.
    fn notes(&self) -> Vec<String>;
}

/// One row's turn.
pub(super) struct Turn {
    row: Row,
    name: String,
    sequential: bool,
    limits: Limits,
}

pub(super) fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    interrupt::end_on_signals()?;
    let is_live = args.sites.sites.is_some() || !args.sites.urls.is_empty();
    if is_live { live::run(&args) } else { mock::run(&args) }
}

/// The rows that the user chose, each once; none if there was no choice.
///
/// # Errors
///
/// They cannot all be opened in one process.
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

/// Returns the rows to compare, and notes on those left out. A row that the user names is never left out: over https it
/// fails with a reason.
///
/// # Errors
///
/// A row that the user names cannot send the headers.
pub(super) fn rows(
    selected: Vec<Row>,
    needs_https: bool,
    headers: &HeaderMap,
) -> anyhow::Result<(Vec<Row>, Vec<String>)> {
    if !selected.is_empty() {
        selected.iter().try_for_each(|row| row.check_headers(headers))?;
        return Ok((selected, Vec::new()));
    }
    let (rows, no_https): (Vec<Row>, Vec<Row>) = Row::usual().partition(|row| row.backend().https || !needs_https);
    let (rows, no_header): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| row.backend().unsendable(headers).is_none());
    let unsendable = no_header.first().and_then(|row| row.backend().unsendable(headers));
    let sending = unsendable.map_or_else(String::new, |name| format!("send header {name}"));
    let notes = [left_out_note("fetch https", &no_https), left_out_note(&sending, &no_header)];
    Ok((rows, notes.into_iter().flatten().collect()))
}

/// Names the rows that were left out, if there are any, and what they cannot do.
fn left_out_note(lacking: &str, left_out: &[Row]) -> Option<String> {
    let names: Vec<_> = left_out.iter().map(Row::to_string).collect();
    (!names.is_empty()).then(|| format!("Left out, since they cannot {lacking}: {}.", names.join(", ")))
}

/// The turns of the rows, of which the first is what the others are compared with: the first sequential row, or one
/// that stands in where none is among them. No row stands in that cannot send the headers.
pub(super) fn turns(mut rows: Vec<Row>, limits: &Limits, headers: &HeaderMap) -> Vec<Turn> {
    let stands_in = |row: &Row| row.is_sequential() && row.backend().unsendable(headers).is_none();
    let baseline = match rows.iter().position(Row::is_sequential) {
        Some(index) => Some(turn(rows.remove(index), limits)),
        None if rows.iter().all(Row::is_fake) => Some(fake_baseline(limits)),
        None => Row::all().find(stands_in).map(|row| turn(row, limits)),
    };
    baseline.into_iter().chain(rows.into_iter().map(|row| turn(row, limits))).collect()
}

fn turn(row: Row, limits: &Limits) -> Turn {
    let limits = Limits { progress: Arc::default(), ..limits.clone() };
    Turn { row, name: row.to_string(), sequential: row.is_sequential(), limits }
}

/// The fake has as many slots as the concurrency says, so that one slot makes a sequential row of it.
fn fake_baseline(limits: &Limits) -> Turn {
    let row = "fake".parse().expect("the table has the fake row");
    let limits = Limits { concurrency: NonZeroUsize::MIN, ..limits.clone() };
    Turn { name: "fake at concurrency 1".to_owned(), sequential: true, ..turn(row, &limits) }
}

/// Makes room for the turn that needs most, and for `listeners`.
pub(super) fn reserve(turns: &[Turn], listeners: usize) -> anyhow::Result<()> {
    let needs = turns.iter().map(|turn| (turn.row.descriptors(&turn.limits), turn.row.slots(&turn.limits).get()));
    let (connections, concurrency) = needs.max().unwrap_or_default();
    descriptors::reserve_fetches(concurrency, connections, listeners).map_err(usage)
}

/// Gives every row its turn, one after the other, and prints as they end.
///
/// # Errors
///
/// A row cannot be opened. The others have had their turns by then.
pub(super) fn compare(mut course: impl Course, turns: &[Turn], options: &Options) -> anyhow::Result<ExitCode> {
    let mut examples = Vec::new();
    let mut broken = None;
    for turn in turns {
        let example = match take_turn(&mut course, turn, options) {
            Ok(example) => example,
            // The others need not suffer for one that this machine has no threads for.
            Err(error) => {
                broken.replace(error).iter().for_each(|error| print_error(&format!("{error:#}")));
                continue;
            }
        };
        if !examples.is_empty() {
            print(&text::row_name(&turn.name))?;
        }
        print(&text::example(&example))?;
        examples.push(example);
    }
    let Some(baseline) = examples.first() else { return broken.map_or(Ok(ExitCode::SUCCESS), Err) };
    print(&format!("\n{}\n{}", text::totals(&examples), text::comparison(baseline, &examples)))?;
    for note in course.notes() {
        print(&format!("\n{note}\n"))?;
    }
    if let Some(error) = broken {
        return Err(error);
    }
    let all_right = examples.iter().all(|example| example.failures() == 0);
    Ok(if all_right { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FETCH_FAILED) })
}

fn take_turn(course: &mut impl Course, turn: &Turn, options: &Options) -> anyhow::Result<Example> {
    let urls = course.urls(VISIT);
    let mut session = turn.row.open(options, &turn.limits)?;
    let progress = Progress::show(&turn.name, urls.len(), turn.limits.progress.clone());
    let pass = session.fetch_all(&urls)?;
    drop(progress);
    course.observe(&turn.name, &pass);
    Ok(Example {
        row: turn.name.clone(),
        sequential: turn.sequential,
        total: pass.elapsed,
        ideal: course.ideal(VISIT, turn.row.slots(&turn.limits)),
        lines: course.lines(VISIT, &pass),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(rows: &[&str]) -> Vec<String> {
        let rows = rows.iter().map(|row| row.parse().unwrap()).collect();
        let turns = turns(rows, &Limits::new(NonZeroUsize::new(7).unwrap()), &HeaderMap::new());
        turns.into_iter().map(|turn| turn.name).collect()
    }

    #[test]
    fn the_first_turn_is_a_sequential_one() {
        assert_eq!(names(&["hyper@smol", "ureq@sequential"]), ["ureq@sequential", "hyper@smol"]);
        assert_eq!(names(&["hyper@smol", "fake"]), ["ureq@sequential", "hyper@smol", "fake"]);
        assert_eq!(names(&["fake"]), ["fake at concurrency 1", "fake"]);
    }

    #[test]
    fn turns_do_not_share_their_progress() {
        let limits = Limits::new(NonZeroUsize::MIN);
        let turns = turns(vec!["fake".parse().unwrap()], &limits, &HeaderMap::new());
        limits.bump_progress();
        turns[0].limits.bump_progress();
        assert_eq!(turns[1].limits.progress.load(std::sync::atomic::Ordering::Relaxed), 0);
    }
}
