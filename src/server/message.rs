//! Messages between the event loops of a server.

use std::io;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use mio::net::TcpStream;
use mio::{Registry, Token, Waker};

use super::endpoint::Endpoint;
use super::tally::LoopCounts;

use crate::fetch::lock;

/// A message to a loop.
#[derive(Debug)]
pub(super) enum Message {
    /// Take over a connection that another loop accepted.
    Admit(TcpStream, Endpoint),
    /// Report the counters, and reset them if `anew`. By then they include every response that a
    /// client can have read.
    Report { anew: bool, sender: Sender<LoopCounts> },
    /// Accept no more connections, finish pending responses by this time, and end.
    Finish(Instant),
    /// End.
    Stop,
}

/// The queue of messages to a loop. Each message wakes it.
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

    pub fn send(&self, message: Message) {
        lock(&self.messages).push(message);
        // Fails only if the loop has already ended.
        let _ = self.waker.wake();
    }

    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut lock(&self.messages))
    }
}
