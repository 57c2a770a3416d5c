//! `fetchbench serve` as a process, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fetchbench::server::witness::Witness;
use fetchbench::server::{Announcement, ServerProcess};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{PATIENCE, ScenarioFile, connect, exchange, get};
use crate::workshop::send;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fetchbench");

/// A child that does not outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Killed {
    fn spawn(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::piped()).spawn().unwrap())
    }

    fn announcement(&mut self) -> Announcement {
        let mut line = String::new();
        BufReader::new(self.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Its exit code, once it has ended.
    fn code(&mut self) -> Option<i32> {
        wait_until("the server ends", || self.0.try_wait().unwrap()).code()
    }
}

fn wait_until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "waited too long until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn processes_serve_count_and_end() {
    let file = ScenarioFile::new(
        "[[site]]\nlabel = 'a'\nbytes = '3'\ndelay = '30m'\n[[site]]\nlabel = 'b'\norigin = \
         'o'\nbytes = '4'\n",
    );
    let server = ServerProcess::start(Path::new(PROGRAM), file.path(), 0.0).unwrap();
    assert_eq!(server.origins().len(), 2);
    let urls = file.scenario().urls(server.origins(), 0);
    let announced: Vec<_> = server.sites().iter().map(|site| (&*site.label, &*site.url)).collect();
    assert_eq!(announced, [("a", urls[0].as_str()), ("b", urls[1].as_str())]);

    let authority = format!("127.0.0.1:{}", server.origins()[0].port);
    let request = b"GET /0/0 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    assert!(
        exchange(connect(&authority), request).starts_with(b"HTTP/1.1 200 OK\r\n"),
        "half an hour times nothing"
    );
    let seen = Witness {
        requests: 1,
        connections: 1,
        peak_in_flight: 1,
        bytes: 3,
        refused: 0,
        ..Witness::default()
    };
    assert_eq!(server.take_witness().unwrap().counts(), seen);
    assert_eq!(server.take_witness().unwrap().counts(), Witness::default());

    let start = Instant::now();
    drop(server);
    assert!(start.elapsed() < Duration::from_secs(2), "it had to be killed");
    assert!(std::net::TcpStream::connect(authority).is_err());
}

#[test]
fn failed_servers_report_why() {
    let error = |program: &str, scenario| {
        format!("{:#}", ServerProcess::start(Path::new(program), scenario, 1.0).unwrap_err())
    };
    assert!(error("/no/such/program", "article").starts_with("cannot start /no/such/program: "));
    let unknown = error(PROGRAM, "nope");
    assert!(
        unknown.contains("it ended: exit status: 2, last output \"error: unknown scenario"),
        "{unknown}"
    );
    assert!(error("/bin/echo", "article").contains("invalid announcement"));
}

#[test]
fn many_sites_are_announced() {
    let file = ScenarioFile::new("[[site]]\nlabel = 'a'\nbytes = '3'\nrepeat = 100000\n");
    let server = ServerProcess::start(Path::new(PROGRAM), file.path(), 1.0).unwrap();
    assert_eq!(server.sites().len(), 100_000);
    assert!(server.sites()[99_999].url.ends_with("/99999/0"));
}

#[test]
fn it_can_end_with_stdin() {
    let mut server = Killed::spawn(
        Command::new(PROGRAM).args(["serve", "article", "--end-with-stdin"]).stdin(Stdio::piped()),
    );
    server.announcement();
    assert!(server.0.try_wait().unwrap().is_none());
    drop(server.0.stdin.take());
    assert_eq!(server.code(), Some(0));
}

#[test]
fn it_runs_without_stdin() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut server =
            Killed::spawn(Command::new(PROGRAM).args(["serve", "article"]).stdin(Stdio::null()));
        let control = server.announcement().control;
        let witness =
            exchange(connect(&control["http://".len()..]), b"GET /witness HTTP/1.0\r\n\r\n");
        assert!(witness.starts_with(b"HTTP/1.1 200 OK\r\n"));
        assert!(server.0.try_wait().unwrap().is_none());
        send(&server.0, signal);
        assert_eq!(server.code(), Some(0), "{signal:?}");
    }
}

