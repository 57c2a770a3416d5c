//! Where the time goes: phases of known length are found from the packets of a link.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fetchbench::link::{Link, LinkEnd, WirePhases};
use fetchbench::server::ServerProcess;
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use serde_json::Value;

use crate::cli::{fetchbench, text};
use crate::compared::compared;
use crate::link::no_links;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fetchbench");

/// The address of the server, in the process at the clients' end.
const ADDRESS: &str = "FETCHBENCH_PHASES_ADDRESS";

/// The time between the handshake and the request.
const PAUSE: Duration = Duration::from_millis(5);

/// The body fits into the first window, so that no round trip adds to its time.
const SITE: &str = "description = 'd'\nconcurrency = 1\n[[site]]\nlabel = 'a'\nbytes = 10000\n\
                    delay = '10ms'\nbody_time = '20ms'\n";

/// The tolerated error of a phase, in milliseconds. `scripts/link` holds the medians to it.
const TOLERANCE_MS: f64 = 0.3;

/// A phase by its name, with the time that is planted in it, in milliseconds.
type Planted = (&'static str, fn(&WirePhases) -> u64, f64);

const PLANTED: [Planted; 5] = [
    ("connect", |phases| phases.connect_ns, 8.0),
    ("TLS", |phases| phases.tls_ns, 0.0),
    ("request", |phases| phases.request_ns, 5.0),
    ("wait", |phases| phases.wait_ns, 8.0 + 10.0),
    ("body", |phases| phases.body_ns, 20.0),
];

/// Spins for a time: sleep would last longer.
fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {}
}

/// Fetches once and returns the time that it took.
fn fetch(address: &str) -> Duration {
    let start = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    spin(PAUSE);
    stream.write_all(b"GET /0/0 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();
    assert!(response.len() > 10_000);
    start.elapsed()
}

/// The client at its end of the link: fetches once for each line of its input.
#[test]
fn a_raw_client_fetches() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    for _ in std::io::stdin().lock().lines() {
        let took = fetch(&address).as_nanos();
        writeln!(std::io::stderr(), "{took}").unwrap();
    }
}

/// A client in a process at its end of a link.
struct RawClient {
    child: std::process::Child,
    input: ChildStdin,
    output: BufReader<std::process::ChildStderr>,
    _stdout: ChildStdout,
}

impl RawClient {
    fn start(link: &Link, address: &str) -> Self {
        let own = std::env::current_exe().unwrap();
        let test = ["--exact", "link_phases::a_raw_client_fetches", "--nocapture"];
        let mut words = vec![own.into_os_string()];
        words.extend(test.map(Into::into));
        let words = link.command_until_end(LinkEnd::Client, &words);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env(ADDRESS, address);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stderr.take().unwrap()),
            _stdout: child.stdout.take().unwrap(),
            child,
        }
    }

    /// Fetches once and returns the time in milliseconds.
    fn fetch(&mut self) -> f64 {
        self.input.write_all(b"\n").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim().parse::<f64>().unwrap_or_else(|error| panic!("{line:?}: {error}")) / 1e6
    }

    fn end(mut self) {
        drop(self.input);
        self.child.wait().unwrap();
    }
}

/// Starts a link with the planted phases, its server, and a client that has fetched once.
fn planted() -> (Arc<Link>, ServerProcess, RawClient) {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("planted.toml");
    fs::write(&scenario, SITE).unwrap();
    let program = Path::new(PROGRAM);
    let link = Arc::new(Link::start(program, &"rtt=8ms".parse().unwrap()).unwrap());
    let path = scenario.to_str().unwrap();
    let server = ServerProcess::start_across(Arc::clone(&link), program, path).unwrap();
    let address = server.origins()[0].to_string();
    let mut client = RawClient::start(&link, address.strip_prefix("http://").unwrap());
    client.fetch();
    (link, server, client)
}

