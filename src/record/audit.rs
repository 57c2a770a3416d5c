//! What each row sends, byte for byte, and how many sockets it opens: kept beside a comparison.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{read_whole, replace_file};

/// The name of the file in the folder of a record.
pub(super) const FILE: &str = "audit.json";

/// What was found of every row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// In the order in which they were looked at.
    pub rows: Vec<RowAudit>,
}

/// What was found of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowAudit {
    /// The row's name.
    pub row: String,
    /// The head of its first request, with U+FFFD in place of what is not UTF-8. Empty where there
    /// was none.
    pub request: String,
    /// Connections that it opened over all passes.
    pub sockets: u64,
    /// How many would do.
    pub sockets_ideal: u64,
    /// What kept it from being looked at, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Audit {
    /// Puts it into the folder of a record.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        replace_file(&folder.join(FILE), (serde_json::to_string_pretty(self)? + "\n").as_bytes())
    }

    /// Reads that of a record; older ones have none.
    ///
    /// # Errors
    ///
    /// The file is there and cannot be read.
    pub fn read(folder: &Path) -> anyhow::Result<Option<Self>> {
        read_whole(&folder.join(FILE), "audit")
    }
}
