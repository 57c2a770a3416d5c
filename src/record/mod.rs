//! Records: the samples of one run, in a separate folder that is never overwritten.
//!
//! `environment.json` describes the machine and the program. `samples.jsonl` holds one line per
//! sample; each is appended when it is measured. Records are the only link between measurements
//! and reports.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::fetch::files::read_at_most;

pub mod lockfile;
pub mod machine;
mod capacity;
mod audit;
mod bounds;
mod comparison;
mod comparison_file;
mod environment;
#[cfg(test)]
pub(crate) mod fixtures;
mod folder;
mod footprint;
mod journal;
mod latencies;
mod probe;
mod sample;

pub use self::audit::{Audit, BackendAudit};
pub use self::capacity::Capacity;
pub use self::comparison::{
    Aftermath, BackendSetup, COMPARISON_VERSION, CostSample, PassSample, Placement, SERVER, Setup,
    Validity, WorkerSetup, WorkloadSetup, control,
};
pub use self::comparison_file::{Comparison, ComparisonJournal, remove_comparison};
pub use self::environment::{Environment, Git};
pub use self::folder::Folder;
pub use self::footprint::{Advisory, Footprint, Program, Release};
pub use self::journal::{Journal, Unwritable, make_folder, new_folder, replace_file};
pub use self::latencies::{Latencies, MOST_KEPT, new_histogram, starts};
pub use self::probe::{DeadSite, DifferingSite, Ending, MOST_NAMED, Probe};
pub use self::sample::{Measurement, Sample, What};

/// The version of the format that records are written in. Newer records are refused.
pub const SCHEMA_VERSION: u32 = 1;

/// The file of the environment, in a record's folder.
pub const ENVIRONMENT_FILE: &str = "environment.json";

/// The file of the samples, in a record's folder.
pub const SAMPLES_FILE: &str = "samples.jsonl";

/// Maximum length of an environment file and of a line of samples, in bytes. Those written are far
/// shorter.
const LONGEST: u64 = 1 << 20;

/// Maximum length of a JSON file that is read as a whole, in bytes.
const LONGEST_WHOLE: u64 = 64 << 20;

/// One run as read from its folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The folder's name.
    pub name: String,
    /// The machine and the program that measured it.
    pub environment: Environment,
    /// The samples, in the order of measurement.
    pub samples: Vec<Sample>,
    /// Whether the last line was cut, for example by a crash. `samples` omits it.
    pub cut: bool,
}

impl Record {
    /// Reads the record in a folder.
    ///
    /// # Errors
    ///
    /// The record is missing, of a newer version, or damaged: the message names file and line. A
    /// cut last line is not an error, because a crash leaves one behind.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let name = fs::canonicalize(folder)
            .ok()
            .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
            .with_context(|| {
                format!(
                    "{} is no folder: name that of a record, such as one in results/",
                    folder.display()
                )
            })?;
        let environment = Environment::read(folder)?;
        let (samples, cut) = read_lines(&folder.join(SAMPLES_FILE), "sample", Sample::checked)?;
        Ok(Self { name, environment, samples, cut })
    }

    /// Returns the samples grouped into measurements, in order of first appearance.
    pub fn measurements(&self) -> Vec<Measurement<'_>> {
        Measurement::group(&self.samples)
    }
}

impl Environment {
    /// Reads the environment of the record in a folder.
    ///
    /// # Errors
    ///
    /// The file is missing, damaged or of a newer version.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            schema_version: u32,
        }

        let path = folder.join(ENVIRONMENT_FILE);
        let shown = path.display();
        let file = File::open(&path)
            .with_context(|| format!("cannot read {shown}: is this the folder of a record?"))?;
        let mut text = String::new();
        file.take(LONGEST)
            .read_to_string(&mut text)
            .with_context(|| format!("cannot read {shown}"))?;
        // The version first: a newer version may differ in every other field.
        let Version { schema_version } =
            parse(text.as_bytes()).with_context(|| format!("{shown}: no environment"))?;
        if schema_version > SCHEMA_VERSION {
            bail!(
                "{shown}: schema version {schema_version} is newer than {SCHEMA_VERSION}: update \
                 fetchbench to read it"
            );
        }
        parse(text.as_bytes()).with_context(|| format!("{shown}: no environment"))
    }
}

