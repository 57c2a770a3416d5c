//! Classifies errors of hyper, and of clients built on it, by the types of their causes.

use std::error::Error;
use std::io;
use std::iter::successors;

use super::tls_error;
use crate::fetch::error::{ErrorClass, FetchError, os_number};

/// Classifies an error by its first cause of a known type. `incomplete` is the class of an ended
/// connection at this point.
pub(super) fn failed(error: &(dyn Error + 'static), incomplete: ErrorClass) -> FetchError {
    let texts: Vec<String> = causes(error).map(ToString::to_string).collect();
    for cause in causes(error) {
        // An `io::Error` may wrap a `FetchError`.
        let wrapped =
            cause.downcast_ref::<io::Error>().and_then(|error| error.get_ref()?.downcast_ref());
        if let Some(known) = cause.downcast_ref().or(wrapped) {
            return FetchError::clone(known);
        }
        // Clients differ in the causes before it.
        if let Some(error) = tls_error::find(cause) {
            return FetchError::new(ErrorClass::Tls, tls_error::sentence(error));
        }
        let class = match (cause.downcast_ref::<hyper::Error>(), cause.downcast_ref::<io::Error>())
        {
            (Some(error), _) => hyper_class(error, incomplete),
            (_, Some(error)) => io_class(error, incomplete),
            _ => continue,
        };
        let os = causes(error).find_map(|cause| os_number(cause.downcast_ref()?));
        return FetchError { os, ..FetchError::new(class, texts.join(": ")) };
    }
    FetchError::new(ErrorClass::Protocol, texts.join(": "))
}

/// Classifies a failed connect by its causes. Without a known cause, e.g. if a fetch waited for the
/// connect of another, it is a failed connect and no more. Only a TLS handshake can be cut short.
#[cfg(any(feature = "hyper-util", feature = "reqwest"))]
pub(super) fn unconnected(error: &(dyn Error + 'static)) -> FetchError {
    let failed = failed(error, ErrorClass::Tls);
    match failed.class {
        ErrorClass::Protocol => FetchError { class: ErrorClass::Connect, ..failed },
        _ => failed,
    }
}

/// Returns the error and the chain of its causes.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&error| error.source())
}

/// Returns whether the server has certainly not processed the request of an error: it refused the
/// stream, or announced the end of the connection before it (RFC 9113, section 8.7).
pub(super) fn is_unprocessed(error: &(dyn Error + 'static)) -> bool {
    let error = causes(error).find_map(|cause| cause.downcast_ref::<h2::Error>());
    error.filter(|error| error.is_remote()).is_some_and(|error| {
        error.reason() == Some(h2::Reason::REFUSED_STREAM) || is_farewell(error)
    })
}

/// Returns whether hyper's task dropped a request when its connection ended. It holds one back
/// while the server's limit of streams is reached, so that one was not sent.
pub(super) fn is_held_back(error: &hyper::Error) -> bool {
    error.is_user()
}

/// Returns whether a stream ended because the server announced the end of the connection. Those
/// that it processes do not.
fn is_farewell(error: &h2::Error) -> bool {
    error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR)
}

fn h2_class(error: &h2::Error, incomplete: ErrorClass) -> ErrorClass {
    match error.get_io() {
        Some(error) => io_class(error, incomplete),
        None if is_farewell(error) => incomplete,
        None if error.is_remote() => ErrorClass::Reset,
        None => ErrorClass::Protocol,
    }
}

fn hyper_class(error: &hyper::Error, incomplete: ErrorClass) -> ErrorClass {
    if let Some(error) = error.source().and_then(|source| source.downcast_ref()) {
        return h2_class(error, incomplete);
    }
    match error.source().and_then(|source| source.downcast_ref()) {
        Some(error) => io_class(error, incomplete),
        _ if is_held_back(error) => incomplete,
        None if error.is_incomplete_message() || error.is_canceled() || error.is_closed() => {
            incomplete
        }
        None => ErrorClass::Protocol,
    }
}

fn io_class(error: &io::Error, incomplete: ErrorClass) -> ErrorClass {
    // Some clients wrap one `io::Error` in another.
    if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return io_class(inner, incomplete);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => incomplete,
        // h2 reports the end of a connection that has streams by this error, without a number.
        io::ErrorKind::BrokenPipe if error.raw_os_error().is_none() => incomplete,
        _ => ErrorClass::of_io(error).unwrap_or(ErrorClass::Protocol),
    }
}
