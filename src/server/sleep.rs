//! How the loop waits: it spins for a while, sleeps until shortly before the next deadline, and
//! from there on spins again.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Registry, Token};

use super::clock::thread_cpu_time;
use super::timer::Timer;
use super::warmth::Warmth;

/// How long before a deadline the loop wakes to spin. An idle virtual core wakes up to this late.
const LEAD: Duration = Duration::from_micros(500);

/// How long the loop goes on looking when it has nothing to do. A client that has been answered is
/// about to ask again, and if the loop slept by then, the client would have to wake it: at a
/// microsecond or more a request, which its figures would be charged with, and all the more the
/// further it is from keeping the server busy.
const QUIET: Duration = Duration::from_micros(50);

/// Who is away for longer than this when it lets others go first shares its core with them.
const CONTENDED: Duration = Duration::from_micros(5);

/// Who has not spun before a deadline for so long has grown cold.
const COLD: Duration = Duration::from_millis(2);

/// What wakes the loop in time.
#[derive(Debug)]
pub(super) struct Sleep {
    timer: Timer,
    /// What the timer was last set to, until it has gone off.
    armed: Option<Instant>,
    /// If it spins.
    warmth: Option<Warmth>,
    /// When it last spun before a deadline.
    last: Instant,
    /// The processor time spent spinning so far.
    pub spun: Duration,
}

impl Sleep {
    /// Sleeps whose end is told to `registry` as `token`. If not `spins`, a sleep begins at once
    /// and lasts until the deadline itself.
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

    /// Waits for events, though not beyond `deadline`.
    ///
    /// # Errors
    ///
    /// The system refuses, which it has no reason to.
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
        // Apart from spinning, whose processor time is asked for: a busy loop need not ask.
        poll.poll(events, Some(Duration::ZERO))?;
        if !events.is_empty() {
            return Ok(());
        }
        let quiet = now + QUIET;
        let soon = deadline.filter(|deadline| *deadline <= quiet + LEAD);
        let is_contended = self.spin(poll, events, soon.unwrap_or(quiet), soon.is_some())?;
        match soon {
            _ if !events.is_empty() => Ok(()),
            // Whether others want the core now says nothing of then: there is time to wake before
            // the deadline.
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
        // A timer that goes off too early costs a turn of the loop; to set it costs a call of the
        // system.
        if self.armed.is_none_or(|armed| until < armed || armed < Instant::now()) {
            self.timer.set(until)?;
            self.armed = Some(until);
        }
        poll.poll(events, self.timer.timeout())
    }

    /// Looks for events again and again until `end`, unless others want the core. Whether they do.
    /// Before a deadline what has grown cold is made warm first.
    fn spin(
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

    /// The processor time spent spinning while the loop waited 5 ms to be woken.
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
    fn a_loop_that_spins_looks_for_a_while_and_then_sleeps() {
        let spun = spun(true);
        assert!(!spun.is_zero() && spun < Duration::from_millis(4), "{spun:?}");
    }

    #[test]
    fn a_loop_that_does_not_spin_sleeps_at_once() {
        assert_eq!(spun(false), Duration::ZERO);
    }
}
