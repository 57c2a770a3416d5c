//! The record of `cargo bench`: samples that criterion took, one a line.

use std::path::Path;

use super::environment::Environment;
use super::files::folder_name;
use super::reader::{ReadLines, read_lines};

mod sample;
mod writer;

pub use self::sample::{BenchSample, Measurement, SampleKind};
pub use self::writer::BenchWriter;

/// The file of the samples, in a record's folder.
pub(super) const SAMPLES_FILE: &str = "samples.jsonl";

/// The record of a bench as read from its folder.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchRecord {
    /// The folder's name.
    pub name: String,
    /// The machine and the program that measured it.
    pub environment: Environment,
    /// The samples, in the order of measurement.
    pub samples: Vec<BenchSample>,
    /// Whether the last line was cut, for example by a crash. `samples` omits it.
    pub cut: bool,
}

impl BenchRecord {
    /// Returns whether a folder holds the record of a bench.
    pub(super) fn is_in(folder: &Path) -> bool {
        folder.join(SAMPLES_FILE).exists()
    }

    /// Reads the record in a folder.
    ///
    /// # Errors
    ///
    /// The record is missing, of a newer version, or damaged: the message names file and line. A
    /// cut last line is not an error, because a crash leaves one behind.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let name = folder_name(folder)?;
        let environment = Environment::read(folder)?;
        let ReadLines { values: samples, cut } =
            read_lines(&folder.join(SAMPLES_FILE), "sample", BenchSample::checked)?;
        Ok(Self { name, environment, samples, cut })
    }

    /// Returns the samples grouped into measurements, in order of first appearance.
    pub fn measurements(&self) -> Vec<Measurement<'_>> {
        Measurement::group(&self.samples)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::record::environment::ENVIRONMENT;
    use crate::record::reader::LONGEST;

    const GOOD: &str = concat!(
        r#"{"what":"pass","scenario":"keepalive","row":"fake","threads":0,"concurrency":32,"time_scale":1.0,"#,
        r#""fetches":1000,"passes":2,"elapsed_s":0.5,"ideal_s":null}"#
    );

    /// A record with `samples` in its samples file.
    fn folder(samples: &str) -> (tempfile::TempDir, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("record");
        BenchWriter::create(&folder, &Environment::capture("cargo test")).unwrap();
        fs::write(folder.join(SAMPLES_FILE), samples).unwrap();
        (parent, folder)
    }

    fn read(samples: &str) -> anyhow::Result<BenchRecord> {
        let (_parent, folder) = folder(samples);
        BenchRecord::read(&folder)
    }

    #[test]
    fn written_records_are_read() {
        let (_parent, folder) = folder("");
        let environment = Environment::read(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        let sample: BenchSample = serde_json::from_str(GOOD).unwrap();
        let mut writer = BenchWriter::create(&folder, &environment).unwrap();
        writer.append(&sample).unwrap();
        let record = BenchRecord::read(&folder).unwrap();
        assert_eq!(
            record,
            BenchRecord {
                name: "record".to_owned(),
                environment,
                samples: vec![sample],
                cut: false
            }
        );
    }

    #[test]
    fn a_cut_last_line_is_omitted() {
        let (_parent, folder) = folder("");
        for end in 1..GOOD.len() {
            fs::write(folder.join(SAMPLES_FILE), format!("{GOOD}\n{}", &GOOD[..end])).unwrap();
            let record = BenchRecord::read(&folder).unwrap();
            assert_eq!((record.samples.len(), record.cut), (1, true), "cut after {end} bytes");
        }
        assert_eq!(read(&format!("{GOOD}\n{GOOD}")).unwrap().samples.len(), 2);
        assert!(!read("").unwrap().cut);
    }

    #[test]
    fn bad_lines_are_named() {
        let error =
            |line: &str| format!("{:#}", read(&format!("{GOOD}\n{line}\n{GOOD}\n")).unwrap_err());
        for (line, why) in [
            ("", "samples.jsonl:2: no sample: EOF"),
            ("{}", "samples.jsonl:2: no sample: missing field `what`"),
            (&GOOD.replace("0.5", "-0.5"), "samples.jsonl:2: no sample: elapsed_s is -0.5"),
            (&GOOD.replace("0.5", "1e999"), "samples.jsonl:2: no sample: number out of range"),
            (
                &GOOD.replace("\"passes\":2", "\"passes\":0"),
                "samples.jsonl:2: no sample: invalid value: integer `0`",
            ),
            (
                &"x".repeat(LONGEST as usize),
                "samples.jsonl:2: the line is longer than 1048576 bytes",
            ),
        ] {
            assert!(error(line).contains(why), "{}", error(line));
        }
    }

    #[test]
    fn newer_records_are_refused() {
        let (_parent, folder) = folder(GOOD);
        fs::write(folder.join(ENVIRONMENT.file), r#"{"schema_version": 2, "started": {}}"#)
            .unwrap();
        let error = BenchRecord::read(&folder).unwrap_err().to_string();
        assert!(
            error.ends_with("schema version 2 is newer than 1: update fetchbench to read it"),
            "{error}"
        );
        fs::remove_file(folder.join(ENVIRONMENT.file)).unwrap();
        assert!(
            BenchRecord::read(&folder)
                .unwrap_err()
                .to_string()
                .contains("is this the folder of a record?")
        );
        assert!(
            BenchRecord::read(&folder.join("nope"))
                .unwrap_err()
                .to_string()
                .contains("nope is not a directory")
        );
    }

    #[test]
    fn records_are_never_overwritten() {
        let (_parent, folder) = folder(GOOD);
        let error = BenchWriter::create(&folder, &Environment::capture("cargo test"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("exists already"), "{error}");
        assert_eq!(fs::read_to_string(folder.join(SAMPLES_FILE)).unwrap(), GOOD);
    }
}
