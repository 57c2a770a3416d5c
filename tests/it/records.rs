//! The records that the tests read: those in `tests/records/`, unpacked, and those in `results/`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::OnceLock;

use flate2::read::GzDecoder;

/// Returns the directory of every record, by name.
pub fn folders() -> &'static [PathBuf] {
    static FOLDERS: OnceLock<Vec<PathBuf>> = OnceLock::new();
    FOLDERS.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders: Vec<PathBuf> = entries(&root.join("results"))
            .filter(|folder| folder.join("environment.json").exists())
            .chain(entries(&root.join("tests/records")).map(|packed| unpack(&packed)))
            .collect();
        folders.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
        folders
    })
}

/// Returns the directory of a record.
pub fn folder(name: &str) -> &'static Path {
    let folder = folders().iter().find(|folder| folder.ends_with(name));
    folder.unwrap_or_else(|| panic!("no record {name} in results/ and tests/records/"))
}

/// Returns what a directory holds.
fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let all = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    all.map(|entry| entry.unwrap().path())
}

/// Unpacks a record into the target directory, unless an earlier run has, and returns its directory.
fn unpack(packed: &Path) -> PathBuf {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("records").join(packed.file_name().unwrap());
    fs::create_dir_all(&folder).unwrap();
    for file in entries(packed) {
        let target = folder.join(file.file_stem().unwrap());
        if !is_newer(&target, &file) {
            // Other tests may read the file already, so it appears whole.
            let part = target.with_extension(process::id().to_string());
            let mut reader = GzDecoder::new(File::open(&file).unwrap());
            std::io::copy(&mut reader, &mut File::create(&part).unwrap())
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            fs::rename(part, target).unwrap();
        }
    }
    folder
}

fn is_newer(file: &Path, than: &Path) -> bool {
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    modified(file).is_some_and(|file| Some(file) > modified(than))
}

#[test]
fn unpacked_records_are_whole() {
    for folder in folders() {
        assert!(folder.join("environment.json").is_file(), "{}", folder.display());
    }
    assert!(folders().len() > 13 && folder("2026-11-24T1501-amd-epyc").is_dir());
}
