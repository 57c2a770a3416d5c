//! A connected socket that knows when the bytes read from it became readable.

use std::io::{self, IoSlice, Read, Write};
use std::time::Duration;

use mio::net::TcpStream;

/// A connected socket.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    /// Whether [`stamp_arrivals`] was applied to its listener.
    is_stamped: bool,
    stamp: Option<Duration>,
}

impl Socket {
    /// Wraps a socket; `is_stamped` is whether [`stamp_arrivals`] was applied to its listener.
    pub fn new(stream: TcpStream, is_stamped: bool) -> Self {
        Self { stream, is_stamped, stamp: None }
    }

    /// Returns when the last byte read became readable, on the wall clock, if the system reports
    /// it.
    pub fn stamp(&self) -> Option<Duration> {
        self.stamp
    }

    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }
}

impl Read for Socket {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if !self.is_stamped {
            return self.stream.read(room);
        }
        let (length, stamp) = stamped::read(&self.stream, room)?;
        self.stamp = stamp;
        Ok(length)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.stream.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes the system timestamp the bytes that sockets accepted by `listener` receive.
///
/// Each read gets slightly slower, but nothing else shows how long a request has waited to be read.
pub(super) use self::stamped::stamp_arrivals;

#[cfg(target_os = "linux")]
mod stamped {
    use std::io::{self, IoSliceMut};
    use std::os::fd::{AsFd, AsRawFd};
    use std::time::Duration;

    use mio::net::TcpStream;
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};

    pub fn stamp_arrivals(listener: &impl AsFd) -> io::Result<()> {
        Ok(setsockopt(listener, sockopt::ReceiveTimestampns, &true)?)
    }

    /// A buffer for the one control message that comes with the bytes, aligned for such messages.
    #[repr(align(8))]
    struct Control([u8; 64]);

    pub fn read(stream: &TcpStream, room: &mut [u8]) -> io::Result<(usize, Option<Duration>)> {
        let mut control = Control([0; 64]);
        let mut pieces = [IoSliceMut::new(room)];
        let message = recvmsg::<()>(
            stream.as_raw_fd(),
            &mut pieces,
            Some(&mut control.0),
            MsgFlags::empty(),
        )?;
        let stamp = message.cmsgs()?.find_map(|message| match message {
            ControlMessageOwned::ScmTimestampns(stamp) => Some(Duration::from(stamp)),
            _ => None,
        });
        Ok((message.bytes, stamp))
    }
}

/// On other systems a request counts from when it is read.
#[cfg(not(target_os = "linux"))]
mod stamped {
    use std::io::{self, Read};
    use std::os::fd::AsFd;
    use std::time::Duration;

    use mio::net::TcpStream;

    pub fn stamp_arrivals(_: &impl AsFd) -> io::Result<()> {
        Ok(())
    }

    pub fn read(mut stream: &TcpStream, room: &mut [u8]) -> io::Result<(usize, Option<Duration>)> {
        Ok((stream.read(room)?, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::network::Congestion;
    use crate::server::clock::Now;
    use crate::server::listen::listen;

    #[test]
    fn arrivals_are_stamped() {
        let listener = listen(([127, 0, 0, 1], 0).into(), Congestion::Reno).unwrap();
        stamp_arrivals(&std::os::fd::AsFd::as_fd(&listener)).unwrap();
        let mut client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        let mut socket = Socket::new(accepted, true);
        // The system starts to timestamp a moment after the option is set.
        let waited = Duration::from_millis(20);
        let is_seen = (0..100).any(|_| {
            let before = Now::read().instant;
            client.write_all(b"x").unwrap();
            let after = Now::read().instant;
            std::thread::sleep(waited);
            assert_eq!(socket.read(&mut [0; 9]).unwrap(), 1);
            let came = socket.stamp().map(|stamp| Now::read().instant_at(stamp));
            let slack = Duration::from_millis(1);
            came.is_some_and(|came| before - slack <= came && came <= after + slack)
        });
        assert!(is_seen, "stamps are missing, or tell of another moment");
    }
}
