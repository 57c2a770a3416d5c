//! Links: real ones, with TCP over them. Where none can be made, the tests are skipped.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use fetchbench::link::Link;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::cli::{fetchbench, refusal, text};
use crate::compared::compared;
use crate::peers::skip;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fetchbench");

/// Set in the processes at the clients' end.
const INSIDE: &str = "FETCHBENCH_INSIDE";

/// Whether this machine makes no links; then it reports why.
pub fn no_links() -> bool {
    let link = Link::start(Path::new(PROGRAM), &"rtt=0s".parse().unwrap());
    link.err().is_some_and(|error| {
        skip(&format!("{error:#}"));
        true
    })
}

/// Runs a test again at the clients' end of a link, or returns `true` there.
fn enter(test: &str, network: &str, scenario: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    if no_links() {
        return false;
    }
    let test = format!("link::{test}");
    let own = std::env::current_exe().unwrap();
    let mut command = fetchbench(&["net", network, "--scenario", scenario, "--"]);
    let output = command.arg(own).args(["--exact", &test, "--nocapture"]).env(INSIDE, "yes");
    let output = output.output().unwrap();
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{test}: {printed}{}", text(&output.stderr));
    assert!(printed.contains("1 passed"), "no test has the name {test}: {printed}");
    false
}

fn connect() -> TcpStream {
    let url = std::env::var("FETCHBENCH_URL").unwrap();
    TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap()
}

/// Fetches a site over a connection and returns the length of the response.
fn get(stream: &mut TcpStream, target: &str) -> usize {
    let request = format!("GET {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();
    response.len()
}

/// Returns the median time of seven calls, in milliseconds.
fn median_ms(mut call: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..7)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[3]
}

#[test]
fn connecting_takes_a_round_trip() {
    if !enter("connecting_takes_a_round_trip", "rtt=40ms", "keepalive") {
        return;
    }
    let connecting = median_ms(|| drop(connect()));
    assert!((40.0..60.0).contains(&connecting), "{connecting} ms");
    let fetching = median_ms(|| assert!(get(&mut connect(), "/0/0") > 500));
    assert!((80.0..110.0).contains(&fetching), "{fetching} ms");
}

#[test]
fn downloads_have_the_rate() {
    if !enter("downloads_have_the_rate", "rtt=4ms,down=20Mbit", "bulk") {
        return;
    }
    let (mut stream, start) = (connect(), Instant::now());
    let bytes = get(&mut stream, "/0/0");
    let seconds = start.elapsed().as_secs_f64();
    // Each packet of 1,500 bytes carries 1,448.
    let least = bytes as f64 * 8.0 / 20e6 * 1_500.0 / 1_448.0;
    assert!(bytes > 1 << 20 && (least..1.3 * least).contains(&seconds), "{seconds} s of {least}");
}

#[test]
fn lossy_links_deliver_all() {
    if !enter("lossy_links_deliver_all", "rtt=2ms,loss=0.05", "bulk") {
        return;
    }
    assert!(get(&mut connect(), "/0/0") > 1 << 20);
    let retransmitted = fs::read_to_string("/proc/net/snmp").unwrap();
    assert!(retransmitted.contains("Tcp: "), "{retransmitted}");
}

#[test]
fn namespaces_choose_their_tcp() {
    if !enter("namespaces_choose_their_tcp", "rtt=1ms,congestion=cubic", "keepalive") {
        return;
    }
    let setting = |name| fs::read_to_string(format!("/proc/sys/net/{name}")).unwrap();
    assert_eq!(setting("ipv4/tcp_congestion_control"), "reno\n");
    assert_eq!(setting("ipv4/tcp_no_metrics_save"), "1\n");
    if fs::exists("/proc/sys/net/ipv6").unwrap() {
        assert_eq!(setting("ipv6/conf/link/disable_ipv6"), "1\n");
    }
    assert!(TcpStream::connect("192.0.2.1:80").is_err(), "there is no way out");
}

#[test]
fn announcements_cross_links() {
    if !enter("announcements_cross_links", "rtt=1ms", "article") {
        return;
    }
    let file = std::env::var("FETCHBENCH_SERVER").unwrap();
    let announced: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(announced["sites"].as_array().unwrap().len(), 7);
    assert!(announced["sites"][0]["url"].as_str().unwrap().starts_with("http://198.18.0.1:"));
}