#[test]
fn it_listens_and_ends_cleanly() {
    let file = ScenarioFile::new("[[site]]\nlabel = 'a'\nbytes = '3'\ndelay = '300ms'\n");
    // A port that was free a moment ago, and its neighbour, which may have been taken meanwhile:
    // then another try.
    let mut server = (0..20)
        .find_map(|_| {
            let port =
                std::net::TcpListener::bind("127.0.0.2:0").unwrap().local_addr().unwrap().port();
            let listen = format!("127.0.0.2:{port}");
            let arguments =
                ["serve", file.path(), "--cores", "2", "--spin", "off", "--listen", &listen];
            let mut server =
                Killed::spawn(Command::new(PROGRAM).args(arguments).stdin(Stdio::null()));
            let mut line = String::new();
            BufReader::new(server.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
            let announcement: Announcement = serde_json::from_str(&line).ok()?;
            assert_eq!(announcement.origins, [format!("http://{listen}")]);
            assert_eq!(announcement.control, format!("http://127.0.0.2:{}", port + 1));
            Some((server, listen))
        })
        .expect("two free ports in a row");
    let mut stream = connect(&server.1);
    stream.write_all(&get("/0/0")).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    send(&server.0.0, Signal::SIGTERM);
    stream.read_exact(&mut [0; 41]).unwrap();
    assert_eq!(server.0.code(), Some(0));
}

#[test]
fn it_ends_with_its_parent() {
    // The shell alone holds the writing end of the server's standard input, and says the server's
    // process id.
    let script = format!(
        "mkfifo \"$0/in\"; '{PROGRAM}' serve article --end-with-stdin < \"$0/in\" & exec 3> \
         \"$0/in\"; echo $!; wait"
    );
    let directory = tempfile::tempdir().unwrap();
    let mut parent = Killed::spawn(Command::new("sh").arg("-c").arg(script).arg(directory.path()));
    let mut lines = BufReader::new(parent.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let (first, second) = (lines.next().unwrap(), lines.next().unwrap());
    let pid =
        [&first, &second].iter().find_map(|line| line.parse().ok()).map(Pid::from_raw).unwrap();
    kill(pid, None).expect("the server runs");
    parent.0.kill().unwrap();
    // It inherited the standard output, which therefore ends when both have.
    assert_eq!(lines.next(), None);
}

#[test]
fn bad_arguments_are_usage_errors() {
    let bad: [(&[&str], &str); 7] = [
        (&["serve", "article", "--listen", "0.0.0.0"], "add --allow-remote"),
        (&["serve", "article", "--listen", "home"], "bad address \"home\""),
        (&["serve", "article", "--cores", "0"], "bad number of cores \"0\""),
        (&["serve", "nope"], "unknown scenario \"nope\""),
        (&["serve", "article", "--time-scale", "-1"], "bad time scale \"-1\""),
        (&["serve", "article", "--time-scale", "nan"], "bad time scale \"nan\""),
        (&["serve"], "<SCENARIO>"),
    ];
    for (args, message) in bad {
        let output = Command::new(PROGRAM).args(args).stdin(Stdio::null()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains(message) && output.stdout.is_empty(), "{args:?}: {stderr}");
    }
}

#[test]
fn clients_wait_for_descriptors() {
    // Room for a dozen connections; a clone of the limit is the hard one too, so it cannot be
    // raised.
    let file = ScenarioFile::new("[[site]]\nlabel = 'a'\nbytes = '3'\n");
    let script = format!("ulimit -n 24; exec '{PROGRAM}' serve '{}' --end-with-stdin", file.path());
    let mut server = Killed::spawn(Command::new("sh").arg("-c").arg(script).stdin(Stdio::piped()));
    let origin = server.announcement().origins.remove(0);
    let mut streams: Vec<_> = (0..40).map(|_| connect(&origin["http://".len()..])).collect();
    for stream in &mut streams {
        stream.write_all(&get("/0/0")).unwrap();
    }
    for mut stream in streams {
        // Each that is answered and dropped makes room for another.
        stream.read_exact(&mut [0; 41]).unwrap();
    }
}

#[test]
fn late_reads_are_delay_errors() {
    let file = ScenarioFile::new("[[site]]\nlabel = 'a'\nbytes = '3'\ndelay = '10ms'\n");
    let server = ServerProcess::start(Path::new(PROGRAM), file.path(), 1.0).unwrap();
    let pid = Pid::from_raw(server.id() as i32);
    let mut stream = connect(&format!("127.0.0.1:{}", server.origins()[0].port));
    let held = Duration::from_millis(100);
    // The system may begin to stamp what arrives a moment after it was told to.
    let late = (0..20).find_map(|_| {
        kill(pid, Signal::SIGSTOP).unwrap();
        stream.write_all(&get("/0/0")).unwrap();
        std::thread::sleep(held);
        kill(pid, Signal::SIGCONT).unwrap();
        stream.read_exact(&mut [0; 41]).unwrap();
        let errors = server.take_witness().unwrap().delay_errors;
        errors.quantile(1.0).filter(|error| *error >= held / 2)
    });
    assert!(late.is_some(), "90 ms in the server's queue are not seen");
}
