//! Minimal loops over the same clients and executors, as one would write them by hand: what the
//! harness is compared with.
//!
//! They read each body to its end and look at the status, and know no deadline, no cap, no checksum
//! and no class of failure: anything wrong is a panic. Connections and threads outlive a pass, as
//! they do in the backends. On executors of many threads the workers are spawned from the thread that
//! waits, as one would; in the backends a task spawns them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use url::Url;

mod hyper;
mod hyper_http2;
#[cfg(feature = "isahc")]
mod isahc;
mod one_thread;
mod reqwest;
mod spawn;
mod surf;
mod ureq;

use self::spawn::{AsyncStd, Smol, Spawn, Tokio};

/// Fetches every url, and says how long that took.
pub type Loop = Box<dyn FnMut(&[Url]) -> Duration>;

/// Opens a loop at a concurrency.
pub type Open = fn(usize) -> Loop;

/// The loops, each with the backend that it stands beside.
pub const ALL: &[(&str, Open)] = &[
    ("ureq@threads", ureq::on_threads),
    ("surf@async-std", surf::on::<AsyncStd>),
    ("surf@smol", surf::on::<Smol>),
    ("hyper@async-std", hyper::on::<AsyncStd>),
    ("hyper@smol", hyper::on::<Smol>),
    ("hyper@tokio", hyper::on::<Tokio>),
    ("hyper@tokio:1", one_thread::on_tokio),
    ("reqwest@tokio", reqwest::on_tokio),
    ("hyper@async-std+h2", hyper_http2::on::<AsyncStd>),
    ("hyper@smol+h2", hyper_http2::on::<Smol>),
    ("hyper@tokio+h2", hyper_http2::on::<Tokio>),
    ("reqwest@tokio+h2", reqwest::over_http2),
    #[cfg(feature = "isahc")]
    ("isahc@async-std+h2", isahc::over_http2::<AsyncStd>),
    #[cfg(feature = "isahc")]
    ("isahc@smol+h2", isahc::over_http2::<Smol>),
    #[cfg(feature = "isahc")]
    ("isahc@tokio+h2", isahc::over_http2::<Tokio>),
];

/// The headers that the backends send, beside `host`: a loop that sent fewer would ask the server for
/// less work, and a few per cent of the comparison would be theirs.
const HEADERS: [(&str, &str); 3] = [
    ("user-agent", concat!("fetchbench/", env!("CARGO_PKG_VERSION"))),
    ("accept", "*/*"),
    ("accept-encoding", "identity"),
];

/// A list that many workers pull from.
#[derive(Clone)]
struct Queue {
    urls: Arc<[Url]>,
    next: Arc<AtomicUsize>,
}

impl Queue {
    fn new(urls: &[Url]) -> Self {
        Self { urls: urls.into(), next: Arc::default() }
    }

    fn pull(&self) -> Option<&Url> {
        self.urls.get(self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// Opens a loop of as many tasks as the concurrency, each with a clone of one client. As in the
/// backends, a pass ends with its last fetch, and not when this thread has heard of it.
fn by_clones<S: Spawn, C, F>(client: C, concurrency: usize, work: fn(C, Queue) -> F) -> Loop
where
    C: Clone + 'static,
    F: Future<Output = Instant> + Send + 'static,
{
    let executor = S::start();
    Box::new(move |urls| {
        let queue = Queue::new(urls);
        let start = Instant::now();
        let spawn = |_| executor.spawn(work(client.clone(), queue.clone()));
        let workers: Vec<_> = (0..concurrency).map(spawn).collect();
        block_on(async {
            let mut end = start;
            for worker in workers {
                end = end.max(worker.await);
            }
            end - start
        })
    })
}
