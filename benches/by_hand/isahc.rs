//! isahc over HTTP/2, on either executor.

use std::time::Instant;

use http::{Request, StatusCode};
use isahc::config::{Configurable, VersionNegotiation};
use isahc::{AsyncReadResponseExt, HttpClient};

use super::spawn::Spawn;
use super::{HEADERS, Loop, Queue, by_clones};

/// One client, and as many tasks as the concurrency.
pub fn over_http2<S: Spawn>(concurrency: usize) -> Loop {
    let client = HttpClient::builder()
        .version_negotiation(VersionNegotiation::http2())
        .proxy(None)
        .build()
        .expect("a valid configuration");
    by_clones::<S, _, _>(client, concurrency, work)
}

async fn work(client: HttpClient, queue: Queue) -> Instant {
    while let Some(url) = queue.pull() {
        let request = HEADERS.iter().fold(Request::get(url.as_str()), |request, (name, value)| {
            request.header(*name, *value)
        });
        let request = request.body(()).expect("a valid request");
        let mut answer = client.send_async(request).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        answer.bytes().await.expect("a whole body");
    }
    Instant::now()
}
