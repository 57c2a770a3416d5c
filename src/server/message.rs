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
    /// `None` after the loop has ended.
    messages: Arc<Mutex<Option<Vec<Message>>>>,
    waker: Arc<Waker>,
}

impl Mailbox {
    /// Creates a mailbox that wakes the poll of `registry` with `token`.
    ///
    /// # Errors
    ///
    /// The system has no descriptor left.
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let waker = Arc::new(Waker::new(registry, token)?);
        Ok(Self { messages: Arc::new(Mutex::new(Some(Vec::new()))), waker })
    }

    /// Sends a message, or drops it if the loop has ended.
    pub fn send(&self, message: Message) {
        if let Some(messages) = &mut *lock(&self.messages) {
            messages.push(message);
            // Fails only if the loop is about to end.
            let _ = self.waker.wake();
        }
    }

    pub fn take(&self) -> Vec<Message> {
        lock(&self.messages).as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Drops all messages, those that are not taken and those that come.
    pub fn close(&self) {
        *lock(&self.messages) = None;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use mio::Poll;

    use super::*;

    #[test]
    fn ended_loops_keep_no_one_waiting() {
        let poll = Poll::new().unwrap();
        let mailbox = Mailbox::new(poll.registry(), Token(0)).unwrap();
        let (sender, reports) = channel();
        mailbox.send(Message::Report { anew: false, sender: sender.clone() });
        mailbox.close();
        mailbox.send(Message::Report { anew: false, sender });
        assert_eq!(reports.iter().count(), 0, "this waits for every sender");
        assert!(mailbox.take().is_empty());
    }
}
