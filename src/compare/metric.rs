//! The table of metrics: the figures of a backend.
//!
//! An entry in [`ALL`] is a column of every table that shows its group, a key in JSON and a field
//! in CSV, for old records too.

use crate::compare::analysis::BackendAnalysis;

/// One figure of a backend.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// The key in JSON and CSV. It ends with the unit.
    pub key: &'static str,
    /// The heading in tables that show every metric.
    pub heading: &'static str,
    /// The table that it belongs to.
    pub group: MetricGroup,
    /// How it is printed.
    pub unit: Unit,
    /// Which direction is better.
    pub better: Better,
    /// The column on a terminal, which has no room for every metric.
    pub terminal: Option<MetricColumn>,
    /// The column in the short Markdown table.
    pub short: Option<MetricColumn>,
    /// The figure, in the unit of the key.
    pub value: fn(&BackendAnalysis) -> Option<f64>,
}

impl Metric {
    /// Whether any of these backends has a value.
    pub fn is_known(&self, backends: &[BackendAnalysis]) -> bool {
        backends.iter().any(|backend| (self.value)(backend).is_some())
    }
}

/// A table of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricGroup {
    /// Time and speed.
    Time,
    /// Cost, and the server's share.
    Cost,
}

/// A column of a table that has no room for every metric.
#[derive(Debug, Clone, Copy)]
pub struct MetricColumn {
    /// The heading there.
    pub heading: &'static str,
    /// When the column is shown.
    pub when: When,
}

/// When a column is shown.
#[derive(Debug, Clone, Copy)]
pub enum When {
    /// In every table.
    Always,
    /// If some backend has a value.
    Known,
    /// If no backend has this other value, which is more useful.
    Lacking(fn(&BackendAnalysis) -> Option<f64>),
}

/// Returns the metrics that a table of a scenario has room for, with their columns.
pub fn columns(
    backends: &[BackendAnalysis],
    column: fn(&Metric) -> Option<MetricColumn>,
) -> Vec<(&'static Metric, MetricColumn)> {
    let columns = ALL.iter().filter_map(|metric| Some((metric, column(metric)?)));
    columns
        .filter(|(metric, column)| match column.when {
            When::Always => true,
            When::Known => metric.is_known(backends),
            When::Lacking(other) => backends.iter().all(|backend| other(backend).is_none()),
        })
        .collect()
}

/// How a figure is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds, printed as s, ms or µs.
    Seconds,
    /// A number per second.
    PerSecond,
    /// A share, printed in percent.
    Share,
    /// Bytes, printed as B, kB or MB.
    Bytes,
    /// A plain number.
    Number,
}

/// Which direction is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Less of it.
    Lower,
    /// More of it.
    Higher,
    /// Neither.
    Neither,
}

/// The common fields of metrics of time.
const TIME: Metric = Metric {
    key: "",
    heading: "",
    group: MetricGroup::Time,
    unit: Unit::Seconds,
    better: Better::Neither,
    terminal: None,
    short: None,
    value: |_| None,
};

/// The common fields of metrics of cost.
const COST: Metric = Metric { group: MetricGroup::Cost, ..TIME };

