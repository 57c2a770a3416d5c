//! A server of HTTP/2 for tests that answers requests with any bytes: one thread a connection.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use url::Url;

/// Types of frames.
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
pub const GOAWAY: u8 = 7;

/// A request, without its headers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Request {
    /// The number of its connection, from 0.
    pub connection: usize,
    pub stream: u32,
}

/// A server on a port of its own, until the test process ends.
pub struct Http2Server {
    port: u16,
    accepted: Arc<AtomicUsize>,
    /// The requests whose streams clients have reset.
    resets: Arc<Mutex<Vec<Request>>>,
}

/// Returns the bytes that answer a request, or `None` to close the connection.
type Answer = dyn Fn(Request) -> Option<Vec<u8>> + Send + Sync;

impl Http2Server {
    /// Starts a server with these settings, names and values.
    pub fn start(
        settings: &[(u16, u32)],
        answer: impl Fn(Request) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self::start_closing(settings, move |request| Some(answer(request)))
    }

    /// Starts a server that also closes connections.
    pub fn start_closing(
        settings: &[(u16, u32)],
        answer: impl Fn(Request) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (accepted, resets) = (Arc::new(AtomicUsize::new(0)), Arc::default());
        let server = Self { port, accepted: Arc::clone(&accepted), resets: Arc::clone(&resets) };
        let answer: Arc<Answer> = Arc::new(answer);
        let settings: Vec<u8> = settings
            .iter()
            .flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat())
            .collect();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = accepted.fetch_add(1, Ordering::SeqCst);
                let (answer, resets) = (Arc::clone(&answer), Arc::clone(&resets));
                let start = frame(SETTINGS, 0, 0, &settings);
                // A client that has gone is no concern of the server's.
                std::thread::spawn(move || {
                    serve(stream, connection, &start, &*answer, &resets).ok()
                });
            }
        });
        server
    }

    /// How many connections it has accepted.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// The requests whose streams clients have reset.
    pub fn resets(&self) -> Vec<Request> {
        self.resets.lock().unwrap().clone()
    }

    /// That many urls on this server.
    pub fn urls(&self, count: usize) -> Vec<Url> {
        let url = |index| format!("http://127.0.0.1:{}/{index}", self.port).parse().unwrap();
        (0..count).map(url).collect()
    }
}

/// A frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// A frame whose payload is numbers.
pub fn frame_of(kind: u8, stream: u32, numbers: &[u32]) -> Vec<u8> {
    let payload: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
    frame(kind, 0, stream, &payload)
}

/// The head of an answer of status 200, and the beginning of its body.
pub fn begun(stream: u32, body: &[u8]) -> Vec<u8> {
    // The status is the eighth entry of the static table.
    [frame(HEADERS, 4, stream, &[0x88]), frame(DATA, 0, stream, body)].concat()
}

/// A whole answer of status 200.
pub fn whole(stream: u32, body: &[u8]) -> Vec<u8> {
    [frame(HEADERS, 4, stream, &[0x88]), frame(DATA, 1, stream, body)].concat()
}

fn serve(
    mut stream: TcpStream,
    connection: usize,
    start: &[u8],
    answer: &Answer,
    resets: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    stream.read_exact(&mut [0; 24])?;
    stream.write_all(start)?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let [a, b, c, kind, flags, number @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        stream.read_exact(&mut payload)?;
        let number = u32::from_be_bytes(number);
        match kind {
            HEADERS => match answer(Request { connection, stream: number }) {
                Some(bytes) => stream.write_all(&bytes)?,
                None => stream.shutdown(Shutdown::Write)?,
            },
            RST_STREAM => resets.lock().unwrap().push(Request { connection, stream: number }),
            SETTINGS | PING if flags & 1 == 0 => {
                let reply = if kind == PING { &payload[..] } else { &[] };
                stream.write_all(&frame(kind, 1, 0, reply))?;
            }
            _ => {}
        }
    }
}
