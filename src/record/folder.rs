//! The folder of a record: the results of `compare`, of `cargo bench`, or of both on the same
//! source.

use std::path::Path;

use super::bench::BenchRecord;
use super::comparison::ComparisonRecord;
use super::environment::Environment;
use super::files::folder_name;

/// The content of a record's folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Folder {
    /// The folder's name.
    pub name: String,
    /// The machine and the program that measured it.
    pub environment: Environment,
    /// The results of `compare`, in paired rounds.
    pub comparison: Option<ComparisonRecord>,
    /// The results of `cargo bench`.
    pub bench: Option<BenchRecord>,
}

impl Folder {
    /// Reads a folder.
    ///
    /// # Errors
    ///
    /// The folder is not that of a record, or a file is damaged or of a newer version. The message
    /// names the file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let name = folder_name(path)?;
        let environment = Environment::read(path)?;
        let is_comparison = ComparisonRecord::is_in(path);
        let comparison = is_comparison.then(|| ComparisonRecord::read(path)).transpose()?;
        let is_bench = !is_comparison || BenchRecord::is_in(path);
        let bench = is_bench.then(|| BenchRecord::read(path)).transpose()?;
        Ok(Self { name, environment, comparison, bench })
    }
}
