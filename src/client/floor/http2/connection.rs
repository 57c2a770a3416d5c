//! A non-blocking connection of HTTP/2 that carries many fetches at once.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::SocketAddr;

use mio::net::TcpStream;

use super::conversation::Conversation;
use super::streams::StreamEnd;
use crate::fetch::error::{ErrorClass, FetchError};

/// Reads of a connection in a row before the loop serves others. Otherwise a peer that never stops
/// sending would keep the loop from every deadline.
const READS_PER_YIELD: usize = 16;

/// Sent bytes are dropped above this number, and not before every write: the unsent ones move.
const SENT_KEPT: usize = 64 << 10;

/// A connection to one origin.
#[derive(Debug)]
pub struct FloorStreams {
    socket: TcpStream,
    /// Number of its origin.
    pub destination: usize,
    /// Slots that wait for a stream.
    pub waiting: VecDeque<usize>,
    conversation: Conversation,
    /// The number of bytes of the conversation that are sent.
    sent: usize,
    /// Whether any byte was ever sent.
    has_sent: bool,
    /// The error that stopped sending. What the server sent before it is still read.
    unsent: Option<io::Error>,
    /// The beginning of an incomplete frame.
    begun: Vec<u8>,
}

/// What becomes of a connection after an event.
#[derive(Debug, PartialEq)]
pub enum StreamsStep {
    /// The socket will report when it is ready.
    Wait,
    /// There may be more to read, but other connections come first.
    Yield,
    /// It has ended, and so have all of its streams.
    Closed,
    /// Connecting failed. Its fetches can try another address.
    Unconnected(FetchError),
}

/// Why a connection fails: the code of its error, or the system's.
enum Failure {
    Code(u32),
    System(io::Error),
    End,
}

impl From<u32> for Failure {
    fn from(code: u32) -> Self {
        Self::Code(code)
    }
}

impl FloorStreams {
    /// Starts to connect, with `TCP_NODELAY` set.
    ///
    /// # Errors
    ///
    /// The system refuses immediately.
    pub fn connect(address: SocketAddr, destination: usize) -> io::Result<Self> {
        let socket = connect(address)?;
        Ok(Self {
            socket,
            destination,
            waiting: VecDeque::new(),
            conversation: Conversation::new(),
            sent: 0,
            has_sent: false,
            unsent: None,
            begun: Vec::new(),
        })
    }

    /// Starts to connect to another address, with the same requests.
    ///
    /// # Errors
    ///
    /// The system refuses immediately.
    pub fn reconnect(&mut self, address: SocketAddr) -> io::Result<()> {
        self.socket = connect(address)?;
        Ok(())
    }

    /// Ends all streams, because no address accepts a connection.
    pub fn give_up(&mut self, error: &FetchError) {
        self.conversation.fail(Some(error));
    }

