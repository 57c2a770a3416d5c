//! surf over its own h1 client, on either executor.

use std::time::Instant;

use http_client::Config;
use http_client::h1::H1Client;
use surf::StatusCode;

use super::spawn::Spawn;
use super::{HEADERS, Loop, Queue, by_clones};

/// One client, and as many tasks as the concurrency.
pub fn on<S: Spawn>(concurrency: usize) -> Loop {
    let mut http = H1Client::new();
    let config = Config::new()
        .set_max_connections_per_host(concurrency)
        .set_tcp_no_delay(true)
        .set_timeout(None);
    http_client::HttpClient::set_config(&mut http, config).expect("a valid configuration");
    by_clones::<S, _, _>(surf::Client::with_http_client(http), concurrency, work)
}

async fn work(client: surf::Client, queue: Queue) -> Instant {
    while let Some(url) = queue.pull() {
        let request = HEADERS
            .iter()
            .fold(client.get(url), |request, (name, value)| request.header(*name, *value));
        let mut answer = request.await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::Ok);
        answer.body_bytes().await.expect("a whole body");
    }
    Instant::now()
}
