//! The transport of a connection: plain, or TLS by rustls. Neither ever blocks.

use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use nix::libc;
use nix::sys::socket::{setsockopt, sockopt};
use rustls::{HandshakeKind, ProtocolVersion, ServerConfig, ServerConnection};

use super::socket::Socket;
use super::witness::Handshake;

/// Up to this many bytes are copied into one slice, which the system accepts faster than several.
const SHORT: usize = 2048;

/// Joins the slices into one, if `room` is large enough.
fn joined<'a>(slices: &[IoSlice<'_>], room: &'a mut [u8]) -> Option<&'a [u8]> {
    let mut length = 0;
    for slice in slices {
        room.get_mut(length..length + slice.len())?.copy_from_slice(slice);
        length += slice.len();
    }
    Some(&room[..length])
}

/// A socket, plain or under TLS.
#[derive(Debug)]
pub(super) enum Wire {
    Plain(Socket),
    Tls(Box<Encrypted>),
}

#[derive(Debug)]
pub(super) struct Encrypted {
    socket: Socket,
    tls: ServerConnection,
    /// Whether the handshake was reported.
    is_counted: bool,
    /// Whether a response has begun.
    has_responded: bool,
}

impl Wire {
    /// Wraps a socket in TLS. The handshake takes place on reads.
    pub fn encrypted(socket: Socket, config: &Arc<ServerConfig>) -> Result<Self, rustls::Error> {
        Ok(Self::Tls(Box::new(Encrypted {
            socket,
            tls: ServerConnection::new(Arc::clone(config))?,
            is_counted: false,
            has_responded: false,
        })))
    }

    /// Whether a short read or write means that the socket is empty or full. Not so under TLS,
    /// which has buffers in between.
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// Returns the protocol that TLS has negotiated, if any.
    pub fn protocol(&self) -> Option<&[u8]> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(encrypted) => encrypted.tls.alpn_protocol(),
        }
    }

    /// Reads the bytes that have arrived; 0 is the end.
    pub fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(room),
            Self::Tls(encrypted) => encrypted.read(room),
        }
    }

    /// Returns the kind of a handshake that has ended, or whose 0-RTT data is accepted, once.
    pub fn take_handshake(&mut self) -> Option<Handshake> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(encrypted) => encrypted.take_handshake(),
        }
    }

    /// Returns when the bytes read last became readable, on the wall clock, if the system reports
    /// it.
    pub fn stamp(&self) -> Option<Duration> {
        self.socket().stamp()
    }

    /// Writes as much as is accepted.
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

    /// Passes everything written to the system.
    pub fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(encrypted) => encrypted.write_out(),
        }
    }

    /// Passes everything written to the system, and under TLS the notification that nothing
    /// follows. Call it again if the socket is full.
    pub fn finish(&mut self) -> io::Result<()> {
        if let Self::Tls(encrypted) = self {
            encrypted.tls.send_close_notify();
        }
        self.flush()
    }

    /// Closes the write side.
    pub fn shutdown(&self) {
        // Fails if the client has already left, which the next read also detects.
        let _ = self.socket().stream().shutdown(Shutdown::Write);
    }

    /// Makes the connection reset when it is dropped.
    pub fn reset_on_drop(&self) -> io::Result<()> {
        let no_time = libc::linger { l_onoff: 1, l_linger: 0 };
        Ok(setsockopt(self.socket().stream(), sockopt::Linger, &no_time)?)
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
            if let Some(mut early) = self.tls.early_data() {
                match early.read(room)? {
                    0 => {}
                    length => return Ok(length),
                }
            }
            match self.tls.reader().read(room) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // The client left without a close notification. This truncates no request that
                // would be answered.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                result => return result,
            }
            if self.tls.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            let processed = self.tls.process_new_packets();
            // Sends the server's side of the handshake, or an alert. Either fits into an empty
            // socket buffer; if not, it goes out before the next write.
            if processed.is_err() || !self.has_only_tickets() {
                match self.write_out() {
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                    _ => {}
                }
            }
            processed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
    }

    fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.has_responded {
            self.write_out()?;
        }
        self.has_responded = true;
        let taken = self.tls.writer().write_vectored(slices)?;
        match self.write_out() {
            // The accepted bytes go out later.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(taken),
            result => result.map(|()| taken),
        }
    }

    /// Whether nothing but tickets waits to be sent: the handshake has just ended in TLS 1.3. They
    /// go out with the first response, so that nothing precedes it on the wire.
    fn has_only_tickets(&self) -> bool {
        !self.has_responded
            && !self.tls.is_handshaking()
            && self.tls.protocol_version() == Some(ProtocolVersion::TLSv1_3)
    }

    fn take_handshake(&mut self) -> Option<Handshake> {
        // A response to 0-RTT data may end before the handshake.
        let is_early = self.tls.early_data().is_some();
        if self.is_counted || (self.tls.is_handshaking() && !is_early) {
            return None;
        }
        self.is_counted = true;
        match self.tls.handshake_kind()? {
            _ if is_early => Some(Handshake::Early),
            HandshakeKind::Resumed => Some(Handshake::Resumed),
            HandshakeKind::Full | HandshakeKind::FullWithHelloRetryRequest => Some(Handshake::Full),
        }
    }

    /// Passes the records that TLS has ready to the system.
    fn write_out(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.socket)?;
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::net::{TcpListener, TcpStream};

    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, ClientConnection, RootCertStore};

    use super::*;
    use crate::scenario::fault::Certificate;
    use crate::server::certificates::Authority;

    /// Connects a client to a server that sends little at once, neither of which ever blocks.
    pub fn connected() -> (ClientConnection, TcpStream, Wire) {
        let authority = Authority::new().unwrap();
        let hosts = ["localhost".to_owned()];
        let config = authority.tls_config(Certificate::Valid, &hosts, false, &[b"h2"]).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        setsockopt(&accepted, sockopt::SndBuf, &4096).unwrap();
        setsockopt(&client, sockopt::RcvBuf, &16384).unwrap();
        for socket in [&client, &accepted] {
            socket.set_nonblocking(true).unwrap();
        }
        let socket = Socket::new(mio::net::TcpStream::from_std(accepted), false);
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let trusting = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let tls = ClientConnection::new(Arc::new(trusting), name).unwrap();
        (tls, client, Wire::encrypted(socket, &config).unwrap())
    }

    /// Sends a request, and returns how many bytes of plain text come before the end of TLS.
    /// Meanwhile `advance` runs the server's connection.
    pub fn exchange(request: &[u8], connect: impl FnOnce(Wire) -> Box<dyn FnMut()>) -> usize {
        let (mut tls, mut socket, wire) = connected();
        let mut advance = connect(wire);
        tls.writer().write_all(request).unwrap();
        let (mut length, mut room) = (0, [0; 4096]);
        for _ in 0..10_000 {
            // Both fail while they would block.
            drop(tls.write_tls(&mut socket));
            advance();
            if tls.read_tls(&mut io::Read::take(&mut socket, 4096)).is_ok() {
                tls.process_new_packets().unwrap();
            }
            match tls.reader().read(&mut room) {
                Ok(0) => return length,
                Ok(more) => length += more,
                // A socket that is closed before TLS is another error.
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        panic!("the connection does not end");
    }
}
