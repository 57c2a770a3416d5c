//! A comparison as the command line makes it, read from its export.

use std::path::Path;

use serde_json::Value;

use crate::cli::{fetchbench, text};

/// Compares on one scenario into a record, and returns the scenario as JSON.
pub fn compared(arguments: &[&str], record: &Path) -> Value {
    let mut command = fetchbench(&["compare"]);
    let command = command.args(arguments).args(["--export-json", "-", "--record"]).arg(record);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let exported: Value = serde_json::from_slice(&output.stdout).unwrap();
    exported["scenarios"][0].clone()
}
