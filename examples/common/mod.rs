//! What the examples share.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Returns the path of the fetchbench program, which is built beside the directory of examples.
pub fn fetchbench() -> anyhow::Result<PathBuf> {
    let example = std::env::current_exe().context("cannot find the path of this program")?;
    let target = example.parent().and_then(Path::parent).context("no directory of examples")?;
    let program = target.join("fetchbench");
    if !program.exists() {
        bail!("no such file: {}: run `cargo build` first", program.display());
    }
    Ok(program)
}
