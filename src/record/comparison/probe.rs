//! The probe of live sites: every backend visits them once before the measurement.

use serde::{Deserialize, Serialize};

use crate::fetch::error::ErrorClass;
use crate::record::bounds;

/// Maximum number of sites of a kind that are named. The others are only counted.
pub const MOST_NAMED: usize = 10;

/// How live sites answered when every backend visited them once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Probe {
    /// Sites visited.
    pub sites: u64,
    /// Sites that failed for every backend. They are left out.
    pub dead: u64,
    /// The first [`MOST_NAMED`] of those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = MOST_NAMED)))]
    pub first_dead: Vec<DeadSite>,
    /// Sites on which backends ended with different statuses or at different urls.
    pub differing: u64,
    /// The first [`MOST_NAMED`] of those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = MOST_NAMED)))]
    pub first_differing: Vec<DifferingSite>,
}

/// A site that failed for every backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeadSite {
    /// The site's public name.
    pub site: String,
    /// The classes of its failures, each once.
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub classes: Vec<ErrorClass>,
}

/// A site on which backends ended differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DifferingSite {
    /// The site's public name.
    pub site: String,
    /// Each ending, in the order in which it was first met.
    #[cfg_attr(test, schemars(length(min = 2)))]
    pub endings: Vec<Ending>,
}

/// An ending, and the backends that share it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ending {
    /// The status of the answer.
    pub status: u16,
    /// The public form of the url that answered; `None` if the worker does not report it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The backends that ended there.
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub backends: Vec<String>,
}

impl Probe {
    /// Returns whether every site failed for every backend, so that nothing can be measured.
    pub fn is_all_dead(&self) -> bool {
        self.sites > 0 && self.dead >= self.sites
    }

    /// Returns an error if a field holds an impossible value.
    pub(in crate::record) fn check(&self) -> anyhow::Result<()> {
        bounds::fetches("sites", self.sites)?;
        bounds::fetches("dead", self.dead)?;
        bounds::fetches("differing", self.differing)?;
        bounds::length("dead sites", self.first_dead.len(), MOST_NAMED)?;
        bounds::length("differing sites", self.first_differing.len(), MOST_NAMED)
    }
}
