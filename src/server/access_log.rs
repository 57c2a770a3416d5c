//! The access log: one line of JSON for each response to a request for a site.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::visit::Visit;

use crate::fetch::lock;

/// Logs the responses of one loop. All loops of a server write to the same file, whole lines at a
/// time.
#[derive(Debug)]
pub(super) struct AccessLog {
    file: Arc<Mutex<File>>,
    lines: Vec<u8>,
}

impl AccessLog {
    /// Appends to `file`.
    pub fn new(file: Arc<Mutex<File>>) -> Self {
        Self { file, lines: Vec::new() }
    }

    /// Records a response that ends now. `since` is when its request was readable.
    pub fn note(&mut self, Visit { site, visit }: Visit, status: u16, bytes: u64, since: Instant) {
        let (time, took) = (jiff::Timestamp::now(), since.elapsed().as_secs_f64() * 1e3);
        let line = format_args!(
            "{{\"time\":\"{time:.6}\",\"site\":{site},\"visit\":{visit},\"status\":{status},\"bytes\":{bytes},\"took_ms\":{took:.3}}}\n"
        );
        self.lines.write_fmt(line).expect("vectors grow");
    }

    /// Writes the lines recorded since the last flush.
    ///
    /// # Errors
    ///
    /// Most likely a full disk.
    pub fn flush(&mut self) -> io::Result<()> {
        if !self.lines.is_empty() {
            lock(&self.file).write_all(&self.lines)?;
            self.lines.clear();
        }
        Ok(())
    }
}
