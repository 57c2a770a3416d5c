//! What a process has cost, as the system tells from outside: so for workers in any language.

use std::fs;
use std::path::Path;

/// What a process has used so far. What the system does not tell is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Usage {
    /// Processor time of the threads that there are now, in seconds, to the nanosecond where the
    /// system tells it so.
    pub cpu_s: Option<f64>,
    /// Processor time in the program itself, in seconds, in whole ticks.
    pub user_s: f64,
    /// Processor time in the kernel on its behalf, in seconds, in whole ticks.
    pub system_s: f64,
    /// The part of both that children took which have ended, in seconds, in whole ticks.
    pub children_s: f64,
    /// Times that a thread waited.
    pub voluntary_switches: u64,
    /// Times that a thread was made to wait.
    pub involuntary_switches: u64,
    /// Threads right now.
    pub threads: u64,
    /// The most memory that was resident at any moment, in bytes.
    pub peak_rss_bytes: u64,
}

/// Ticks of `/proc/PID/stat` a second: 100 on every Linux that Rust runs on (`USER_HZ`).
const TICKS_A_SECOND: f64 = 100.0;

impl Usage {
    /// Of a process, or `None` where it has gone.
    pub fn of(process: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name in brackets may hold anything; the fields after it are counted from 3
        // (proc_pid_stat(5)).
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
        // With that of its children that have ended: a worker may be the driver of a program that
        // does the work.
        let mut usage = Self {
            user_s: (ticks(14)? + ticks(16)?) / TICKS_A_SECOND,
            system_s: (ticks(15)? + ticks(17)?) / TICKS_A_SECOND,
            children_s: (ticks(16)? + ticks(17)?) / TICKS_A_SECOND,
            threads: ticks(20)? as u64,
            ..Self::default()
        };
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        usage.peak_rss_bytes = field(&status, "VmHWM:").unwrap_or(0) * 1024;
        // Switches, and time in nanoseconds, are told for each thread alone.
        for task in fs::read_dir(format!("/proc/{process}/task")).ok()?.flatten() {
            // A thread may end while it is looked at.
            let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            usage.voluntary_switches += field(&status, "voluntary_ctxt_switches:").unwrap_or(0);
            usage.involuntary_switches +=
                field(&status, "nonvoluntary_ctxt_switches:").unwrap_or(0);
            if let Some(run_s) = run_time_s(&task.path().join("schedstat")) {
                usage.cpu_s = Some(usage.cpu_s.unwrap_or(0.0) + run_s);
            }
        }
        Some(usage)
    }

    /// Processor time in seconds since `before`, to the nanosecond. `None` where the system does
    /// not tell it so, or a thread has ended meanwhile and taken its time along, as whole ticks
    /// show.
    pub fn cpu_s_since(&self, before: Self) -> Option<f64> {
        let cpu_s = self.cpu_s? - before.cpu_s?;
        let ticks =
            (self.user_s + self.system_s - before.user_s - before.system_s) * TICKS_A_SECOND;
        // Each of the two is cut to whole ticks, so that their sum is off by two at most.
        (cpu_s * TICKS_A_SECOND + 2.0 >= ticks).then_some(cpu_s)
    }
}

/// How long a thread has run: the first number of its schedstat, in nanoseconds. A kernel may be
/// built without it.
fn run_time_s(schedstat: &Path) -> Option<f64> {
    let text = fs::read_to_string(schedstat).ok()?;
    let nanoseconds: u64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds as f64 / 1e9)
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_cost_something() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(
            usage.peak_rss_bytes > 1 << 20 && usage.threads >= 1 && usage.voluntary_switches > 0,
            "{usage:?}"
        );
        let start = std::time::Instant::now();
        while start.elapsed().as_millis() < 60 {}
        let after = Usage::of(std::process::id()).unwrap();
        assert!(after.user_s + after.system_s > usage.user_s + usage.system_s);
        // Other tests' threads may have ended meanwhile, and their time with them.
        assert_eq!(after.cpu_s.is_some(), Path::new("/proc/self/schedstat").exists());
    }

    #[test]
    fn what_a_child_took_is_told_when_it_has_ended() {
        let children_s = || Usage::of(std::process::id()).unwrap().children_s;
        let before = children_s();
        let counts = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
        assert!(std::process::Command::new("sh").args(["-c", counts]).status().unwrap().success());
        assert!(children_s() > before, "{before}");
    }

    #[test]
    fn time_that_ended_threads_took_along_is_missed() {
        let usage = |cpu_s, user_s| Usage { cpu_s, user_s, ..Usage::default() };
        let before = usage(Some(1.0), 1.0);
        assert_eq!(usage(Some(1.5), 1.5).cpu_s_since(before), Some(0.5));
        assert_eq!(usage(Some(1.5), 1.53).cpu_s_since(before), None);
        assert_eq!(usage(None, 1.5).cpu_s_since(before), None);
    }

    #[test]
    fn a_process_that_has_gone_has_no_usage() {
        assert_eq!(Usage::of(u32::MAX), None);
    }
}
