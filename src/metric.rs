//! The table of metrics: what is told of a row beside its rank. A line here is a column, a key in JSON and a field in CSV,
//! for old records too.

use crate::analysis::BackendAnalysis;

/// One figure of a row.
#[derive(Debug)]
pub struct Metric {
    /// The key in JSON and CSV, with the unit in it.
    pub key: &'static str,
    /// The heading of the column.
    pub heading: &'static str,
    /// The unit as printed, after what the figure is multiplied by for printing.
    pub unit: Unit,
    /// Which way is better.
    pub better: Better,
    /// The figure, in the unit of the key.
    pub value: fn(&BackendAnalysis) -> Option<f64>,
}

/// How a figure is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds, printed as fits: s, ms or µs.
    Seconds,
    /// A number per second.
    PerSecond,
    /// A share, printed in percent.
    Share,
    /// Bytes, printed as fits.
    Bytes,
    /// A plain number.
    Number,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Less of it.
    Lower,
    /// More of it.
    Higher,
    /// Neither.
    Neither,
}

/// Every metric, in the order of the columns.
pub static ALL: &[Metric] = &[
    Metric {
        key: "median_s",
        heading: "median pass",
        unit: Unit::Seconds,
        better: Better::Lower,
        value: |row| row.median_s,
    },
    Metric {
        key: "median_low_s",
        heading: "from",
        unit: Unit::Seconds,
        better: Better::Neither,
        value: |row| Some(*row.median_interval_s.as_ref()?.start()),
    },
    Metric {
        key: "median_high_s",
        heading: "to",
        unit: Unit::Seconds,
        better: Better::Neither,
        value: |row| Some(*row.median_interval_s.as_ref()?.end()),
    },
    Metric {
        key: "rate_per_s",
        heading: "fetches/s",
        unit: Unit::PerSecond,
        better: Better::Higher,
        value: BackendAnalysis::rate,
    },
    Metric {
        key: "efficiency",
        heading: "of ideal",
        unit: Unit::Share,
        better: Better::Higher,
        value: BackendAnalysis::efficiency,
    },
    Metric {
        key: "overhead_s_per_fetch",
        heading: "overhead",
        unit: Unit::Seconds,
        better: Better::Lower,
        value: BackendAnalysis::overhead,
    },
    Metric {
        key: "of_floor",
        heading: "of floor",
        unit: Unit::Share,
        better: Better::Higher,
        value: |row| row.of_floor,
    },
    Metric {
        key: "fetch_p50_s",
        heading: "fetch p50",
        unit: Unit::Seconds,
        better: Better::Lower,
        value: |row| row.fetch_times.median_s,
    },
    Metric {
        key: "fetch_p99_s",
        heading: "fetch p99",
        unit: Unit::Seconds,
        better: Better::Lower,
        value: |row| row.fetch_times.p99_s,
    },
    Metric {
        key: "cpu_s_per_fetch",
        heading: "CPU",
        unit: Unit::Seconds,
        better: Better::Lower,
        value: |row| Some(row.cost?.cpu_s),
    },
    Metric {
        key: "cpu_user_s_per_fetch",
        heading: "CPU user",
        unit: Unit::Seconds,
        better: Better::Lower,
        value: |row| row.cost?.user_s,
    },
    Metric {
        key: "cpu_system_s_per_fetch",
        heading: "CPU system",
        unit: Unit::Seconds,
        better: Better::Lower,
        value: |row| row.cost?.system_s,
    },
    Metric {
        key: "peak_rss_bytes",
        heading: "peak memory",
        unit: Unit::Bytes,
        better: Better::Lower,
        value: |row| Some(row.cost?.peak_rss_bytes? as f64),
    },
    Metric {
        key: "memory_per_fetch_bytes",
        heading: "memory/fetch",
        unit: Unit::Bytes,
        better: Better::Lower,
        value: |row| row.memory_per_fetch_bytes,
    },
    Metric {
        key: "threads",
        heading: "threads",
        unit: Unit::Number,
        better: Better::Neither,
        value: |row| Some(row.cost?.threads as f64),
    },
    Metric {
        key: "switches_voluntary_per_fetch",
        heading: "waits",
        unit: Unit::Number,
        better: Better::Lower,
        value: |row| Some(row.cost?.voluntary_switches),
    },
    Metric {
        key: "switches_involuntary_per_fetch",
        heading: "preempted",
        unit: Unit::Number,
        better: Better::Lower,
        value: |row| Some(row.cost?.involuntary_switches),
    },
    Metric {
        key: "allocations_per_fetch",
        heading: "allocations",
        unit: Unit::Number,
        better: Better::Lower,
        value: |row| row.cost?.allocations,
    },
    Metric {
        key: "allocated_bytes_per_fetch",
        heading: "allocated",
        unit: Unit::Bytes,
        better: Better::Lower,
        value: |row| row.cost?.allocated_bytes,
    },
    Metric {
        key: "instructions_per_fetch",
        heading: "instructions",
        unit: Unit::Number,
        better: Better::Lower,
        value: |row| Some(row.cost?.instructions?.round()),
    },
    Metric {
        key: "sockets",
        heading: "sockets",
        unit: Unit::Number,
        better: Better::Lower,
        value: |row| Some(row.sockets.opened as f64),
    },
    Metric {
        key: "sockets_ideal",
        heading: "ideal",
        unit: Unit::Number,
        better: Better::Neither,
        value: |row| Some(row.sockets.needed as f64),
    },
    Metric {
        key: "server_busy",
        heading: "server busy",
        unit: Unit::Share,
        better: Better::Neither,
        value: |row| row.server.busy,
    },
    Metric {
        key: "server_cpu_s_per_fetch",
        heading: "server CPU",
        unit: Unit::Seconds,
        better: Better::Lower,
        value: |row| row.server.cpu_s,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart() {
        let keys: std::collections::HashSet<&str> = ALL.iter().map(|metric| metric.key).collect();
        assert_eq!(keys.len(), ALL.len());
    }
}
