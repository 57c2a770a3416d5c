//! A timer that an event loop waits for together with its sockets, precise to the nanosecond.

use std::io;
use std::time::{Duration, Instant};

use mio::{Registry, Token};

/// On Linux a timerfd, because epoll waits only for whole milliseconds.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(super) struct Timer {
    fd: std::os::fd::OwnedFd,
    /// One moment on both clocks: an [`Instant`] hides its reading, and the timer requires one.
    anchor: (Instant, Duration),
}

#[cfg(target_os = "linux")]
impl Timer {
    /// Creates a timer that is not set.
    pub fn new() -> io::Result<Self> {
        use rustix::time::{ClockId, TimerfdClockId, TimerfdFlags, clock_gettime, timerfd_create};
        let fd = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        // Read first, so that the time between the two readings makes the timer late rather than
        // early.
        let instant = Instant::now();
        let now = clock_gettime(ClockId::Monotonic);
        Ok(Self { fd, anchor: (instant, Duration::new(now.tv_sec as u64, now.tv_nsec as u32)) })
    }

    /// Sets the timer to fire at `deadline`, or at once if that has passed, in place of the
    /// previous deadline.
    ///
    /// The timer is never read: setting it clears it, and an edge-triggered loop sees each firing.
    pub fn set(&mut self, deadline: Instant) -> io::Result<()> {
        use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};
        let (instant, reading) = self.anchor;
        let due = reading.saturating_add(deadline.saturating_duration_since(instant));
        let seconds = i64::try_from(due.as_secs()).unwrap_or(i64::MAX);
        let value = Timespec { tv_sec: seconds, tv_nsec: due.subsec_nanos().into() };
        let once = Itimerspec { it_interval: Timespec::default(), it_value: value };
        timerfd_settime(&self.fd, TimerfdTimerFlags::ABSTIME, &once)?;
        Ok(())
    }

    /// Reports each firing as `token`.
    pub fn register(&self, registry: &Registry, token: Token) -> io::Result<()> {
        use std::os::fd::AsRawFd;
        registry.register(
            &mut mio::unix::SourceFd(&self.fd.as_raw_fd()),
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
