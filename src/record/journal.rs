//! Writing a record: a new folder, the environment at once, the samples as they come.

use std::error::Error;
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Serialize;

use super::{ENVIRONMENT_FILE, Environment, SAMPLES_FILE, Sample};

/// A record or another file could not be written.
#[derive(Debug)]
pub struct Unwritable(anyhow::Error);

impl Unwritable {
    /// Marks an error as one of writing.
    pub fn wrap(error: impl Into<anyhow::Error>) -> anyhow::Error {
        Self(error.into()).into()
    }
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl Error for Unwritable {}

/// A record that is being written.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    samples: Lines,
}

impl Journal {
    /// Makes the folder where it does not exist, and writes the environment.
    ///
    /// # Errors
    ///
    /// The folder holds a record already, which stays as it is, or cannot be written to.
    pub fn create(folder: &Path, environment: &Environment) -> anyhow::Result<Self> {
        make_folder(folder)?;
        let samples = Lines::create(folder.join(SAMPLES_FILE))?;
        let text = serde_json::to_string_pretty(environment)? + "\n";
        replace_file(&folder.join(ENVIRONMENT_FILE), text.as_bytes())?;
        Ok(Self { folder: folder.to_owned(), samples })
    }

    /// The same in a new folder below `parent`, named after the time and the CPU, and numbered
    /// where the name is taken.
    ///
    /// # Errors
    ///
    /// As [`Journal::create`].
    pub fn create_below(parent: &Path, environment: &Environment) -> anyhow::Result<Self> {
        let folder = new_folder(parent, environment)?;
        Self::create(&folder, environment)
    }

    /// Where the record stands.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes one more sample. It goes to the file as one piece and at once, so that a crash loses
    /// no earlier one.
    ///
    /// # Errors
    ///
    /// The disk is full, or the like.
    pub fn append(&mut self, sample: &Sample) -> anyhow::Result<()> {
        self.samples.append(sample)
    }
}

/// A file of lines that is being written: one line of JSON for each thing, at once and as one
/// piece, so that a crash loses no earlier one.
#[derive(Debug)]
pub(super) struct Lines {
    path: PathBuf,
    file: File,
}

impl Lines {
    /// A new file.
    ///
    /// # Errors
    ///
    /// There is one already, or the folder cannot be written to.
    pub fn create(path: PathBuf) -> anyhow::Result<Self> {
        let shown = path.display();
        match File::create_new(&path) {
            Ok(file) => Ok(Self { file, path }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                bail!(
                    "{shown} exists already, and records are not overwritten: name another folder"
                )
            }
            Err(error) => Err(error).with_context(|| format!("cannot write {shown}")),
        }
    }

    /// Writes one more line.
    ///
    /// # Errors
    ///
    /// The disk is full, or the like.
    pub fn append(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        let line = serde_json::to_string(value)? + "\n";
        self.file
            .write_all(line.as_bytes())
            .with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Sees to it that what was written is on the disk.
    ///
    /// # Errors
    ///
    /// It is not.
    pub fn sync(&self) -> anyhow::Result<()> {
        self.file.sync_all().with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// Makes a folder, unless it exists, and makes sure that files can be written into it.
///
/// # Errors
///
/// They cannot.
pub fn make_folder(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let probe = folder.join(format!(".{}.new", std::process::id()));
    let written = File::create(&probe).and_then(|_| fs::remove_file(&probe));
    written.with_context(|| format!("cannot write into the folder {}", folder.display()))
}

/// Makes a new folder below `parent`, named after the time and the CPU, and numbered where the name
/// is taken.
///
/// # Errors
///
/// `parent` cannot be written to.
pub fn new_folder(parent: &Path, environment: &Environment) -> anyhow::Result<PathBuf> {
    let name = environment.folder_name();
    make_folder(parent)?;
    let mut folder = parent.join(&name);
    for number in 2.. {
        match fs::create_dir(&folder) {
            Ok(()) => break,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                folder = parent.join(format!("{name}-{number}"));
            }
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("cannot make the folder {}", folder.display()));
            }
        }
    }
    Ok(folder)
}

/// Writes a file under another name and then gives it its own, so that nobody ever finds half of
/// it. Where the name leads to something else than a file, such as a pipe, that is written to as it
/// is.
///
/// # Errors
///
/// Names the file.
pub fn replace_file(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    // What a link leads to is replaced, and not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let written = match fs::metadata(&target) {
        Ok(metadata) if !metadata.is_file() => fs::write(&target, content),
        found => replace(&target, content, found.ok()),
    };
    written.with_context(|| format!("cannot write {}", path.display()))
}

fn replace(path: &Path, content: &[u8], old: Option<Metadata>) -> io::Result<()> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let written = File::create_new(&new).and_then(|mut file| {
        file.write_all(content)?;
        if let Some(old) = old {
            file.set_permissions(old.permissions())?;
        }
        // Without this a crash of the machine could leave the new name on an empty file.
        file.sync_all()?;
        fs::rename(&new, path)?;
        // And without this the old name on the old file.
        File::open(
            path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")),
        )?
        .sync_all()
    });
    if written.is_err() {
        // What is left of it is in nobody's way but ours; the error that counts is the one above.
        let _ = fs::remove_file(&new);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_is_numbered() {
        let parent = tempfile::tempdir().unwrap();
        let environment = Environment::capture("cargo test");
        let journals =
            [(); 3].map(|()| Journal::create_below(parent.path(), &environment).unwrap());
        let name = environment.folder_name();
        for (journal, end) in journals.iter().zip(["", "-2", "-3"]) {
            assert_eq!(journal.folder(), parent.path().join(format!("{name}{end}")));
        }
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        replace_file(&path, b"one").unwrap();
        replace_file(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let error = replace_file(&folder.path().join("no/file"), b"").unwrap_err();
        assert!(error.to_string().contains("no/file"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left lying about");
    }

    #[test]
    fn a_link_stays_one_and_what_it_leads_to_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, b"one").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace_file(&link, b"two").unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
