//! The peers: backends in other languages, as programs that this one contains and sets up.
//!
//! They are set up once for each user, in [`directory`]: a program named after the backend, and
//! beside it its reply to an order to open a session.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context, anyhow};

/// The environment variable that names the directory of the peers, instead of the user's own.
pub const VARIABLE: &str = "FETCHBENCH_PEERS";

/// The sources of the peers, and the script that installs them.
const SOURCES: &[(&str, &str)] = &[
    ("install", include_str!("../../benches/peers/install")),
    ("curl/curl_worker.py", include_str!("../../benches/peers/curl/curl_worker.py")),
    ("go/go.mod", include_str!("../../benches/peers/go/go.mod")),
    ("go/http2.go", include_str!("../../benches/peers/go/http2.go")),
    ("go/no_http2.go", include_str!("../../benches/peers/go/no_http2.go")),
    ("go/redirect.go", include_str!("../../benches/peers/go/redirect.go")),
    ("go/worker.go", include_str!("../../benches/peers/go/worker.go")),
    ("node/fetch_worker.mjs", include_str!("../../benches/peers/node/fetch_worker.mjs")),
    ("node/http2_worker.mjs", include_str!("../../benches/peers/node/http2_worker.mjs")),
    ("node/worker.mjs", include_str!("../../benches/peers/node/worker.mjs")),
    ("python/aiohttp_worker.py", include_str!("../../benches/peers/python/aiohttp_worker.py")),
    ("python/asynchronous.py", include_str!("../../benches/peers/python/asynchronous.py")),
    ("python/httpx_worker.py", include_str!("../../benches/peers/python/httpx_worker.py")),
    ("python/niquests.txt", include_str!("../../benches/peers/python/niquests.txt")),
    ("python/niquests_worker.py", include_str!("../../benches/peers/python/niquests_worker.py")),
    ("python/redirect.py", include_str!("../../benches/peers/python/redirect.py")),
    ("python/requests_worker.py", include_str!("../../benches/peers/python/requests_worker.py")),
    ("python/requirements.txt", include_str!("../../benches/peers/python/requirements.txt")),
    ("python/worker.py", include_str!("../../benches/peers/python/worker.py")),
];

/// Returns the directory that peers are installed in: that of [`VARIABLE`], or else one in the
/// user's data (XDG Base Directory Specification). `None` if the environment names neither.
pub fn directory() -> Option<PathBuf> {
    if let Some(named) = path_variable(VARIABLE) {
        return std::path::absolute(named).ok();
    }
    let data = path_variable("XDG_DATA_HOME")
        .or_else(|| Some(path_variable("HOME")?.join(".local/share")));
    Some(data?.join("fetchbench/peers"))
}

/// Returns the path in an environment variable, unless it is unset or empty.
fn path_variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Writes the sources to `directory/source` and runs their installer, which reports on the standard
/// streams.
///
/// # Errors
///
/// The directory cannot be written, or bash is missing.
pub fn install(directory: &Path) -> anyhow::Result<ExitStatus> {
    let source = directory.join("source");
    for (name, text) in SOURCES {
        let path = source.join(name);
        let parent = path.parent().unwrap_or(&source);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, text))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Command::new("bash")
        .arg(source.join("install"))
        .arg(directory)
        .status()
        .map_err(|error| anyhow!("cannot run bash, which installs the peers: {error}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn files(directory: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn every_source_is_embedded() {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers"));
        let found: BTreeSet<String> = files(root)
            .iter()
            .map(|path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned())
            // The lists of hashes are made from them by hand; the caches are Python's.
            .filter(|name| !name.ends_with(".in") && !name.contains("__pycache__"))
            .collect();
        let embedded: BTreeSet<String> =
            SOURCES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(found, embedded);
    }
}
