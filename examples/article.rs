//! The two listings of the article "Using Async Functions in Python 3.5" in Rust. README.md shows
//! them.
//!
//! Run with: cargo build && cargo run --example article
//!
//! The sites are fetchbench's mock server, with the delays that the article printed.

use std::time::{Duration, Instant};

use fetchbench::scenario::Scenario;
use fetchbench::server::ServerProcess;
use tokio::runtime::Runtime;

mod common;

#[derive(Clone)]
struct Site {
    label: String,
    url: String,
}

fn one_after_another(sites: &[Site]) -> anyhow::Result<()> {
    for site in sites {
        let text = ureq::get(&site.url).call()?.body_mut().read_to_string()?;
        println!("{:<30.30}: {text:.10}", site.label);
    }
    Ok(())
}

async fn fetch(client: reqwest::Client, site: Site) -> reqwest::Result<()> {
    let text = client.get(&site.url).send().await?.text().await?;
    println!("{:<30.30}: {text:.10}", site.label);
    Ok(())
}

async fn at_once(sites: &[Site]) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    let tasks = sites.iter().map(|site| tokio::spawn(fetch(client.clone(), site.clone())));
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    Ok(())
}

fn main() -> anyhow::Result<()> {
    // This build of reqwest brings no provider of cryptography.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let scenario = Scenario::load("article")?;
    let server = ServerProcess::start(&common::fetchbench()?, &scenario.name, 1.0)?;
    let urls = scenario.urls(server.origins(), 0);
    let labels = scenario.sites.iter().map(|site| site.label.to_string());
    let sites: Vec<Site> =
        labels.zip(urls).map(|(label, url)| Site { label, url: url.into() }).collect();

    let one_by_one = timed(|| one_after_another(&sites))?;
    let together = timed(|| Runtime::new()?.block_on(at_once(&sites)))?;
    println!("One after another: {:.2} s", one_by_one.as_secs_f64());
    println!("At once:           {:.2} s", together.as_secs_f64());
    Ok(())
}

fn timed(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}
