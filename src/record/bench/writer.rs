//! Writes the record of a bench while it is measured.

use std::path::{Path, PathBuf};

use super::SAMPLES_FILE;
use super::sample::BenchSample;
use crate::record::environment::Environment;
use crate::record::files::{LineAppender, make_folder, new_folder};

/// Writes the record of a bench.
#[derive(Debug)]
pub struct BenchWriter {
    folder: PathBuf,
    samples: LineAppender,
}

impl BenchWriter {
    /// Creates the folder if it does not exist, and writes the environment.
    ///
    /// # Errors
    ///
    /// The folder already holds a record, which is left as it is, or cannot be written to.
    pub fn create(folder: &Path, environment: &Environment) -> anyhow::Result<Self> {
        make_folder(folder)?;
        let samples = LineAppender::create(folder.join(SAMPLES_FILE))?;
        environment.write(folder)?;
        Ok(Self { folder: folder.to_owned(), samples })
    }

    /// Like [`BenchWriter::create`], in a new folder below `parent`; see [`new_folder`].
    pub fn create_below(parent: &Path, environment: &Environment) -> anyhow::Result<Self> {
        let folder = new_folder(parent, &environment.folder_name())?;
        Self::create(&folder, environment)
    }

    /// Returns the folder of the record.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Appends a sample with a single unbuffered write, so that a crash loses no earlier one.
    pub fn append(&mut self, sample: &BenchSample) -> anyhow::Result<()> {
        self.samples.append(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_names_are_numbered() {
        let parent = tempfile::tempdir().unwrap();
        let environment = Environment::capture("cargo test");
        let writers =
            [(); 3].map(|()| BenchWriter::create_below(parent.path(), &environment).unwrap());
        let name = environment.folder_name();
        for (writer, end) in writers.iter().zip(["", "-2", "-3"]) {
            assert_eq!(writer.folder(), parent.path().join(format!("{name}{end}")));
        }
    }
}
