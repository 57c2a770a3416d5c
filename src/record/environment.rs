//! Where a record was measured, and with what. Nothing in it names a person, a host or a path.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SCHEMA_VERSION;
use crate::record::lockfile;
use crate::record::machine;

/// Where a record was measured, and with what. What this system does not tell is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// The version of the record's form.
    pub schema_version: u32,
    /// When the record was begun: UTC, to the second, as in RFC 3339.
    pub started: String,
    /// The command line, without the folders in it.
    pub command: String,
    /// The model of the CPU, or else its architecture.
    pub cpu: String,
    /// How many cores this process may use.
    pub cores: usize,
    /// The operating system's kernel and its release.
    pub kernel: Option<String>,
    /// Main memory in bytes.
    pub memory_bytes: Option<u64>,
    /// The compiler that built this program, as `rustc --version` prints it.
    pub rustc: Option<String>,
    /// `release` or `debug`: whether the optimiser was on.
    pub profile: String,
    /// CRC-32 of `Cargo.lock`, in hexadecimal.
    pub lock_file_crc32: String,
    /// Every crate that fetchbench depends on directly, with its version.
    pub crates: BTreeMap<String, String>,
    /// The state of the source.
    pub git: Option<Git>,
    /// The load average over 1, 5 and 15 minutes when the record is begun.
    pub load: Option<[f64; 3]>,
    /// Who chooses the clock of the first core: `performance` holds still. Virtual machines often
    /// do not say.
    #[serde(default)]
    pub governor: Option<String>,
    /// How many files a process may have open, which is how many connections it may hold.
    #[serde(default)]
    pub open_files: Option<u64>,
    /// The first and the last port that connections go out from.
    #[serde(default)]
    pub ports: Option<(u16, u16)>,
}

/// The state of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Git {
    /// The revision that is checked out.
    pub revision: String,
    /// Whether any file differs from that revision, leaving out `results/`, where records come to
    /// stand.
    pub dirty: bool,
}

impl Environment {
    /// What it is now, for a record made by `command`.
    pub fn capture(command: &str) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            started: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            command: without_folders(command),
            cpu: machine::cpu_model().unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: machine::kernel(),
            memory_bytes: machine::memory_bytes(),
            rustc: option_env!("FETCHBENCH_RUSTC").map(str::to_owned),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
            lock_file_crc32: format!("{:08x}", crc32fast::hash(lockfile::TEXT.as_bytes())),
            crates: lockfile::direct()
                .map(|(name, version)| (name.to_owned(), version.to_owned()))
                .collect(),
            git: git(),
            load: machine::load(),
            governor: machine::governor(),
            open_files: machine::open_files(),
            ports: machine::ports(),
        }
    }

    /// What a record's folder is called: `<date>T<hhmm>-<cpu>`.
    pub fn folder_name(&self) -> String {
        let digits = self.started.replace(':', "");
        let minute = digits.get(..15).unwrap_or(&digits);
        format!("{minute}-{}", slug(&self.cpu))
    }
}

/// The words of a text in lower case, joined by hyphens: safe as the name of a folder anywhere.
fn slug(text: &str) -> String {
    let lower = text.to_ascii_lowercase().replace("(r)", "").replace("(tm)", "");
    lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

/// A command line whose absolute paths are cut to their last name: the folders before it may name a
/// person.
fn without_folders(command: &str) -> String {
    let word = |word: &str| match word.find('/') {
        Some(at) if at == 0 || word[..at].ends_with('=') => {
            let name = word.rsplit('/').next().unwrap_or_default();
            format!("{}{name}", &word[..at])
        }
        _ => word.to_owned(),
    };
    command.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// The revision that this program was built from, as `build.rs` found it; `None` if it was built
/// outside a checkout.
fn git() -> Option<Git> {
    let revision = option_env!("FETCHBENCH_REVISION")?;
    Some(Git {
        revision: revision.to_owned(),
        dirty: option_env!("FETCHBENCH_DIRTY") == Some("true"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_after_the_minute_and_the_cpu() {
        let mut environment = Environment::capture("");
        environment.started = "2026-11-22T10:12:59Z".to_owned();
        environment.cpu = "Intel(R) Core(TM) i7-8550U CPU @ 1.80GHz".to_owned();
        assert_eq!(environment.folder_name(), "2026-11-22T1012-intel-core-i7-8550u-cpu-1-80ghz");
    }

    #[test]
    fn a_command_keeps_its_words_but_no_folders() {
        assert_eq!(
            without_folders("cargo bench -- keepalive/surf"),
            "cargo bench -- keepalive/surf"
        );
        assert_eq!(without_folders("/home/jo/x --out=/home/jo/y results/z"), "x --out=y results/z");
    }

    #[test]
    fn nothing_captured_names_this_folder() {
        let text = serde_json::to_string(&Environment::capture("cargo test")).unwrap();
        assert!(!text.contains(env!("CARGO_MANIFEST_DIR")), "{text}");
        assert!(text.contains("\"surf\":\"2."), "{text}");
    }
}
