//! Interruption of commands by signals.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;

use anyhow::Context;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Ends the process with 130 on SIGINT and with 143 on SIGTERM, the codes that shells report, and
/// clears the terminal's line. A started server ends when this process does.
pub(super) fn end_on_signals() -> anyhow::Result<()> {
    handle_signals(|mut signals| {
        if let Some(signal) = signals.forever().next() {
            if io::stderr().is_terminal() {
                // Removes the rest of a progress bar.
                let _ = write!(io::stderr(), "\r\x1b[2K");
            }
            std::process::exit(128 + signal);
        }
    })
}

/// Starts a thread that handles SIGINT and SIGTERM.
fn handle_signals(handle: impl FnOnce(Signals) + Send + 'static) -> anyhow::Result<()> {
    let signals = Signals::new([SIGINT, SIGTERM]).context("cannot listen for signals")?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || handle(signals))
        .context("cannot listen for signals")?;
    Ok(())
}

/// A request to stop a command at a point where nothing is lost, and its signal.
#[derive(Debug, Clone, Default)]
pub(super) struct Interruption {
    /// Set by the first signal.
    pub(super) flag: Arc<AtomicBool>,
    signal: Arc<AtomicI32>,
}

impl Interruption {
    /// Records the first SIGINT or SIGTERM. The second ends the process at once.
    pub(super) fn on_signals() -> anyhow::Result<Self> {
        let interruption = Self::default();
        let noted = interruption.clone();
        handle_signals(move |mut signals| {
            for signal in signals.forever() {
                noted.signal.store(signal, Ordering::Relaxed);
                if noted.flag.swap(true, Ordering::Release) {
                    std::process::exit(128 + signal);
                }
            }
        })?;
        Ok(interruption)
    }

    /// Returns the exit code of an interrupted command: 130 or 143, the codes that shells report.
    pub(super) fn exit_code(&self) -> Option<ExitCode> {
        let signal = self.signal.load(Ordering::Relaxed);
        self.flag.load(Ordering::Acquire).then(|| ExitCode::from(128 + signal as u8))
    }
}
