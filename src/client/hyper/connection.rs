//! A connection of hyper that the fetch itself keeps moving.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures_rustls::client::TlsStream;
use futures_util::future::Either;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1;
use smol_hyper::rt::FuturesIo;

use super::super::turns::Turns;
use super::super::{Stream, causes};
use crate::answer::Received;
use crate::error::{ErrorClass, FetchError};

/// A stream, plain or encrypted, as hyper takes it.
type Io<S> = FuturesIo<Either<Turns<S>, TlsStream<Turns<S>>>>;

/// A request that was not answered.
pub(super) struct Unanswered {
    pub error: FetchError,
    /// The request, where nothing of it had been sent.
    pub unsent: Option<Request<Empty<Bytes>>>,
}

/// The two halves of a connection.
pub(super) struct Connection<S: Stream> {
    sender: http1::SendRequest<Empty<Bytes>>,
    /// Moves the bytes; gone when the connection has ended.
    driver: Option<http1::Connection<Io<S>, Empty<Bytes>>>,
    /// What the driver ended with, if it failed.
    failure: Option<hyper::Error>,
}

impl<S: Stream> Connection<S> {
    /// A connection that has just been made.
    pub fn new(sender: http1::SendRequest<Empty<Bytes>>, driver: http1::Connection<Io<S>, Empty<Bytes>>) -> Self {
        Self { sender, driver: Some(driver), failure: None }
    }

    /// Whether it may be used again.
    pub fn is_alive(&self) -> bool {
        self.driver.is_some()
    }

    /// Sends a request and waits for the head of its answer.
    pub async fn send(&mut self, request: Request<Empty<Bytes>>) -> Result<hyper::Response<Incoming>, Unanswered> {
        if !self.sender.is_ready() {
            // The driver has not yet been polled since the end of the last answer.
            self.poll_driver(&mut Context::from_waker(Waker::noop()));
        }
        let response = self.sender.try_send_request(request);
        self.drive(response).await.map_err(|mut error| Unanswered {
            unsent: error.take_message(),
            error: self.failed(error.error(), ErrorClass::ClosedEarly),
        })
    }

    /// Reads a body to its end.
    pub async fn read(&mut self, mut incoming: Incoming, body: &mut Received) -> Result<(), FetchError> {
        while !incoming.is_end_stream()
            && let Some(frame) = self.drive(incoming.frame()).await
        {
            let frame = frame.map_err(|error| self.failed(&error, ErrorClass::BodyShort))?;
            if let Ok(data) = frame.into_data() {
                body.push(&data)?;
            }
        }
        Ok(())
    }

    /// Does `work`, which only the driver can bring forward, while moving the bytes.
    async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            // The work is polled again right after the driver, so nobody needs to be woken for its sake.
            let mut unwoken = Context::from_waker(Waker::noop());
            if let Poll::Ready(output) = work.as_mut().poll(&mut unwoken) {
                return Poll::Ready(output);
            }
            self.poll_driver(context);
            work.as_mut().poll(&mut unwoken)
        })
        .await
    }

    fn poll_driver(&mut self, context: &mut Context<'_>) {
        if let Some(driver) = &mut self.driver
            && let Poll::Ready(ended) = Pin::new(driver).poll(context)
        {
            self.driver = None;
            self.failure = ended.err();
        }
    }

    /// The class of an error: of the sender's, unless that says no more than that there is no driver any more.
    fn failed(&self, error: &hyper::Error, incomplete: ErrorClass) -> FetchError {
        let gone = error.is_canceled() || error.is_closed();
        causes::failed(self.failure.as_ref().filter(|_| gone).unwrap_or(error), incomplete)
    }
}
