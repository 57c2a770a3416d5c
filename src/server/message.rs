//! Messages between the event loops of a server.

use std::io;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use mio::net::TcpStream;
use mio::{Registry, Token, Waker};

use super::endpoint::Endpoint;
use super::tally::Seen;

/// A message to a loop.
#[derive(Debug)]
pub(super) enum Message {
    /// Take over a connection that another loop accepted.
    Admit(TcpStream, Endpoint),
    /// Report the counters, and reset them if `anew`. By then every answer that a client can have
    /// read is counted.
    Tell { anew: bool, to: Sender<Seen> },
    /// Accept no more connections, let pending answers end by this time, and end.
    Finish(Instant),
    /// End.
    Stop,
}

/// The queue of messages to a loop, each of which wakes it.
#[derive(Debug, Clone)]
pub(super) struct Mailbox {
    messages: Arc<Mutex<Vec<Message>>>,
    waker: Arc<Waker>,
}

impl Mailbox {
    /// Creates a mailbox that wakes the poll of `registry` with `token`.
    ///
    /// # Errors
    ///
    /// The system has no descriptor left.
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        Ok(Self { messages: Arc::default(), waker: Arc::new(Waker::new(registry, token)?) })
    }

    /// Sends a message.
    pub fn send(&self, message: Message) {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).push(message);
        // Fails only where the loop has gone already.
        let _ = self.waker.wake();
    }

    /// Takes all messages.
    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut self.messages.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