    /// Returns the socket, to be registered with the poll.
    pub fn source(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// Returns the number of fetches that it carries, or that wait for it.
    pub fn load(&self) -> usize {
        self.conversation.open_streams() + self.waiting.len()
    }

    /// Returns whether it takes further fetches, at once or later.
    pub fn is_usable(&self) -> bool {
        self.unsent.is_none() && self.conversation.is_usable()
    }

    /// Returns whether it takes a fetch at once.
    pub fn has_room(&self) -> bool {
        self.unsent.is_none() && self.conversation.has_room()
    }

    /// Adds the request of a slot to the bytes to send.
    pub fn begin(&mut self, slot: usize, block: &[u8], max_body: u64) {
        self.conversation.begin(slot, block, max_body);
    }

    /// Cancels the fetch of a slot.
    pub fn cancel(&mut self, slot: usize) {
        self.waiting.retain(|other| *other != slot);
        self.conversation.cancel(slot);
    }

    /// Returns the streams that have ended since the last call.
    pub fn take_ended(&mut self) -> Vec<StreamEnd> {
        self.conversation.take_ended()
    }

    /// Receives until the socket would block. Call it when the socket is ready, and then `flush`;
    /// `closing` is whether the peer has announced its end.
    pub fn advance(&mut self, closing: bool, scratch: &mut [u8]) -> StreamsStep {
        self.receive(closing, scratch).unwrap_or_else(|failure| self.fail(failure))
    }

    /// Sends requests, and replies to the server's frames.
    pub fn flush(&mut self) -> StreamsStep {
        match self.write() {
            Ok(()) => StreamsStep::Wait,
            Err(error) if self.has_sent => {
                self.unsent = Some(error);
                self.conversation.out.clear();
                self.sent = 0;
                StreamsStep::Yield
            }
            Err(error) => self.fail(Failure::System(error)),
        }
    }

    fn fail(&mut self, failure: Failure) -> StreamsStep {
        let error = match failure {
            Failure::End => None,
            Failure::Code(code) => {
                self.conversation.push_farewell(code);
                let _ = self.write();
                let message = format!("the server broke the protocol, code {code}");
                Some(FetchError::new(ErrorClass::Protocol, message))
            }
            Failure::System(error) => {
                let error = FetchError::io(&error, ErrorClass::Connect);
                if !self.has_sent {
                    return StreamsStep::Unconnected(error);
                }
                Some(error)
            }
        };
        self.conversation.fail(error.as_ref());
        StreamsStep::Closed
    }

    fn write(&mut self) -> io::Result<()> {
        let out = &mut self.conversation.out;
        while self.sent < out.len() {
            match self.socket.write(&out[self.sent..]) {
                Ok(length) => {
                    self.has_sent = true;
                    self.sent += length;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.sent > SENT_KEPT {
                        out.drain(..self.sent);
                        self.sent = 0;
                    }
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        out.clear();
        self.sent = 0;
        Ok(())
    }

    fn receive(&mut self, closing: bool, scratch: &mut [u8]) -> Result<StreamsStep, Failure> {
        for _ in 0..READS_PER_YIELD {
            let begun = self.begun.len();
            scratch[..begun].copy_from_slice(&self.begun);
            let length = match self.socket.read(&mut scratch[begun..]) {
                Ok(0) => return Err(self.unsent.take().map_or(Failure::End, Failure::System)),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let unsent = self.unsent.take().map(Failure::System);
                    return unsent.map_or(Ok(StreamsStep::Wait), Err);
                }
                Err(error) => return Err(Failure::System(error)),
            };
            let bytes = &scratch[..begun + length];
            let rest = self.conversation.take(bytes)?;
            self.begun.clear();
            self.begun.extend_from_slice(rest);
            // The socket returned less than fits, so it is empty and will report new bytes. It
            // would not report an announced end again.
            if begun + length < scratch.len() && !closing {
                return Ok(StreamsStep::Wait);
            }
        }
        Ok(StreamsStep::Yield)
    }
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::time::Duration;

    use super::super::frame::{flag, kind, push_frame};
    use super::super::streams::StreamOutcome;
    use super::*;

    #[test]
    fn answers_outlive_failed_writes() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut streams = FloorStreams::connect(listener.local_addr().unwrap(), 0).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        (0..2).for_each(|slot| streams.begin(slot, b"\x82", 9));
        assert_eq!(streams.flush(), StreamsStep::Wait);
        let mut answer = Vec::new();
        push_frame(&mut answer, kind::SETTINGS, 0, 0, &[]);
        // Status 204, which is in the static table, and the end after this stream.
        push_frame(&mut answer, kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, 1, &[0x89]);
        push_frame(&mut answer, kind::GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]);
        server.write_all(&answer).unwrap();
        // It has not read the requests, so this resets the connection.
        drop(server);
        let mut more = 2..1000;
        while streams.flush() == StreamsStep::Wait {
            streams.begin(more.next().expect("writes fail"), b"\x82", 9);
        }
        assert!(!streams.is_usable());
        assert_eq!(streams.advance(true, &mut [0; 1 << 16]), StreamsStep::Closed);
        let mut ended = streams.take_ended();
        ended.sort_by_key(|end| end.slot);
        assert!(matches!(ended[0].outcome, StreamOutcome::Whole(..)), "{ended:?}");
        assert!(matches!(ended[1].outcome, StreamOutcome::Unprocessed(_)), "{ended:?}");
    }

    #[test]
    fn cancelled_fetches_stop_waiting() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut streams = FloorStreams::connect(listener.local_addr().unwrap(), 0).unwrap();
        streams.waiting.extend([0, 1]);
        assert_eq!(streams.load(), 2);
        streams.cancel(0);
        assert_eq!(streams.waiting, [1]);
    }

    #[test]
    fn long_queues_are_sent_in_full() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut streams = FloorStreams::connect(listener.local_addr().unwrap(), 0).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        server.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        // More than the buffers of both sockets hold.
        (0..2_000).for_each(|slot| streams.begin(slot, &[slot as u8; 10_000], 9));
        let expected = streams.conversation.out.clone();
        let (mut received, mut piece) = (Vec::new(), [0; 1 << 16]);
        while received.len() < expected.len() {
            assert_eq!(streams.flush(), StreamsStep::Wait);
            let length = server.read(&mut piece).unwrap();
            received.extend_from_slice(&piece[..length]);
        }
        assert!(received == expected);
    }
}
