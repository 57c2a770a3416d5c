//! The client ureq-proto: ureq's protocol without I/O, over the executor's streams and fetchbench's
//! keep-alive pool.
//!
//! The library takes and returns bytes, and leaves buffers to its caller. All fetches of a thread
//! share buffers for reading and decoding. A connection that waits for a response has no buffer.

use super::Runtime;
use super::pooled::Pooled;

mod answer;
mod connection;

/// ureq-proto on a runtime.
pub type UreqProto<R> = Pooled<R, connection::UreqProtoConnection<<R as Runtime>::Stream>>;
