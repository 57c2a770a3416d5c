//! The resources that a process has used, as the system reports them. This works from outside, and
//! so for workers in any language.

use std::fs;
use std::time::Duration;

use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

use crate::record::machine::TICKS_A_SECOND;

/// The resources that a process has used so far. Unknown values are 0.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Usage {
    /// Processor time of all threads, also of those that have ended, in seconds, to the nanosecond;
    /// `None` if the system does not report it.
    pub cpu_s: Option<f64>,
    /// Processor time in the program itself, in seconds, in whole ticks.
    pub user_s: f64,
    /// Processor time in the kernel on its behalf, in seconds, in whole ticks.
    pub system_s: f64,
    /// The part of both that ended children used, in seconds, in whole ticks.
    pub children_s: f64,
    /// Voluntary context switches.
    pub voluntary_switches: u64,
    /// Involuntary context switches.
    pub involuntary_switches: u64,
    /// The current number of threads.
    pub threads: u64,
    /// The peak of resident memory, in bytes.
    pub peak_rss_bytes: u64,
}

impl Usage {
    /// Reads the usage of a process; `None` if it has ended.
    pub fn read(process: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name in brackets may contain anything; the fields after it are numbered from 3
        // (proc_pid_stat(5)).
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        // Includes ended children: a worker may be the driver of a program that does the work.
        let mut usage = Self {
            user_s: (stat_field(&fields, 14)? + stat_field(&fields, 16)?) / TICKS_A_SECOND,
            system_s: (stat_field(&fields, 15)? + stat_field(&fields, 17)?) / TICKS_A_SECOND,
            children_s: (stat_field(&fields, 16)? + stat_field(&fields, 17)?) / TICKS_A_SECOND,
            threads: stat_field(&fields, 20)? as u64,
            ..Self::default()
        };
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        usage.peak_rss_bytes = status_field(&status, "VmHWM:").unwrap_or(0) * 1024;
        usage.cpu_s = process_time_s(process);
        // Switches are only reported for each thread.
        for task in fs::read_dir(format!("/proc/{process}/task")).ok()?.flatten() {
            // A thread may end meanwhile.
            let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            usage.voluntary_switches +=
                status_field(&status, "voluntary_ctxt_switches:").unwrap_or(0);
            usage.involuntary_switches +=
                status_field(&status, "nonvoluntary_ctxt_switches:").unwrap_or(0);
        }
        Some(usage)
    }

    /// Returns the processor time of this process and another together.
    pub fn with(self, other: Self) -> Self {
        Self {
            cpu_s: self.cpu_s.zip(other.cpu_s).map(|(one, other)| one + other),
            user_s: self.user_s + other.user_s,
            system_s: self.system_s + other.system_s,
            ..self
        }
    }

    /// Returns the processor time since `before` in seconds, to the nanosecond; `None` if the
    /// system does not report it, or if whole ticks, which also count ended children, show more.
    pub fn cpu_s_since(&self, before: Self) -> Option<f64> {
        let cpu_s = self.cpu_s? - before.cpu_s?;
        let ticks =
            (self.user_s + self.system_s - before.user_s - before.system_s) * TICKS_A_SECOND;
        // Each of the two is cut to whole ticks, so their sum is off by at most two.
        (cpu_s * TICKS_A_SECOND + 2.0 >= ticks).then_some(cpu_s)
    }

    /// Returns the processor time since `before` in seconds: to the nanosecond if the system
    /// reports it, else in whole ticks.
    pub fn total_s_since(&self, before: Self) -> f64 {
        let ticks_s = self.user_s + self.system_s - before.user_s - before.system_s;
        self.cpu_s_since(before).unwrap_or(ticks_s)
    }
}

/// Returns the resident memory of a process in bytes; `None` if it has ended.
pub(super) fn resident_bytes(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    Some(status_field(&status, "VmRSS:")? * 1024)
}

/// Returns the processor time of a process, from its clock.
fn process_time_s(process: u32) -> Option<f64> {
    let clock = clock_getcpuclockid(Pid::from_raw(process as i32)).ok()?;
    Some(Duration::from(clock_gettime(clock).ok()?).as_secs_f64())
}

/// Returns a field of `/proc/PID/stat` by its number; `fields` start with number 3.
fn stat_field(fields: &[&str], number: usize) -> Option<f64> {
    fields.get(number - 3)?.parse().ok()
}

/// Returns a number of `/proc/PID/status` by its name.
fn status_field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_of_this_process_grows() {
        let usage = Usage::read(std::process::id()).unwrap();
        assert!(
            usage.peak_rss_bytes > 1 << 20 && usage.threads >= 1 && usage.voluntary_switches > 0,
            "{usage:?}"
        );
        let resident = resident_bytes(std::process::id()).unwrap();
        assert!(resident > 1 << 20 && resident <= usage.peak_rss_bytes + (64 << 20), "{resident}");
        let start = std::time::Instant::now();
        while start.elapsed().as_millis() < 60 {}
        let after = Usage::read(std::process::id()).unwrap();
        assert!(after.user_s + after.system_s > usage.user_s + usage.system_s);
        assert!(after.cpu_s.unwrap() - usage.cpu_s.unwrap() > 0.03);
    }

    #[test]
    fn ended_threads_are_counted() {
        let before = Usage::read(std::process::id()).unwrap();
        let busy = std::thread::spawn(|| {
            let start = std::time::Instant::now();
            while start.elapsed().as_millis() < 60 {}
        });
        busy.join().unwrap();
        let after = Usage::read(std::process::id()).unwrap();
        assert!(after.cpu_s.unwrap() - before.cpu_s.unwrap() > 0.03, "{before:?} {after:?}");
    }

    #[test]
    fn ended_children_are_counted() {
        let children_s = || Usage::read(std::process::id()).unwrap().children_s;
        let before = children_s();
        let counts = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
        assert!(std::process::Command::new("sh").args(["-c", counts]).status().unwrap().success());
        assert!(children_s() > before, "{before}");
    }

    #[test]
    fn children_are_not_in_the_clock() {
        let usage = |cpu_s, user_s| Usage { cpu_s, user_s, ..Usage::default() };
        let before = usage(Some(1.0), 1.0);
        assert_eq!(usage(Some(1.5), 1.5).cpu_s_since(before), Some(0.5));
        assert_eq!(usage(Some(1.5), 1.53).cpu_s_since(before), None);
        assert_eq!(usage(None, 1.5).cpu_s_since(before), None);
    }

    #[test]
    fn missing_processes_are_unknown() {
        assert_eq!(Usage::read(u32::MAX), None);
        assert_eq!(resident_bytes(u32::MAX), None);
    }
}
