//! Child processes that exchange lines with this one and exit when their standard input closes.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use crate::fetch::lock;

/// How long a child may take to exit after its standard input closes.
const GRACE: Duration = Duration::from_secs(2);

/// How many bytes at the end of a child's standard error are kept.
const LAST_WORDS_BYTES: usize = 2048;

/// A child process. It ends when this value is dropped or when the parent dies for any reason.
#[derive(Debug)]
pub struct Child {
    process: std::process::Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Result<Vec<u8>, Silence>>,
    last_words: Arc<Mutex<VecDeque<u8>>>,
    /// Disconnected once standard error has been read to its end.
    stderr_ended: Receiver<()>,
}

/// Why a child does not reply.
#[derive(Debug)]
pub enum Silence {
    /// It exited: its status and the end of its standard error.
    Ended(Option<ExitStatus>, String),
    /// It did not reply, or did not read, in time.
    Hung(Duration),
    /// It wrote more bytes than this limit without a newline.
    Flooded(u64),
    /// Its output cannot be read.
    Unreadable(io::Error),
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(status, last_words) => {
                f.write_str("it ended")?;
                if let Some(status) = status {
                    write!(f, ": {status}")?;
                }
                if !last_words.is_empty() {
                    write!(f, ", last output {last_words:?}")?;
                }
                Ok(())
            }
            Self::Hung(patience) => write!(f, "it did not respond within {patience:?}"),
            Self::Flooded(limit) => write!(f, "it wrote more than {limit} bytes in one line"),
            Self::Unreadable(error) => write!(f, "its output cannot be read: {error}"),
        }
    }
}

impl std::error::Error for Silence {}

impl Child {
    /// Starts a command that may write lines of at most `limit` bytes each.
    ///
    /// # Errors
    ///
    /// The command cannot be started.
    pub fn start(command: &mut Command, limit: u64) -> io::Result<Self> {
        // In a separate process group, the child does not receive the Ctrl-C meant for this
        // process. With a backtrace, each error of some clients costs a tenth of a second. Fetches
        // here go through no proxy.
        command.process_group(0).env_remove("RUST_BACKTRACE").env_remove("RUST_LIB_BACKTRACE");
        for name in ["http_proxy", "https_proxy", "all_proxy"] {
            command.env_remove(name).env_remove(name.to_uppercase());
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn()?;
        let (stdout, stderr) = (process.stdout.take(), process.stderr.take());
        // Only a thread can wait for a pipe with a timeout. Both threads end with the child at the
        // latest, and the first hands over each line before it reads the next.
        let (sender, lines) = mpsc::sync_channel(0);
        if let Some(stdout) = stdout {
            thread::Builder::new()
                .name("child-out".to_owned())
                .spawn(move || read_lines(stdout, limit, |line| sender.send(line).is_ok()))?;
        }
        let last_words = Arc::<Mutex<VecDeque<u8>>>::default();
        let (stderr_open, stderr_ended) = mpsc::channel();
        if let Some(stderr) = stderr {
            let kept = Arc::clone(&last_words);
            thread::Builder::new().name("child-err".to_owned()).spawn(move || {
                keep_end(stderr, &kept);
                drop(stderr_open);
            })?;
        }
        let stdin = process.stdin.take();
        if let Some(stdin) = &stdin {
            fcntl(stdin, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        }
        Ok(Self { stdin, process, lines, last_words, stderr_ended })
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Writes a line; `line` must end in `\n`.
    ///
    /// # Errors
    ///
    /// The child has closed its input, or does not read the whole line in time.
    pub fn say(&mut self, line: &[u8], patience: Duration) -> Result<(), Silence> {
        let Some(stdin) = &mut self.stdin else { return Ok(()) };
        match write_within(stdin, line, patience) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(Silence::Hung(patience)),
            Err(_) => Err(self.ended()),
        }
    }

    /// Waits for the next line of the child.
    ///
    /// # Errors
    ///
    /// No line arrives in time, the line is too long, or the child has exited.
    pub fn hear(&mut self, patience: Duration) -> Result<Vec<u8>, Silence> {
        match self.lines.recv_timeout(patience) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => Err(Silence::Hung(patience)),
            Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
        }
    }

    /// Closes the child's input, waits for its exit and returns the end of its standard error;
    /// `None` if it does not exit in time.
    pub fn finish(mut self, patience: Duration) -> Option<String> {
        drop(self.stdin.take());
        self.end_within(patience)?;
        let _ = self.stderr_ended.recv_timeout(GRACE);
        Some(String::from_utf8_lossy(lock(&self.last_words).make_contiguous()).into_owned())
    }

    /// Returns the exit status and the end of standard error.
    fn ended(&mut self) -> Silence {
        let status = self.end_within(GRACE);
        if status.is_some() {
            // The last output may still be in the pipe after the exit.
            let _ = self.stderr_ended.recv_timeout(GRACE);
        }
        let mut words = lock(&self.last_words);
        Silence::Ended(status, String::from_utf8_lossy(words.make_contiguous()).trim().to_owned())
    }

    /// Waits for the exit, then kills the rest of the process group.
    fn end_within(&mut self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
        while !self.has_ended() {
            if Instant::now() >= deadline {
                return None;
            }
            thread::sleep(Duration::from_millis(2));
        }
        self.kill_group();
        self.process.wait().ok()
    }

    /// Returns whether the child has exited. Does not reap it, so that its id remains that of its
    /// group and of nothing else.
    pub(crate) fn has_ended(&self) -> bool {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        // An error means that no child is left to wait for.
        !matches!(waitid(Id::Pid(self.pid()), flags), Ok(WaitStatus::StillAlive))
    }

    fn kill_group(&self) {
        // Fails only if the group is empty.
        let _ = killpg(self.pid(), Signal::SIGKILL);
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.process.id() as i32)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.stdin.take());
        if self.end_within(GRACE).is_none() {
            self.kill_group();
            // Fails only if the child has been reaped already.
            let _ = self.process.wait();
        }
    }
}

