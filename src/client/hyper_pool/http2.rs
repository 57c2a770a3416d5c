//! Connections over HTTP/2, which fetches share.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioExecutor;
use tower_service::Service;

use super::super::causes::{self, unconnected};
use super::super::hyper_util::Connector;
use super::super::pooled::Failed;
use super::super::targets::Destination;
use super::super::tls;
use crate::fetch::error::{ErrorClass, FetchError};

/// How often a request is sent that servers do not process (RFC 9113, section 8.7).
pub(super) const ATTEMPTS: u32 = 10;

/// Connects to an origin; a task moves the connection's bytes.
#[derive(Clone)]
pub(super) struct Http2Handshake {
    pub connector: Connector,
}

impl Service<Arc<Destination>> for Http2Handshake {
    type Response = SharedConnection;
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<SharedConnection, FetchError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), FetchError>> {
        self.connector.poll_ready(context).map_err(|error| unconnected(&*error))
    }

    fn call(&mut self, destination: Arc<Destination>) -> Self::Future {
        let origin = destination.origin.to_string();
        let connecting = origin.parse().map(|uri| self.connector.call(uri));
        Box::pin(async move {
            let connecting = connecting.map_err(|error| unconnected(&error))?;
            let stream = connecting.await.map_err(|error| unconnected(&*error))?;
            if let MaybeHttpsStream::Https(stream) = &stream {
                tls::agreed_http2(stream.inner().get_ref().1, &destination.origin)?;
            }
            let (sender, driver) = handshake(TokioExecutor::new(), stream)
                .await
                .map_err(|error| causes::failed(&error, ErrorClass::ClosedEarly))?;
            tokio::spawn(driver);
            Ok(SharedConnection { sender })
        })
    }
}

/// A connection that every fetch has a copy of.
#[derive(Clone)]
pub(super) struct SharedConnection {
    sender: SendRequest<Empty<Bytes>>,
}

impl Service<Request<Empty<Bytes>>> for SharedConnection {
    type Response = Response<Incoming>;
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Incoming>, Failed>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        self.sender.poll_ready(context).map_err(|error| Failed {
            unsent: true,
            error: causes::failed(&error, ErrorClass::ClosedEarly),
        })
    }

    fn call(&mut self, request: Request<Empty<Bytes>>) -> Self::Future {
        let response = self.sender.try_send_request(request);
        Box::pin(async move {
            response.await.map_err(|mut error| {
                let is_unsent = error.take_message().is_some();
                let error = error.into_error();
                let is_held_back = causes::is_held_back(&error);
                Failed {
                    unsent: is_unsent || is_held_back || causes::is_unprocessed(&error),
                    error: causes::failed(&error, ErrorClass::ClosedEarly),
                }
            })
        })
    }
}