/// Every metric, in the order of the columns.
pub static ALL: &[Metric] = &[
    Metric {
        key: "median_s",
        heading: "median pass",
        unit: Unit::Seconds,
        better: Better::Lower,
        terminal: Some(MetricColumn { heading: "pass", when: When::Always }),
        short: Some(MetricColumn { heading: "pass", when: When::Always }),
        value: BackendAnalysis::median_s,
        ..TIME
    },
    Metric {
        key: "median_low_s",
        heading: "from",
        unit: Unit::Seconds,
        better: Better::Neither,
        value: |backend| Some(*backend.compared.median_interval_s.as_ref()?.start()),
        ..TIME
    },
    Metric {
        key: "median_high_s",
        heading: "to",
        unit: Unit::Seconds,
        better: Better::Neither,
        value: |backend| Some(*backend.compared.median_interval_s.as_ref()?.end()),
        ..TIME
    },
    Metric {
        key: "rate_per_s",
        heading: "fetches/s",
        unit: Unit::PerSecond,
        better: Better::Higher,
        value: BackendAnalysis::rate,
        ..TIME
    },
    Metric {
        key: "efficiency",
        heading: "efficiency",
        unit: Unit::Share,
        better: Better::Higher,
        terminal: Some(MetricColumn { heading: "efficiency", when: When::Known }),
        short: Some(MetricColumn { heading: "efficiency", when: When::Known }),
        value: |backend| backend.efficiency,
        ..TIME
    },
    Metric {
        key: "added_s",
        heading: "added time",
        unit: Unit::Seconds,
        better: Better::Lower,
        short: Some(MetricColumn { heading: "added time", when: When::Known }),
        value: |backend| backend.added_s,
        ..TIME
    },
    Metric {
        key: "vs_floor",
        heading: "vs floor",
        unit: Unit::Share,
        better: Better::Higher,
        terminal: Some(MetricColumn { heading: "vs floor", when: When::Known }),
        short: Some(MetricColumn {
            heading: "vs floor",
            when: When::Lacking(|backend| backend.efficiency),
        }),
        value: |backend| backend.vs_floor,
        ..TIME
    },
    Metric {
        key: "fetch_p50_s",
        heading: "fetch p50",
        unit: Unit::Seconds,
        better: Better::Lower,
        value: |backend| Some(backend.fetch_times.p50.as_ref()?.seconds),
        ..TIME
    },
    Metric {
        key: "fetch_p99_s",
        heading: "fetch p99",
        unit: Unit::Seconds,
        better: Better::Lower,
        value: |backend| Some(backend.fetch_times.p99.as_ref()?.seconds),
        ..TIME
    },
    Metric {
        key: "done_p50_s",
        heading: "done p50",
        unit: Unit::Seconds,
        better: Better::Lower,
        value: |backend| Some(backend.done_times.p50.as_ref()?.seconds),
        ..TIME
    },
    Metric {
        key: "done_p99_s",
        heading: "done p99",
        unit: Unit::Seconds,
        better: Better::Lower,
        value: |backend| Some(backend.done_times.p99.as_ref()?.seconds),
        ..TIME
    },
    Metric {
        key: "cpu_s_per_fetch",
        heading: "CPU/fetch",
        unit: Unit::Seconds,
        better: Better::Lower,
        terminal: Some(MetricColumn { heading: "CPU/fetch", when: When::Always }),
        short: Some(MetricColumn { heading: "CPU/fetch", when: When::Always }),
        value: |backend| Some(backend.cost?.cpu_s),
        ..COST
    },
    Metric {
        key: "cpu_user_s_per_fetch",
        heading: "CPU user",
        unit: Unit::Seconds,
        better: Better::Lower,
        value: |backend| backend.cost?.user_s,
        ..COST
    },
    Metric {
        key: "cpu_system_s_per_fetch",
        heading: "CPU system",
        unit: Unit::Seconds,
        better: Better::Lower,
        value: |backend| backend.cost?.system_s,
        ..COST
    },
    Metric {
        key: "peak_rss_bytes",
        heading: "peak memory",
        unit: Unit::Bytes,
        better: Better::Lower,
        terminal: Some(MetricColumn { heading: "peak RSS", when: When::Always }),
        short: Some(MetricColumn { heading: "memory", when: When::Always }),
        value: |backend| Some(backend.cost?.peak_rss_bytes? as f64),
        ..COST
    },
    Metric {
        key: "memory_per_fetch_bytes",
        heading: "memory/fetch",
        unit: Unit::Bytes,
        better: Better::Lower,
        terminal: Some(MetricColumn { heading: "memory/fetch", when: When::Known }),
        value: |backend| backend.memory_per_fetch_bytes,
        ..COST
    },
    Metric {
        key: "rss_after_bytes",
        heading: "memory after",
        unit: Unit::Bytes,
        better: Better::Lower,
        value: |backend| Some(backend.memory.after_bytes? as f64),
        ..COST
    },
    Metric {
        key: "rss_slope_bytes_per_pass",
        heading: "memory growth/pass",
        unit: Unit::Bytes,
        better: Better::Lower,
        value: |backend| backend.memory.slope_bytes_per_pass,
        ..COST
    },
    Metric {
        key: "threads",
        heading: "threads",
        unit: Unit::Number,
        better: Better::Neither,
        terminal: Some(MetricColumn { heading: "threads", when: When::Always }),
        value: |backend| Some(backend.cost?.threads as f64),
        ..COST
    },
    Metric {
        key: "switches_voluntary_per_fetch",
        heading: "ctx switches",
        unit: Unit::Number,
        better: Better::Lower,
        terminal: Some(MetricColumn {
            heading: "ctx switch",
            when: When::Lacking(|backend| backend.memory_per_fetch_bytes),
        }),
        value: |backend| Some(backend.cost?.voluntary_switches),
        ..COST
    },
    Metric {
        key: "switches_involuntary_per_fetch",
        heading: "preempted",
        unit: Unit::Number,
        better: Better::Lower,
        value: |backend| Some(backend.cost?.involuntary_switches),
        ..COST
    },
    Metric {
        key: "allocations_per_fetch",
        heading: "allocations",
        unit: Unit::Number,
        better: Better::Lower,
        // A crowd mostly waits, so its memory is more useful.
        terminal: Some(MetricColumn {
            heading: "allocs",
            when: When::Lacking(|backend| backend.memory_per_fetch_bytes),
        }),
        value: |backend| backend.cost?.allocations,
        ..COST
    },
    Metric {
        key: "allocated_bytes_per_fetch",
        heading: "allocated",
        unit: Unit::Bytes,
        better: Better::Lower,
        value: |backend| backend.cost?.allocated_bytes,
        ..COST
    },
    Metric {
        key: "instructions_per_fetch",
        heading: "instructions",
        unit: Unit::Number,
        better: Better::Lower,
        value: |backend| Some(backend.cost?.instructions?.round()),
        ..COST
    },
    Metric {
        key: "sockets_per_pass",
        heading: "sockets/pass",
        unit: Unit::Number,
        better: Better::Lower,
        terminal: Some(MetricColumn { heading: "sockets/pass", when: When::Always }),
        value: |backend| Some(backend.sockets.opened_per_pass()),
        ..COST
    },
    Metric {
        key: "sockets_ideal_per_pass",
        heading: "ideal",
        unit: Unit::Number,
        better: Better::Neither,
        value: |backend| Some(backend.sockets.needed_per_pass()),
        ..COST
    },
    Metric {
        key: "server_busy",
        heading: "server busy",
        unit: Unit::Share,
        better: Better::Neither,
        value: |backend| backend.server.busy,
        ..COST
    },
    Metric {
        key: "server_cpu_s_per_fetch",
        heading: "server CPU",
        unit: Unit::Seconds,
        better: Better::Lower,
        value: |backend| backend.server.cpu_s,
        ..COST
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique() {
        let keys: std::collections::HashSet<&str> = ALL.iter().map(|metric| metric.key).collect();
        assert_eq!(keys.len(), ALL.len());
    }

    #[test]
    fn metrics_have_keys_and_headings() {
        let is_named = |metric: &Metric| !metric.key.is_empty() && !metric.heading.is_empty();
        assert!(ALL.iter().all(is_named));
    }
}
