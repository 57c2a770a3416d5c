//! One pass of every backend over the same sites.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use url::Url;

use super::entrants::Entrant;
use crate::cli::EXIT_FETCH_FAILED;
use crate::cli::terminal::{PassBar, columns, print, print_error};
use crate::client::UserOptions;
use crate::fetch::{Fetch, Pass, Progress};
use crate::render::table::wrapped;
use crate::report::conclusion::conclusion;
use crate::report::text::{self, Example, ExampleLine};

/// The sites that every backend fetches once.
pub(super) trait SiteSet {
    /// Returns the urls, in order.
    fn urls(&self) -> Vec<Url>;

    /// Returns a line on the outcome of each site.
    fn lines(&self, pass: &Pass) -> Vec<ExampleLine>;

    /// Observes the pass of a backend before it is shown.
    fn observe(&mut self, _backend: &str, _pass: &Pass) {}

    /// Returns the time of a pass over `slots` if only the programmed delays take time; `None`
    /// without delays.
    fn ideal(&self, slots: NonZeroUsize) -> Option<Duration>;

    /// Opens a session of an entrant.
    ///
    /// # Errors
    ///
    /// It cannot be opened.
    fn open(
        &self,
        entrant: &Entrant,
        user: &UserOptions,
        progress: &Progress,
    ) -> anyhow::Result<Box<dyn Fetch>> {
        entrant.backend.open(user, &entrant.limits, progress)
    }

    /// Returns notes that explain the figures.
    fn notes(&self) -> Vec<String>;
}

/// Runs one pass of every backend, one after the other, and prints each as it ends.
///
/// # Errors
///
/// Returns an error if a backend cannot be opened. The others have made their passes by then.
pub(super) fn compare(
    mut sites: impl SiteSet,
    entrants: &[Entrant],
    user: &UserOptions,
    quiet: bool,
) -> anyhow::Result<ExitCode> {
    let mut examples = Vec::new();
    let mut broken = None;
    for entrant in entrants {
        let example = match pass(&mut sites, entrant, user, quiet) {
            Ok(example) => example,
            // E.g. too few threads on this machine. The other backends still run.
            Err(error) => {
                broken.replace(error).iter().for_each(|error| print_error(&format!("{error:#}")));
                continue;
            }
        };
        if !examples.is_empty() {
            print(&text::backend_name(&entrant.name))?;
        }
        print(&text::example(&example))?;
        examples.push(example);
    }
    let Some(baseline) = examples.first() else { return broken.map_or(Ok(ExitCode::SUCCESS), Err) };
    let table = text::comparison(baseline, &examples, columns());
    print(&format!("\n{}\n{table}", text::totals(&examples)))?;
    for note in sites.notes().into_iter().chain(conclusion(baseline, &examples)) {
        let lines: String = note.lines().map(|line| wrapped(columns(), line)).collect();
        print(&format!("\n{lines}"))?;
    }
    if let Some(error) = broken {
        return Err(error);
    }
    let all_right = examples.iter().all(|example| example.failures() == 0);
    Ok(if all_right { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FETCH_FAILED) })
}

fn pass(
    sites: &mut impl SiteSet,
    entrant: &Entrant,
    user: &UserOptions,
    quiet: bool,
) -> anyhow::Result<Example> {
    let urls = sites.urls();
    let progress = Progress::default();
    let mut session = sites.open(entrant, user, &progress)?;
    let bar = PassBar::show(&entrant.name, urls.len(), progress, quiet);
    let pass = session.fetch_all(&urls)?;
    drop(bar);
    sites.observe(&entrant.name, &pass);
    Ok(Example {
        backend: entrant.name.clone(),
        kind: entrant.kind,
        total: pass.elapsed,
        ideal: sites.ideal(entrant.backend.slots(&entrant.limits)),
        lines: sites.lines(&pass),
    })
}
