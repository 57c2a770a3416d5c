//! Every metric.

use super::{Better, Metric, MetricColumn, MetricGroup, Unit, When};
use crate::compare::analysis::BackendAnalysis;

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
    opening("opening_s", "opening", Unit::Seconds, |backend| Some(backend.opening?.time_s)),
    opening("opening_cpu_s", "opening CPU", Unit::Seconds, |backend| backend.opening?.cpu_s),
    opening("opening_memory_bytes", "opening memory", Unit::Bytes, |backend| {
        Some(backend.opening?.memory_bytes? as f64)
    }),
    handshakes("handshakes_full", "full", |one| one.handshakes?.share(one.handshakes?.full)),
    handshakes("handshakes_resumed", "resumed", |one| {
        one.handshakes?.share(one.handshakes?.resumed)
    }),
    handshakes("handshakes_early", "0-RTT", |one| one.handshakes?.share(one.handshakes?.early)),
    Metric {
        key: "sockets",
        heading: "sockets",
        group: MetricGroup::Streams,
        unit: Unit::Number,
        better: Better::Lower,
        value: |backend| Some(backend.sockets.opened_per_start()),
        ..TIME
    },
    Metric {
        key: "streams_per_socket",
        heading: "streams/socket",
        group: MetricGroup::Streams,
        unit: Unit::Number,
        value: |backend| backend.streams_per_socket,
        ..TIME
    },
    phase("phase_connect_s", "connect", |backend| Some(backend.phases?.connect_s)),
    phase("phase_tls_s", "TLS", |backend| Some(backend.phases?.tls_s)),
    phase("phase_request_s", "first request", |backend| Some(backend.phases?.request_s)),
    phase("phase_wait_s", "wait", |backend| Some(backend.phases?.wait_s)),
    phase("phase_body_s", "body", |backend| Some(backend.phases?.body_s)),
    phase("phase_client_s", "client", |backend| Some(backend.phases?.client_s)),
];

/// The value of a metric.
type Value = fn(&BackendAnalysis) -> Option<f64>;

/// Returns a metric of opening a session.
const fn opening(key: &'static str, heading: &'static str, unit: Unit, value: Value) -> Metric {
    let group = MetricGroup::Opening;
    Metric { key, heading, group, unit, better: Better::Lower, value, ..TIME }
}

/// Returns a share of the TLS handshakes.
const fn handshakes(key: &'static str, heading: &'static str, value: Value) -> Metric {
    Metric { key, heading, group: MetricGroup::Handshakes, unit: Unit::Share, value, ..TIME }
}

/// Returns a part of the time of a fetch.
const fn phase(key: &'static str, heading: &'static str, value: Value) -> Metric {
    Metric { key, heading, group: MetricGroup::Phases, value, ..TIME }
}
