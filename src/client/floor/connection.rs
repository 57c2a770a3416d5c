//! A connection: one request out, one answer in, as far as the socket lets.

use std::io::{self, Read, Write};
use std::net::SocketAddr;

use mio::net::TcpStream;

use super::answer::{Answer, Whole};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};

/// How many times in a row a connection may be read before others have their turn: a peer that
/// never stops sending would otherwise keep the loop from every deadline.
const READS_PER_YIELD: usize = 16;

/// A connection to one origin.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    /// The number of the origin that it leads to.
    pub destination: usize,
    /// The fetch that uses it, if one does.
    pub slot: Option<usize>,
    /// How much of the request has been sent.
    sent: usize,
    answer: Answer,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Being made, or no byte has been written to it yet.
    New,
    /// It has been written to.
    Open,
}

/// How far a fetch has come on its connection.
#[derive(Debug)]
pub enum Step {
    /// The socket will say when it can go on.
    Wait,
    /// There may be more to read, and others have waited long enough.
    Yield,
    /// The answer is whole. The connection may be used again, or not.
    Done(Head, bool),
    /// It could not be connected: another address may do.
    Unconnected(FetchError),
    /// It failed.
    Failed(FetchError),
}

impl Connection {
    /// Begins to connect, with `TCP_NODELAY` set.
    ///
    /// # Errors
    ///
    /// The system refuses at once.
    pub fn connect(address: SocketAddr, destination: usize) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            destination,
            slot: None,
            sent: 0,
            answer: Answer::new(),
            state: State::New,
        })
    }

    /// The socket, to be registered with the poll.
    pub fn source(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Makes it ready for a fetch.
    pub fn begin(&mut self, slot: usize) {
        self.slot = Some(slot);
        self.sent = 0;
        self.answer = Answer::new();
    }

    /// Whether an idle connection may still be used: the peer has neither closed it nor said
    /// anything unasked.
    pub fn is_quiet(&mut self) -> bool {
        matches!(self.stream.read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Sends and receives what can be, the socket having said that it is ready; `closing` is
    /// whether it said too that the peer has nothing more to send.
    ///
    /// A socket that is still connecting takes no byte, so a request can be offered at once: over
    /// the loopback the connection is often there before the call that asked for it returns.
    pub fn advance(
        &mut self,
        request: &[u8],
        closing: bool,
        scratch: &mut [u8],
        body: &mut Received,
    ) -> Step {
        let at_once = self.sent == 0;
        while self.sent < request.len() {
            match self.stream.write(&request[self.sent..]) {
                Ok(length) => {
                    self.state = State::Open;
                    self.sent += length;
                    if at_once && self.sent == request.len() {
                        // No answer can be there yet, and to look for one would be a call for
                        // nothing.
                        return Step::Wait;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Step::Wait,
                Err(error) if self.state == State::New => {
                    return Step::Unconnected(FetchError::io(&error, ErrorClass::Connect));
                }
                Err(error) => return Step::Failed(FetchError::io(&error, ErrorClass::Protocol)),
            }
        }
        self.receive(closing, scratch, body)
    }

    fn receive(&mut self, closing: bool, scratch: &mut [u8], body: &mut Received) -> Step {
        for _ in 0..READS_PER_YIELD {
            let length = match self.stream.read(scratch) {
                Ok(0) => return self.ended(),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Step::Wait,
                Err(error) => return Step::Failed(FetchError::io(&error, ErrorClass::Protocol)),
            };
            match self.answer.take(&scratch[..length], body) {
                Ok(Some(Whole { head, keep })) => return Step::Done(head, keep && !closing),
                // The socket gave less than there was room for, so it is empty, and will say when
                // it no longer is. An end that it has announced already it would not announce
                // again.
                Ok(None) if length < scratch.len() && !closing => return Step::Wait,
                Ok(None) => {}
                Err(error) => return Step::Failed(error),
            }
        }
        Step::Yield
    }

    fn ended(&mut self) -> Step {
        match std::mem::replace(&mut self.answer, Answer::new()).end() {
            Ok(Whole { head, keep }) => Step::Done(head, keep),
            Err(error) => Step::Failed(error),
        }
    }
}
