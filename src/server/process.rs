//! The mock server as a child process, as seen by its parent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail, ensure};
use url::Url;

use super::announcement::{AnnouncedSite, Announcement};
use crate::site::Origin;
use crate::witness::Witness;

/// How long the server may take to say where it is, and to answer on its control channel.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the server may take to end once its standard input has.
const GRACE: Duration = Duration::from_secs(2);

/// The longest announcement that is read, in bytes: the most sites that a scenario may have take half of it.
const ANNOUNCEMENT_LIMIT: u64 = 512 << 20;

/// A mock server in a process of its own, which ends when this is dropped, or its parent dies however it may.
#[derive(Debug)]
pub struct ServerProcess {
    announcement: Announcement,
    origins: Vec<Origin>,
    /// Only to end it.
    _child: EndingWithStdin,
}

impl ServerProcess {
    /// Starts `program serve SCENARIO` and waits until it is ready. A scenario is a built-in name or the path of a file.
    ///
    /// # Errors
    ///
    /// The program cannot be started, ends early or does not say where it is: how it ended is told.
    pub fn start(program: &Path, scenario: &str, time_scale: f64) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["serve", "--end-with-stdin", "--time-scale", &time_scale.to_string(), "--", scenario]);
        // In a process group of its own it does not see the Ctrl-C that is for us, and serves until we are done.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0).env_remove("RUST_BACKTRACE");
        let child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let mut child = EndingWithStdin(child);
        let stdout = child.0.stdout.take().expect("it is piped");
        let announcement = read_announcement(stdout, &mut child)
            .with_context(|| format!("cannot start the mock server {} serve {scenario}", program.display()))?;
        let origins = announcement.origins.iter().map(|origin| read_origin(origin)).collect::<anyhow::Result<_>>()?;
        Ok(Self { announcement, origins, _child: child })
    }

    /// The address of each origin, indexed by [`Site::origin`](crate::site::Site::origin).
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// The sites, in the order in which they are fetched.
    pub fn sites(&self) -> &[AnnouncedSite] {
        &self.announcement.sites
    }

    /// What the server saw since this was last asked, and has it start anew.
    ///
    /// # Errors
    ///
    /// The server has died or hangs.
    pub fn take_witness(&self) -> anyhow::Result<Witness> {
        let control = &self.announcement.control;
        read_witness(control).with_context(|| format!("cannot ask the mock server at {control}/take what it saw"))
    }
}

/// A child that ends of itself when its standard input does, and is killed if it does not.
#[derive(Debug)]
struct EndingWithStdin(Child);

impl Drop for EndingWithStdin {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        // Either fails only where the child has ended after all.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads the one line that the server says, and checks it.
fn read_announcement(stdout: ChildStdout, child: &mut EndingWithStdin) -> anyhow::Result<Announcement> {
    // Only a thread can give up on a pipe. It ends with the child at the latest.
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::Builder::new().name("announcement".to_owned()).spawn(move || {
        let mut line = Vec::new();
        let result = BufReader::new(stdout.take(ANNOUNCEMENT_LIMIT)).read_until(b'\n', &mut line);
        // Fails where nobody waits any longer.
        let _ = sender.send(result.map(|_| line));
    })?;
    let Ok(line) = receiver.recv_timeout(PATIENCE) else {
        bail!("it did not say where it is within {PATIENCE:?}");
    };
    let line = line.context("cannot read what it says")?;
    if line.last() != Some(&b'\n') {
        ensure!((line.len() as u64) < ANNOUNCEMENT_LIMIT, "it said more than {ANNOUNCEMENT_LIMIT} bytes in one line");
        let status = child.0.wait().context("it closed its standard output")?;
        bail!("it ended before it said where it is: {status}");
    }
    serde_json::from_slice(&line).context("what it said is no announcement")
}

fn read_origin(text: &str) -> anyhow::Result<Origin> {
    let url: Url = text.parse().with_context(|| format!("the mock server announced {text:?}, which is no url"))?;
    Origin::of(&url).ok_or_else(|| anyhow!("the mock server announced {text:?}, which has no host"))
}

/// Asks a control channel for its counts by hand: every client that we have is under test.
fn read_witness(control: &str) -> anyhow::Result<Witness> {
    let authority = control.strip_prefix("http://").context("it is no http url")?;
    let mut stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET /take HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer has no end of head")?;
    ensure!(head.starts_with("HTTP/1.1 200 "), "the answer is {:?}", head.lines().next().unwrap_or_default());
    serde_json::from_str(body).context("the answer is no witness")
}
