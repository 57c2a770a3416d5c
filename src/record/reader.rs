//! Reads the files of records: up to a maximum size, with errors that name the file and the line.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::fetch::files::read_at_most;

/// Maximum length of a versioned file and of a line, in bytes. Those written are far shorter.
pub(super) const LONGEST: u64 = 1 << 20;

/// Maximum length of a JSON file without a version, in bytes.
const LONGEST_WHOLE: u64 = 64 << 20;

/// A JSON file of a record that states the version of its format.
pub(super) struct Versioned {
    /// The file's name in the folder of a record.
    pub file: &'static str,
    /// What it holds, for errors.
    pub kind: &'static str,
    /// What a folder with this file holds, for errors.
    pub folder_of: &'static str,
    /// The key of the version.
    pub key: &'static str,
    /// The version that is written now. Newer ones are refused.
    pub version: u32,
}

impl Versioned {
    /// Reads the file in a folder.
    ///
    /// # Errors
    ///
    /// The file is missing, damaged, of another kind, of a newer version, or fails `check`.
    pub fn read<T: DeserializeOwned>(
        &self,
        folder: &Path,
        check: impl Fn(T) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let Self { file, kind, folder_of, key, version } = self;
        let path = folder.join(file);
        let shown = path.display();
        let text = read_at_most(&path, LONGEST).map_err(|error| {
            let is_missing = error.kind() == ErrorKind::NotFound;
            let hint = format!(": is this the folder of a {folder_of}?");
            let hint = if is_missing { hint } else { String::new() };
            anyhow::Error::new(error).context(format!("cannot read {shown}{hint}"))
        })?;
        // The version first: a newer version may differ in every other field.
        let found = self.version_in(&text).with_context(|| format!("{shown}: no {kind}"))?;
        if found > u64::from(*version) {
            let key = key.replace('_', " ");
            bail!("{shown}: {key} {found} is newer than {version}: update fetchbench to read it");
        }
        parse(&text).and_then(check).with_context(|| format!("{shown}: no {kind}"))
    }

    fn version_in(&self, text: &[u8]) -> anyhow::Result<u64> {
        let values: Map<String, Value> = parse(text)?;
        let version = values.get(self.key).and_then(Value::as_u64);
        version.with_context(|| format!("missing field `{}`", self.key))
    }
}

/// The lines of a file.
pub(super) struct ReadLines<T> {
    pub values: Vec<T>,
    /// Whether the last line was cut. `values` omits it.
    pub cut: bool,
}

/// Reads a file of a record that holds a value a line. Errors name a value by `kind`.
///
/// # Errors
///
/// The file is missing, or a line is damaged or fails `check`. A cut last line is not an error,
/// because a crash leaves one behind.
pub(super) fn read_lines<T: DeserializeOwned>(
    path: &Path,
    kind: &str,
    check: impl Fn(T) -> anyhow::Result<T>,
) -> anyhow::Result<ReadLines<T>> {
    let shown = path.display();
    let cannot_read = || format!("cannot read {shown}");
    let mut file = BufReader::new(File::open(path).with_context(cannot_read)?);
    let mut read = ReadLines { values: Vec::new(), cut: false };
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        file.by_ref().take(LONGEST).read_until(b'\n', &mut line).with_context(cannot_read)?;
        if line.len() as u64 == LONGEST {
            bail!("{shown}:{number}: the line is longer than {LONGEST} bytes");
        }
        if line.is_empty() {
            break;
        }
        match parse(&line).and_then(&check) {
            Ok(value) => read.values.push(value),
            Err(_) if line.last() != Some(&b'\n') => {
                read.cut = true;
                break;
            }
            Err(error) => bail!("{shown}:{number}: no {kind}: {error:#}"),
        }
    }
    Ok(read)
}

/// Reads an optional JSON file without a version, such as one beside the records. Errors name it
/// by `kind`.
pub fn read_whole<T: DeserializeOwned>(path: &Path, kind: &str) -> anyhow::Result<Option<T>> {
    let shown = path.display();
    if !path.exists() {
        return Ok(None);
    }
    let text = read_at_most(path, LONGEST_WHOLE).with_context(|| format!("cannot read {shown}"))?;
    serde_json::from_slice(&text).map(Some).with_context(|| format!("{shown} is no {kind}"))
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
    use super::*;
    use crate::record::Audit;

    const HEAD: Versioned = Versioned {
        file: "head.json",
        kind: "head",
        folder_of: "comparison",
        key: "head_version",
        version: 2,
    };

    /// Reads a head of this text: the value of its key `a`.
    fn read(text: &str) -> Result<u64, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(HEAD.file), text).unwrap();
        let read: anyhow::Result<Map<String, Value>> = HEAD.read(folder.path(), Ok);
        read.map(|head| head["a"].as_u64().unwrap()).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn older_versions_load() {
        assert_eq!(read(r#"{"head_version": 2, "a": 5}"#), Ok(5));
        assert_eq!(read(r#"{"a": 6, "head_version": 1}"#), Ok(6));
    }

    #[test]
    fn foreign_heads_are_refused() {
        for (text, why) in [
            (r#"{"head_version": 3}"#, "head.json: head version 3 is newer than 2: update"),
            (r#"{"schema_version": 1}"#, "head.json: no head: missing field `head_version`"),
            (r#"{"head_version": "1"}"#, "head.json: no head: missing field `head_version`"),
            ("[1]", "head.json: no head: invalid type: sequence"),
            (&" ".repeat(LONGEST as usize + 1), "head.json: it is longer than 1 MiB"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn missing_heads_ask_for_folders() {
        let folder = tempfile::tempdir().unwrap();
        let missing: anyhow::Result<Map<String, Value>> = HEAD.read(folder.path(), Ok);
        let error = format!("{:#}", missing.unwrap_err());
        assert!(error.contains("head.json: is this the folder of a comparison?: "), "{error}");
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
}