#[test]
fn commands_end_as_they_end() {
    if no_links() {
        return;
    }
    let code = |script: &str| {
        let output = fetchbench(&["net", "rtt=1ms", "--", "sh", "-c", script]).output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(code("exit 7"), (Some(7), String::new()));
    assert_eq!(code("kill -9 $$").0, Some(137));
    let missing = fetchbench(&["net", "rtt=1ms", "--", "/nowhere/x"]).output().unwrap();
    assert!(text(&missing.stderr).starts_with("error: cannot start /nowhere/x: No such file"));
}

#[test]
fn comparisons_cross_links() {
    if no_links() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record");
    let backends = "hyper@tokio:1,ureq@threads";
    let arguments = [
        "keepalive",
        "--network",
        "rtt=2ms",
        "--blocks",
        "1",
        "--rounds",
        "2",
        "--backend",
        backends,
    ];
    let workload = compared(&arguments, &record);
    let link = r#"{"clients":"reno","network":"rtt=2ms","server":"reno"}"#;
    assert_eq!(workload["link"].to_string(), link);
    for backend in workload["backends"].as_array().unwrap() {
        assert_eq!(backend["validity"], "valid", "{backend}");
    }
    let report = fetchbench(&["report"]).arg(&record).output().unwrap();
    let report = text(&report.stdout).replace('\n', " ");
    assert!(report.contains("keepalive over rtt=2ms: 1,000 fetches"), "{report}");
    assert!(report.contains("with reno at the server and reno at the clients"), "{report}");
}

#[test]
fn runs_cross_links() {
    if no_links() {
        return;
    }
    let output = fetchbench(&["run", "--network", "rtt=30ms", "--backend", "hyper@smol"]);
    let output = { output }.args(["--scenario", "connect"]).output().unwrap();
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}{}", text(&output.stderr));
    assert!(printed.contains("hyper@smol"), "{printed}");
}

