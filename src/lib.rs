//! fetchbench answers one question: which way of fetching many sites is fastest here, by how much,
//! is the difference real, and what does it cost?
//!
//! A [scenario](scenario::Scenario) names sites and the reply that a mock [server](server::Server)
//! gives for each. A [backend](backend::Row) is a client on an executor and opens a
//! [session](fetch::Fetch). A session fetches a whole list, and every answer is verified:
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
//! [`compare`] runs every backend in a process of its own, in paired rounds, and keeps every pass
//! in a [`record`]. Its analysis states what differs and whether that is real, and [`report`] shows
//! it. To bring a client of your own, implement [`fetch::Fetch`] and hand it to [`worker::serve`].
//!
//! The modules stand floor by floor: each uses only those above it.

#![deny(unsafe_code)]
#![warn(missing_docs)]

// Floor 0: pure functions on numbers; what every backend owes.
pub mod stats;
pub mod fetch;

// Floor 1: what is fetched; the line protocol of workers.
pub mod scenario;
pub mod worker;

// Floor 2: both ends of the wire, which never know each other.
pub mod client;
pub mod server;

// Floor 3: what is kept; the table of backends; escapes, numbers and tables.
pub mod record;
pub mod backend;
pub mod render;

// Floor 4: the experiment, its record and what follows from it; tools with a command each.
pub mod compare;
pub mod tools;

// Floor 5: views, which measure nothing.
pub mod report;

// Floor 6: the command line.
pub mod cli;
