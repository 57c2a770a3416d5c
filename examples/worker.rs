//! A client of your own in the table: what `compare` starts with `--backend exec:target/release/examples/worker`.
//!
//! cargo build --release --example worker
//! fetchbench compare keepalive --backend exec:target/release/examples/worker --backend ureq@sequential
//!
//! This one speaks HTTP by hand, a connection for each fetch, and is as slow as that is.

use std::io::{Read, Write};
use std::net::TcpStream;

use fetchbench::answer::{Head, Page, Received};
use fetchbench::error::{ErrorClass, FetchError};
use fetchbench::fetch::{Clock, Fetch, Fetched, Pass};
use fetchbench::worker::{Ready, serve};
use url::Url;

fn main() -> anyhow::Result<()> {
    serve(|open| {
        let ready = Ready { client: "by hand".to_owned(), executor: "one by one".to_owned(), threads: 1 };
        Ok((ready, Box::new(ByHand { max_body: open.max_body })))
    })
}

struct ByHand {
    max_body: u64,
}

impl Fetch for ByHand {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        let clock = Clock::start();
        let fetch = |url| {
            let started = clock.now();
            let result = get(url, self.max_body);
            Fetched { started, elapsed: clock.now() - started, final_url: None, result }
        };
        let fetched = urls.iter().map(fetch).collect();
        Ok(Pass { elapsed: clock.now(), fetched })
    }
}

/// One request and its answer, until the server closes.
fn get(url: &Url, max_body: u64) -> Result<Page, FetchError> {
    let failed = |error: std::io::Error| FetchError::io(&error, ErrorClass::Protocol);
    let authority = url.authority();
    let mut stream = TcpStream::connect(authority).map_err(failed)?;
    let request = format!("GET {} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n", url.path());
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(failed)?;

    let no_head = || FetchError::new(ErrorClass::Protocol, "no head");
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").ok_or_else(no_head)?;
    let status = std::str::from_utf8(&answer[..end]).ok().and_then(|head| head.get(9..12)?.parse().ok());
    let mut body = Received::new(max_body);
    body.push(&answer[end + 4..])?;
    body.finish(&Head { status: status.ok_or_else(no_head)?, declared: None, location: None })
}