#[test]
fn verifications_cross_links() {
    if no_links() {
        return;
    }
    let arguments = ["verify", "--network", "rtt=5ms", "--fault", "stale,reset-in-body"];
    let output = fetchbench(&arguments)
        .args(["--backend", "ureq@sequential", "--format", "json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let grid: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&grid["network"], &grid["deadline_ms"]), (&"rtt=5ms".into(), &1_050.into()));
    assert_eq!(grid["cells"].as_array().unwrap().len(), 2);
}

#[test]
fn impossible_links_are_refused() {
    let (_folder, list) = crate::cli::file("list.txt", "http://a.example\n");
    let list = list.to_str().unwrap();
    for (arguments, expected) in [
        (&["compare", "--sites", list, "--network", "4g"][..], "no route leads"),
        (&["run", "http://a.example", "--network", "4g"], "no route leads"),
        (&["run", "--network", "4g", "--time-scale", "0.1"], "leave out --time-scale"),
        (&["compare", "--network", "4g", "--time-scale", "0.1"], "leave out --time-scale"),
        (&["compare", "--network", "loss=2"], "bad loss \"2\""),
        (&["verify", "--network", "rtt=-1ms"], "bad duration"),
        (&["net", "rtt=40", "--", "true"], "bad duration \"40\""),
        (&["net", "down=1Mbit,queue=0s", "--", "true"], "it must hold a packet"),
        (&["compare", "article", "--network", "4g", "--budget", "5s"], "raise --budget"),
    ] {
        let line = refusal(arguments);
        assert!(line.contains(expected), "{arguments:?}: {line}");
    }
}

/// Returns the processes with a variable in their environment.
fn marked(mark: &str) -> Vec<i32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_marked = |number: &i32| {
        let environment = fs::read(format!("/proc/{number}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    };
    numbers.filter(is_marked).collect()
}

/// Whether a process is that of a link.
fn is_link(number: &i32) -> bool {
    let line = fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
    line.split(|byte| *byte == 0).nth(1) == Some(b"link")
}

/// Starts a command with a mark that all of its descendants inherit.
fn start_marked(mark: &str, arguments: &[&str]) -> std::process::Child {
    let (name, value) = mark.split_once('=').unwrap();
    let mut command = fetchbench(arguments);
    command.env(name, value).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    command.spawn().unwrap()
}

/// Waits until no marked process is left.
fn await_none(mark: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !marked(mark).is_empty() {
        assert!(Instant::now() < deadline, "{mark}: {:?} are left", marked(mark));
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn killed_links_leave_nothing() {
    if no_links() {
        return;
    }
    let compare = ["compare", "keepalive", "--network", "rtt=1ms", "--quiet", "--backend"];
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record").to_str().unwrap().to_owned();
    let net = ["net", "rtt=1ms", "--", "sh", "-c", "setsid sleep 1000 & sleep 1000"];
    let compare: Vec<&str> = compare
        .into_iter()
        .chain(["hyper@tokio,ureq@threads", "--record", &record, "--force"])
        .collect();
    let times = std::env::var("FETCHBENCH_KILLS").ok().and_then(|times| times.parse().ok());
    for number in 0..times.unwrap_or(8_usize) {
        let mark = format!("FETCHBENCH_MARK={}-{number}", std::process::id());
        let arguments: &[&str] = if number % 2 == 0 { &compare } else { &net };
        let mut child = start_marked(&mark, arguments);
        thread::sleep(Duration::from_millis(37 * number as u64 % 900));
        // Any of them: the command, the link, the server, a worker.
        let processes = marked(&mark);
        let chosen = processes.get(number / 2 % processes.len().max(1));
        let ends_by_itself = chosen.is_some_and(is_link);
        if let Some(chosen) = chosen {
            let _ = kill(Pid::from_raw(*chosen), Signal::SIGKILL);
        }
        if !ends_by_itself {
            let _ = child.kill();
        }
        child.wait().unwrap();
        await_none(&mark);
    }
}

#[test]
fn dead_links_end_their_command() {
    if no_links() {
        return;
    }
    let mark = format!("FETCHBENCH_MARK={}-dead", std::process::id());
    let mut child = start_marked(&mark, &["net", "rtt=1ms", "--", "sleep", "1000"]);
    let deadline = Instant::now() + Duration::from_secs(20);
    let has_started = || {
        marked(&mark).iter().any(|number| {
            fs::read(format!("/proc/{number}/comm")).is_ok_and(|name| name == b"sleep\n")
        })
    };
    while !has_started() {
        assert!(Instant::now() < deadline, "it does not start");
        thread::sleep(Duration::from_millis(5));
    }
    let link = marked(&mark).into_iter().find(is_link).unwrap();
    kill(Pid::from_raw(link), Signal::SIGKILL).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    await_none(&mark);
}

/// Runs the program as the user `nobody`, after shell commands as root in a new mount namespace;
/// `None` if this user is not root.
fn as_nobody(setup: &str, arguments: &[&str]) -> Option<Output> {
    if !nix::unistd::geteuid().is_root() {
        skip("only root can become another user");
        return None;
    }
    let folder = tempfile::Builder::new().permissions(fs_mode(0o755)).tempdir().unwrap();
    let program: PathBuf = folder.path().join("fetchbench");
    fs::copy(PROGRAM, &program).unwrap();
    let script = format!(
        "set -e\ncd {}\n{setup}\nexec setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\"",
        folder.path().display()
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &script, "sh"]).arg(&program).args(arguments);
    Some(command.stdin(Stdio::null()).output().unwrap())
}

fn fs_mode(mode: u32) -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(mode)
}

/// Makes a node of TUN devices with these rights.
fn node(mode: &str) -> String {
    format!("mknod -m {mode} node c 10 200\nmount --bind node /dev/net/tun")
}

#[test]
fn links_need_no_root() {
    if no_links() {
        return;
    }
    let fetch = ["net", "rtt=20ms", "--", "sh", "-c", "id -u; cat $FETCHBENCH_SERVER"];
    let Some(output) = as_nobody(&node("666"), &fetch) else { return };
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{printed}{}", text(&output.stderr));
    assert!(printed.starts_with("65534\n{\"scenario\":\"article\""), "{printed}");
    let mut compare = vec!["compare", "keepalive", "--network", "rtt=1ms", "--blocks", "1"];
    compare.extend(["--rounds", "1", "--backend", "hyper@smol,ureq@threads", "--record", "record"]);
    let Some(output) = as_nobody(&format!("{}\nmkdir -m 777 record", node("666")), &compare) else {
        return;
    };
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn closed_devices_have_a_remedy() {
    if no_links() {
        return;
    }
    let Some(output) = as_nobody(&node("600"), &["net", "4g", "--", "true"]) else { return };
    assert_eq!(output.status.code(), Some(1));
    let remedy = "error: cannot make a link: /dev/net/tun is closed to this user: open it with \
                  `chmod 666 /dev/net/tun` (as root)\n";
    assert_eq!(text(&output.stderr), remedy);
    assert!(output.stdout.is_empty());
}
