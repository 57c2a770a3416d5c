//! Connections over HTTP/1.1, alone or in the cache.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use tower_service::Service;

use super::super::causes::{self, unconnected};
use super::super::hyper_util::Connector;
use super::super::pooled::Failed;
use super::super::targets::Destination;
use crate::fetch::error::{ErrorClass, FetchError};

/// Connects to an origin; a task moves the connection's bytes.
#[derive(Clone)]
pub(super) struct Http1Handshake {
    pub connector: Connector,
    pub keep: bool,
}

impl Service<Arc<Destination>> for Http1Handshake {
    type Response = CachedConnection;
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<CachedConnection, FetchError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), FetchError>> {
        self.connector.poll_ready(context).map_err(|error| unconnected(&*error))
    }

    fn call(&mut self, destination: Arc<Destination>) -> Self::Future {
        let origin = destination.origin.to_string();
        let connecting = origin.parse().map(|uri| self.connector.call(uri));
        let keep = self.keep;
        Box::pin(async move {
            let connecting = connecting.map_err(|error| unconnected(&error))?;
            let stream = connecting.await.map_err(|error| unconnected(&*error))?;
            let (sender, driver) = handshake(stream)
                .await
                .map_err(|error| causes::failed(&error, ErrorClass::ClosedEarly))?;
            tokio::spawn(driver);
            Ok(CachedConnection { sender, keep, is_used: false })
        })
    }
}

/// A connection, alone or in the cache.
pub(super) struct CachedConnection {
    sender: SendRequest<Empty<Bytes>>,
    /// Whether it may be used again.
    keep: bool,
    is_used: bool,
}

impl Service<Request<Empty<Bytes>>> for CachedConnection {
    type Response = Response<Incoming>;
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Incoming>, Failed>> + Send>>;

    /// Waits until the last response is over. The request itself shows whether a new connection
    /// was closed.
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        if !self.is_used {
            return Poll::Ready(Ok(()));
        }
        if !self.keep {
            let error = FetchError::new(ErrorClass::ClosedEarly, "used already");
            return Poll::Ready(Err(Failed { error, unsent: true }));
        }
        self.sender.poll_ready(context).map_err(|error| Failed {
            unsent: true,
            error: causes::failed(&error, ErrorClass::ClosedEarly),
        })
    }

    fn call(&mut self, request: Request<Empty<Bytes>>) -> Self::Future {
        let was_used = std::mem::replace(&mut self.is_used, true);
        let response = self.sender.try_send_request(request);
        Box::pin(async move {
            response.await.map_err(|mut error| Failed {
                unsent: was_used && error.take_message().is_some(),
                error: causes::failed(&error.into_error(), ErrorClass::ClosedEarly),
            })
        })
    }
}
