//! The client ureq-proto: the protocol of ureq without any I/O, over the executor's streams and a keep-alive pool of ours.
//!
//! It is given bytes and gives bytes back, so it needs no buffers of its own: what is read and written stands in memory
//! that all fetches of a thread share.

use super::Runtime;
use super::pooled::Pooled;
use crate::error::{ErrorClass, FetchError};

mod answer;
mod connection;

/// ureq-proto on a runtime.
pub type UreqProto<R> = Pooled<R, connection::Connection<<R as Runtime>::Stream>>;

/// What ureq-proto objects to.
fn protocol(error: ureq_proto::Error) -> FetchError {
    FetchError::new(ErrorClass::Protocol, error.to_string())
}
