//! hyper's connections, one for each worker, on either executor.

use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use http::request::Builder;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use smol_hyper::rt::FuturesIo;
use url::Url;

use super::spawn::Spawn;
use super::{HEADERS, Loop, Queue};

type Sender = SendRequest<Empty<Bytes>>;

/// As many tasks as the concurrency, each with a connection that is driven by a task of its own.
pub fn on<S: Spawn>(concurrency: usize) -> Loop {
    let executor = S::start();
    let mut idle: Vec<Sender> = Vec::new();
    Box::new(move |urls| {
        let queue = Queue::new(urls);
        block_on(async {
            while idle.len() < concurrency {
                idle.push(connect(&executor, &urls[0]).await);
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
    // Where the executor runs: tokio's streams cannot be made elsewhere.
    let stream = executor.spawn(S::connect(address)).await;
    let (sender, connection) = handshake(FuturesIo::new(stream)).await.expect("a handshake");
    S::detach(&executor.handle(), async move { drop(connection.await) });
    sender
}

async fn work(mut sender: Sender, queue: Queue) -> (Sender, Instant) {
    while let Some(url) = queue.pull() {
        sender.ready().await.expect("an open connection");
        read(sender.send_request(request(url)).await.expect("an answer")).await;
    }
    (sender, Instant::now())
}

/// Reads an answer to its end.
pub(super) async fn read(mut answer: Response<Incoming>) {
    assert_eq!(answer.status(), StatusCode::OK);
    while let Some(frame) = answer.frame().await {
        frame.expect("a whole body");
    }
}

/// The request of a url.
pub(super) fn request(url: &Url) -> Request<Empty<Bytes>> {
    with_headers(Request::get(url.path()).header(header::HOST, url.authority()))
}

/// The request with the headers that the backends send.
pub(super) fn with_headers(request: Builder) -> Request<Empty<Bytes>> {
    let request =
        HEADERS.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Empty::new()).expect("a valid request")
}

/// Waits for the workers and keeps their connections. As in the backends, a pass ends with its last
/// fetch, and not when this thread has heard of it.
pub(super) async fn take_back<C>(
    start: Instant,
    workers: Vec<impl Future<Output = (C, Instant)>>,
    idle: &mut Vec<C>,
) -> Duration {
    let mut end = start;
    for worker in workers {
        let (connection, ended) = worker.await;
        idle.push(connection);
        end = end.max(ended);
    }
    end - start
}
