//! A connection that carries one request after another.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_lite::io::{AsyncRead, AsyncWriteExt};
use http::header::{HeaderName, HeaderValue};
use ureq_proto::client::{Call, SendRequestResult};

use super::super::pooled::{Failed, PooledConnection, WireStream};
use super::super::targets::PooledTarget;
use super::super::{Stream, has_text_credentials, quiet, tls_error};
use super::answer::UreqProtoResponse;
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};

/// Maximum length of a read, and of the head of a response.
const SCRATCH_BYTES: usize = 64 << 10;

/// Maximum length of a request line or header: the longest url or value and the rest of its line.
const OUTPUT_BYTES: usize = SCRATCH_BYTES + 1024;

thread_local! {
    /// Buffers for input, and for decoded bodies and requests.
    ///
    /// All fetches of a thread share them, so that they stay in the cache for any number of
    /// connections.
    static SCRATCH: RefCell<[Box<[u8]>; 2]> =
        RefCell::new([SCRATCH_BYTES, OUTPUT_BYTES].map(|length| vec![0; length].into()));
}

/// A stream, and whether it can carry another request.
pub struct UreqProtoConnection<S: Stream> {
    wire: WireStream<S>,
    alive: bool,
}

impl<S: Stream> PooledConnection<S> for UreqProtoConnection<S> {
    const CLIENT: &'static str = "ureq-proto";
    const WRITTEN_HERE: &'static str = "pool and I/O";
    const USUAL: bool = false;

    fn can_send(name: &HeaderName, value: &HeaderValue) -> bool {
        has_text_credentials(name, value)
    }

    async fn open(wire: WireStream<S>) -> Result<Self, FetchError> {
        Ok(Self { wire, alive: true })
    }

    fn is_alive(&self) -> bool {
        self.alive
    }

    async fn fetch(&mut self, target: &PooledTarget, body: &mut Received) -> Result<Head, Failed> {
        // Reset once the response was read completely.
        self.alive = false;
        quiet(&mut self.wire).await.map_err(|error| Failed { error, unsent: true })?;
        // Another connection would refuse it too, so it does not count as unsent.
        let (request, mut answer) =
            encode(target).map_err(|error| Failed { error, unsent: false })?;
        self.send(&request).await?;
        drop(request);
        self.receive(&mut answer, body).await.map_err(|error| Failed { error, unsent: false })
    }
}

/// Returns the bytes of a request, and the parser of its response.
fn encode(target: &PooledTarget) -> Result<(Vec<u8>, UreqProtoResponse), FetchError> {
    let mut call = Call::new(target.request(())).map_err(refused)?.proceed();
    let mut request = Vec::new();
    SCRATCH.with_borrow_mut(|[_, scratch]| {
        while !call.can_proceed() {
            let length = call.write(scratch).map_err(refused)?;
            request.extend_from_slice(&scratch[..length]);
        }
        Ok(())
    })?;
    match call.proceed().map_err(refused)? {
        Some(SendRequestResult::RecvResponse(call)) => Ok((request, UreqProtoResponse::Head(call))),
        _ => Err(FetchError::new(ErrorClass::Unsupported, "a request with a body")),
    }
}

fn refused(error: ureq_proto::Error) -> FetchError {
    FetchError::new(ErrorClass::Unsupported, error.to_string())
}

impl<S: Stream> UreqProtoConnection<S> {
    async fn send(&mut self, request: &[u8]) -> Result<(), Failed> {
        let mut sent = 0;
        while sent < request.len() {
            sent += match self.wire.write(&request[sent..]).await {
                Ok(0) => {
                    return Err(Failed {
                        error: failed(&io::ErrorKind::WriteZero.into()),
                        unsent: sent == 0,
                    });
                }
                Ok(length) => length,
                Err(error) => return Err(Failed { error: failed(&error), unsent: sent == 0 }),
            };
        }
        self.wire.flush().await.map_err(|error| Failed { error: failed(&error), unsent: false })
    }

    async fn receive(
        &mut self,
        answer: &mut UreqProtoResponse,
        body: &mut Received,
    ) -> Result<Head, FetchError> {
        let mut rest = Vec::new();
        loop {
            poll_fn(|context| self.poll_receive(context, &mut rest, answer, body)).await?;
            if let Some((head, keep)) = answer.whole() {
                // Bytes after the response answer no request.
                self.alive = keep && rest.is_empty();
                return Ok(head);
            }
        }
    }

    /// Reads once and passes the bytes to the parser. Bytes that it does not consume stay in `rest`
    /// for the next call.
    fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
        rest: &mut Vec<u8>,
        answer: &mut UreqProtoResponse,
        body: &mut Received,
    ) -> Poll<Result<(), FetchError>> {
        SCRATCH.with_borrow_mut(|[input, output]| {
            input[..rest.len()].copy_from_slice(rest);
            let room = &mut input[rest.len()..];
            if room.is_empty() {
                let message = format!("a line or a head longer than {SCRATCH_BYTES} bytes");
                return Poll::Ready(Err(FetchError::new(ErrorClass::Protocol, message)));
            }
            let length = ready!(Pin::new(&mut self.wire).poll_read(context, room));
            let length = length.map_err(|error| answer.broken_off(&error))?;
            if length == 0 {
                return Poll::Ready(answer.end());
            }
            let received = &input[..rest.len() + length];
            let taken = answer.take(received, output, body)?;
            rest.clear();
            rest.extend_from_slice(&received[taken..]);
            Poll::Ready(Ok(()))
        })
    }
}

fn failed(error: &io::Error) -> FetchError {
    tls_error::io_failed(error, ErrorClass::Protocol)
}
