//! reqwest on tokio.

use std::time::Instant;

use reqwest::{Client, ClientBuilder, StatusCode};

use super::spawn::Tokio;
use super::{HEADERS, Loop, Queue, by_clones};

pub fn on_tokio(concurrency: usize) -> Loop {
    fetched_by(Client::builder(), concurrency)
}

pub fn over_http2(concurrency: usize) -> Loop {
    fetched_by(Client::builder().http2_prior_knowledge(), concurrency)
}

/// One client, and as many tasks as the concurrency.
fn fetched_by(client: ClientBuilder, concurrency: usize) -> Loop {
    // Its default TLS needs a provider for the process, which the backends do without: they are given
    // one each.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = client.no_proxy().build().expect("a valid configuration");
    by_clones::<Tokio, _, _>(client, concurrency, work)
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
