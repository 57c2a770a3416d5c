#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

/// In memory, for speed, and one for each process.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = PathBuf::from(format!("/dev/shm/fetchbench-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fetchbench::report::examine(bytes, &FOLDER));
