//! The classes of curl's errors, told by their codes.

use std::io;

use crate::fetch::error::{ErrorClass, FetchError};

/// The class of an error. `connecting` is the system's error of a failed connect, where there is a
/// way to ask for it: without it nothing tells a refused connection from another.
pub(super) fn failed(error: &curl::Error, connecting: Option<io::Error>) -> FetchError {
    let message = match &connecting {
        Some(system) if error.is_couldnt_connect() => format!("{error}: {system}"),
        _ => error.to_string(),
    };
    let class = if error.is_couldnt_resolve_host() {
        ErrorClass::Dns
    } else if error.is_couldnt_connect() {
        connecting.and_then(|error| ErrorClass::of_io(&error)).unwrap_or(ErrorClass::Connect)
    } else if error.is_got_nothing() {
        ErrorClass::ClosedEarly
    } else if error.is_partial_file() {
        ErrorClass::BodyShort
    } else if error.is_recv_error() || error.is_send_error() {
        ErrorClass::Reset
    } else if error.is_out_of_memory() {
        ErrorClass::LocalLimit
    } else {
        ErrorClass::Protocol
    };
    FetchError::new(class, message)
}
