//! The classes of errors of hyper, and of clients built on it: told by the types of their causes.

use std::error::Error;
use std::io;
use std::iter::successors;

use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::tls_error;

/// The class of an error, which is that of the first cause whose type is known. `incomplete` is
/// what it means at this workload that the connection has ended.
pub(super) fn failed(error: &(dyn Error + 'static), incomplete: ErrorClass) -> FetchError {
    let causes = || successors(Some(error), |&error| error.source());
    let texts: Vec<String> = causes().map(ToString::to_string).collect();
    for cause in causes() {
        // Ours may be wrapped in one of the system.
        let wrapped =
            cause.downcast_ref::<io::Error>().and_then(|error| error.get_ref()?.downcast_ref());
        if let Some(known) = cause.downcast_ref().or(wrapped) {
            return FetchError::clone(known);
        }
        // What a client puts before it differs from client to client.
        if let Some(error) = tls_error::find(cause) {
            return FetchError::new(ErrorClass::Tls, tls_error::sentence(error));
        }
        let class = match (cause.downcast_ref::<hyper::Error>(), cause.downcast_ref::<io::Error>())
        {
            (Some(error), _) => of_hyper(error, incomplete),
            (_, Some(error)) => of_io(error, incomplete),
            _ => continue,
        };
        return FetchError::new(class, texts.join(": "));
    }
    FetchError::new(ErrorClass::Protocol, texts.join(": "))
}

fn of_hyper(error: &hyper::Error, incomplete: ErrorClass) -> ErrorClass {
    match error.source().and_then(|source| source.downcast_ref()) {
        Some(error) => of_io(error, incomplete),
        None if error.is_incomplete_message() || error.is_canceled() || error.is_closed() => {
            incomplete
        }
        None => ErrorClass::Protocol,
    }
}

fn of_io(error: &io::Error, incomplete: ErrorClass) -> ErrorClass {
    // Some wrap one error of the system in another.
    if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return of_io(inner, incomplete);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => incomplete,
        _ => ErrorClass::of_io(error).unwrap_or(ErrorClass::Protocol),
    }
}
