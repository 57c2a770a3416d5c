//! Adapts a stream to hyper's I/O traits.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_lite::io::{AsyncRead, AsyncWrite};
use hyper::rt::{Read, ReadBufCursor, Write};

/// Maximum length of a read in bytes.
const SCRATCH_BYTES: usize = 64 << 10;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into());
}

/// A stream of futures-io.
///
/// hyper reads into uninitialized memory, and such a stream only into initialized memory. Zeroing
/// hyper's buffer before each read, most of which find nothing, costs many times as much as copying
/// the bytes that were read.
pub(super) struct Io<S>(pub S);

impl<S: AsyncRead + Unpin> Read for Io<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let room = buffer.remaining().min(scratch.len());
            let length = ready!(Pin::new(&mut self.0).poll_read(context, &mut scratch[..room]))?;
            buffer.put_slice(&scratch[..length]);
            Poll::Ready(Ok(()))
        })
    }
}

impl<S: AsyncWrite + Unpin> Write for Io<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(context)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use hyper::rt::ReadBuf;

    use super::*;

    #[test]
    fn reads_may_exceed_the_scratch() {
        let sent: Vec<u8> = (0..=u8::MAX).cycle().take(2 * SCRATCH_BYTES + 1).collect();
        let (mut io, mut room) = (Io(&*sent), vec![0; sent.len() + 1]);
        let mut buffer = ReadBuf::new(&mut room);
        for _ in 0..3 {
            let read = Pin::new(&mut io)
                .poll_read(&mut Context::from_waker(Waker::noop()), buffer.unfilled());
            assert!(matches!(read, Poll::Ready(Ok(()))), "{read:?}");
        }
        assert_eq!(buffer.filled(), sent);
    }
}
