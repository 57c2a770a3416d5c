//! How the event loop waits: it busy-polls for a while, sleeps until shortly before the next
//! deadline, and then busy-polls again.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Registry, Token};

use super::clock::thread_cpu_time;
use super::timer::Timer;
use super::warmth::Warmth;

/// How long before a deadline the loop wakes to busy-poll. An idle virtual core wakes up to this
/// late.
const LEAD: Duration = Duration::from_micros(500);

/// How long the loop busy-polls when it is idle. A client that has just received a response is
/// about to send the next request. If the loop slept by then, the client would have to wake it, at
/// a microsecond or more per request. That cost would appear in the client's results, and most of
/// all for the clients that keep the server least busy.
const QUIET: Duration = Duration::from_micros(50);

/// A thread that is away for longer than this when it yields shares its core with others.
const CONTENDED: Duration = Duration::from_micros(5);

/// After this long without busy-polling before a deadline, the caches are cold.
const COLD: Duration = Duration::from_millis(2);

/// Waits for events and deadlines.
#[derive(Debug)]
pub(super) struct Sleep {
    timer: Timer,
    /// The time that the timer was last set to, until it has fired.
    armed: Option<Instant>,
    /// Present if the loop busy-polls.
    warmth: Option<Warmth>,
    /// When it last busy-polled before a deadline.
    last: Instant,
    /// The processor time spent busy-polling so far.
    pub spun: Duration,
}

impl Sleep {
    /// Registers the timer that ends sleeps with `registry` as `token`. Unless `spins`, a wait
    /// sleeps at once, until the deadline itself.
    ///
    /// # Errors
    ///
    /// The system has no descriptor left.
    pub fn new(registry: &Registry, token: Token, spins: bool) -> io::Result<Self> {
        let timer = Timer::new()?;
        timer.register(registry, token)?;
        let warmth = spins.then(Warmth::new).transpose()?;
        Ok(Self { timer, armed: None, warmth, last: Instant::now(), spun: Duration::ZERO })
    }

    /// Waits for events, at most until `deadline`.
    ///
    /// # Errors
    ///
    /// The system refuses, which should not happen.
    pub fn wait(
        &mut self,
        poll: &mut Poll,
        events: &mut Events,
        deadline: Option<Instant>,
    ) -> io::Result<()> {
        let now = Instant::now();
        if deadline.is_some_and(|deadline| deadline <= now) {
            return poll.poll(events, Some(Duration::ZERO));
        }
        if self.warmth.is_none() {
            return self.sleep(poll, events, deadline);
        }
        // Polls once before busy-polling, which measures its processor time: a busy loop avoids
        // that cost.
        poll.poll(events, Some(Duration::ZERO))?;
        if !events.is_empty() {
            return Ok(());
        }
        let quiet = now + QUIET;
        let soon = deadline.filter(|deadline| *deadline <= quiet + LEAD);
        let is_contended = self.busy_poll(poll, events, soon.unwrap_or(quiet), soon.is_some())?;
        match soon {
            _ if !events.is_empty() => Ok(()),
            // Contention now does not predict contention at the deadline. There is time to wake
            // before it.
            None => self.sleep(poll, events, deadline.map(|deadline| deadline - LEAD)),
            Some(deadline) if is_contended => self.sleep(poll, events, Some(deadline)),
            Some(_) => Ok(()),
        }
    }

    fn sleep(
        &mut self,
        poll: &mut Poll,
        events: &mut Events,
        until: Option<Instant>,
    ) -> io::Result<()> {
        let Some(until) = until else { return poll.poll(events, None) };
        // A timer that fires too early costs one iteration of the loop; setting it costs a system
        // call.
        if self.armed.is_none_or(|armed| until < armed || armed < Instant::now()) {
            self.timer.set(until)?;
            self.armed = Some(until);
        }
        poll.poll(events, self.timer.timeout())
    }

    /// Polls for events until `end`, or until other threads want the core, and returns whether they
    /// do. Before a deadline, it first warms up the send path if that is cold.
    fn busy_poll(
        &mut self,
        poll: &mut Poll,
        events: &mut Events,
        end: Instant,
        is_deadline: bool,
    ) -> io::Result<bool> {
        let start = thread_cpu_time();
        if let Some(warmth) =
            self.warmth.as_mut().filter(|_| is_deadline && self.last.elapsed() > COLD)
        {
            warmth.renew();
        }
        let result = loop {
            if let Err(error) = poll.poll(events, Some(Duration::ZERO)) {
                break Err(error);
            }
            let now = Instant::now();
            if !events.is_empty() || now >= end {
                break Ok(false);
            }
            thread::yield_now();
            if now.elapsed() > CONTENDED {
                break Ok(true);
            }
        };
        if is_deadline {
            self.last = Instant::now();
        }
        self.spun += thread_cpu_time() - start;
        result
    }
}

#[cfg(test)]
mod tests {
    use mio::Waker;

    use super::*;

    /// Returns the processor time spent busy-polling while the loop waited 5 ms to be woken.
    fn spun(spins: bool) -> Duration {
        let mut poll = Poll::new().unwrap();
        let mut sleep = Sleep::new(poll.registry(), Token(0), spins).unwrap();
        let waker = Waker::new(poll.registry(), Token(1)).unwrap();
        let mut events = Events::with_capacity(4);
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(5));
                waker.wake().unwrap();
            });
            sleep.wait(&mut poll, &mut events, None).unwrap();
        });
        assert!(
            events.iter().any(|event| event.token() == Token(1)),
            "it waits until there is something to do"
        );
        sleep.spun
    }

    #[test]
    fn loops_poll_and_then_sleep() {
        let spun = spun(true);
        assert!(!spun.is_zero() && spun < Duration::from_millis(4), "{spun:?}");
    }

    #[test]
    fn polling_can_be_disabled() {
        assert_eq!(spun(false), Duration::ZERO);
    }
}
