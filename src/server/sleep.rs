//! How the loop waits: it sleeps until shortly before the next deadline, and from there on it spins.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Registry, Token};

use super::clock::thread_cpu_time;
use super::timer::Timer;
use super::warmth::Warmth;

/// How long before a deadline the loop wakes to spin. An idle virtual core wakes up to this late.
const LEAD: Duration = Duration::from_micros(500);

/// Who is away for longer than this when it lets others go first shares its core with them.
const CONTENDED: Duration = Duration::from_micros(5);

/// Who has not spun for so long has grown cold.
const COLD: Duration = Duration::from_millis(2);

/// What wakes the loop in time.
#[derive(Debug)]
pub(super) struct Sleep {
    timer: Timer,
    /// What the timer was last set to, until it has gone off.
    armed: Option<Instant>,
    /// If it spins.
    warmth: Option<Warmth>,
    /// When it last spun.
    last: Instant,
    /// The processor time spent spinning so far.
    pub spun: Duration,
}

impl Sleep {
    /// Sleeps whose end is told to `registry` as `token`. If not `spins`, a sleep lasts until the deadline itself.
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
    pub fn wait(&mut self, poll: &mut Poll, events: &mut Events, deadline: Option<Instant>) -> io::Result<()> {
        let Some(deadline) = deadline else { return poll.poll(events, None) };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return poll.poll(events, Some(Duration::ZERO));
        }
        let spins = self.warmth.is_some();
        if spins && left > LEAD {
            return self.sleep(poll, events, deadline - LEAD);
        }
        if spins && !self.spin(poll, events, deadline)? {
            return Ok(());
        }
        self.sleep(poll, events, deadline)
    }

    fn sleep(&mut self, poll: &mut Poll, events: &mut Events, until: Instant) -> io::Result<()> {
        // A timer that goes off too early costs a turn of the loop; to set it costs a call of the system.
        if self.armed.is_none_or(|armed| until < armed || armed < Instant::now()) {
            self.timer.set(until)?;
            self.armed = Some(until);
        }
        poll.poll(events, self.timer.timeout())
    }

    /// Looks for events again and again until `deadline`, unless others want the core. Whether they do.
    fn spin(&mut self, poll: &mut Poll, events: &mut Events, deadline: Instant) -> io::Result<bool> {
        let start = thread_cpu_time();
        if let Some(warmth) = self.warmth.as_mut().filter(|_| self.last.elapsed() > COLD) {
            warmth.renew();
        }
        let result = loop {
            if let Err(error) = poll.poll(events, Some(Duration::ZERO)) {
                break Err(error);
            }
            let now = Instant::now();
            if !events.is_empty() || now >= deadline {
                break Ok(false);
            }
            thread::yield_now();
            if now.elapsed() > CONTENDED {
                break Ok(true);
            }
        };
        self.last = Instant::now();
        self.spun += thread_cpu_time() - start;
        result
    }
}
