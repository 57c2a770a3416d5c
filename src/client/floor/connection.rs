//! A non-blocking connection that sends one request and reads one response at a time.

use std::io::{self, Read, Write};
use std::net::SocketAddr;

use mio::net::TcpStream;

use super::answer::{FloorResponse, Whole};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};

/// Reads of a connection in a row before the loop serves others. Otherwise a peer that never stops
/// sending would keep the loop from every deadline.
const READS_PER_YIELD: usize = 16;

/// A connection to one origin.
#[derive(Debug)]
pub struct FloorConnection {
    stream: TcpStream,
    /// Number of its origin.
    pub destination: usize,
    /// The fetch that uses it.
    pub slot: Option<usize>,
    /// Bytes of the request that have been sent.
    sent: usize,
    answer: FloorResponse,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Connecting, or nothing has been written to it yet.
    New,
    /// Written to.
    Open,
}

/// The result of advancing a fetch.
#[derive(Debug)]
pub enum FloorStep {
    /// The socket will report when it is ready.
    Wait,
    /// There may be more to read, but other connections come first.
    Yield,
    /// The response is complete. The flag is whether the connection may be reused.
    Done(Head, bool),
    /// Connecting failed. Another address may work.
    Unconnected(FetchError),
    /// The fetch failed.
    Failed(FetchError),
}

impl FloorConnection {
    /// Starts to connect, with `TCP_NODELAY` set.
    ///
    /// # Errors
    ///
    /// The system refuses immediately.
    pub fn connect(address: SocketAddr, destination: usize) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            destination,
            slot: None,
            sent: 0,
            answer: FloorResponse::new(),
            state: State::New,
        })
    }

    /// Returns the socket, to be registered with the poll.
    pub fn source(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Prepares the connection for a fetch.
    pub fn begin(&mut self, slot: usize) {
        self.slot = Some(slot);
        self.sent = 0;
        self.answer = FloorResponse::new();
    }

    /// Returns whether an idle connection may be reused: the peer has neither closed it nor sent
    /// unrequested bytes.
    pub fn is_quiet(&mut self) -> bool {
        let read = self.stream.read(&mut [0]);
        matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Sends and receives until the socket would block. Call it when the socket is ready; `closing`
    /// is whether the peer has announced its end.
    ///
    /// A socket that is still connecting accepts no bytes, so the request can be written at once:
    /// over the loopback a connection is often established before `connect` returns.
    pub fn advance(
        &mut self,
        request: &[u8],
        closing: bool,
        scratch: &mut [u8],
        body: &mut Received,
    ) -> FloorStep {
        let at_once = self.sent == 0;
        while self.sent < request.len() {
            match self.stream.write(&request[self.sent..]) {
                Ok(length) => {
                    self.state = State::Open;
                    self.sent += length;
                    if at_once && self.sent == request.len() {
                        // No response can have arrived yet, so a read would be wasted.
                        return FloorStep::Wait;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return FloorStep::Wait,
                Err(error) if self.state == State::New => {
                    return FloorStep::Unconnected(FetchError::io(&error, ErrorClass::Connect));
                }
                Err(error) => {
                    return FloorStep::Failed(FetchError::io(&error, ErrorClass::Protocol));
                }
            }
        }
        self.receive(closing, scratch, body)
    }

    fn receive(&mut self, closing: bool, scratch: &mut [u8], body: &mut Received) -> FloorStep {
        for _ in 0..READS_PER_YIELD {
            let length = match self.stream.read(scratch) {
                Ok(0) => return self.ended(),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return FloorStep::Wait,
                Err(error) => {
                    return FloorStep::Failed(FetchError::io(&error, ErrorClass::Protocol));
                }
            };
            match self.answer.take(&scratch[..length], body) {
                Ok(Some(Whole { head, keep })) => return FloorStep::Done(head, keep && !closing),
                // The socket returned less than fits, so it is empty and will report new bytes. It
                // would not report an announced end again.
                Ok(None) if length < scratch.len() && !closing => return FloorStep::Wait,
                Ok(None) => {}
                Err(error) => return FloorStep::Failed(error),
            }
        }
        FloorStep::Yield
    }

    fn ended(&mut self) -> FloorStep {
        match std::mem::replace(&mut self.answer, FloorResponse::new()).end() {
            Ok(Whole { head, keep }) => FloorStep::Done(head, keep),
            Err(error) => FloorStep::Failed(error),
        }
    }
}
