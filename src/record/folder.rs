//! The folder of a record: what `compare` measured, what `cargo bench` did, or both of the same
//! source.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::{Comparison, Environment, Record, SAMPLES_FILE};

/// A record's folder, read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Folder {
    /// What it is called.
    pub name: String,
    /// Where it was measured, and with what.
    pub environment: Environment,
    /// What was measured in paired rounds.
    pub comparison: Option<Comparison>,
    /// What `cargo bench` measured.
    pub bench: Option<Record>,
}

impl Folder {
    /// Reads all that a folder holds.
    ///
    /// # Errors
    ///
    /// It is no record's, or a file of it is damaged or of a newer form: which one is told.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let name = fs::canonicalize(path)
            .ok()
            .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
            .with_context(|| {
                format!(
                    "{} is no folder: name that of a record, such as one in results/",
                    path.display()
                )
            })?;
        let environment = Environment::read(path)?;
        let comparison = Comparison::is_in(path).then(|| Comparison::read(path)).transpose()?;
        let has_samples = comparison.is_none() || path.join(SAMPLES_FILE).exists();
        let bench = has_samples.then(|| Record::read(path)).transpose()?;
        Ok(Self { name, environment, comparison, bench })
    }
}
