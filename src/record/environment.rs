//! The machine and the program that measured a record. No field names a person, a host or a path.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files::replace_json;
use super::reader::Versioned;
use super::{lockfile, machine};

/// The file of the environment.
pub(super) const ENVIRONMENT: Versioned = Versioned {
    file: "environment.json",
    kind: "environment",
    folder_of: "record",
    key: "schema_version",
    version: 1,
};

/// The machine and the program that measured a record. `None` if the system does not report a
/// value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Environment {
    /// The version of the record's format.
    #[cfg_attr(test, schemars(extend("const" = ENVIRONMENT.version)))]
    pub schema_version: u32,
    /// The start of the record: UTC, to the second, in RFC 3339 format.
    #[cfg_attr(test, schemars(regex(pattern = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")))]
    pub started: String,
    /// The command line, without folders.
    pub command: String,
    /// The model of the CPU, or its architecture if the model is unknown.
    pub cpu: String,
    /// Number of cores that this process may use.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub cores: usize,
    /// The operating system's kernel and its release.
    pub kernel: Option<String>,
    /// CRC-32 of the kernel's boot id, in hexadecimal. Records of one machine have the same until
    /// it is started again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(regex(pattern = "^[0-9a-f]{8}$")))]
    pub boot_id_crc32: Option<String>,
    /// Main memory in bytes.
    pub memory_bytes: Option<u64>,
    /// The compiler that built this program, as `rustc --version` prints it.
    pub rustc: Option<String>,
    /// The target triple that this program was built for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The allocator of this program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocator: Option<String>,
    /// The build profile: `release` or `debug`.
    #[cfg_attr(test, schemars(extend("enum" = ["release", "debug"])))]
    pub profile: String,
    /// CRC-32 of `Cargo.lock`, in hexadecimal.
    #[cfg_attr(test, schemars(regex(pattern = "^[0-9a-f]{8}$")))]
    pub lock_file_crc32: String,
    /// The direct dependencies of fetchbench, with their versions.
    pub crates: BTreeMap<String, String>,
    /// The state of the source.
    pub git: Option<Git>,
    /// The load average over 1, 5 and 15 minutes at the start of the record.
    pub load: Option<[f64; 3]>,
    /// The frequency governor of the first core: `performance` keeps the clock constant. Virtual
    /// machines often have none.
    #[serde(default)]
    pub governor: Option<String>,
    /// Maximum number of open files in a process, and therefore of its connections.
    #[serde(default)]
    pub open_files: Option<u64>,
    /// The first and the last port for outgoing connections.
    #[serde(default)]
    pub ports: Option<(u16, u16)>,
}

/// The state of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Git {
    /// The revision that is checked out.
    #[cfg_attr(test, schemars(regex(pattern = "^[0-9a-f]{40,64}$")))]
    pub revision: String,
    /// Whether any file differs from that revision, except in `results/`, which holds records.
    pub dirty: bool,
}

impl Environment {
    /// Captures the current environment, for a record made by `command`.
    pub fn capture(command: &str) -> Self {
        Self {
            schema_version: ENVIRONMENT.version,
            started: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            command: without_folders(command),
            cpu: machine::cpu_model().unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: machine::kernel(),
            boot_id_crc32: machine::boot_id().map(|id| crc32(id.as_bytes())),
            memory_bytes: machine::memory_bytes(),
            rustc: option_env!("FETCHBENCH_RUSTC").map(str::to_owned),
            target: option_env!("FETCHBENCH_TARGET").map(str::to_owned),
            allocator: Some(allocator().to_owned()),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
            lock_file_crc32: crc32(lockfile::TEXT.as_bytes()),
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

    /// Reads the environment of the record in a folder.
    ///
    /// # Errors
    ///
    /// The file is missing, damaged or of a newer version.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        ENVIRONMENT.read(folder, Ok)
    }

    /// Writes the environment into the folder of a record.
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        replace_json(&folder.join(ENVIRONMENT.file), self)
    }

    /// Returns the name of a record's folder: `<date>T<hhmm>-<cpu>`.
    pub fn folder_name(&self) -> String {
        let digits = self.started.replace(':', "");
        let minute = digits.get(..15).unwrap_or(&digits);
        format!("{minute}-{}", slug(&self.cpu))
    }
}

/// Returns the CRC-32 of some bytes, in hexadecimal.
pub fn crc32(bytes: &[u8]) -> String {
    format!("{:08x}", crc32fast::hash(bytes))
}

/// Returns the allocator of this program: that of the system's C library, which the counting one
/// calls.
fn allocator() -> &'static str {
    if cfg!(target_env = "gnu") {
        "glibc"
    } else if cfg!(target_env = "musl") {
        "musl"
    } else {
        "system"
    }
}

/// Returns the words of a text in lower case, joined by hyphens: a safe folder name on any system.
fn slug(text: &str) -> String {
    let lower = text.to_ascii_lowercase().replace("(r)", "").replace("(tm)", "");
    lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

/// Cuts the absolute paths of a command line to their last name, because the folders may name a
/// person.
fn without_folders(command: &str) -> String {
    command.split(' ').map(word_without_folders).collect::<Vec<_>>().join(" ")
}

/// Removes the folders of an absolute path. A word such as `/8` has none.
fn word_without_folders(word: &str) -> String {
    let Some((before, path)) = word.split_once('/') else { return word.to_owned() };
    match path.rsplit_once('/') {
        Some((_, name)) if before.is_empty() || before.ends_with('=') => format!("{before}{name}"),
        _ => word.to_owned(),
    }
}

/// Returns the revision that this program was built from, as `build.rs` found it; `None` if it was
/// built outside a checkout.
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
    fn folders_name_minute_and_cpu() {
        let mut environment = Environment::capture("");
        environment.started = "2026-11-22T10:12:59Z".to_owned();
        environment.cpu = "Intel(R) Core(TM) i7-8550U CPU @ 1.80GHz".to_owned();
        assert_eq!(environment.folder_name(), "2026-11-22T1012-intel-core-i7-8550u-cpu-1-80ghz");
    }

    #[test]
    fn commands_lose_their_folders() {
        assert_eq!(
            without_folders("cargo bench -- keepalive/surf"),
            "cargo bench -- keepalive/surf"
        );
        assert_eq!(without_folders("/home/jo/x --out=/home/jo/y results/z"), "x --out=y results/z");
        assert_eq!(without_folders("--shard /8 --shard=/8"), "--shard /8 --shard=/8");
    }

    #[test]
    fn captures_hold_no_path() {
        let text = serde_json::to_string(&Environment::capture("cargo test")).unwrap();
        assert!(!text.contains(env!("CARGO_MANIFEST_DIR")), "{text}");
        assert!(text.contains("\"surf\":\"2."), "{text}");
    }
}
