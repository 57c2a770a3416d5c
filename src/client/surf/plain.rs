//! surf's usual client for http, http-client's `h1`, wrapped so that it never reuses the connection
//! of an abandoned fetch.

use std::any::Any;
use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};

use http_client::Config;
use http_client::h1::H1Client;

use super::answers::head_failed;
use super::is_connect;
use crate::fetch::error::{ErrorClass, FetchError};

/// The replaceable client of a session.
#[derive(Debug)]
pub(super) struct Plain {
    current: RwLock<Current>,
    most_hosts: usize,
    config: Config,
}

/// The client in use until a fetch is abandoned or it has connected to too many hosts.
#[derive(Debug)]
struct Current {
    client: Arc<surf::Client>,
    /// Numbers of the origins that it has connected to.
    hosts: HashSet<usize>,
}

impl Current {
    fn new(config: &Config) -> Self {
        let Ok(client) = H1Client::try_from(config.clone());
        Self { client: Arc::new(surf::Client::with_http_client(client)), hosts: HashSet::new() }
    }
}

impl Plain {
    /// Opens a client without connections, for at most `most_hosts` hosts.
    pub fn new(config: Config, most_hosts: usize) -> Self {
        Self { current: RwLock::new(Current::new(&config)), most_hosts, config }
    }

    /// Starts to send a request and polls it once.
    ///
    /// In its first poll the client takes a connection from the host's pool, and creates the pool
    /// if necessary. So the client is chosen and first polled under one lock: an abandoned fetch
    /// replaces the client before the connection returns to the pool, so that no fetch which chose
    /// the old client finds it there. For a host that is new to the client the lock is exclusive,
    /// because two fetches that create a pool at the same time create two, of which one is lost.
    pub async fn send(&self, host: usize, request: surf::Request) -> PlainFetch<'_> {
        let mut request = Some(request);
        poll_fn(|context| {
            let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
            let fetch = if current.hosts.contains(&host) {
                PlainFetch::start(self, &current.client, request.take(), context)
            } else {
                drop(current);
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                if current.hosts.len() == self.most_hosts && !current.hosts.contains(&host) {
                    *current = Current::new(&self.config);
                }
                current.hosts.insert(host);
                PlainFetch::start(self, &current.client, request.take(), context)
            };
            Poll::Ready(fetch)
        })
        .await
    }

    /// Replaces the client `old`, unless another fetch has already done so. Other fetches in flight
    /// end on the old client. Its connections close when the last of them ends.
    fn replace(&self, old: &Arc<surf::Client>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current.client, old) {
            *current = Current::new(&self.config);
        }
    }
}

type Sending = Pin<Box<dyn Future<Output = surf::Result<surf::Response>> + Send>>;

/// A fetch in flight. If it is dropped before its response was read completely, it first replaces
/// the client and only then returns its connection.
pub(super) struct PlainFetch<'a> {
    plain: &'a Plain,
    /// The client to replace on drop.
    client: Option<Arc<surf::Client>>,
    sending: Option<Sending>,
    response: Option<surf::Result<surf::Response>>,
    panic: Option<Box<dyn Any + Send>>,
}

impl<'a> PlainFetch<'a> {
    /// Starts to send and polls once.
    fn start(
        plain: &'a Plain,
        client: &Arc<surf::Client>,
        request: Option<surf::Request>,
        context: &mut Context<'_>,
    ) -> Self {
        let mut fetch = Self {
            plain,
            client: Some(Arc::clone(client)),
            sending: None,
            response: None,
            panic: None,
        };
        if let Some(request) = request {
            let client = Arc::clone(client);
            let sending = fetch.sending.insert(Box::pin(async move { client.send(request).await }));
            // A panic here would replace the client while its lock is held, so it is deferred until
            // the lock is released.
            match catch_unwind(AssertUnwindSafe(|| sending.as_mut().poll(context))) {
                Ok(Poll::Ready(response)) => fetch.response = Some(response),
                Ok(Poll::Pending) => {}
                Err(panic) => fetch.panic = Some(panic),
            }
        }
        fetch
    }

    /// Waits for the head of the response.
    pub async fn answer(&mut self) -> Result<&mut surf::Response, FetchError> {
        if let Some(panic) = self.panic.take() {
            resume_unwind(panic);
        }
        if self.response.is_none()
            && let Some(sending) = &mut self.sending
        {
            self.response = Some(sending.await);
        }
        if let Some(Err(error)) = &self.response {
            let error = head_failed(error);
            if is_connect(error.class) {
                self.mark_clean();
            }
            return Err(error);
        }
        match &mut self.response {
            Some(Ok(response)) => Ok(response),
            _ => Err(FetchError::new(ErrorClass::Protocol, "nothing was sent")),
        }
    }

    /// Keeps the client on drop: the response was read completely, or there was no connection.
    pub fn mark_clean(&mut self) {
        self.client = None;
    }
}

impl Drop for PlainFetch<'_> {
    fn drop(&mut self) {
        if let Some(client) = &self.client {
            self.plain.replace(client);
        }
    }
}
