//! A hyper connection that the fetch itself drives.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures_util::future::TryFutureExt;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;

use super::super::pooled::{Failed, PooledConnection, WireStream};
use super::super::targets::PooledTarget;
use super::super::{Stream, causes};
use super::io::Io;
use super::read_waker::ReadWaker;
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};

/// The body of a request. No other client has one of this type, so the compiler makes a separate
/// copy of hyper for it, and inlines as much as in a program with HTTP/1.1 only.
type NoBody = Empty<&'static [u8]>;

/// The two halves of a connection.
pub struct HyperConnection<S: Stream> {
    sender: http1::SendRequest<NoBody>,
    /// Moves the bytes; `None` once the connection has ended.
    driver: Option<http1::Connection<Io<WireStream<S>>, NoBody>>,
    /// The error of a driver that failed.
    failure: Option<hyper::Error>,
    read_waker: ReadWaker,
}

impl<S: Stream> PooledConnection<S> for HyperConnection<S> {
    const CLIENT: &'static str = "hyper";
    const WRITTEN_HERE: &'static str = "pool";
    const USUAL: bool = true;

    async fn open(wire: WireStream<S>) -> Result<Self, FetchError> {
        let handshake = http1::handshake(Io(wire)).await;
        let (sender, driver) =
            handshake.map_err(|error| causes::failed(&error, ErrorClass::ClosedEarly))?;
        Ok(Self { sender, driver: Some(driver), failure: None, read_waker: ReadWaker::new() })
    }

    fn is_alive(&self) -> bool {
        self.driver.is_some()
    }

    async fn fetch(&mut self, target: &PooledTarget, body: &mut Received) -> Result<Head, Failed> {
        if !self.sender.is_ready() {
            // The driver has not been polled since the end of the last response.
            self.poll_driver();
        }
        let response = self.sender.try_send_request(target.request(NoBody::new()));
        let response =
            response.map_err(|mut error| (error.take_message().is_some(), error.into_error()));
        let response = self.drive(response).await.map_err(|(unsent, error)| Failed {
            unsent,
            error: self.failed(&error, ErrorClass::ClosedEarly),
        })?;
        let head = Head::of(response.status().as_u16(), response.headers());
        self.read(response.into_body(), body)
            .await
            .map_err(|error| Failed { error, unsent: false })?;
        Ok(head)
    }
}

impl<S: Stream> HyperConnection<S> {
    async fn read(
        &mut self,
        mut incoming: Incoming,
        body: &mut Received,
    ) -> Result<(), FetchError> {
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

    /// Runs `work`, which waits for the driver, and polls the driver meanwhile.
    async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let output = poll_fn(|context| {
            // The work is polled again right after the driver, so it needs no wake-up.
            let mut unwoken = Context::from_waker(Waker::noop());
            if let Poll::Ready(output) = work.as_mut().poll(&mut unwoken) {
                return Poll::Ready(output);
            }
            self.read_waker.register(context);
            self.poll_driver();
            work.as_mut().poll(&mut unwoken)
        })
        .await;
        self.read_waker.silence();
        output
    }

    fn poll_driver(&mut self) {
        if let Some(driver) = &mut self.driver
            && let Poll::Ready(ended) =
                Pin::new(driver).poll(&mut Context::from_waker(self.read_waker.waker()))
        {
            self.driver = None;
            self.failure = ended.err();
        }
    }

    /// Classifies the sender's error. If it only reports that the driver is gone, the driver's
    /// error is used.
    fn failed(&self, error: &hyper::Error, incomplete: ErrorClass) -> FetchError {
        let gone = error.is_canceled() || error.is_closed();
        causes::failed(self.failure.as_ref().filter(|_| gone).unwrap_or(error), incomplete)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::num::NonZeroUsize;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use futures_lite::io::{AsyncRead, AsyncWrite};
    use futures_util::future::Either;

    use super::super::super::fair_stream::FairStream;
    use super::super::super::targets::Targets;
    use super::PooledConnection as _;
    use super::*;
    use crate::client::{ClientOptions, Credentials};
    use crate::fetch::Limits;

    /// A peer that answers as soon as it is written to, without a wake-up.
    struct Peer(&'static [u8]);

    impl AsyncRead for Peer {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            let answer = std::mem::take(&mut self.0);
            if answer.is_empty() {
                return Poll::Pending;
            }
            buffer[..answer.len()].copy_from_slice(answer);
            Poll::Ready(Ok(answer.len()))
        }
    }

    impl AsyncWrite for Peer {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.0 = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab";
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn sending_wakes_no_task() {
        let targets = Targets::new(&ClientOptions::default(), &Limits::new(NonZeroUsize::MIN));
        let target =
            targets.target(&"http://127.0.0.1/".parse().unwrap(), Credentials::Send).unwrap();
        let mut fetches = pin!(async {
            let mut connection =
                HyperConnection::open(Either::Left(FairStream::new(Peer(b"")))).await.unwrap();
            for _ in 0..3 {
                let mut body = Received::new(2);
                connection.fetch(&target, &mut body).await.unwrap();
                assert_eq!(body.bytes(), 2);
            }
        });
        let wakes = Arc::new(Wakes::default());
        let waker = Arc::clone(&wakes).into();
        // Two polls per fetch: one sends, and one reads the response, of which the peer does not
        // notify the task. The last poll of a fetch is the first of the next.
        let polls =
            (1..10).find(|_| fetches.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
        assert_eq!((polls, wakes.0.load(Ordering::Relaxed)), (Some(4), 0));
    }
}
