//! Output to the terminal: text on stdout, errors and a progress bar on stderr.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::fetch::Progress;
use crate::fetch::public::public_text;

use super::unwritable;
use crate::record::{check_writable, replace_file};
use crate::render::escape::{ascii, visible};
use crate::render::table::TERMINAL;

/// Writes a text for people to stdout: in colour as `--color` states, and in ASCII if the locale is
/// not UTF-8.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    if speaks_utf8(|name| env::var(name).ok()) {
        print_exactly(text)
    } else {
        print_exactly(&ascii(text))
    }
}

/// Returns whether the locale is UTF-8, by the first of its variables that is set. Without any,
/// UTF-8 is assumed: containers have no locale, and terminals today read UTF-8.
fn speaks_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()))
        .unwrap_or_else(|| "UTF-8".to_owned());
    locale.to_ascii_lowercase().replace('-', "").contains("utf8")
}

/// Returns the width of the terminal on stdout, from 60 to 200 characters; 80 without a terminal.
pub(super) fn columns() -> usize {
    terminal_columns().unwrap_or(TERMINAL)
}

/// Returns the width of the terminal on stdout as [`columns`] does, but no limit without a
/// terminal: programs that read a list expect an item in one line.
pub(super) fn list_columns() -> usize {
    terminal_columns().unwrap_or(usize::MAX)
}

fn terminal_columns() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0).clamp(60, 200))
}

/// Writes text to stdout unchanged, except for colours.
fn print_exactly(text: &str) -> anyhow::Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(stdout_failed)
}

/// Converts an error of writing to stdout. A reader that has gone is no failure, see
/// [`super::is_broken_pipe`].
pub(super) fn stdout_failed(error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => error.into(),
        _ => unwritable(anyhow!("cannot write to stdout: {error}")),
    }
}

/// Writes an error to stderr as one line, without secrets. Failures are ignored, because there is
/// no other place to report them.
pub(super) fn print_error(message: &str) {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    let _ = writeln!(anstream::stderr(), "{style}error:{style:#} {}", shown(message));
}

/// Writes a line to stderr, without secrets.
pub(super) fn print_note(message: &str) {
    let _ = writeln!(anstream::stderr(), "{}", shown(message));
}

/// Writes a warning to stderr as one line, without secrets.
pub(super) fn print_warning(message: &str) {
    let style = anstyle::AnsiColor::Yellow.on_default().bold();
    let _ = writeln!(anstream::stderr(), "{style}warning:{style:#} {}", shown(message));
}

/// Returns a message as it is shown. It may repeat the command line.
fn shown(message: &str) -> String {
    visible(&public_text(message))
}

/// Writes text to a file as a whole, or to stdout if the file is `-`.
pub(super) fn write_file(file: &Path, text: &str) -> anyhow::Result<()> {
    if file == Path::new("-") {
        return print_exactly(text);
    }
    replace_file(file, text.as_bytes()).map_err(unwritable)
}

/// Makes a text and writes it, as [`write_file`] does, if a flag names a file.
pub(super) fn write_asked(
    file: Option<&Path>,
    text: impl FnOnce() -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    file.map_or(Ok(()), |file| write_file(file, &text()?))
}

/// Checks that [`write_file`] can write to a file, which stays as it is.
pub(super) fn check_file(file: &Path) -> anyhow::Result<()> {
    if file == Path::new("-") { Ok(()) } else { check_writable(file).map_err(unwritable) }
}

/// Returns whether progress is shown: on a terminal, unless the user wants quiet.
fn shows_progress(quiet: bool) -> bool {
    !quiet && io::stderr().is_terminal()
}

/// The progress of a comparison on stderr, until dropped. It is hidden unless stderr is a terminal.
pub(super) struct Countdown {
    bar: Option<ProgressBar>,
    start: Instant,
}

impl Countdown {
    /// Shows the spent part of a time budget, or only messages without a budget.
    pub(super) fn show(budget: Option<Duration>, quiet: bool) -> Self {
        let bar = shows_progress(quiet).then(|| countdown_bar(budget));
        Self { bar, start: Instant::now() }
    }

    /// Shows the time spent so far.
    pub(super) fn tick(&self) {
        if let Some(bar) = &self.bar {
            bar.set_position(self.start.elapsed().as_millis() as u64);
        }
    }

    pub(super) fn say(&self, message: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(visible(message));
        }
    }
}

fn countdown_bar(budget: Option<Duration>) -> ProgressBar {
    let template = match budget {
        Some(_) => "{bar:30} {eta} left  {msg}",
        None => "{elapsed}  {msg}",
    };
    let style = ProgressStyle::with_template(template).expect("the template is well-formed");
    let length = budget.map(|budget| budget.as_millis() as u64);
    ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr()).with_style(style)
}

impl Drop for Countdown {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A bar on stderr while a pass runs, until dropped. It is hidden unless stderr is a terminal.
pub(super) struct PassBar(Option<Ticker>);

struct Ticker {
    done: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl PassBar {
    /// Shows how many of `all` fetches of `backend` have ended.
    ///
    /// A separate thread reads the counter ten times a second, so that fetches do not wait for the
    /// bar.
    pub(super) fn show(backend: &str, all: usize, progress: Progress, quiet: bool) -> Self {
        if !shows_progress(quiet) {
            return Self(None);
        }
        let style = ProgressStyle::with_template("{prefix} {bar:40} {pos}/{len} {elapsed_precise}")
            .expect("the template is well-formed");
        let bar = ProgressBar::with_draw_target(Some(all as u64), ProgressDrawTarget::stderr())
            .with_style(style);
        bar.set_prefix(backend.to_owned());
        let done = Arc::new(AtomicBool::new(false));
        let is_done = Arc::clone(&done);
        let thread = thread::spawn(move || {
            while !is_done.load(Ordering::Acquire) {
                bar.set_position(progress.ended() as u64);
                thread::park_timeout(Duration::from_millis(100));
            }
            bar.finish_and_clear();
        });
        Self(Some(Ticker { done, thread }))
    }
}

impl Drop for PassBar {
    fn drop(&mut self) {
        if let Some(Ticker { done, thread }) = self.0.take() {
            done.store(true, Ordering::Release);
            thread.thread().unpark();
            // The figures are valid even if the thread of the bar has panicked.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speaks(set: &[(&str, &str)]) -> bool {
        speaks_utf8(|name| {
            set.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_first_set_variable_wins() {
        assert!(
            speaks(&[]) && speaks(&[("LANG", "de_DE.UTF-8")]) && speaks(&[("LC_CTYPE", "C.utf8")])
        );
        assert!(
            !speaks(&[("LANG", "C")]) && !speaks(&[("LC_ALL", "POSIX"), ("LANG", "de_DE.UTF-8")])
        );
        assert!(speaks(&[("LC_ALL", ""), ("LANG", "en_US.UTF-8")]), "an empty variable is not set");
    }
}
