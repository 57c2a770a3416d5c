//! Counts the instructions of a process with the counters of the processor. This works from
//! outside, and so for workers in any language.

use std::fmt;
use std::fs;
use std::io;

use perf_event::events::{Event, Hardware};
use perf_event::{Builder, Counter};

/// `ESRCH`: a thread has ended since it was listed.
const GONE: i32 = 3;

/// A running counter on every thread of a process, which includes the threads and processes that
/// they start.
pub(super) struct Counters(Vec<Counter>);

impl Counters {
    /// Starts to count the instructions of the program. Those of the kernel on its behalf are not
    /// included, because few users may count them.
    ///
    /// # Errors
    ///
    /// Returns an error if the machine has no such counters, as most virtual machines, or if this
    /// user may not use them.
    pub fn instructions(process: u32) -> io::Result<Self> {
        Self::start(process, Hardware::INSTRUCTIONS)
    }

    fn start(process: u32, event: impl Event + Clone) -> io::Result<Self> {
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

    /// Returns the count; `None` if it is zero, because the counters of some machines stand still.
    pub fn total(mut self) -> Option<u64> {
        let total: io::Result<u64> = self.0.iter_mut().map(Counter::read).sum();
        total.ok().filter(|total| *total > 0)
    }
}

/// Why instructions cannot be counted.
#[derive(Debug)]
pub enum NoCounters {
    /// The counters exist, but count nothing.
    StandStill,
    /// This user may not use them.
    Forbidden(io::Error),
    /// The machine has none, or does not pass them through.
    Absent(io::Error),
}

impl fmt::Display for NoCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StandStill => f.write_str("the counters of this machine stand still"),
            Self::Forbidden(error) => write!(f, "kernel.perf_event_paranoid forbids it ({error})"),
            Self::Absent(error) => write!(f, "hardware counters are not available ({error})"),
        }
    }
}

/// Returns why instructions cannot be counted on this machine; `None` if they can.
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

    /// Uses counters of the kernel, which virtual machines also have. They are read the same way.
    #[test]
    fn child_processes_are_counted() {
        let script = "loop() { i=0; while [ $i -lt 5000 ]; do i=$((i + 1)); done; }
            while read line; do loop; (loop); echo done; done";
        let mut child = Child::start(Command::new("sh").args(["-c", script]), 100).unwrap();
        let mut count = |times| {
            let counters = Counters::start(child.id(), Software::TASK_CLOCK).ok()?;
            for _ in 0..times {
                child.say(b"\n", PATIENCE).unwrap();
                child.hear(PATIENCE).unwrap();
            }
            Some(counters.total())
        };
        // A sandbox may forbid all counters, including those of instructions.
        let Some(waiting) = count(0) else { return assert!(no_instructions().is_some()) };
        assert_eq!(waiting, None, "it waits");
        let [once, often] =
            [1, 20].map(|times| count(times).flatten().expect("what was done is counted"));
        assert!(once > 100_000 && often > 5 * once, "{once} ns and {often} ns");
    }

    #[test]
    fn missing_counters_have_a_reason() {
        match no_instructions() {
            None => assert!(Counters::instructions(std::process::id()).is_ok()),
            Some(why) => assert!(!why.to_string().is_empty()),
        }
        assert!(Counters::instructions(u32::MAX).is_err());
    }
}
