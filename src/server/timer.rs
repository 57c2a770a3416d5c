//! A timer that an event loop waits for together with its sockets, precise to the nanosecond.

use std::io;
use std::time::{Duration, Instant};

use mio::{Registry, Token};

/// On Linux a timerfd, because epoll waits only for whole milliseconds.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(super) struct Timer {
    fd: nix::sys::timerfd::TimerFd,
    /// One moment on both clocks: an [`Instant`] hides its reading, and the timer requires one.
    anchor: (Instant, Duration),
}

#[cfg(target_os = "linux")]
impl Timer {
    /// Creates a timer that is not set.
    pub fn new() -> io::Result<Self> {
        use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};
        let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
        let fd = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
        // Read first, so that the time between the two readings makes the timer late rather than
        // early.
        let instant = Instant::now();
        let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC)?;
        Ok(Self { fd, anchor: (instant, now.into()) })
    }

    /// Sets the timer to fire at `deadline`, or at once if that has passed, in place of the
    /// previous deadline.
    ///
    /// The timer is never read: setting it clears it, and an edge-triggered loop sees each firing.
    pub fn set(&mut self, deadline: Instant) -> io::Result<()> {
        use nix::sys::timerfd::{Expiration, TimerSetTimeFlags};
        let (instant, reading) = self.anchor;
        let due = reading.saturating_add(deadline.saturating_duration_since(instant));
        let once = Expiration::OneShot(due.into());
        Ok(self.fd.set(once, TimerSetTimeFlags::TFD_TIMER_ABSTIME)?)
    }

    /// Reports each firing as `token`.
    pub fn register(&self, registry: &Registry, token: Token) -> io::Result<()> {
        use std::os::fd::{AsFd, AsRawFd};
        registry.register(
            &mut mio::unix::SourceFd(&self.fd.as_fd().as_raw_fd()),
            token,
            mio::Interest::READABLE,
        )
    }

    /// Returns the longest time that the loop may wait: no limit, because the timer wakes it.
    pub fn timeout(&self) -> Option<Duration> {
        None
    }
}

/// On other systems the longest wait of the loop, which may be rounded to milliseconds.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub(super) struct Timer {
    deadline: Option<Instant>,
}

#[cfg(not(target_os = "linux"))]
impl Timer {
    /// Creates a timer that is not set.
    pub fn new() -> io::Result<Self> {
        Ok(Self { deadline: None })
    }

    /// Sets the timer to fire at `deadline`, in place of the previous one.
    pub fn set(&mut self, deadline: Instant) -> io::Result<()> {
        self.deadline = Some(deadline);
        Ok(())
    }

    /// Reports nothing: the loop wakes by its timeout.
    pub fn register(&self, _registry: &Registry, _token: Token) -> io::Result<()> {
        Ok(())
    }

    /// Returns the longest time that the loop may wait.
    pub fn timeout(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_wake_the_loop() {
        let mut poll = mio::Poll::new().unwrap();
        let mut events = mio::Events::with_capacity(4);
        let mut timer = Timer::new().unwrap();
        timer.register(poll.registry(), Token(0)).unwrap();
        for ms in [0, 3, 1] {
            let deadline = Instant::now() + Duration::from_millis(ms);
            timer.set(deadline).unwrap();
            poll.poll(&mut events, timer.timeout().or(Some(Duration::from_secs(10)))).unwrap();
            let now = Instant::now();
            assert!(now >= deadline && now < deadline + Duration::from_secs(5), "set to {ms} ms");
        }
    }
}
