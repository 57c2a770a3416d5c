//! A response that ureq-proto reads while it arrives.

use std::{io, mem};

use ureq_proto::BodyMode;
use ureq_proto::client::state::{Cleanup, RecvBody, RecvResponse};
use ureq_proto::client::{Call, RecvBodyResult, RecvResponseResult};

use super::super::tls_error;
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};

/// The position of the next byte in a response.
pub(super) enum UreqProtoResponse {
    /// In the head or an interim head.
    Head(Call<RecvResponse>),
    Body(Head, Call<RecvBody>),
    /// After the response.
    End(Head, Call<Cleanup>),
    /// Unknown after an error.
    Broken,
}

impl UreqProtoResponse {
    /// Consumes the part of `bytes` that can be parsed without further bytes, and returns its
    /// length.
    ///
    /// Bodies are decoded into `scratch`, which is at least as long as `bytes`.
    pub fn take(
        &mut self,
        bytes: &[u8],
        scratch: &mut [u8],
        body: &mut Received,
    ) -> Result<usize, FetchError> {
        let mut taken = 0;
        while let Self::Head(call) = self {
            let (length, response) = call.try_response(&bytes[taken..], false).map_err(protocol)?;
            taken += length;
            match response {
                Some(response) => {
                    self.head_ended(Head::of(response.status().as_u16(), response.headers()))
                }
                // The head is incomplete, or it was interim.
                None if length == 0 => return Ok(taken),
                None => {}
            }
        }
        while let Self::Body(_, call) = self {
            let (length, decoded) = call.read(&bytes[taken..], scratch).map_err(protocol)?;
            body.push(&scratch[..decoded])?;
            taken += length;
            if call.can_proceed() && call.body_mode() != BodyMode::CloseDelimited {
                self.body_ended();
            } else if length == 0 {
                break;
            }
        }
        Ok(taken)
    }

    /// Classifies a failure of the connection at this point. TLS reports an unannounced end as an
    /// error.
    pub fn broken_off(&self, error: &io::Error) -> FetchError {
        match self {
            Self::Body(..) if error.kind() == io::ErrorKind::UnexpectedEof => {
                FetchError::new(ErrorClass::BodyShort, error.to_string())
            }
            _ => tls_error::io_failed(error, ErrorClass::Protocol),
        }
    }

    fn head_ended(&mut self, head: Head) {
        let Self::Head(call) = mem::replace(self, Self::Broken) else { return };
        *self = match call.proceed() {
            Some(RecvResponseResult::RecvBody(call)) => Self::Body(head, call),
            Some(RecvResponseResult::Redirect(call)) => Self::End(head, call.proceed()),
            Some(RecvResponseResult::Cleanup(call)) => Self::End(head, call),
            None => Self::Broken,
        };
    }

    fn body_ended(&mut self) {
        let Self::Body(head, call) = mem::replace(self, Self::Broken) else { return };
        *self = match call.proceed() {
            Some(RecvBodyResult::Redirect(call)) => Self::End(head, call.proceed()),
            Some(RecvBodyResult::Cleanup(call)) => Self::End(head, call),
            None => Self::Broken,
        };
    }

    /// Returns the head of a complete response, and whether the connection may be reused.
    pub fn whole(&self) -> Option<(Head, bool)> {
        match self {
            Self::End(head, call) => Some((head.clone(), !call.must_close_connection())),
            _ => None,
        }
    }

    /// Handles the end of the connection, which ends some bodies.
    pub fn end(&mut self) -> Result<(), FetchError> {
        match self {
            Self::Body(_, call) if call.body_mode() == BodyMode::CloseDelimited => {
                self.body_ended()
            }
            Self::Body(..) => {
                return Err(FetchError::new(
                    ErrorClass::BodyShort,
                    "closed before the body was complete",
                ));
            }
            _ => {
                return Err(FetchError::new(
                    ErrorClass::ClosedEarly,
                    "closed before the head was complete",
                ));
            }
        }
        Ok(())
    }
}

fn protocol(error: ureq_proto::Error) -> FetchError {
    FetchError::new(ErrorClass::Protocol, error.to_string())
}

#[cfg(test)]
mod tests {
    use http::Request;
    use ureq_proto::client::SendRequestResult;

    use super::*;

    fn asked() -> UreqProtoResponse {
        let mut call = Call::new(Request::new(())).unwrap().proceed();
        call.write(&mut [0; 100]).unwrap();
        match call.proceed().unwrap() {
            Some(SendRequestResult::RecvResponse(call)) => UreqProtoResponse::Head(call),
            _ => panic!("there is nothing more to send"),
        }
    }

    /// Reads a response in pieces of `piece` bytes, and returns it with the length of its body.
    fn read(bytes: &[u8], piece: usize) -> Result<(UreqProtoResponse, u64), FetchError> {
        let (mut answer, mut body, mut scratch) = (asked(), Received::new(u64::MAX), [0; 200]);
        let mut waiting = Vec::new();
        for piece in bytes.chunks(piece) {
            waiting.extend_from_slice(piece);
            let taken = answer.take(&waiting, &mut scratch, &mut body)?;
            waiting.drain(..taken);
        }
        assert_eq!(waiting, b"");
        Ok((answer, body.bytes()))
    }

    #[test]
    fn responses_arrive_in_any_pieces() {
        for (bytes, status, length, keep) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", 200, 5, true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 200, 0, false),
            ("HTTP/1.1 204 No Content\r\n\r\n", 204, 0, true),
            ("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 1\r\n\r\na", 302, 1, true),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                200,
                3,
                true,
            ),
            (
                "HTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
                200,
                1,
                true,
            ),
        ] {
            for piece in 1..=bytes.len() {
                let (answer, received) = read(bytes.as_bytes(), piece).unwrap();
                let (head, kept) =
                    answer.whole().unwrap_or_else(|| panic!("{bytes:?} by {piece} has not ended"));
                assert_eq!((head.status, received, kept), (status, length, keep), "{bytes:?}");
            }
        }
    }

    fn end(bytes: &[u8]) -> Result<bool, ErrorClass> {
        let (mut answer, _) = read(bytes, bytes.len().max(1)).unwrap();
        answer.end().map(|()| answer.whole().is_some()).map_err(|error| error.class)
    }

    #[test]
    fn ends_are_early_short_or_right() {
        assert_eq!(end(b""), Err(ErrorClass::ClosedEarly));
        assert_eq!(
            end(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"),
            Err(ErrorClass::BodyShort)
        );
        assert_eq!(
            end(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
            Err(ErrorClass::BodyShort)
        );
        assert_eq!(end(b"HTTP/1.1 200 OK\r\n\r\nabc"), Ok(true));
    }

    /// Classifies an unexpected end after `bytes`.
    fn cut(bytes: &[u8]) -> ErrorClass {
        let (answer, _) = read(bytes, bytes.len().max(1)).unwrap();
        answer.broken_off(&io::ErrorKind::UnexpectedEof.into()).class
    }

    #[test]
    fn cuts_are_early_or_short() {
        assert_eq!(cut(b""), ErrorClass::ClosedEarly);
        assert_eq!(cut(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"), ErrorClass::BodyShort);
        assert_eq!(cut(b"HTTP/1.1 200 OK\r\n\r\nabc"), ErrorClass::BodyShort);
    }

    #[test]
    fn malformed_replies_are_refused() {
        for bytes in
            ["HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"]
        {
            let refused =
                read(bytes.as_bytes(), bytes.len()).map(|_| ()).map_err(|error| error.class);
            assert_eq!(refused, Err(ErrorClass::Protocol), "{bytes:?}");
        }
    }
}
