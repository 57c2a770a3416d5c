//! How a command ends before its time.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::Context;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Ends the process with 130 on SIGINT and with 143 on SIGTERM, as shells report such ends, and leaves the terminal's
/// line clean. A server that was started ends by itself when this process does.
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
    thread::Builder::new().name("signals".to_owned()).spawn(end).context("cannot listen for signals")?;
    Ok(())
}

/// Sets `flag` at the first SIGINT or SIGTERM, for the command to stop where nothing is lost, and ends the process at the
/// second.
pub(super) fn flag_on_signals(flag: Arc<AtomicBool>) -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("cannot listen for signals")?;
    let note = move || {
        for signal in signals.forever() {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(128 + signal);
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(note).context("cannot listen for signals")?;
    Ok(())
}
