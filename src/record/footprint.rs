//! The cost of depending on each backend, measured by `scripts/footprint` and kept beside the
//! records.

use serde::Deserialize;

/// The smallest program of each backend.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Footprint {
    /// The programs. Backends may share one.
    pub programs: Vec<Program>,
}

/// The measurements of a program.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Program {
    /// The backends that it stands for.
    #[serde(rename = "rows")]
    pub backends: Vec<String>,
    /// The crate of the client.
    pub client: String,
    /// Its version.
    pub version: String,
    /// Whether TLS is built in.
    pub https: bool,
    /// Number of crates that are built.
    pub crates: usize,
    /// Crates of which several versions are built.
    pub duplicates: Vec<String>,
    /// Crates that need a C compiler.
    pub native: Vec<String>,
    /// The minimum compiler version that it declares.
    pub msrv: Option<String>,
    /// The licence of the client.
    pub licence: String,
    /// Processor time of a clean release build in seconds.
    pub build_cpu_s: f64,
    /// Size of the stripped program in bytes.
    pub binary_bytes: u64,
    /// The client's last release; `None` if it has none.
    pub released: Option<Release>,
    /// Advisories against the built crates.
    pub advisories: Vec<Advisory>,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Release {
    /// The day.
    pub date: String,
    /// A page that shows it.
    pub link: String,
}

/// An advisory against a crate.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Advisory {
    /// The identifier, such as `RUSTSEC-2025-0052`.
    pub id: String,
    /// The crate.
    #[serde(rename = "crate")]
    pub against: String,
    /// A page that describes it.
    pub link: String,
}

impl Footprint {
    /// Returns the program of a backend.
    pub fn of(&self, backend: &str) -> Option<&Program> {
        self.programs.iter().find(|program| program.backends.iter().any(|other| other == backend))
    }
}
