//! The versions of HTTP that the server of a scenario speaks, and those of its faults.

use std::collections::HashMap;

use anyhow::{bail, ensure};

use super::Scenario;
use crate::scenario::fault::Fault;
use crate::scenario::site::Site;
use crate::scenario::versions::{Http2Limits, HttpVersions};

impl Scenario {
    /// Makes its server speak these versions of HTTP; `None` keeps the scenario's own.
    ///
    /// # Errors
    ///
    /// A site has a fault of another version; or two sites of an origin have faults of different
    /// versions; or HTTP/1 only, though there are limits for HTTP/2.
    pub fn speaking(mut self, versions: Option<HttpVersions>) -> anyhow::Result<Self> {
        self.check_faults(versions)?;
        let Some(versions) = versions else { return Ok(self) };
        ensure!(
            versions != HttpVersions::Http1 || self.http.limits == Http2Limits::default(),
            "max_concurrent_streams and initial_window apply to HTTP/2 only: leave them out, or \
             speak 2 or auto"
        );
        self.http.versions = versions;
        Ok(self)
    }

    fn check_faults(&self, versions: Option<HttpVersions>) -> anyhow::Result<()> {
        let mut of_origins = HashMap::new();
        for (Site { label, origin, .. }, fault) in self.faulty_sites() {
            let (own, other) = if fault.is_http2() { (2, 1) } else { (1, 2) };
            let excluded = if fault.is_http2() { HttpVersions::Http1 } else { HttpVersions::Http2 };
            if versions == Some(excluded) {
                bail!("site {label:?} has a fault of HTTP/{own}: speak {own} or auto");
            }
            ensure!(
                *of_origins.entry(origin).or_insert(own) == own,
                "site {label:?} has a fault of HTTP/{own}, and its origin one of HTTP/{other}: \
                 give it another origin"
            );
        }
        Ok(())
    }

    /// Returns the versions of HTTP that each origin speaks. An origin with a fault speaks the
    /// version of its fault only.
    pub(crate) fn versions(&self) -> Vec<HttpVersions> {
        let mut versions = vec![self.http.versions; self.origins.len()];
        for (site, fault) in self.faulty_sites() {
            versions[site.origin] = fault.versions();
        }
        versions
    }

    fn faulty_sites(&self) -> impl Iterator<Item = (&Site, &'static Fault)> {
        self.sites.iter().filter_map(|site| Some((site, site.reply.fault?.fault)))
    }
}
