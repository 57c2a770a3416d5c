//! Versions of the crates that this program was built from. They are read from `Cargo.lock`,
//! because crates do not export their versions.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The lock file's text.
pub const TEXT: &str = include_str!("../../Cargo.lock");

#[derive(Deserialize)]
struct Lockfile {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    dependencies: Vec<String>,
}

impl Lockfile {
    fn package(&self, name: &str) -> Option<&Package> {
        self.package.iter().find(|package| package.name == name)
    }

    /// Returns the name and version of a dependency. An entry is a name, followed by a version if
    /// the tree holds several.
    fn dependency(&self, entry: &str) -> Option<(String, String)> {
        match entry.split_once(' ') {
            Some((name, version)) => Some((name.to_owned(), version.to_owned())),
            None => Some((entry.to_owned(), self.package(entry)?.version.clone())),
        }
    }
}

/// The direct dependencies of this package: name to version.
static DIRECT: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let lockfile: Lockfile = toml::from_str(TEXT).expect("cargo wrote the lock file");
    lockfile
        .package(env!("CARGO_PKG_NAME"))
        .into_iter()
        .flat_map(|package| &package.dependencies)
        .filter_map(|entry| lockfile.dependency(entry))
        .collect()
});

/// Returns the version of a direct dependency.
pub fn version(name: &str) -> Option<&'static str> {
    DIRECT.get(name).map(String::as_str)
}

/// Returns the direct dependencies, each with its version.
pub fn direct() -> impl Iterator<Item = (&'static str, &'static str)> {
    DIRECT.iter().map(|(name, version)| (name.as_str(), version.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_have_versions() {
        assert!(version("surf").unwrap().starts_with("2."));
        assert!(
            version("async-global-executor").unwrap().starts_with("2."),
            "the tree holds two of them"
        );
        assert_eq!(version("no-such-crate"), None);
    }
}
