//! The default directory of records.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The directory of records in a project's target directory, and in the user's state directory.
const NAME: &str = "fetchbench";

/// Returns `target/fetchbench` of the cargo project around the current directory, or else
/// `fetchbench` in the directory that the XDG specification reserves for a user's state.
///
/// # Errors
///
/// There is neither a project nor a home directory.
pub(super) fn default_directory() -> anyhow::Result<PathBuf> {
    let here = env::current_dir().ok();
    let variable = |name| env::var_os(name).map(PathBuf::from);
    if let Some(target) =
        here.as_deref().and_then(|here| target(here, variable("CARGO_TARGET_DIR")))
    {
        return Ok(target.join(NAME));
    }
    state(variable("XDG_STATE_HOME"), env::home_dir())
        .map(|state| state.join(NAME))
        .context("there is no home directory for records: name a directory with --record")
}

/// Returns the target directory of the project around `here`, relative if `here` is its root.
fn target(here: &Path, of_environment: Option<PathBuf>) -> Option<PathBuf> {
    let is_project = |folder: &&Path| folder.join("Cargo.toml").is_file();
    let projects: Vec<&Path> = here.ancestors().filter(is_project).collect();
    let workspace = projects.iter().find(|folder| is_workspace(folder));
    let root = workspace.or(projects.first())?;
    let shown = if *root == here { Path::new("") } else { root };
    Some(of_environment.unwrap_or_else(|| shown.join("target")))
}

fn is_workspace(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest.parse::<toml::Table>().is_ok_and(|manifest| manifest.contains_key("workspace"))
}

/// Returns the user's state directory. The specification ignores a relative one.
fn state(of_environment: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    let default = || Some(home?.join(".local/state"));
    of_environment.filter(|state| state.is_absolute()).or_else(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_holds_its_records() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let member = root.join("member/src");
        fs::create_dir_all(&member).unwrap();
        assert_eq!(target(root, None), None);
        fs::write(root.join("member/Cargo.toml"), "[package]").unwrap();
        assert_eq!(target(&member, None), Some(root.join("member/target")));
        fs::write(root.join("Cargo.toml"), "[package]").unwrap();
        assert_eq!(target(&member, None), Some(root.join("member/target")));
        fs::write(root.join("Cargo.toml"), "[workspace]").unwrap();
        assert_eq!(target(&member, None), Some(root.join("target")));
        assert_eq!(target(root, None), Some("target".into()));
        assert_eq!(target(root, Some("/elsewhere".into())), Some("/elsewhere".into()));
    }

    #[test]
    fn the_home_has_a_state_directory() {
        let home = || Some(PathBuf::from("/home/jo"));
        assert_eq!(state(None, home()), Some("/home/jo/.local/state".into()));
        assert_eq!(state(Some("relative".into()), home()), state(None, home()));
        assert_eq!(state(Some("/state".into()), None), Some("/state".into()));
        assert_eq!(state(None, None), None);
    }
}
