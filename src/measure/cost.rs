//! What a process has cost, as the system tells from outside: so for workers in any language.

use std::fs;

/// What a process has used so far. What the system does not tell is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Usage {
    /// Processor time in the program itself, in seconds.
    pub user_s: f64,
    /// Processor time in the kernel on its behalf, in seconds.
    pub system_s: f64,
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
        // The name in brackets may hold anything; the fields after it are counted from 3 (proc_pid_stat(5)).
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
        // With that of its children that have ended: a worker may be the driver of a program that does the work.
        let mut usage = Self {
            user_s: (ticks(14)? + ticks(16)?) / TICKS_A_SECOND,
            system_s: (ticks(15)? + ticks(17)?) / TICKS_A_SECOND,
            threads: ticks(20)? as u64,
            ..Self::default()
        };
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        usage.peak_rss_bytes = field(&status, "VmHWM:").unwrap_or(0) * 1024;
        // Switches are told for each thread alone.
        for task in fs::read_dir(format!("/proc/{process}/task")).ok()?.flatten() {
            // A thread may end while it is looked at.
            let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            usage.voluntary_switches += field(&status, "voluntary_ctxt_switches:").unwrap_or(0);
            usage.involuntary_switches += field(&status, "nonvoluntary_ctxt_switches:").unwrap_or(0);
        }
        Some(usage)
    }
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
        assert!(usage.peak_rss_bytes > 1 << 20 && usage.threads >= 1 && usage.voluntary_switches > 0, "{usage:?}");
        let before = usage.user_s + usage.system_s;
        let start = std::time::Instant::now();
        while start.elapsed().as_millis() < 60 {}
        let after = Usage::of(std::process::id()).unwrap();
        assert!(after.user_s + after.system_s > before);
    }

    #[test]
    fn a_process_that_has_gone_has_no_usage() {
        assert_eq!(Usage::of(u32::MAX), None);
    }
}
