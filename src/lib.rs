//! fetchbench answers one question: which way of fetching many sites is fastest here, by how much,
//! is the difference real, and what does it cost?
//!
//! A [scenario](scenario::Scenario) names sites and the reply that a mock [server](server::Server)
//! gives for each. A [backend](backend::Backend) is a client on an executor and opens a
//! [session](fetch::Fetch). A session fetches a whole list, and every answer is verified:
//!
//! ```
//! use fetchbench::{backend::Backend, fetch::Options, scenario::Scenario, server::Server};
//!
//! # fn main() -> anyhow::Result<()> {
//! let scenario = Scenario::load("article")?.time_scaled(0.02);
//! let server = Server::bind(scenario.clone().into())?;
//! let urls: Vec<url::Url> =
//!     server.announcement().sites.iter().map(|site| site.url.parse()).collect::<Result<_, _>>()?;
//! std::thread::spawn(move || server.run());
//!
//! let row: Backend = "ureq@threads".parse()?;
//! let mut session = row.open(&Options::default(), &scenario.limits)?;
//! let pass = session.fetch_all(&urls)?;
//! scenario.verify(0, urls.len(), &pass)?;
//! // The delays alone take this long, so no backend can be faster.
//! assert!(pass.elapsed >= scenario.ideal(0, row.slots(&scenario.limits)));
//! # Ok(())
//! # }
//! ```
//!
//! [`compare`] runs every backend in a separate process, in paired rounds, and keeps every pass in
//! a [`record`]. Its analysis finds the differences and whether they are real, and [`report`] shows
//! them. To add your own client, implement [`fetch::Fetch`] and pass it to [`worker::serve`].
//!
//! The modules are listed floor by floor: each uses only those above it.

#![deny(unsafe_code)]
#![warn(missing_docs)]

// Floor 0: pure functions on numbers; the interface of every backend.
pub mod stats;
pub mod fetch;

// Floor 1: the sites to fetch; the line protocol of workers.
pub mod scenario;
pub mod worker;

// Floor 2: both ends of the wire, which do not know each other.
pub mod client;
pub mod server;

// Floor 3: records; the table of backends; escapes, numbers and tables.
pub mod record;
pub mod backend;
pub mod render;

// Floor 4: the experiment, its record and its analysis; tools with a command each.
pub mod compare;
pub mod tools;

// Floor 5: views, which measure nothing.
pub mod report;

// Floor 6: the command line.
pub mod cli;
