//! A timer that an event loop can wait for together with its sockets, to the nanosecond.

use std::io;
use std::time::{Duration, Instant};

use mio::{Registry, Token};

/// On Linux a timerfd: epoll itself only waits for whole milliseconds.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(super) struct Timer {
    fd: std::os::fd::OwnedFd,
    /// One moment on both clocks: an [`Instant`] does not tell its reading, and the timer asks for
    /// one.
    anchor: (Instant, Duration),
}

#[cfg(target_os = "linux")]
impl Timer {
    /// A timer that is not set.
    pub fn new() -> io::Result<Self> {
        use rustix::time::{ClockId, TimerfdClockId, TimerfdFlags, clock_gettime, timerfd_create};
        let fd = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        // Read first, so that the time between the two makes the timer go off late rather than
        // early.
        let instant = Instant::now();
        let now = clock_gettime(ClockId::Monotonic);
        Ok(Self { fd, anchor: (instant, Duration::new(now.tv_sec as u64, now.tv_nsec as u32)) })
    }

    /// Sets it to go off at `deadline`, or at once where that has passed, and forgets what it was
    /// set to.
    ///
    /// The timer is never read: setting it clears it, and an edge-triggered loop sees each time it
    /// goes off.
    pub fn set(&mut self, deadline: Instant) -> io::Result<()> {
        use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};
        let (instant, reading) = self.anchor;
        let at = reading.saturating_add(deadline.saturating_duration_since(instant));
        let seconds = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
        let value = Timespec { tv_sec: seconds, tv_nsec: at.subsec_nanos().into() };
        let once = Itimerspec { it_interval: Timespec::default(), it_value: value };
        timerfd_settime(&self.fd, TimerfdTimerFlags::ABSTIME, &once)?;
        Ok(())
    }

    /// Has `token` reported whenever it goes off.
    pub fn register(&self, registry: &Registry, token: Token) -> io::Result<()> {
        use std::os::fd::AsRawFd;
        registry.register(
            &mut mio::unix::SourceFd(&self.fd.as_raw_fd()),
            token,
            mio::Interest::READABLE,
        )
    }

    /// How long the loop may wait at most: the timer wakes it.
    pub fn timeout(&self) -> Option<Duration> {
        None
    }
}

/// Elsewhere the time that the loop waits at most, which may be rounded to milliseconds.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub(super) struct Timer {
    deadline: Option<Instant>,
}

#[cfg(not(target_os = "linux"))]
impl Timer {
    /// A timer that is not set.
    pub fn new() -> io::Result<Self> {
        Ok(Self { deadline: None })
    }

    /// Sets it to go off at `deadline`, and forgets what it was set to.
    pub fn set(&mut self, deadline: Instant) -> io::Result<()> {
        self.deadline = Some(deadline);
        Ok(())
    }

    /// Nothing is reported: the loop wakes of itself.
    pub fn register(&self, _registry: &Registry, _token: Token) -> io::Result<()> {
        Ok(())
    }

    /// How long the loop may wait at most.
    pub fn timeout(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_wakes_its_loop_not_early_and_again_when_set_again() {
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
