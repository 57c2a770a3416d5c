//! The path of this program, from which commands start their server and workers.

use std::path::PathBuf;

use anyhow::Context;

/// The link by which Linux reaches the program of the process that follows it.
///
/// A child that starts from it runs the same program as its parent, even after a build has
/// replaced or removed the file. Through a path, the later blocks of a comparison would measure
/// another build.
const LINK: &str = "/proc/self/exe";

/// Returns a path that starts this program again.
///
/// # Errors
///
/// Returns an error if the system does not know the path, e.g. because `/proc` is not mounted.
pub(super) fn this_program() -> anyhow::Result<PathBuf> {
    let link = PathBuf::from(LINK);
    if link.exists() {
        return Ok(link);
    }
    std::env::current_exe().context("cannot start a server or worker from this program")
}
