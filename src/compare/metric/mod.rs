//! The table of metrics: the figures of a backend.
//!
//! An entry in [`ALL`] is a column of every table that shows its group, a key in JSON and a field
//! in CSV, for old records too.

mod all;

pub use self::all::ALL;

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
    /// The opening of sessions, if each pass opens a fresh one.
    Opening,
    /// The kinds of TLS handshakes, if the server issues tickets.
    Handshakes,
    /// Connections and their streams, if a backend speaks HTTP/2.
    Streams,
    /// Where the time of fetches goes, over a link.
    Phases,
}

impl MetricGroup {
    /// The groups that every scenario has.
    pub const USUAL: [Self; 2] = [Self::Time, Self::Cost];

    /// The groups that only some scenarios have, each with the title of its table.
    pub const EXTRA: [(Self, &str); 4] = [
        (Self::Opening, "Opening a session"),
        (Self::Handshakes, "TLS handshakes"),
        (Self::Streams, "Sockets and streams"),
        (Self::Phases, "Where the time goes, per fetch"),
    ];

    /// Returns its metrics.
    pub fn metrics(self) -> impl Iterator<Item = &'static Metric> {
        ALL.iter().filter(move |metric| metric.group == self)
    }

    /// Whether any of these backends has a value of it. All have sockets.
    pub fn is_known(self, backends: &[BackendAnalysis]) -> bool {
        if self == Self::Streams {
            return backends.iter().any(|backend| backend.streams_per_socket.is_some());
        }
        self.metrics().any(|metric| metric.is_known(backends))
    }
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
