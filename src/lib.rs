//! fetchbench answers one question: which way of fetching many sites is fastest here, by how much, is the difference
//! real, and what does it cost?
//!
//! A [scenario](scenario::Scenario) names sites and what a mock [server](server::Server) answers for each; a
//! [row](backend::Row) is a client on an executor, which opens a [session](fetch::Fetch); a session fetches a whole list,
//! and every answer is checked against what was programmed:
//!
//! ```
//! use fetchbench::{backend::Row, fetch::Options, scenario::Scenario, server::Server};
//!
//! # fn main() -> anyhow::Result<()> {
//! let scenario = Scenario::load("article")?.time_scaled(0.02);
//! let server = Server::bind(scenario.clone().into())?;
//! let urls: Vec<url::Url> = server.announcement().sites.iter().map(|site| site.url.parse()).collect::<Result<_, _>>()?;
//! std::thread::spawn(move || server.run());
//!
//! let row: Row = "ureq@threads".parse()?;
//! let mut session = row.open(&Options::default(), &scenario.limits)?;
//! let pass = session.fetch_all(&urls)?;
//! scenario.verify(0, urls.len(), &pass)?;
//! // What the delays alone take is the least that any row can.
//! assert!(pass.elapsed >= scenario.ideal(0, row.slots(&scenario.limits)));
//! # Ok(())
//! # }
//! ```
//!
//! `compare` lets rows make passes by turns in processes of their own ([`measure`]), keeps every pass ([`record`]), says
//! what differs and whether that is real ([`analysis`]), and shows it ([`report`]). To bring a client of your own,
//! implement [`fetch::Fetch`] and hand it to [`worker::serve`].
//!
//! The modules stand floor by floor: each uses only those above it.

#![deny(unsafe_code)]
#![warn(missing_docs)]

// Floor 0: values and pure functions.
pub mod units;
pub mod files;
pub mod lockfile;
pub mod tls_error;
pub mod error;
pub mod fault;
pub mod site;
#[cfg(test)]
pub mod mutation;
pub mod schedule;
pub mod stats;
pub mod paired;
pub mod child;
pub mod counting;
pub mod roots;
pub mod machine;

// Floor 1: what is fetched, and what comes of it.
pub mod redirect;
pub mod answer;
pub mod fetch;
pub mod witness;
pub mod scenario;
pub mod site_list;

// Floor 2: both ends of the wire, which never know each other, and what is kept.
pub mod client;
pub mod server;
pub mod record;
pub mod worker;

// Floor 3: what is compared, and what a comparison's record says.
pub mod backend;
pub mod conformance;
pub mod analysis;
pub mod metric;
pub mod calibration;
pub mod difference;
pub mod agreement;
pub mod endings;

// Floor 4: what is measured and what is shown; they meet in the record only.
pub mod measure;
pub mod report;

// Floor 5: the command line.
pub mod cli;
