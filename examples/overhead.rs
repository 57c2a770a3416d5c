//! What the harness costs: each backend against a minimal hand-written loop over the same client and
//! executor.
//!
//! Run with: cargo build --release && cargo run --release --example overhead [BLOCKS [NAME]]
//!
//! NAME is part of the names of backends, such as `+h2`.
//!
//! Both sessions are alive together and fetch the same list by turns, in short passes and
//! reshuffled order, so that whatever slows the machine down for a second slows both. A block opens
//! them afresh and yields one number, the median of its log ratios; the interval is Student's, over
//! blocks. The server is this package's own, in its own process.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anyhow::Context;
use fetchbench::backend::Backend;
use fetchbench::client::UserOptions;
use fetchbench::fetch::{Fetch, Progress};
use fetchbench::record::machine;
use fetchbench::scenario::Scenario;
use fetchbench::server::ServerProcess;
use fetchbench::stats::{Interval, median, t_interval};
use url::Url;

#[path = "../benches/by_hand/mod.rs"]
mod by_hand;
mod common;

/// Fewer blocks have an interval too wide to tell anything.
const BLOCKS: usize = 20;
const CYCLES: usize = 20;
const LEVEL: f64 = 0.95;

fn main() -> anyhow::Result<()> {
    let arguments = machine::arguments();
    let chosen = arguments.get(1).map_or("", String::as_str);
    let blocks = match arguments.first() {
        Some(text) => text.parse().ok().filter(|blocks| *blocks >= 2),
        None => Some(BLOCKS),
    };
    let blocks: usize = blocks.context("the number of blocks is at least 2")?;
    println!(
        "Throughput of each backend / of a hand-written loop, on keepalive, or h2c over HTTP/2: {blocks} blocks of \
         {CYCLES} cycles, {} % intervals",
        LEVEL * 100.0,
    );
    let (mut http1, mut http2) = (Contest::new("keepalive")?, Contest::new("h2c")?);
    for (name, open) in by_hand::ALL.iter().filter(|(name, _)| name.contains(chosen)) {
        let backend: Backend = name.parse()?;
        let contest = if backend.is_http2() { &mut http2 } else { &mut http1 };
        let mut ratios = Vec::with_capacity(blocks);
        for block in 1..=blocks {
            show(&format!("{name}: block {block} of {blocks}"));
            ratios.push(contest.block(&backend, *open)?);
        }
        show("");
        let Interval { mean, low, high } =
            t_interval(&ratios, LEVEL).context("there are blocks")?;
        println!("{name:<18} {:.3} ({:.3} to {:.3})", mean.exp(), low.exp(), high.exp());
        io::stdout().flush()?;
    }
    Ok(())
}

/// Shows how far it has come, where somebody looks on.
fn show(progress: &str) {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K{progress}");
    }
}

/// Where a backend and a loop meet.
struct Contest {
    scenario: Scenario,
    server: ServerProcess,
    /// The visit of the next pass: no two passes ask for the same.
    visit: u64,
    /// The state of the generator that says who begins.
    coin: u64,
}

impl Contest {
    fn new(scenario: &str) -> anyhow::Result<Self> {
        let scenario = Scenario::load(scenario)?;
        let server = ServerProcess::start(&common::fetchbench()?, &scenario.name, 1.0)?;
        Ok(Self { scenario, server, visit: 0, coin: 2015 })
    }

    /// The median of log(throughput of the backend / of the loop) over the rounds of a block.
    fn block(&mut self, backend: &Backend, open: by_hand::Open) -> anyhow::Result<f64> {
        let concurrency = self.scenario.limits.concurrency.get();
        // What is opened first is a few per cent faster or slower than what is opened second, even
        // against itself.
        let early = self.toss().then(|| open(concurrency));
        let mut session =
            backend.open(&UserOptions::default(), &self.scenario.limits, &Progress::default())?;
        let mut by_hand = early.unwrap_or_else(|| open(concurrency));
        // Connecting is not compared.
        self.pass(backend, session.as_mut())?;
        by_hand(&self.next_list());
        let mut ratios = Vec::with_capacity(CYCLES);
        for _ in 0..CYCLES {
            let (backend_time, loop_time) = if self.toss() {
                let backend_time = self.pass(backend, session.as_mut())?;
                (backend_time, by_hand(&self.next_list()))
            } else {
                let loop_time = by_hand(&self.next_list());
                (self.pass(backend, session.as_mut())?, loop_time)
            };
            ratios.push((loop_time.as_secs_f64() / backend_time.as_secs_f64()).ln());
        }
        median(&ratios).context("there are cycles")
    }

    fn pass(&mut self, backend: &Backend, session: &mut dyn Fetch) -> anyhow::Result<Duration> {
        let urls = self.next_list();
        let pass = session.fetch_all(&urls)?;
        self.scenario.verify(self.visit, urls.len(), &pass).with_context(|| backend.to_string())?;
        Ok(pass.elapsed)
    }

    fn next_list(&mut self) -> Vec<Url> {
        self.visit += 1;
        self.scenario.urls(self.server.origins(), self.visit)
    }

    /// Heads or tails, by the xorshift generator of Marsaglia ("Xorshift RNGs", 2003): the same in
    /// every run.
    fn toss(&mut self) -> bool {
        self.coin ^= self.coin << 13;
        self.coin ^= self.coin >> 7;
        self.coin ^= self.coin << 17;
        self.coin >> 63 == 1
    }
}