/// Parses the lines of a file, and returns whether the last one is cut.
fn read_lines<T: DeserializeOwned>(
    path: &Path,
    what: &str,
    check: impl Fn(T) -> anyhow::Result<T>,
) -> anyhow::Result<(Vec<T>, bool)> {
    let shown = path.display();
    let mut file =
        BufReader::new(File::open(path).with_context(|| format!("cannot read {shown}"))?);
    let mut values = Vec::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        file.by_ref()
            .take(LONGEST)
            .read_until(b'\n', &mut line)
            .with_context(|| format!("cannot read {shown}"))?;
        if line.len() as u64 == LONGEST {
            bail!("{shown}:{number}: the line is longer than {LONGEST} bytes");
        }
        if line.is_empty() {
            break;
        }
        match parse::<T>(&line).and_then(&check) {
            Ok(value) => values.push(value),
            Err(_) if line.last() != Some(&b'\n') => return Ok((values, true)),
            Err(error) => bail!("{shown}:{number}: no {what}: {error:#}"),
        }
    }
    Ok((values, false))
}

/// Reads an optional JSON file, such as one beside the records. Errors name it by `what`.
///
/// # Errors
///
/// The file exists and cannot be read.
pub fn read_whole<T: DeserializeOwned>(path: &Path, what: &str) -> anyhow::Result<Option<T>> {
    let shown = path.display();
    if !path.exists() {
        return Ok(None);
    }
    let text = read_at_most(path, LONGEST_WHOLE).with_context(|| format!("cannot read {shown}"))?;
    serde_json::from_slice(&text).map(Some).with_context(|| format!("{shown} is no {what}"))
}

/// Parses JSON. The message omits the position, because callers name the line or the small file.
fn parse<'a, T: Deserialize<'a>>(text: &'a [u8]) -> anyhow::Result<T> {
    serde_json::from_slice(text).map_err(|error| {
        let message = error.to_string();
        let place = message.rfind(" at line ").unwrap_or(message.len());
        anyhow::anyhow!("{}", &message[..place])
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const GOOD: &str = concat!(
        r#"{"what":"pass","scenario":"keepalive","row":"fake","threads":0,"concurrency":32,"time_scale":1.0,"#,
        r#""fetches":1000,"passes":2,"elapsed_s":0.5,"ideal_s":null}"#
    );

    /// A record whose samples file holds `samples`.
    fn folder(samples: &str) -> (tempfile::TempDir, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("record");
        Journal::create(&folder, &Environment::capture("cargo test")).unwrap();
        fs::write(folder.join(SAMPLES_FILE), samples).unwrap();
        (parent, folder)
    }

    fn read(samples: &str) -> anyhow::Result<Record> {
        let (_parent, folder) = folder(samples);
        Record::read(&folder)
    }

    #[test]
    fn written_records_are_read() {
        let (_parent, folder) = folder("");
        let environment = Environment::read(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        let sample: Sample = serde_json::from_str(GOOD).unwrap();
        let mut journal = Journal::create(&folder, &environment).unwrap();
        journal.append(&sample).unwrap();
        let record = Record::read(&folder).unwrap();
        assert_eq!(
            record,
            Record { name: "record".to_owned(), environment, samples: vec![sample], cut: false }
        );
    }

    #[test]
    fn a_cut_last_line_is_omitted() {
        let (_parent, folder) = folder("");
        for end in 1..GOOD.len() {
            fs::write(folder.join(SAMPLES_FILE), format!("{GOOD}\n{}", &GOOD[..end])).unwrap();
            let record = Record::read(&folder).unwrap();
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
    fn endless_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let endless = folder.path().join("audit.json");
        std::os::unix::fs::symlink("/dev/zero", &endless).unwrap();
        let error = format!("{:#}", read_whole::<Audit>(&endless, "audit").unwrap_err());
        assert!(error.ends_with("audit.json: it is longer than 64 MiB"), "{error}");
        assert_eq!(read_whole::<Audit>(&folder.path().join("nope"), "audit").unwrap(), None);
    }

    #[test]
    fn newer_and_missing_records_are_refused() {
        let (_parent, folder) = folder(GOOD);
        fs::write(folder.join(ENVIRONMENT_FILE), r#"{"schema_version": 2, "started": {}}"#)
            .unwrap();
        let error = Record::read(&folder).unwrap_err().to_string();
        assert!(
            error.ends_with("schema version 2 is newer than 1: update fetchbench to read it"),
            "{error}"
        );
        fs::remove_file(folder.join(ENVIRONMENT_FILE)).unwrap();
        assert!(
            Record::read(&folder)
                .unwrap_err()
                .to_string()
                .contains("is this the folder of a record?")
        );
        assert!(
            Record::read(&folder.join("nope"))
                .unwrap_err()
                .to_string()
                .contains("nope is no folder")
        );
    }

    #[test]
    fn records_are_never_overwritten() {
        let (_parent, folder) = folder(GOOD);
        let error =
            Journal::create(&folder, &Environment::capture("cargo test")).unwrap_err().to_string();
        assert!(error.contains("exists already"), "{error}");
        assert_eq!(fs::read_to_string(folder.join(SAMPLES_FILE)).unwrap(), GOOD);
    }
}
