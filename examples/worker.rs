//! A client of your own in a comparison, built with the light library:
//!
//! ```sh
//! cargo build --release --no-default-features --example worker
//! fetchbench compare keepalive --backend exec:target/release/examples/worker,ureq@sequential
//! ```
//!
//! It writes HTTP by hand, over a new connection for each fetch, and knows no TLS.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use fetchbench::fetch::answer::{Head, Page, Received};
use fetchbench::fetch::error::{ErrorClass, FetchError};
use fetchbench::fetch::{Clock, Fetch, Fetched, Pass};
use fetchbench::worker::{Ready, serve};
use url::{Position, Url};

fn main() -> anyhow::Result<()> {
    serve(|open| {
        let ready = Ready {
            client: "by hand".to_owned(),
            executor: "one by one".to_owned(),
            threads: 1,
            speaks: Some(Vec::new()),
            opening_ns: None,
        };
        let deadline = Duration::from_millis(open.deadline_ms);
        Ok((
            ready,
            Box::new(ByHand {
                max_body: open.max_body,
                deadline,
                user_agent: open.user_agent.clone(),
            }),
        ))
    })
}

struct ByHand {
    max_body: u64,
    deadline: Duration,
    user_agent: String,
}

impl Fetch for ByHand {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        let clock = Clock::start();
        let fetch = |url| {
            let started = clock.now();
            let result = self.get(url);
            Fetched { started, elapsed: clock.now() - started, final_url: None, result }
        };
        let fetched = urls.iter().map(fetch).collect();
        Ok(Pass { elapsed: clock.now(), fetched })
    }
}

impl ByHand {
    /// One request and its answer, until the server closes.
    fn get(&self, url: &Url) -> Result<Page, FetchError> {
        let due = Instant::now() + self.deadline;
        let failed = |error: std::io::Error| FetchError::io(&error, ErrorClass::Protocol);
        let authority = url.authority();
        let mut stream = TcpStream::connect(authority).map_err(failed)?;
        let target = &url[Position::BeforePath..Position::AfterQuery];
        let user_agent = &self.user_agent;
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: {authority}\r\nuser-agent: {user_agent}\r\naccept: */*\r\n\
             accept-encoding: identity\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).map_err(failed)?;

        let (mut answer, mut piece) = (Vec::new(), [0; 16 << 10]);
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(FetchError::timeout(self.deadline));
            }
            stream.set_read_timeout(Some(left)).map_err(failed)?;
            match stream.read(&mut piece) {
                Ok(0) => return self.page(&answer),
                Ok(length) => answer.extend(&piece[..length]),
                // The time of the read is over, which the next turn finds.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// The page of an answer that is whole.
    fn page(&self, answer: &[u8]) -> Result<Page, FetchError> {
        let no_head = || FetchError::new(ErrorClass::ClosedEarly, "no head");
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").ok_or_else(no_head)?;
        let status =
            std::str::from_utf8(&answer[..end]).ok().and_then(|head| head.get(9..12)?.parse().ok());
        let no_status = || FetchError::new(ErrorClass::Protocol, "no status");
        let mut body = Received::new(self.max_body);
        body.push(&answer[end + 4..])?;
        body.finish(&Head { status: status.ok_or_else(no_status)?, declared: None, location: None })
    }
}
