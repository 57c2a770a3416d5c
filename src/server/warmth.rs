//! Keeps the system's send path warm. After a long sleep, the first response would take tens of
//! microseconds longer to reach its client than the next, because the core's caches no longer hold
//! what sending needs.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

/// About the size of the response for a small page.
const BYTES: usize = 1024;

/// A connection of the server to itself, which carries only zeros.
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
        // Another program may connect to the free port at this moment; its connection is dropped.
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
        // The write fails if the buffer is full, and the read then makes room. Either failure is
        // harmless.
        let _ = self.sender.write(&[0; BYTES]);
        let _ = self.receiver.read(&mut [0; BYTES]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sent_bytes_are_received() {
        let mut warmth = Warmth::new().unwrap();
        for _ in 0..10_000 {
            warmth.renew();
        }
        // On loopback, written bytes can be read at once.
        assert_eq!(warmth.receiver.peek(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
