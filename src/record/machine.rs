//! What this machine says of itself. Whatever it does not tell is `None`.

use std::fs;

use rustix::process::{Resource, getrlimit};

/// The arguments of this process, with U+FFFD in place of what is not UTF-8.
pub fn arguments() -> Vec<String> {
    std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect()
}

/// The model of the CPU.
pub fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The kernel and its release.
pub fn kernel() -> Option<String> {
    Some(format!("{} {}", word("/proc/sys/kernel/ostype")?, word("/proc/sys/kernel/osrelease")?))
}

/// Main memory in bytes.
pub fn memory_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let kib: u64 = text.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// The load average over 1, 5 and 15 minutes.
pub fn load() -> Option<[f64; 3]> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    let mut numbers = text.split(' ').map(str::parse);
    let mut next = || numbers.next()?.ok();
    Some([next()?, next()?, next()?])
}

/// Who chooses the clock of the first core.
pub fn governor() -> Option<String> {
    word("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
}

/// How many files a process may have open.
pub fn open_files() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// The first and the last port that connections go out from.
pub fn ports() -> Option<(u16, u16)> {
    let text = word("/proc/sys/net/ipv4/ip_local_port_range")?;
    let mut ports = text.split_whitespace().map(str::parse);
    Some((ports.next()?.ok()?, ports.next()?.ok()?))
}

/// How many ports rest after a connection that was closed from here (TIME_WAIT).
pub fn resting_ports() -> Option<u64> {
    let count = |path: &str| {
        let table = fs::read_to_string(path).ok()?;
        let state = |line: &str| line.split_whitespace().nth(3).map(str::to_owned);
        Some(table.lines().skip(1).filter(|line| state(line).as_deref() == Some("06")).count()
            as u64)
    };
    Some(count("/proc/net/tcp")? + count("/proc/net/tcp6").unwrap_or(0))
}

/// The most connections that may wait to be accepted.
pub fn backlog() -> Option<u64> {
    word("/proc/sys/net/core/somaxconn")?.parse().ok()
}

/// What the cores have done since the machine was started, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoreTicks {
    /// All of them.
    all: u64,
    /// Those that the host gave to somebody else while there was work here.
    stolen: u64,
}

impl CoreTicks {
    /// Up to now.
    pub fn now() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/stat").ok()?)
    }

    fn parse(stat: &str) -> Option<Self> {
        // user nice system idle iowait irq softirq steal, and guests, who are in the user's already
        // (proc_stat(5)).
        let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().take(8);
        let ticks: Vec<u64> = fields.map(str::parse).collect::<Result<_, _>>().ok()?;
        Some(Self { all: ticks.iter().sum(), stolen: *ticks.get(7)? })
    }

    /// The share of the cores' time since then that the host gave to somebody else.
    pub fn stolen_since(self, earlier: Self) -> Option<f64> {
        let all = self.all.checked_sub(earlier.all).filter(|all| *all > 0)?;
        Some(self.stolen.saturating_sub(earlier.stolen) as f64 / all as f64)
    }
}

/// The content of a file of one line.
fn word(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stolen_share_is_that_of_all_ticks() {
        let at = |text: &str| CoreTicks::parse(text).unwrap();
        let before = at("cpu  100 0 50 800 10 0 5 5 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n");
        let after = at("cpu  140 0 60 840 10 0 5 15 7 7\n");
        assert_eq!(after.stolen_since(before), Some(0.1));
        assert_eq!(before.stolen_since(before), None, "no time has gone by");
        assert_eq!(CoreTicks::parse("cpu  1 2 3\n"), None);
    }

    #[test]
    fn this_machine_says_something() {
        assert!(kernel().is_some() && load().is_some() && CoreTicks::now().is_some());
        assert!(ports().is_some_and(|(first, last)| first < last));
    }
}
