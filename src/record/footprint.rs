//! What it costs to depend on each row, as `scripts/footprint` measured it: kept beside the
//! records.

use serde::Deserialize;

/// The smallest program of each row.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Footprint {
    /// One for rows that share a program.
    pub programs: Vec<Program>,
}

/// What was measured of a program.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Program {
    /// The rows that it stands for.
    pub rows: Vec<String>,
    /// The crate of the client.
    pub client: String,
    /// Its version.
    pub version: String,
    /// Whether TLS is built in.
    pub https: bool,
    /// Crates that are built.
    pub crates: usize,
    /// Crates of which several versions are built.
    pub duplicates: Vec<String>,
    /// Crates that need a C compiler.
    pub native: Vec<String>,
    /// The oldest compiler that it says it needs.
    pub msrv: Option<String>,
    /// The licence of the client.
    pub licence: String,
    /// Processor time of a release build from nothing, in seconds.
    pub build_cpu_s: f64,
    /// Size of the stripped program.
    pub binary_bytes: u64,
    /// The client's last release, where it has any.
    pub released: Option<Release>,
    /// Advisories against what is built.
    pub advisories: Vec<Advisory>,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Release {
    /// Its day.
    pub date: String,
    /// Where that is to be seen.
    pub link: String,
}

/// An advisory against a crate.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Advisory {
    /// Its name, such as `RUSTSEC-2025-0052`.
    pub id: String,
    /// The crate.
    #[serde(rename = "crate")]
    pub against: String,
    /// Where it is to be read.
    pub link: String,
}

impl Footprint {
    /// The program of a row.
    pub fn of(&self, row: &str) -> Option<&Program> {
        self.programs.iter().find(|program| program.rows.iter().any(|other| other == row))
    }
}
