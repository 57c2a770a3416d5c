//! What each row sends, caught by a listener of our own that answers everything alike.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context;

use super::Participant;
use super::contender::Contender;
use crate::fetch::Limits;
use crate::record::{Audit, RowAudit};
use crate::worker::{Open, PassOrder};

pub mod view;

/// Fetches of a pass.
const FETCHES: usize = 8;
/// Fetches at one moment.
const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(4).expect("it is not zero");
/// Passes over one session: the second shows which connections were kept.
const PASSES: u64 = 2;
/// The target of the first fetch, whoever of those in flight comes first.
const FIRST: &str = "/0/0 ";
/// How long an answer waits, so that all who may be in flight are before the first has one.
const DELAY: Duration = Duration::from_millis(20);
/// How long a pass may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// The longest head that is read, in bytes.
const HEAD_LIMIT: usize = 64 << 10;

/// Looks at every participant, one after another. What keeps one from being looked at is said of
/// it.
///
/// # Errors
///
/// This machine has no port for the listener.
pub fn audit(participants: &[Participant], interrupted: &Arc<AtomicBool>) -> anyhow::Result<Audit> {
    let mut rows = Vec::new();
    for participant in participants {
        if interrupted.load(Ordering::Relaxed) {
            break;
        }
        rows.push(look_at(participant, interrupted)?);
    }
    Ok(Audit { rows })
}

fn look_at(participant: &Participant, interrupted: &Arc<AtomicBool>) -> anyhow::Result<RowAudit> {
    let listener = Listener::start().context("cannot listen for what rows send")?;
    let limits = Limits { deadline: PATIENCE, ..Limits::new(CONCURRENCY) };
    let urls = (0..FETCHES).map(|site| format!("http://{}/{site}", listener.address)).collect();
    let mut contender = Contender::alone(participant, &limits, interrupted);
    contender.open(&Open::new(urls, true, &limits));
    for visit in 0..PASSES {
        contender.pass(PassOrder::new(visit), PATIENCE);
    }
    contender.close();
    let why = contender.out.take().map(|(_, why)| why);
    let seen = listener.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(RowAudit {
        row: participant.name.clone(),
        // The same request has the same head in every record.
        request: seen
            .request
            .unwrap_or_default()
            .replace(&listener.address.to_string(), "HOST:PORT"),
        sockets: seen.sockets,
        sockets_ideal: contender.slots.get() as u64,
        why,
    })
}

/// What a listener has seen.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// The head of the request that is looked at.
    request: Option<String>,
    sockets: u64,
}

/// A listener that answers every request with the same page, until it is dropped.
struct Listener {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    stopped: Arc<AtomicBool>,
}

impl Listener {
    fn start() -> io::Result<Self> {
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
                seen.lock().unwrap_or_else(PoisonError::into_inner).sockets += 1;
                let seen = Arc::clone(&seen);
                // A client that has gone, or for which there is no thread, shows in what it tells
                // itself.
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
            seen.lock().unwrap_or_else(PoisonError::into_inner).request.get_or_insert(head);
        }
        thread::sleep(DELAY);
        writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")?;
    }
    Ok(())
}

/// The next head, up to its empty line; `None` at the end of the connection.
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
