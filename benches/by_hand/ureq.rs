//! ureq on blocking threads.

use std::io;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use ureq::Agent;

use super::{HEADERS, Loop, Queue};

/// One agent, and as many threads as the concurrency.
///
/// The threads are started for each pass, but wait for each other before its clock starts: the backend
/// makes its own once.
pub fn on_threads(concurrency: usize) -> Loop {
    let config = Agent::config_builder()
        .max_idle_connections(concurrency)
        .max_idle_connections_per_host(concurrency)
        .proxy(None)
        .build();
    let agent = Agent::new_with_config(config);
    Box::new(move |urls| {
        let queue = Queue::new(urls);
        let ready = Barrier::new(concurrency + 1);
        let work = || {
            ready.wait();
            while let Some(url) = queue.pull() {
                let request =
                    HEADERS.iter().fold(agent.get(url.as_str()), |request, (name, value)| {
                        request.header(*name, *value)
                    });
                let mut answer = request.call().expect("a status below 400");
                io::copy(&mut answer.body_mut().as_reader(), &mut io::sink())
                    .expect("a whole body");
            }
            Instant::now()
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..concurrency).map(|_| scope.spawn(work)).collect();
            ready.wait();
            let start = Instant::now();
            let ends = workers.into_iter().map(|worker| worker.join().expect("no worker panics"));
            ends.max().map_or_else(Default::default, |end| end.saturating_duration_since(start))
        })
    })
}
