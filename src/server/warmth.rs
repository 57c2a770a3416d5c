//! Keeps the system's way of sending warm: after a long sleep the first answer would take tens of
//! microseconds longer to reach its client than the next, since nothing that sending needs is in
//! the core's caches any more.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

/// About as much as an answer of a small page.
const BYTES: usize = 1024;

/// A connection of the server with itself, over which nothing is said.
#[derive(Debug)]
pub(super) struct Warmth {
    sender: TcpStream,
    receiver: TcpStream,
}

impl Warmth {
    /// Connects.
    ///
    /// # Errors
    ///
    /// The system has no descriptor or port left.
    pub fn new() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let sender = TcpStream::connect(listener.local_addr()?)?;
        // Whoever else connects to a free port in this moment gets nothing from us.
        let receiver = loop {
            let (receiver, peer) = listener.accept()?;
            if peer == sender.local_addr()? {
                break receiver;
            }
        };
        for stream in [&sender, &receiver] {
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
        }
        Ok(Self { sender, receiver })
    }

    /// Sends and receives once.
    pub fn renew(&mut self) {
        // Fails where there is no room, which reading makes; nothing is lost by either.
        let _ = self.sender.write(&[0; BYTES]);
        let _ = self.receiver.read(&mut [0; BYTES]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_received_and_never_piles_up() {
        let mut warmth = Warmth::new().unwrap();
        for _ in 0..10_000 {
            warmth.renew();
        }
        // On loopback what is written can be read at once.
        assert_eq!(warmth.receiver.peek(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
