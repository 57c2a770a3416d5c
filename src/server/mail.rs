//! What the loops of a server tell each other.

use std::io;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use mio::net::TcpStream;
use mio::{Registry, Token, Waker};

use super::service::Door;
use super::tally::Seen;

/// A letter to a loop.
#[derive(Debug)]
pub(super) enum Mail {
    /// This connection, accepted by another, is yours.
    Admit(TcpStream, Door),
    /// Say what you have seen, and start anew if so told. It has then answered all whose answer its clients can have read.
    Tell { anew: bool, to: Sender<Seen> },
    /// Accept nobody any more, let what is in work end by then, and end.
    Finish(Instant),
    /// End.
    Stop,
}

/// Where a loop gets its letters, which wake it.
#[derive(Debug, Clone)]
pub(super) struct Mailbox {
    letters: Arc<Mutex<Vec<Mail>>>,
    waker: Arc<Waker>,
}

impl Mailbox {
    /// A mailbox whose letters are told to `registry` as `token`.
    ///
    /// # Errors
    ///
    /// The system has no descriptor left.
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        Ok(Self { letters: Arc::default(), waker: Arc::new(Waker::new(registry, token)?) })
    }

    /// Puts a letter in.
    pub fn send(&self, mail: Mail) {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
        // Fails only where the loop has gone already.
        let _ = self.waker.wake();
    }

    /// Takes all letters out.
    pub fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut self.letters.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
