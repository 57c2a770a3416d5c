//! The bytes of a connection: as they are, or over TLS by rustls. Neither ever waits.

use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection};

use super::socket::Socket;

/// What is no longer than this is copied together, in bytes: the system takes one piece faster than
/// several.
const SHORT: usize = 2048;

/// The slices as one, if there is room.
fn joined<'a>(slices: &[IoSlice<'_>], room: &'a mut [u8]) -> Option<&'a [u8]> {
    let mut length = 0;
    for slice in slices {
        room.get_mut(length..length + slice.len())?.copy_from_slice(slice);
        length += slice.len();
    }
    Some(&room[..length])
}

/// A socket, and what lies between it and those who speak HTTP.
#[derive(Debug)]
pub(super) enum Wire {
    Plain(Socket),
    Tls(Box<Encrypted>),
}

/// A socket under TLS.
#[derive(Debug)]
pub(super) struct Encrypted {
    socket: Socket,
    tls: ServerConnection,
}

impl Wire {
    /// TLS over a socket. The handshake takes place when it is read from.
    pub fn encrypted(socket: Socket, config: &Arc<ServerConfig>) -> Result<Self, rustls::Error> {
        Ok(Self::Tls(Box::new(Encrypted {
            socket,
            tls: ServerConnection::new(Arc::clone(config))?,
        })))
    }

    /// Whether it is the socket itself, so that less read or written than there was room for means
    /// that the socket is empty or full. TLS has rooms of its own in between.
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// Reads what has arrived; 0 is the end.
    pub fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(room),
            Self::Tls(encrypted) => encrypted.read(room),
        }
    }

    /// When what was read last had become readable, on the wall clock, where the system says so.
    pub fn stamp(&self) -> Option<Duration> {
        self.socket().stamp()
    }

    /// Writes as much as is taken.
    pub fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => {
                let mut room = [0; SHORT];
                match joined(slices, &mut room) {
                    Some(bytes) => socket.write(bytes),
                    None => socket.write_vectored(slices),
                }
            }
            Self::Tls(encrypted) => encrypted.write(slices),
        }
    }

    /// Hands all that was written to the system.
    pub fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(encrypted) => encrypted.write_out(),
        }
    }

    /// Says that nothing more will be written, where TLS has a word for it.
    pub fn say_goodbye(&mut self) {
        if let Self::Tls(encrypted) = self {
            encrypted.tls.send_close_notify();
            // Fails where the client has gone, or takes nothing any more: then it need not know.
            let _ = encrypted.write_out();
        }
    }

    /// Closes the side that is written to.
    pub fn shutdown(&self) {
        // Fails where the client has gone already, which reading finds out as well.
        let _ = self.socket().stream().shutdown(Shutdown::Write);
    }

    /// Has the connection reset when it is dropped.
    pub fn reset_on_drop(&self) -> io::Result<()> {
        Ok(rustix::net::sockopt::set_socket_linger(self.socket().stream(), Some(Duration::ZERO))?)
    }

    fn socket(&self) -> &Socket {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(encrypted) => &encrypted.socket,
        }
    }
}

impl Encrypted {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.tls.reader().read(room) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // The client has gone without a goodbye. Of requests it cuts off nothing that would
                // be answered.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                result => return result,
            }
            if self.tls.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            let processed = self.tls.process_new_packets();
            // The server's side of the handshake, or the alert that says what was wrong. Either
            // fits into a socket that nothing else was written to; if not, it goes out ahead of
            // what is written next.
            match self.write_out() {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
            processed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
    }

    fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_out()?;
        let taken = self.tls.writer().write_vectored(slices)?;
        match self.write_out() {
            // What was taken will go out later.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(taken),
            result => result.map(|()| taken),
        }
    }

    /// Hands to the system what TLS has ready.
    fn write_out(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.socket)?;
        }
        Ok(())
    }
}
