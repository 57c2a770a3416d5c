//! Writing files and folders: whole files by rename, lines one by one.

use std::error::Error;
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Serialize;

/// A record or another file could not be written.
#[derive(Debug)]
pub struct Unwritable(anyhow::Error);

impl Unwritable {
    /// Marks an error as a failure to write.
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

/// Appends lines of JSON to a file, each with a single unbuffered write, so that a crash loses no
/// earlier one.
#[derive(Debug)]
pub(super) struct LineAppender {
    path: PathBuf,
    file: File,
}

impl LineAppender {
    /// Creates a file that does not exist yet.
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

    /// Appends a line.
    pub fn append(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        let line = serde_json::to_string(value)? + "\n";
        self.file
            .write_all(line.as_bytes())
            .with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Flushes the file to the disk.
    pub fn sync(&self) -> anyhow::Result<()> {
        self.file.sync_all().with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// Creates a folder if it does not exist, and checks that it is writable.
pub fn make_folder(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let probe = folder.join(format!(".{}.new", std::process::id()));
    let written = File::create(&probe).and_then(|_| fs::remove_file(&probe));
    written.with_context(|| format!("cannot write into the folder {}", folder.display()))
}

/// Creates a new folder below `parent`, with a number after its name if the name is taken.
pub fn new_folder(parent: &Path, name: &str) -> anyhow::Result<PathBuf> {
    make_folder(parent)?;
    let mut folder = parent.join(name);
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

/// Returns a path that is not taken: this one, or the first with a number after it.
pub(super) fn free_name(path: &Path) -> PathBuf {
    let numbered = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!("-{number}"));
        PathBuf::from(name)
    };
    let mut paths = std::iter::once(path.to_owned()).chain((2..).map(numbered));
    paths.find(|path| !path.exists()).unwrap_or_else(|| path.to_owned())
}

/// Returns the name of a record's folder, also for a path such as `.`.
pub(super) fn folder_name(folder: &Path) -> anyhow::Result<String> {
    let found = fs::canonicalize(folder).ok();
    let name = found.as_deref().and_then(Path::file_name).with_context(|| {
        format!("{} is not a directory: name that of a record", folder.display())
    })?;
    Ok(name.to_string_lossy().into_owned())
}

/// Replaces a file by a value as JSON; see [`replace_file`].
pub(super) fn replace_json(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    replace_file(path, (serde_json::to_string_pretty(value)? + "\n").as_bytes())
}

/// Writes a file under a temporary name and renames it, so that readers never see half of it. If
/// the path leads to something other than a file, such as a pipe, writes to it directly.
pub fn replace_file(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    // Replaces the target of a link, and not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let written = match fs::metadata(&target) {
        Ok(metadata) if !metadata.is_file() => fs::write(&target, content),
        found => replace(&target, content, found.ok()),
    };
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Checks that [`replace_file`] can write a file, which stays as it is.
///
/// # Errors
///
/// It cannot, because the file is a directory or its own directory is missing or not writable.
pub fn check_writable(path: &Path) -> anyhow::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let checked = match fs::metadata(&target) {
        Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        // Opening a pipe would wait for its reader.
        Ok(metadata) if !metadata.is_file() => Ok(()),
        _ => temporary(&target)
            .and_then(|new| File::create_new(&new).and_then(|_| fs::remove_file(&new))),
    };
    checked.with_context(|| format!("cannot write {}", path.display()))
}

/// Returns the temporary name of a file, in the same directory.
fn temporary(path: &Path) -> io::Result<PathBuf> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{}.new", std::process::id()));
    Ok(path.with_file_name(name))
}

fn replace(path: &Path, content: &[u8], old: Option<Metadata>) -> io::Result<()> {
    let new = temporary(path)?;
    let written = File::create_new(&new).and_then(|mut file| {
        file.write_all(content)?;
        if let Some(old) = old {
            file.set_permissions(old.permissions())?;
        }
        // Without this, a crash of the machine could leave the new name on an empty file.
        file.sync_all()?;
        fs::rename(&new, path)?;
        // Without this, it could leave the old content in place.
        File::open(
            path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")),
        )?
        .sync_all()
    });
    if written.is_err() {
        // A leftover temporary file does no harm; the error to report is the one above.
        let _ = fs::remove_file(&new);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_replaced_whole() {
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
    fn checked_files_stay_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        fs::write(&old, b"one").unwrap();
        for path in [old.as_path(), &new, Path::new("/dev/null")] {
            check_writable(path).unwrap();
        }
        assert_eq!((fs::read(&old).unwrap(), new.exists()), (b"one".to_vec(), false));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left lying about");
        for path in [folder.path(), &folder.path().join("no/file")] {
            let error = check_writable(path).unwrap_err().to_string();
            assert_eq!(error, format!("cannot write {}", path.display()));
        }
    }

    #[test]
    fn link_targets_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, b"one").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace_file(&link, b"two").unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
