//! A server for tests that answers whatever bytes a test wants, well-formed or not: one thread a
//! connection.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nix::libc;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, bind, setsockopt, socket, sockopt,
};
use url::Url;

/// What a connection does after an answer has been written.
#[derive(Clone, Copy, PartialEq)]
pub enum Then {
    /// Waits for the next request.
    Go,
    /// Closes, with a FIN.
    Close,
    /// Closes, with a RST.
    Reset,
    /// Says nothing more and stays.
    Silence,
    /// Writes a byte every 20 ms until the client goes.
    Drip,
    /// Writes as fast as it can until the client goes.
    Flood,
}

/// What is answered to a request: its head as received, with a character for every byte and lines
/// joined by LF.
type Answer = dyn Fn(&str) -> (Vec<u8>, Then) + Send + Sync;

/// A server on a port of its own, until the test process ends.
pub struct RawServer {
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
}

impl RawServer {
    /// Starts on 127.0.0.1.
    pub fn start(answer: impl Fn(&str) -> (Vec<u8>, Then) + Send + Sync + 'static) -> Self {
        Self::start_on(Ipv4Addr::LOCALHOST.into(), answer)
    }

    /// Starts on an address.
    pub fn start_on(
        ip: IpAddr,
        answer: impl Fn(&str) -> (Vec<u8>, Then) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let answer: Arc<Answer> = Arc::new(answer);
        let accepted = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&accepted);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counter.fetch_add(1, Ordering::SeqCst);
                let answer = Arc::clone(&answer);
                // A client that has gone is no concern of the server's.
                std::thread::spawn(move || serve(stream, &*answer).ok());
            }
        });
        Self { address, accepted }
    }

    /// How many connections it has accepted.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// A url on this server.
    pub fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

/// A whole answer of status 200 with that body.
pub fn ok(body: &str) -> (Vec<u8>, Then) {
    (
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes(),
        Then::Go,
    )
}

/// Those bytes, and then.
pub fn raw(bytes: &str, then: Then) -> (Vec<u8>, Then) {
    (bytes.as_bytes().to_vec(), then)
}

/// The path in a head.
pub fn path(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

/// A port that is bound, so that no other program gets it, and on which nobody listens.
pub struct DeadPort(TcpListener);

impl DeadPort {
    pub fn new(ip: IpAddr) -> Self {
        let family = if ip.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
        let socket = socket(family, SockType::Stream, SockFlag::empty(), None).unwrap();
        bind(socket.as_raw_fd(), &SockaddrStorage::from(SocketAddr::new(ip, 0))).unwrap();
        Self(socket.into())
    }

    /// A url on this port.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.0.local_addr().unwrap())
    }
}

fn serve(stream: TcpStream, answer: &Answer) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    loop {
        let head = read_head(&mut reader)?;
        if head.is_empty() {
            return Ok(());
        }
        let (bytes, then) = answer(&head);
        writer.write_all(&bytes)?;
        match then {
            Then::Go => {}
            Then::Close => return Ok(()),
            Then::Reset => {
                // Give the client time to read what was written: a RST takes back what has not been
                // read.
                std::thread::sleep(Duration::from_millis(50));
                let no_time = libc::linger { l_onoff: 1, l_linger: 0 };
                return Ok(setsockopt(&writer, sockopt::Linger, &no_time)?);
            }
            Then::Silence => std::thread::sleep(Duration::from_secs(60)),
            Then::Drip => loop {
                writer.write_all(b"x")?;
                std::thread::sleep(Duration::from_millis(20));
            },
            Then::Flood => loop {
                writer.write_all(&[b'x'; 65536])?;
            },
        }
    }
}

/// Reads a head: a character for every byte, so that a test sees the bytes that were sent.
fn read_head(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut head = String::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line)? == 0 || line == b"\r\n" {
            return Ok(head);
        }
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        head.extend(line.strip_suffix(b"\r").unwrap_or(line).iter().map(|byte| char::from(*byte)));
        head.push('\n');
    }
}
