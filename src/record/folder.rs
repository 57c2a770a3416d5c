//! The folder of a record: the results of `compare`, of `cargo bench`, or of both on the same
//! source.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::{Comparison, Environment, Record, SAMPLES_FILE};

/// The content of a record's folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Folder {
    /// The folder's name.
    pub name: String,
    /// The machine and the program that measured it.
    pub environment: Environment,
    /// The results of `compare`, in paired rounds.
    pub comparison: Option<Comparison>,
    /// The results of `cargo bench`.
    pub bench: Option<Record>,
}

impl Folder {
    /// Reads a folder.
    ///
    /// # Errors
    ///
    /// The folder is not that of a record, or a file is damaged or of a newer version. The message
    /// names the file.
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
