//! Classifies curl's errors by their codes.

use std::io;

use crate::fetch::error::{ErrorClass, FetchError};

/// Classifies an error. `connecting` is the system error of a failed connect, if the client exposes
/// it. Without it a refused connection is not distinguishable from other failures.
pub(super) fn failed(error: &curl::Error, connecting: Option<io::Error>) -> FetchError {
    if let Some(system) = connecting
        && error.is_couldnt_connect()
    {
        let message = format!("{error}: {system}").into();
        return FetchError { message, ..FetchError::io(&system, ErrorClass::Connect) };
    }
    let class = if error.is_couldnt_resolve_host() {
        ErrorClass::Dns
    } else if error.is_couldnt_connect() {
        ErrorClass::Connect
    } else if error.is_got_nothing() {
        ErrorClass::ClosedEarly
    } else if error.is_partial_file() {
        ErrorClass::BodyShort
    } else if error.is_recv_error() || error.is_send_error() || error.is_http2_stream_error() {
        ErrorClass::Reset
    } else if error.is_out_of_memory() {
        ErrorClass::LocalLimit
    } else {
        ErrorClass::Protocol
    };
    FetchError::new(class, error.to_string())
}
