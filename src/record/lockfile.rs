//! Versions of the crates that this program was built from: crates export none, so they are read
//! from `Cargo.lock`.

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

/// What this package depends on directly: name to version.
static DIRECT: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let lockfile: Lockfile = toml::from_str(TEXT).expect("cargo wrote the lock file");
    let direct = lockfile.package.iter().find(|package| package.name == env!("CARGO_PKG_NAME"));
    // An entry is a name alone, or a name and a version where the tree holds several.
    let version = |entry: &str| match entry.split_once(' ') {
        Some((name, version)) => Some((name.to_owned(), version.to_owned())),
        None => {
            let package = lockfile.package.iter().find(|package| package.name == entry)?;
            Some((entry.to_owned(), package.version.clone()))
        }
    };
    direct
        .into_iter()
        .flat_map(|package| &package.dependencies)
        .filter_map(|entry| version(entry))
        .collect()
});

/// The version of a crate that this package depends on directly.
pub fn version(name: &str) -> Option<&'static str> {
    DIRECT.get(name).map(String::as_str)
}

/// Every crate that this package depends on directly, with its version.
pub fn direct() -> impl Iterator<Item = (&'static str, &'static str)> {
    DIRECT.iter().map(|(name, version)| (name.as_str(), version.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direct_dependencies_have_versions_and_others_have_none() {
        assert!(version("surf").unwrap().starts_with("2."));
        assert!(
            version("async-global-executor").unwrap().starts_with("2."),
            "the tree holds two of them"
        );
        assert_eq!(version("no-such-crate"), None);
    }
}
