//! Heads and errors of surf's responses.

use std::io;

use surf::http::headers::{CONNECTION, CONTENT_LENGTH, LOCATION, TRANSFER_ENCODING};

use super::super::{refuse_interim, tls_error};
use crate::fetch::answer::Head;
use crate::fetch::error::{ErrorClass, FetchError, os_number_in};
use crate::fetch::redirect::Location;

/// Returns whether the server will close the connection after this response.
pub(super) fn announces_close(response: &surf::Response) -> bool {
    response.header(CONNECTION).is_some_and(|value| value.as_str().eq_ignore_ascii_case("close"))
}

/// Returns the head of a response, or an error if surf is known to misread such a response.
pub(super) fn head(response: &surf::Response) -> Result<Head, FetchError> {
    let status = u16::from(response.status());
    refuse_interim("surf", status)?;
    let lengths = response.header(CONTENT_LENGTH);
    if lengths.is_some_and(|lengths| lengths.iter().any(|length| length != lengths.last())) {
        return Err(FetchError::objection(ErrorClass::Protocol, "the answer has several lengths"));
    }
    let declared = lengths.and_then(|values| values.last().as_str().parse().ok());
    let is_chunked = response
        .header(TRANSFER_ENCODING)
        .is_some_and(|coding| coding.last().as_str() == "chunked");
    if declared.is_none() && !is_chunked && !matches!(status, 204 | 304) {
        let message = "surf takes a body that is neither measured nor `chunked` for an empty one: \
                       use hyper or ureq";
        return Err(FetchError::objection(ErrorClass::Unsupported, message));
    }
    let locations = response.header(LOCATION).into_iter().flat_map(|values| values.iter());
    let location = Location::from_lines(locations.map(|value| value.as_str().as_bytes()));
    Ok(Head { status, declared, location })
}

/// Classifies an error before the body. surf's errors hold a system error, a text that ends in its
/// number, or only a text.
pub(super) fn head_failed(error: &surf::Error) -> FetchError {
    let message = error.to_string();
    // From `Secure`.
    if let Some(error) = error.downcast_ref::<FetchError>() {
        return error.clone();
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return tls_error::io_failed(error, ErrorClass::Protocol);
    }
    // The pool reports a failed connect as text only, which ends like the standard library's
    // errors.
    if let Some(number) = os_number_in(&message) {
        return FetchError::io(&io::Error::from_raw_os_error(number), ErrorClass::Connect);
    }
    // async-h1 has two texts for a connection that ended before or in the head.
    let class = match &*message {
        "connection closed" | "empty response" => ErrorClass::ClosedEarly,
        _ => ErrorClass::Protocol,
    };
    if message == "Unsupported HTTP version" {
        return FetchError::new(
            class,
            "surf reads answers of HTTP/1.1 only, and this is of another version",
        );
    }
    FetchError::new(class, message)
}

/// Classifies an error in the body.
pub(super) fn body_failed(error: &io::Error) -> FetchError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => FetchError::new(ErrorClass::BodyShort, error.to_string()),
        _ => tls_error::io_failed(error, ErrorClass::Protocol),
    }
}
