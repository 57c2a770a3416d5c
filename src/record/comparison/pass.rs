//! The passes of a comparison, one a line.

use serde::{Deserialize, Serialize};

use crate::record::bounds;
use crate::record::latencies::{Latencies, MOST_KEPT};
use crate::server::witness::Witness;

/// One pass of one backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(extend(
    "if" = { "properties": { "validity": { "const": "valid" } } },
    "then" = { "properties": { "elapsed_s": { "type": "number" } } },
    "else" = { "required": ["why"] }
)))]
pub struct PassSample {
    /// The scenario's name.
    pub scenario: String,
    /// The number of the block, from 0.
    pub block: u32,
    /// The number of the round in its block, from 0. `None` is the warm-up pass, which does not
    /// count.
    #[serde(rename = "cycle")]
    pub round: Option<u32>,
    /// The backend's name.
    #[serde(rename = "row")]
    pub backend: String,
    /// The number of the visit.
    pub visit: u64,
    /// The time of the pass in seconds; `None` if the worker did not report it.
    #[cfg_attr(test, schemars(extend("exclusiveMinimum" = 0)))]
    pub elapsed_s: Option<f64>,
    /// The ideal in seconds; `None` without delays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ideal_s: Option<f64>,
    /// Whether it counts.
    pub validity: Validity,
    /// Why it does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The counts of the mock server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<Witness>,
    /// The service times of its fetches: from the start of each to its end.
    #[serde(default, skip_serializing_if = "Latencies::is_none")]
    pub latencies: Latencies,
    /// The latencies of its fetches from the start of the pass to the end of each: they include the
    /// wait for a free slot.
    #[serde(default, skip_serializing_if = "Latencies::is_none")]
    pub since_start: Latencies,
    /// Resident memory of the worker just after the pass, in bytes, if the system reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rss_bytes: Option<u64>,
    /// The starts of its fetches, in microseconds after the start of the pass, if each is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = MOST_KEPT)))]
    pub starts: Vec<u64>,
}

impl PassSample {
    /// Returns `self`, or an error if a field holds an impossible value.
    pub(in crate::record) fn checked(self) -> anyhow::Result<Self> {
        bounds::block(self.block)?;
        self.elapsed_s.map_or(Ok(()), |elapsed| bounds::time("elapsed_s", elapsed))?;
        self.ideal_s.map_or(Ok(()), |ideal| bounds::amount("ideal_s", ideal))?;
        self.witness
            .as_ref()
            .map_or(Ok(()), |witness| bounds::count("connections", witness.connections))?;
        self.latencies.check()?;
        self.since_start.check()?;
        bounds::count("rss_bytes", self.rss_bytes.unwrap_or(0))?;
        bounds::length("starts", self.starts.len(), MOST_KEPT)?;
        self.starts.iter().try_for_each(|start| bounds::count("a start", *start))?;
        anyhow::ensure!(
            self.validity != Validity::Valid || self.elapsed_s.is_some(),
            "it counts, and yet there is no time in it"
        );
        Ok(self)
    }

    /// Drops impossible values that a worker reported and marks the pass as invalid, so that no
    /// worker can make a record unreadable.
    #[must_use]
    pub fn or_contradicted(self) -> Self {
        let bare = Self {
            elapsed_s: None,
            latencies: Latencies::None,
            since_start: Latencies::None,
            starts: Vec::new(),
            ..self.clone()
        };
        self.checked().unwrap_or_else(|why| match bare.validity {
            Validity::Valid => Self {
                validity: Validity::Contradicted,
                why: Some(format!("contradictory: {why}")),
                ..bare
            },
            _ => bare,
        })
    }

    /// Returns the time of the pass beyond its ideal, in seconds, if it counts and has an ideal. A
    /// pass that is not longer has none.
    pub fn added_s(&self) -> Option<f64> {
        Some(self.counted_s()? - self.ideal_s?).filter(|added_s| *added_s > 0.0)
    }

    /// Returns the ideal as a share of the time of the pass, if it counts and has an ideal.
    pub fn efficiency(&self) -> Option<f64> {
        Some(self.ideal_s? / self.counted_s()?)
    }

    /// Returns the time of the pass in seconds if it counts.
    pub fn counted_s(&self) -> Option<f64> {
        self.elapsed_s.filter(|_| self.validity == Validity::Valid && self.round.is_some())
    }
}

/// Whether a pass counts, or why it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Validity {
    /// It counts.
    Valid,
    /// An answer differed from the programmed one.
    WrongAnswer,
    /// The worker's report contradicts the server's counts.
    Contradicted,
    /// Fetches failed.
    Errors,
    /// Fewer fetches were in flight than requested.
    ConnectionsShort,
    /// The worker ran out of file descriptors or memory.
    FdLimit,
    /// This machine ran out of ports.
    PortsExhausted,
    /// The worker exited or sent an invalid reply.
    Crashed,
    /// The worker did not answer in time.
    TimedOut,
    /// The run was stopped during the pass, which is not the backend's fault.
    Interrupted,
}

impl Validity {
    /// Returns the name as printed and as written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::WrongAnswer => "wrong-answer",
            Self::Contradicted => "contradicted",
            Self::Errors => "errors",
            Self::ConnectionsShort => "connections-short",
            Self::FdLimit => "fd-limit",
            Self::PortsExhausted => "ports-exhausted",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed-out",
            Self::Interrupted => "interrupted",
        }
    }
}
