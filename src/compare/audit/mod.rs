//! Audits the requests that each backend sends, with a listener that gives the same answer to all.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::Context;

use super::Participant;
use super::contender::Contender;
use crate::fetch::Limits;
use crate::fetch::lock;
use crate::record::{Audit, BackendAudit, Http2Audit};
use crate::worker::{OpenOrder, PassOrder};

mod http2;
mod request;
pub mod view;

/// Fetches in a pass.
const FETCHES: usize = 8;
/// Fetches in flight.
const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(4).expect("it is not zero");
/// Passes of one session: the second one shows which connections were kept.
const PASSES: u64 = 2;
/// The target of the first fetch, which need not arrive first.
const FIRST: &str = "/0/0 ";
/// The delay of an answer, so that all fetches are in flight before the first is answered.
const DELAY: Duration = Duration::from_millis(20);
/// The time that a pass may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// The maximum length of a head, in bytes.
const HEAD_LIMIT: usize = 64 << 10;

/// Audits the backends one after another. The result of a backend that fails holds the reason.
///
/// # Errors
///
/// Returns an error if the listener cannot be started.
pub fn audit(participants: &[Participant], interrupted: &Arc<AtomicBool>) -> anyhow::Result<Audit> {
    let mut backends = Vec::new();
    for participant in participants {
        if interrupted.load(Ordering::Relaxed) {
            break;
        }
        backends.push(audit_backend(participant, interrupted)?);
    }
    Ok(Audit { backends })
}

fn audit_backend(
    participant: &Participant,
    interrupted: &Arc<AtomicBool>,
) -> anyhow::Result<BackendAudit> {
    let answer: AnswerAll = if participant.http2 { http2::answer_all } else { answer_all };
    let listener = Listener::start(answer).context("cannot listen for the requests of backends")?;
    let limits = Limits { deadline: PATIENCE, ..Limits::new(CONCURRENCY) };
    let urls = (0..FETCHES).map(|site| format!("http://{}/{site}", listener.address)).collect();
    let mut contender = Contender::alone(participant, &limits, interrupted);
    contender.open(&OpenOrder::new(urls, true, &limits), false);
    for visit in 0..PASSES {
        contender.pass(PassOrder::new(visit), PATIENCE);
    }
    contender.close();
    let out = contender.out.take().map(|out| out.why);
    let seen = lock(&listener.seen).clone();
    let connections = participant.max_connections.unwrap_or(NonZeroUsize::MIN);
    let sockets_ideal = match participant.http2 {
        true => contender.slots.min(connections),
        false => contender.slots,
    };
    Ok(BackendAudit {
        name: participant.name.clone(),
        // Makes heads of the same request equal in every record.
        request: seen
            .request
            .unwrap_or_default()
            .replace(&listener.address.to_string(), "HOST:PORT"),
        http2: seen.http2,
        sockets: seen.sockets,
        sockets_ideal: sockets_ideal.get() as u64,
        why: out.or(seen.violation),
    })
}

/// The observations of a listener.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// The head of the request for [`FIRST`].
    request: Option<String>,
    http2: Option<Http2Audit>,
    sockets: u64,
    /// How a client first violated HTTP/2.
    violation: Option<String>,
}

/// Answers all requests of a connection.
type AnswerAll = fn(TcpStream, &Mutex<Seen>) -> io::Result<()>;

/// A listener that answers every request with the same page until it is dropped.
struct Listener {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    stopped: Arc<AtomicBool>,
}

impl Listener {
    fn start(answer_all: AnswerAll) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (seen, stopped) = (Arc::<Mutex<Seen>>::default(), Arc::<AtomicBool>::default());
        let started = Self {
            address: listener.local_addr()?,
            seen: Arc::clone(&seen),
            stopped: Arc::clone(&stopped),
        };
        thread::Builder::new().name("audit".to_owned()).spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                lock(&seen).sockets += 1;
                let seen = Arc::clone(&seen);
                // If the client has gone or no thread can be started, the backend reports a failed
                // fetch.
                let _ = thread::Builder::new()
                    .name("audit".to_owned())
                    .spawn(move || answer_all(stream, &seen));
            }
        })?;
        Ok(started)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Only a connection wakes it.
        let _ = TcpStream::connect(self.address);
    }
}

fn answer_all(stream: TcpStream, seen: &Mutex<Seen>) -> io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(head) = read_head(&mut reader)? {
        if head.contains(FIRST) {
            lock(seen).request.get_or_insert(head);
        }
        thread::sleep(DELAY);
        writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")?;
    }
    Ok(())
}

/// Reads the next head, including its empty line; `None` at the end of the connection.
fn read_head(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    loop {
        let room = (HEAD_LIMIT - head.len()) as u64;
        let length = reader.by_ref().take(room).read_until(b'\n', &mut head)?;
        match &head[head.len() - length..] {
            [] => return Ok(None),
            b"\r\n" => return Ok(Some(String::from_utf8_lossy(&head).into_owned())),
            _ => {}
        }
    }
}
