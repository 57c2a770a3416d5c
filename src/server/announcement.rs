//! Where a mock server is found, as it says on its standard output.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::site::Origin;

/// Where a mock server is found: one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// The name of the scenario.
    pub scenario: String,
    /// The base url of the control channel.
    pub control: String,
    /// The base url of each origin, in the order of [`Site::origin`](crate::site::Site::origin).
    pub origins: Vec<String>,
    /// The certificate to trust, as PEM text, where any origin speaks TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cacert: Option<String>,
    /// The sites, in the order in which they are fetched.
    pub sites: Vec<AnnouncedSite>,
}

/// A site and where it is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnouncedSite {
    /// What to call it. Foreign text: escape it where it is printed.
    pub label: String,
    /// The url of its visit 0; the last segment of the path is the visit.
    pub url: String,
}

impl Announcement {
    /// The announcement of a scenario whose origins are found at those addresses.
    pub(super) fn new(scenario: &Scenario, origins: &[Origin], control: &Origin, cacert: Option<String>) -> Self {
        // As `Scenario::urls` has them, but without parsing 100,000 urls that are printed anyway.
        let origins: Vec<String> = origins.iter().map(Origin::to_string).collect();
        let sites = scenario.sites.iter().enumerate().map(|(index, site)| AnnouncedSite {
            label: site.label.clone(),
            url: format!("{}/{index}/0", origins[site.origin]),
        });
        let sites = sites.collect();
        Self { scenario: scenario.name.clone(), control: control.to_string(), origins, cacert, sites }
    }
}