#[test]
fn resting_links_sleep() {
    if no_links() {
        return;
    }
    let (link, _server, mut client) = planted();
    link.rest().unwrap();
    let (start, before) = (Instant::now(), processor_time(link.id()));
    std::thread::sleep(Duration::from_millis(300));
    let used = processor_time(link.id()) - before;
    assert!(used < start.elapsed() / 10, "{used:?}");
    let took = client.fetch();
    let planted: f64 = PLANTED.iter().map(|(_, _, planted_ms)| planted_ms).sum();
    assert!(took > planted, "{took} of {planted} ms");
    assert_eq!(link.take_phases().unwrap().requests, 2);
    client.end();
}

/// Returns the processor time of a process.
fn processor_time(process: u32) -> Duration {
    let clock = clock_getcpuclockid(Pid::from_raw(process as i32)).unwrap();
    clock_gettime(clock).unwrap().into()
}

#[test]
fn planted_phases_are_found() {
    if no_links() {
        return;
    }
    let (link, _server, mut client) = planted();
    link.take_phases().unwrap();
    let fetched: Vec<(f64, WirePhases)> =
        (0..30).map(|_| (client.fetch(), link.take_phases().unwrap())).collect();
    check_each(&fetched);
    for (name, phase, planted_ms) in PLANTED {
        let error = |(_, phases): &(f64, WirePhases)| phase(phases) as f64 / 1e6 - planted_ms;
        // Beside other tests packets are late, but not those of every fetch.
        let least =
            fetched.iter().map(error).min_by(|one, other| one.abs().total_cmp(&other.abs()));
        assert!(least.unwrap().abs() < TOLERANCE_MS, "{name}: {least:?} ms beyond {planted_ms} ms");
    }
    client.end();
}

/// Checks what holds on a busy machine too: the phases of a fetch are no more than its time.
fn check_each(fetched: &[(f64, WirePhases)]) {
    for (took_ms, phases) in fetched {
        assert_eq!((phases.requests, phases.unseen), (1, 0));
        let WirePhases { connect_ns, request_ns, wait_ns, body_ns, .. } = phases;
        let rest = took_ms - (connect_ns + request_ns + wait_ns + body_ns) as f64 / 1e6;
        assert!(rest > -0.2, "{rest} ms: {phases:?}");
    }
}

/// Compares over a link and returns the backends as JSON, with the page of the record.
fn compare(scenario: &str) -> (Vec<Value>, String) {
    let folder = tempfile::tempdir().unwrap();
    let (record, page) = (folder.path().join("record"), folder.path().join("page.html"));
    let network = ["--network", "rtt=10ms", "--blocks", "1", "--rounds", "2", "--allow-unfit"];
    let backends = ["--backend", "hyper@tokio:1,ureq@threads,reqwest@tokio"];
    let workload = compared(&[&[scenario], &network[..], &backends].concat(), &record);
    let report = fetchbench(&["report"]).arg(&record).arg("--html").arg(&page).output().unwrap();
    assert!(report.status.success(), "{}", text(&report.stderr));
    let backends = workload["backends"].as_array().unwrap().clone();
    (backends, fs::read_to_string(page).unwrap())
}

#[test]
fn comparisons_show_phases() {
    if no_links() {
        return;
    }
    // A handshake for each fetch, of one round trip each for TCP and TLS.
    for scenario in ["tls-cold", "tls-resumed", "first-request"] {
        let (backends, page) = compare(scenario);
        for backend in backends {
            let phase = |name: &str| backend[&format!("phase_{name}_s")].as_f64().unwrap();
            assert!((0.01..0.1).contains(&phase("connect")), "{backend}");
            assert!((0.01..0.1).contains(&phase("tls")), "{backend}");
            assert!((0.01..0.1).contains(&phase("wait")), "{backend}");
            assert!(phase("client") >= -0.0002, "{backend}");
        }
        assert!(page.contains("Phases over the link: "), "{scenario}");
    }
    // Kept connections have no handshakes.
    for backend in compare("keepalive").0 {
        assert_eq!(backend["phase_connect_s"], 0.0, "{backend}");
        assert!(backend["phase_wait_s"].as_f64().unwrap() >= 0.01, "{backend}");
    }
}
