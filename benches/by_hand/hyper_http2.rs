//! hyper's streams over HTTP/2, all of one connection, on either executor.

use std::time::Instant;

use futures_lite::future::block_on;
use http::Request;
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::rt::Executor;
use smol_hyper::rt::FuturesIo;
use url::Url;

use super::hyper::{read, take_back, with_headers};
use super::spawn::Spawn;
use super::{Loop, Queue};

type Sender = SendRequest<Empty<Bytes>>;

/// As many tasks as the concurrency, each with a stream of the connection. A separate task drives it.
pub fn on<S: Spawn>(concurrency: usize) -> Loop {
    let executor = S::start();
    let mut idle: Vec<Sender> = Vec::new();
    Box::new(move |urls| {
        let queue = Queue::new(urls);
        block_on(async {
            if idle.is_empty() {
                idle = vec![connect(&executor, &urls[0]).await; concurrency];
            }
            let start = Instant::now();
            let workers: Vec<_> =
                idle.drain(..).map(|sender| executor.spawn(work(sender, queue.clone()))).collect();
            take_back(start, workers, &mut idle).await
        })
    })
}

async fn connect<S: Spawn>(executor: &S, url: &Url) -> Sender {
    let address = url.socket_addrs(|| None).expect("an address")[0];
    let stream = executor.spawn(S::connect(address)).await;
    let tasks = Tasks::<S>(executor.handle());
    let (sender, connection) = handshake(tasks, FuturesIo::new(stream)).await.expect("a handshake");
    S::detach(&executor.handle(), async move { drop(connection.await) });
    sender
}

async fn work(mut sender: Sender, queue: Queue) -> (Sender, Instant) {
    while let Some(url) = queue.pull() {
        sender.ready().await.expect("an open connection");
        let request = with_headers(Request::get(url.as_str()));
        read(sender.send_request(request).await.expect("an answer")).await;
    }
    (sender, Instant::now())
}

/// Runs the tasks that hyper starts.
struct Tasks<S: Spawn>(S::Handle);

impl<S: Spawn> Clone for Tasks<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Spawn, F: Future<Output = ()> + Send + 'static> Executor<F> for Tasks<S> {
    fn execute(&self, task: F) {
        S::detach(&self.0, task);
    }
}
