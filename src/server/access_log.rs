//! The access log: a line of JSON for each answer to a request for a site.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::visit::Visit;

/// Writes the answers of one loop down. The loops of a server write to one file, whole lines at a
/// time.
#[derive(Debug)]
pub(super) struct AccessLog {
    file: Arc<Mutex<File>>,
    lines: Vec<u8>,
}

impl AccessLog {
    /// Writes to `file`, after what others write there.
    pub fn new(file: Arc<Mutex<File>>) -> Self {
        Self { file, lines: Vec::new() }
    }

    /// Notes that an answer has ended now, which a client has waited for since its request was
    /// readable.
    pub fn note(&mut self, Visit { site, visit }: Visit, status: u16, bytes: u64, since: Instant) {
        let (time, took) = (jiff::Timestamp::now(), since.elapsed().as_secs_f64() * 1e3);
        let line = format_args!(
            "{{\"time\":\"{time:.6}\",\"site\":{site},\"visit\":{visit},\"status\":{status},\"bytes\":{bytes},\"took_ms\":{took:.3}}}\n"
        );
        self.lines.write_fmt(line).expect("vectors grow");
    }

    /// Writes what was noted since it was last called.
    ///
    /// # Errors
    ///
    /// Most likely a full disk.
    pub fn flush(&mut self) -> io::Result<()> {
        if !self.lines.is_empty() {
            self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&self.lines)?;
            self.lines.clear();
        }
        Ok(())
    }
}
