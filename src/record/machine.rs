//! Facts about this machine; `None` if the system does not report them.

use std::fs;

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

/// Returns the arguments of this process, with U+FFFD in place of invalid UTF-8.
pub fn arguments() -> Vec<String> {
    std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect()
}

/// Returns the model of the CPU.
pub fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Returns the kernel and its release.
pub fn kernel() -> Option<String> {
    Some(format!("{} {}", word("/proc/sys/kernel/ostype")?, word("/proc/sys/kernel/osrelease")?))
}

/// Returns the random id that the kernel gave to this start of the machine.
pub fn boot_id() -> Option<String> {
    word("/proc/sys/kernel/random/boot_id")
}

/// Returns the size of the main memory in bytes.
pub fn memory_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let kib: u64 = text.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// Returns the load average over 1, 5 and 15 minutes.
pub fn load() -> Option<[f64; 3]> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    let mut numbers = text.split(' ').map_while(|number| number.parse().ok());
    Some([numbers.next()?, numbers.next()?, numbers.next()?])
}

/// Returns the frequency governor of the first core.
pub fn governor() -> Option<String> {
    word("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
}

/// Returns the maximum number of open files in a process.
pub fn open_files() -> Option<u64> {
    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    (soft != RLIM_INFINITY).then_some(soft)
}

/// Returns the first and the last port for outgoing connections.
pub fn ports() -> Option<(u16, u16)> {
    let text = word("/proc/sys/net/ipv4/ip_local_port_range")?;
    let mut ports = text.split_whitespace().map(str::parse);
    Some((ports.next()?.ok()?, ports.next()?.ok()?))
}

/// Returns the number of ports in TIME_WAIT, after connections that this machine closed.
pub fn resting_ports() -> Option<u64> {
    Some(count_time_wait("/proc/net/tcp")? + count_time_wait("/proc/net/tcp6").unwrap_or(0))
}

fn count_time_wait(path: &str) -> Option<u64> {
    let table = fs::read_to_string(path).ok()?;
    let states = table.lines().skip(1).filter_map(|line| line.split_whitespace().nth(3));
    Some(states.filter(|state| *state == "06").count() as u64)
}

/// Returns the maximum number of connections that wait to be accepted.
pub fn backlog() -> Option<u64> {
    word("/proc/sys/net/core/somaxconn")?.parse().ok()
}

/// Ticks per second in `/proc`: 100 on every Linux that Rust runs on (`USER_HZ`).
pub(crate) const TICKS_A_SECOND: f64 = 100.0;

/// The cores' time since the machine was started, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoreTicks {
    all: u64,
    /// Ticks in which programs of this machine ran.
    busy: u64,
    /// Ticks that the host gave to other machines while this one had work to do.
    stolen: u64,
}

impl CoreTicks {
    /// Returns the ticks up to now.
    pub fn now() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/stat").ok()?)
    }

    fn parse(stat: &str) -> Option<Self> {
        // user nice system idle iowait irq softirq steal; the guests that follow are included in
        // user (proc_stat(5)).
        let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().take(8);
        let ticks: Vec<u64> = fields.map(str::parse).collect::<Result<_, _>>().ok()?;
        let [user, nice, system, _, _, irq, softirq, stolen] = ticks[..].try_into().ok()?;
        // A kernel that measures interrupts exactly keeps them out of the programs' own time.
        // Others count in ticks, which hardly ever meet a hardware interrupt, and charge software
        // interrupts to the interrupted program too.
        let is_charged_to_programs = irq == 0;
        let interrupts = if is_charged_to_programs { softirq } else { 0 };
        let busy = user + nice + system + interrupts;
        Some(Self { all: ticks.iter().sum(), busy, stolen })
    }

    /// Returns the share of the cores' time since `earlier` that the host gave to other machines.
    pub fn stolen_since(self, earlier: Self) -> Option<f64> {
        Some(self.stolen.saturating_sub(earlier.stolen) as f64 / self.all_since(earlier)?)
    }

    /// Returns the share of the cores' time since `earlier` that programs used, except those that
    /// used `own_s` seconds of processor time.
    pub fn others_since(self, earlier: Self, own_s: f64) -> Option<f64> {
        let busy = self.busy.saturating_sub(earlier.busy) as f64;
        let others = (busy - own_s * TICKS_A_SECOND) / self.all_since(earlier)?;
        // Ticks are counted by sampling, so the difference may be off either way.
        Some(others.clamp(0.0, 1.0))
    }

    /// Returns one tick as a share of the cores' time since `earlier`.
    pub fn tick_since(self, earlier: Self) -> Option<f64> {
        Some(1.0 / self.all_since(earlier)?)
    }

    fn all_since(self, earlier: Self) -> Option<f64> {
        let all = self.all.checked_sub(earlier.all).filter(|all| *all > 0)?;
        Some(all as f64)
    }
}

/// Returns the content of a file of one line.
fn word(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stolen_time_is_a_share_of_all() {
        let text = "cpu  100 0 50 800 10 0 5 5 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        let before = CoreTicks::parse(text).unwrap();
        let after = CoreTicks::parse("cpu  140 0 60 840 10 0 5 15 7 7\n").unwrap();
        assert_eq!(after.stolen_since(before), Some(0.1));
        assert_eq!(before.stolen_since(before), None, "no time has gone by");
        assert_eq!(CoreTicks::parse("cpu  1 2 3\n"), None);
    }

    #[test]
    fn others_have_what_is_not_ours() {
        let ticks = |text| CoreTicks::parse(text).unwrap();
        let before = ticks("cpu  100 0 50 800 10 0 5 5 0 0\n");
        // 60 ticks of programs, 20 of them in software interrupts, and 20 stolen ones, of 200.
        let after = ticks("cpu  120 10 60 910 20 0 25 25 9 9\n");
        assert_eq!(after.others_since(before, 0.0), Some(0.3));
        assert_eq!(after.others_since(before, 0.2), Some(0.2));
        assert_eq!(after.others_since(before, 0.7), Some(0.0), "ticks are coarse");
        assert_eq!(after.tick_since(before), Some(0.005));
        assert_eq!(before.others_since(before, 0.0), None, "no time has gone by");
        // Interrupts that are measured exactly belong to no program.
        let before = ticks("cpu  100 0 50 800 10 7 5 5 0 0\n");
        let after = ticks("cpu  120 10 60 900 20 17 25 25 9 9\n");
        assert_eq!(after.others_since(before, 0.0), Some(0.2));
    }

    #[test]
    fn this_machine_reports_facts() {
        assert!(kernel().is_some() && load().is_some() && CoreTicks::now().is_some());
        assert!(ports().is_some_and(|(first, last)| first < last));
    }
}
