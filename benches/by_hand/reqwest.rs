//! reqwest on tokio.

use std::time::Instant;

use futures_lite::future::block_on;
use reqwest::{Client, ClientBuilder, StatusCode};

use super::spawn::{Spawn, Tokio};
use super::{HEADERS, Loop, Queue, last_end};

pub fn on_tokio(concurrency: usize) -> Loop {
    fetched_by(Client::builder(), concurrency)
}

pub fn over_http2(concurrency: usize) -> Loop {
    fetched_by(Client::builder().http2_prior_knowledge(), concurrency)
}

/// One client, and as many tasks as the concurrency.
fn fetched_by(client: ClientBuilder, concurrency: usize) -> Loop {
    let executor = Tokio::start();
    // Its default TLS needs a provider for the process, which the backends do without: they are given
    // one each.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = client.no_proxy().build().expect("a valid configuration");
    Box::new(move |urls| {
        let queue = Queue::new(urls);
        let start = Instant::now();
        let spawn = |_| executor.spawn(work(client.clone(), queue.clone()));
        let workers: Vec<_> = (0..concurrency).map(spawn).collect();
        block_on(last_end(start, workers)) - start
    })
}

async fn work(client: Client, queue: Queue) -> Instant {
    while let Some(url) = queue.pull() {
        let request = HEADERS
            .iter()
            .fold(client.get(url.clone()), |request, (name, value)| request.header(*name, *value));
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        answer.bytes().await.expect("a whole body");
    }
    Instant::now()
}
