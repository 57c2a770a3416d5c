//! A connection over which one request is sent after another.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_lite::io::{AsyncRead, AsyncWriteExt};
use http::header::{HeaderName, HeaderValue};
use ureq_proto::client::{Call, SendRequestResult};

use super::super::pooled::{self, Failed, Wire};
use super::super::targets::Target;
use super::super::{Stream, has_text_credentials, quiet};
use super::answer::Answer;
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};

/// The most that is read at once, and the longest that the head of an answer may be.
const SCRATCH_BYTES: usize = 64 << 10;

/// The longest line of a request: a url or a header of the most bytes, and what stands beside it.
const OUTPUT_BYTES: usize = SCRATCH_BYTES + 1024;

thread_local! {
    /// For what is read, and for what is decoded of it or is to be written.
    ///
    /// All fetches of a thread share it, so that it stays in the cache however many connections
    /// there are.
    static SCRATCH: RefCell<[Box<[u8]>; 2]> = RefCell::new([SCRATCH_BYTES, OUTPUT_BYTES].map(|length| vec![0; length].into()));
}

/// A stream, and whether another request may be sent over it.
pub struct Connection<S: Stream> {
    wire: Wire<S>,
    alive: bool,
}

impl<S: Stream> pooled::Connection<S> for Connection<S> {
    const CLIENT: &'static str = "ureq-proto";
    const NOTE: &'static str = "its pool and I/O are ours";
    const USUAL: bool = false;

    fn can_send(name: &HeaderName, value: &HeaderValue) -> bool {
        has_text_credentials(name, value)
    }

    async fn open(wire: Wire<S>) -> Result<Self, FetchError> {
        Ok(Self { wire, alive: true })
    }

    fn is_alive(&self) -> bool {
        self.alive
    }

    async fn fetch(&mut self, target: &Target, body: &mut Received) -> Result<Head, Failed> {
        // Until the answer has been read to its end.
        self.alive = false;
        quiet(&mut self.wire).await.map_err(|error| Failed { error, unsent: true })?;
        // No other connection would take it, so it does not count as unsent.
        let (request, mut answer) = ask(target).map_err(|error| Failed { error, unsent: false })?;
        self.send(&request).await?;
        drop(request);
        self.receive(&mut answer, body).await.map_err(|error| Failed { error, unsent: false })
    }
}

/// The bytes of a request, and what reads the answer to it.
fn ask(target: &Target) -> Result<(Vec<u8>, Answer), FetchError> {
    let refused =
        |error: ureq_proto::Error| FetchError::new(ErrorClass::Unsupported, error.to_string());
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
        Some(SendRequestResult::RecvResponse(call)) => Ok((request, Answer::Head(call))),
        _ => Err(FetchError::new(ErrorClass::Unsupported, "a request with a body")),
    }
}

impl<S: Stream> Connection<S> {
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
        answer: &mut Answer,
        body: &mut Received,
    ) -> Result<Head, FetchError> {
        let mut rest = Vec::new();
        loop {
            poll_fn(|context| self.poll_receive(context, &mut rest, answer, body)).await?;
            if let Some((head, keep)) = answer.whole() {
                // What comes behind an answer is an answer to nothing that was asked.
                self.alive = keep && rest.is_empty();
                return Ok(head);
            }
        }
    }

    /// Reads once, and gives to the answer what has come. What it does not take is left in `rest`,
    /// to be given again.
    fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
        rest: &mut Vec<u8>,
        answer: &mut Answer,
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
            let come = &input[..rest.len() + length];
            let taken = answer.take(come, output, body)?;
            rest.clear();
            rest.extend_from_slice(&come[taken..]);
            Poll::Ready(Ok(()))
        })
    }
}

fn failed(error: &io::Error) -> FetchError {
    FetchError::io(error, ErrorClass::Protocol)
}
