//! The mock server, byte by byte and as a process.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use fetchbench::scenario::Scenario;
use fetchbench::server::witness::Witness;
use fetchbench::server::{Server, Setup, Stopper};
use tempfile::TempDir;

mod alone;
mod counts;
mod delays;
mod parsers;
mod faults;
mod http2;
mod process;
mod raw;
mod streams;
mod versions;

/// How long a test waits for what must come: only a hang takes it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A scenario's file, in a directory that goes with it.
struct ScenarioFile {
    path: PathBuf,
    _directory: TempDir,
}

impl ScenarioFile {
    /// Sites as TOML, below a head that does not matter here.
    fn new(sites: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.toml");
        std::fs::write(
            &path,
            format!("description = 'for a test'\nconcurrency = 1\nseed = 7\n{sites}"),
        )
        .unwrap();
        Self { path, _directory: directory }
    }

    fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }

    fn scenario(&self) -> Scenario {
        Scenario::load(self.path()).unwrap()
    }
}

/// A server in this process.
struct Running {
    scenario: Arc<Scenario>,
    origins: Vec<String>,
    control: String,
    stopper: Stopper,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Running {
    fn new(sites: &str) -> Self {
        Self::with(sites, Setup::default())
    }

    fn with(sites: &str, setup: Setup) -> Self {
        let scenario = Arc::new(ScenarioFile::new(sites).scenario());
        let server = Server::bind_as(Arc::clone(&scenario), setup).unwrap();
        let authority = |url: &String| url.split_once("://").unwrap().1.to_owned();
        let origins = server.announcement().origins.iter().map(authority).collect();
        let control = authority(&server.announcement().control);
        let stopper = server.stopper();
        let thread = Some(std::thread::spawn(move || server.run()));
        Self { scenario, origins, control, stopper, thread }
    }

    /// A new connection to the first origin.
    fn connect(&self) -> TcpStream {
        connect(&self.origins[0])
    }

    /// The body that answers `visit` of `site`.
    fn body(&self, site: usize, visit: u64) -> Vec<u8> {
        let body = self.scenario.sites[site].reply.body(self.scenario.seed, site, visit);
        body.pieces(0).flatten().copied().collect()
    }

    /// The whole answer to `visit` of `site` on a connection that is kept.
    fn answer(&self, site: usize, visit: u64) -> Vec<u8> {
        let body = self.body(site, visit);
        let mut answer =
            format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
        answer.extend(body);
        answer
    }

    /// The counts, as told on the control channel at `/witness` or `/take`.
    fn witness(&self, target: &str) -> Witness {
        self.whole_witness(target).counts()
    }

    /// The counts and the times.
    fn whole_witness(&self, target: &str) -> Witness {
        let request = format!("GET {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let answer =
            String::from_utf8(exchange(connect(&self.control), request.as_bytes())).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"),
            "{head}"
        );
        serde_json::from_str(body).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopper.stop();
        let ended = self.thread.take().unwrap().join();
        if !std::thread::panicking() {
            ended.expect("the server does not panic").unwrap();
        }
    }
}

fn connect(authority: &str) -> TcpStream {
    let stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// The head of a GET.
fn get(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: a\r\n\r\n").into_bytes()
}

/// Sends `request`, and reads until the server closes.
fn exchange(mut stream: TcpStream, request: &[u8]) -> Vec<u8> {
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

/// Reads exactly as many bytes as `expected` has, and compares.
#[track_caller]
fn expect(stream: &mut TcpStream, expected: &[u8]) {
    let mut got = vec![0; expected.len()];
    stream.read_exact(&mut got).unwrap();
    assert!(got == expected, "expected {:?}…, got {:?}…", beginning(expected), beginning(&got));
}

fn beginning(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned()
}
