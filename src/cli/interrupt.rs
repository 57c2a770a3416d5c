//! How a command ends before its time.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;

use anyhow::Context;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Ends the process with 130 on SIGINT and with 143 on SIGTERM, as shells report such ends, and
/// leaves the terminal's line clean. A server that was started ends by itself when this process
/// does.
pub(super) fn end_on_signals() -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("cannot listen for signals")?;
    let end = move || {
        if let Some(signal) = signals.forever().next() {
            if io::stderr().is_terminal() {
                // Takes away what is left of a progress bar.
                let _ = write!(io::stderr(), "\r\x1b[2K");
            }
            std::process::exit(128 + signal);
        }
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(end)
        .context("cannot listen for signals")?;
    Ok(())
}

/// Whether a command is to stop where nothing is lost, and why.
#[derive(Debug, Clone, Default)]
pub(super) struct Interruption {
    /// Set once it is to stop.
    pub(super) flag: Arc<AtomicBool>,
    signal: Arc<AtomicI32>,
}

impl Interruption {
    /// Notes the first SIGINT or SIGTERM; the second ends the process at once.
    pub(super) fn on_signals() -> anyhow::Result<Self> {
        let mut signals = Signals::new([SIGINT, SIGTERM]).context("cannot listen for signals")?;
        let interruption = Self::default();
        let noted = interruption.clone();
        let note = move || {
            for signal in signals.forever() {
                noted.signal.store(signal, Ordering::Relaxed);
                if noted.flag.swap(true, Ordering::Release) {
                    std::process::exit(128 + signal);
                }
            }
        };
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(note)
            .context("cannot listen for signals")?;
        Ok(interruption)
    }

    /// The exit code of a command that was stopped, as shells report such ends: 130 or 143.
    pub(super) fn exit_code(&self) -> Option<ExitCode> {
        let signal = self.signal.load(Ordering::Relaxed);
        self.flag.load(Ordering::Acquire).then(|| ExitCode::from(128 + signal as u8))
    }
}
