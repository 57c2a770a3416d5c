//! Reads responses of hyper, and of clients built on it.

use http::Response;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use super::causes;
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};

/// Reads a response.
pub(super) async fn read(
    response: Response<Incoming>,
    body: &mut Received,
) -> Result<Head, FetchError> {
    let head = Head::of(response.status().as_u16(), response.headers());
    let mut incoming = response.into_body();
    while !incoming.is_end_stream()
        && let Some(frame) = incoming.frame().await
    {
        let frame = frame.map_err(|error| causes::failed(&error, ErrorClass::BodyShort))?;
        if let Ok(data) = frame.into_data() {
            body.push(&data)?;
        }
    }
    Ok(head)
}
