//! Opens sessions and measures their cost, on scenarios that open a fresh one for each pass.

use std::fs;
use std::thread;
use std::time::Duration;

use super::cost::{Usage, resident_bytes};
use crate::fetch::Pass;
use crate::record::Opening;
use crate::stats::median;
use crate::worker::PassDone;

/// How often a process is looked at until it waits for its first order.
const LOOK: Duration = Duration::from_millis(10);

/// The number of looks in a row that must find it asleep and without processor time in between.
const IDLE_LOOKS: u32 = 3;

/// The most looks. A process that does not settle is measured all the same.
const MOST_LOOKS: u32 = 500;

/// The openings of a backend in a block.
#[derive(Debug, Default)]
pub(super) struct Openings {
    /// The processor time and the growth of memory of the first one.
    cpu_s: Option<f64>,
    memory_bytes: Option<u64>,
    /// The time of each in a counted pass, in seconds.
    times_s: Vec<f64>,
}

/// A pass with the time of opening its session, if it opened one.
pub(super) struct MadePass {
    pub done: PassDone,
    pub opening: Option<Duration>,
}

/// The state of a process before it opens its first session.
pub(super) struct BeforeOpening {
    process: u32,
    usage: Option<Usage>,
    resident_bytes: Option<u64>,
}

impl BeforeOpening {
    /// Waits until a process that was just started is idle, so that the cost of starting it is not
    /// that of opening, and reads its state.
    pub fn read(process: u32) -> Self {
        settle(process);
        Self { process, usage: Usage::read(process), resident_bytes: resident_bytes(process) }
    }

    /// Returns the cost of the opening that has just ended.
    pub fn openings(self) -> Openings {
        let usage = self.usage.zip(Usage::read(self.process));
        let bytes = self.resident_bytes.zip(resident_bytes(self.process));
        Openings {
            cpu_s: usage.map(|(before, after)| after.total_s_since(before).max(0.0)),
            memory_bytes: bytes.map(|(before, after)| after.saturating_sub(before)),
            times_s: Vec::new(),
        }
    }
}

impl Openings {
    /// Adds the time of an opening in a counted pass.
    pub fn add(&mut self, time: Duration) {
        self.times_s.push(time.as_secs_f64());
    }

    /// Returns the cost of a block's openings; `None` without any.
    pub fn cost(&self) -> Option<Opening> {
        let Self { cpu_s, memory_bytes, .. } = *self;
        Some(Opening { time_s: median(&self.times_s)?, cpu_s, memory_bytes })
    }
}

impl MadePass {
    /// Returns the pass, which begins with the opening of its session.
    pub fn into_pass(self) -> Pass {
        let (mut pass, opening) = (self.done.pass(), self.opening.unwrap_or_default());
        pass.elapsed = pass.elapsed.saturating_add(opening);
        for fetched in &mut pass.fetched {
            fetched.started = fetched.started.saturating_add(opening);
        }
        pass
    }
}

/// Waits until a process is idle: its first thread sleeps, and it takes no processor time.
fn settle(process: u32) {
    let (mut idle, mut before) = (0, None);
    for _ in 0..MOST_LOOKS {
        thread::sleep(LOOK);
        let now = Usage::read(process).map(|usage| usage.cpu_s);
        let is_idle = now.is_some() && now == before && is_asleep(process);
        idle = if is_idle { idle + 1 } else { 0 };
        if idle == IDLE_LOOKS || now.is_none() {
            return;
        }
        before = now;
    }
}

/// Whether the first thread of a process sleeps.
fn is_asleep(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, fields)| fields.trim_start().starts_with('S'))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::fetch::error::{ErrorClass, FetchError};
    use crate::fetch::{Fetched, Limits};
    use crate::worker::OpenOrder;

    #[test]
    fn idle_processes_have_settled() {
        let script = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; read line";
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        settle(child.id());
        let busy = Usage::read(child.id()).unwrap();
        assert!(is_asleep(child.id()) && busy.cpu_s.is_none_or(|cpu_s| cpu_s > 0.05), "{busy:?}");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn passes_begin_with_the_opening() {
        let ms = Duration::from_millis;
        let fetched = Fetched {
            started: ms(1),
            elapsed: ms(2),
            final_url: None,
            result: Err(FetchError::new(ErrorClass::Dns, "")),
        };
        let limits = Limits::new(std::num::NonZeroUsize::MIN);
        let open = OpenOrder::new(Vec::new(), false, &limits);
        let pass = Pass { elapsed: ms(3), fetched: vec![fetched] };
        let done = PassDone::new(0, &pass, None, &open);
        let pass = MadePass { done, opening: Some(ms(10)) }.into_pass();
        assert_eq!((pass.elapsed, pass.fetched[0].started), (ms(13), ms(11)));
        assert_eq!(pass.fetched[0].ended(), pass.elapsed);
    }

    #[test]
    fn openings_have_a_median() {
        let mut openings = Openings { cpu_s: Some(1.0), ..Openings::default() };
        assert_eq!(openings.cost(), None);
        [1, 5, 2].into_iter().for_each(|seconds| openings.add(Duration::from_secs(seconds)));
        let cost = Opening { time_s: 2.0, cpu_s: Some(1.0), memory_bytes: None };
        assert_eq!(openings.cost(), Some(cost));
    }
}
