//! The wire audit, kept beside a comparison: the bytes that each backend sends, and the number of
//! sockets that it opens.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::record::files::replace_json;
use crate::record::reader::read_whole;

/// The name of the file in the folder of a record.
pub(in crate::record) const FILE: &str = "audit.json";

/// The wire audit of all backends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// The backends, in the order of the audit.
    #[serde(rename = "rows")]
    pub backends: Vec<BackendAudit>,
}

/// The wire audit of one backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendAudit {
    /// The backend's name.
    #[serde(rename = "row")]
    pub name: String,
    /// The head of its first request, with U+FFFD in place of invalid UTF-8; over HTTP/2, a line
    /// for each header. Empty if it sent no request.
    pub request: String,
    /// What else it sent over HTTP/2; `None` over HTTP/1.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http2: Option<Http2Audit>,
    /// Connections that it opened in all passes.
    pub sockets: u64,
    /// The number of connections that suffices.
    pub sockets_ideal: u64,
    /// Why the audit failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What a backend sent over HTTP/2, on the connection of its first request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Http2Audit {
    /// Its settings, in order: identifier and value.
    pub settings: Vec<(u16, u32)>,
    /// Its WINDOW_UPDATE frames before the first answer: stream and increment.
    pub window_updates: Vec<(u32, u32)>,
    /// The lengths of its header blocks, in order, as they were compressed.
    pub header_bytes: Vec<u64>,
}

impl Audit {
    /// Writes the audit into the folder of a record.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        replace_json(&folder.join(FILE), self)
    }

    /// Reads the audit of a record. Older records have none.
    pub fn read(folder: &Path) -> anyhow::Result<Option<Self>> {
        read_whole(&folder.join(FILE), "audit")
    }
}
