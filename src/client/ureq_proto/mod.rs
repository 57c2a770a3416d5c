//! The client ureq-proto: the protocol of ureq without any I/O, over the executor's streams and a
//! keep-alive pool of ours.
//!
//! It is given bytes and gives bytes back, and leaves it to us where they stand: what is read and
//! decoded does in memory that all fetches of a thread share. A connection has none of its own
//! while it waits for an answer.

use super::Runtime;
use super::pooled::Pooled;

mod answer;
mod connection;

/// ureq-proto on a runtime.
pub type UreqProto<R> = Pooled<R, connection::Connection<<R as Runtime>::Stream>>;
