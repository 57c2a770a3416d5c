//! Instructions that a process carries out, as the processor itself counts them: from outside, so
//! for workers in any language.

use std::fmt;
use std::fs;
use std::io;

use perf_event::events::{Event, Hardware};
use perf_event::{Builder, Counter};

/// No such process: a thread has ended since it was listed.
const GONE: i32 = 3;

/// A counter on every thread of a process, all of them running. Threads and processes that those
/// start are counted with them.
pub(super) struct Counters(Vec<Counter>);

impl Counters {
    /// Counts instructions of the program itself from now on. Those of the kernel on its behalf are
    /// not in them: few users may count those.
    ///
    /// # Errors
    ///
    /// The machine has no such counters, as most virtual ones, or this user may not have them.
    pub fn instructions(process: u32) -> io::Result<Self> {
        Self::of(process, Hardware::INSTRUCTIONS)
    }

    fn of(process: u32, event: impl Event + Clone) -> io::Result<Self> {
        let mut counters = Vec::new();
        for task in fs::read_dir(format!("/proc/{process}/task"))? {
            let Some(thread) = task?.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            match Builder::new(event.clone())
                .observe_pid(thread)
                .inherit(true)
                .enabled(true)
                .build()
            {
                Ok(counter) => counters.push(counter),
                Err(error) if error.raw_os_error() == Some(GONE) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self(counters))
    }

    /// What has been counted. `None` where that is nothing: some machines hand out counters that
    /// stand still.
    pub fn total(mut self) -> Option<u64> {
        let total: io::Result<u64> = self.0.iter_mut().map(Counter::read).sum();
        total.ok().filter(|total| *total > 0)
    }
}

/// Why instructions cannot be counted.
#[derive(Debug)]
pub enum NoCounters {
    /// There are counters, and they count nothing.
    StandStill,
    /// This user may not have them.
    Forbidden(io::Error),
    /// The machine has none, or hands none through.
    Absent(io::Error),
}

impl fmt::Display for NoCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StandStill => f.write_str("the counters of this machine stand still"),
            Self::Forbidden(error) => write!(f, "kernel.perf_event_paranoid forbids it ({error})"),
            Self::Absent(error) => write!(f, "this machine hands no counters through ({error})"),
        }
    }
}

/// Why instructions cannot be counted here, if so.
pub fn no_instructions() -> Option<NoCounters> {
    match Counters::instructions(std::process::id()).map(Counters::total) {
        Ok(Some(_)) => None,
        Ok(None) => Some(NoCounters::StandStill),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Some(NoCounters::Forbidden(error))
        }
        Err(error) => Some(NoCounters::Absent(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use perf_event::events::Software;

    use super::*;
    use crate::worker::child::Child;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// The kernel's own counters are there on virtual machines too, and are read in the same way.
    #[test]
    fn what_a_process_and_those_that_it_starts_do_is_counted_from_outside() {
        let script = "loop() { i=0; while [ $i -lt 5000 ]; do i=$((i + 1)); done; }
            while read line; do loop; (loop); echo done; done";
        let mut child = Child::start(Command::new("sh").args(["-c", script]), 100).unwrap();
        let mut count = |times| {
            let counters = Counters::of(child.id(), Software::TASK_CLOCK).ok()?;
            for _ in 0..times {
                child.say(b"\n", PATIENCE).unwrap();
                child.hear(PATIENCE).unwrap();
            }
            Some(counters.total())
        };
        // A sandbox may forbid counters altogether, and then it says so of instructions too.
        let Some(waiting) = count(0) else { return assert!(no_instructions().is_some()) };
        assert_eq!(waiting, None, "it waits");
        let [once, often] =
            [1, 20].map(|times| count(times).flatten().expect("what was done is counted"));
        assert!(once > 100_000 && often > 5 * once, "{once} ns and {often} ns");
    }

    #[test]
    fn a_machine_counts_instructions_or_says_why_not() {
        match no_instructions() {
            None => assert!(Counters::instructions(std::process::id()).is_ok()),
            Some(why) => assert!(!why.to_string().is_empty()),
        }
        assert!(Counters::instructions(u32::MAX).is_err());
    }
}