/// Writes all bytes within `patience`: writing to a pipe that is never read would block forever.
/// The pipe must be non-blocking.
fn write_within(
    mut pipe: impl Write + AsFd,
    mut bytes: &[u8],
    patience: Duration,
) -> io::Result<()> {
    let start = Instant::now();
    while !bytes.is_empty() {
        match pipe.write(bytes) {
            Ok(length) => bytes = &bytes[length..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let left = patience.checked_sub(start.elapsed()).ok_or(io::ErrorKind::TimedOut)?;
                let mut polled = [PollFd::new(pipe.as_fd(), PollFlags::POLLOUT)];
                match ppoll(&mut polled, Some(left.into()), None) {
                    Ok(_) | Err(Errno::EINTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Passes on one line after another, until the input ends or `hand_on` returns false.
fn read_lines(
    stdout: impl Read,
    limit: u64,
    mut hand_on: impl FnMut(Result<Vec<u8>, Silence>) -> bool,
) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        match stdout.by_ref().take(limit).read_until(b'\n', &mut line) {
            Ok(0) => return,
            Ok(_) if line.last() == Some(&b'\n') => {
                if !hand_on(Ok(line)) {
                    return;
                }
            }
            Ok(length) if length as u64 == limit => {
                hand_on(Err(Silence::Flooded(limit)));
                return;
            }
            // The child exited in the middle of a line.
            Ok(_) => return,
            Err(error) => {
                hand_on(Err(Silence::Unreadable(error)));
                return;
            }
        }
    }
}

/// Reads to the end and keeps the last [`LAST_WORDS_BYTES`].
fn keep_end(mut stderr: impl Read, kept: &Mutex<VecDeque<u8>>) {
    let mut piece = [0; 1024];
    while let Ok(length @ 1..) = stderr.read(&mut piece) {
        let mut kept = lock(kept);
        kept.extend(&piece[..length]);
        let surplus = kept.len().saturating_sub(LAST_WORDS_BYTES);
        kept.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str) -> Child {
        Child::start(Command::new("sh").args(["-c", script]), 100).unwrap()
    }

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn lines_are_exchanged_one_by_one() {
        let mut child = start("read a; echo \"got $a\"; read b; echo \"and $b\"");
        for (said, heard) in [("one\n", "got one\n"), ("two\n", "and two\n")] {
            child.say(said.as_bytes(), PATIENCE).unwrap();
            assert_eq!(child.hear(PATIENCE).unwrap(), heard.as_bytes());
        }
        assert!(
            matches!(child.hear(PATIENCE), Err(Silence::Ended(Some(status), _)) if status.success())
        );
    }

    #[test]
    fn failures_are_distinguished() {
        let ended = start("echo why >&2; exit 3").hear(PATIENCE).unwrap_err().to_string();
        assert_eq!(ended, "it ended: exit status: 3, last output \"why\"");
        assert!(matches!(start("sleep 60").hear(Duration::from_millis(50)), Err(Silence::Hung(_))));
        assert!(matches!(start("yes | tr -d '\\n'").hear(PATIENCE), Err(Silence::Flooded(100))));
        assert!(matches!(start("printf cut").hear(PATIENCE), Err(Silence::Ended(..))));
    }

    #[test]
    fn deaf_children_time_out() {
        let mut deaf = start("exec sleep 1000");
        let long = vec![b'x'; 1 << 20];
        assert!(matches!(deaf.say(&long, Duration::from_millis(50)), Err(Silence::Hung(_))));
        let mut gone = start("exit 3");
        assert!(
            matches!(gone.say(&long, PATIENCE), Err(Silence::Ended(Some(status), _)) if status.code() == Some(3))
        );
        let mut slow = start("sleep 0.1; wc -c");
        slow.say(&long, PATIENCE).unwrap();
        drop(slow.stdin.take());
        assert_eq!(slow.hear(PATIENCE).unwrap(), b"1048576\n");
    }

    fn process_state(id: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default()
    }

    #[test]
    fn finished_children_report() {
        assert_eq!(start("cat; echo done >&2").finish(PATIENCE).as_deref(), Some("done\n"));
        assert_eq!(start("exec sleep 1000").finish(Duration::from_millis(20)), None);
    }

    #[test]
    fn orphans_are_killed() {
        for script in
            ["sleep 1000 & echo $!; exit 0", "sleep 1000 & echo $!; trap '' TERM; sleep 1000"]
        {
            let mut child = start(script);
            let left_behind = String::from_utf8(child.hear(PATIENCE).unwrap()).unwrap();
            drop(child);
            // The process takes a moment to die, and its new parent may not reap it at once.
            let deadline = Instant::now() + PATIENCE;
            loop {
                let state = process_state(&left_behind);
                if state.is_empty() || state.contains(") Z ") {
                    break;
                }
                assert!(Instant::now() < deadline, "{script}: {state}");
                thread::sleep(Duration::from_millis(2));
            }
        }
    }

    #[test]
    fn stubborn_children_are_killed() {
        let child = start("trap '' HUP TERM; exec sleep 1000");
        let folder = format!("/proc/{}", child.id());
        drop(child);
        assert!(!std::path::Path::new(&folder).exists());
    }
}
