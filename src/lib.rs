//! fetchbench compares HTTP clients and async runtimes on the same workload: time, CPU, memory and
//! correctness.
//!
//! A [scenario](scenario::Scenario) names sites and the reply that a mock [server](server::Server)
//! gives for each. A [backend](backend::Backend) is a client on an executor and opens a
//! [session](fetch::Fetch). A session fetches a whole list, and every answer is verified:
//!
//! ```
//! # #[cfg(not(feature = "ureq"))]
//! # fn main() {}
//! # #[cfg(feature = "ureq")]
//! # fn main() -> anyhow::Result<()> {
//! use fetchbench::backend::Backend;
//! use fetchbench::client::UserOptions;
//! use fetchbench::fetch::Progress;
//! use fetchbench::scenario::Scenario;
//! use fetchbench::server::Server;
//!
//! let scenario = Scenario::load("article")?.time_scaled(0.02);
//! let server = Server::bind(scenario.clone().into())?;
//! let urls: Vec<url::Url> =
//!     server.announcement().sites.iter().map(|site| site.url.parse()).collect::<Result<_, _>>()?;
//! std::thread::spawn(move || server.run());
//!
//! let backend: Backend = "ureq@threads".parse()?;
//! let progress = Progress::default();
//! let mut session = backend.open(&UserOptions::default(), &scenario.limits, &progress)?;
//! let pass = session.fetch_all(&urls)?;
//! scenario.verify(0, urls.len(), &pass)?;
//! // The delays alone take this long, so no backend can be faster.
//! assert!(pass.elapsed >= scenario.ideal(0, backend.slots(&scenario.limits)));
//! # Ok(())
//! # }
//! ```
//!
//! [`compare`] runs every backend in a separate process, in paired rounds, and keeps every pass in
//! a [`record`]. Its analysis finds the differences and whether they are real, and [`report`] shows
//! them. To add your own client, implement [`fetch::Fetch`] and pass it to [`worker::serve`].
//!
//! The modules are layered: each uses only those listed above it.

#![deny(unsafe_code)]
#![warn(missing_docs)]
// What only some backends use is used by all backends together.
#![cfg_attr(not(feature = "full"), allow(dead_code, unused_imports))]

// `record/fixtures.rs` is part of the integration tests too, and names this crate as they do.
#[cfg(test)]
extern crate self as fetchbench;

// Floor 0: the interface of every backend; pure functions on numbers.
pub mod fetch;
#[cfg(any(feature = "harness", test))]
pub mod stats;

// Floor 1: the line protocol of workers; the sites to fetch.
pub mod worker;
#[cfg(feature = "harness")]
pub mod scenario;

// Floor 2: the distance between both ends of the wire; the ends, which do not know each other.
#[cfg(feature = "harness")]
pub mod link;
#[cfg(feature = "harness")]
pub mod client;
#[cfg(feature = "harness")]
pub mod server;

// Floor 3: records; the table of backends; escapes, numbers and tables.
#[cfg(feature = "harness")]
pub mod record;
#[cfg(feature = "harness")]
pub mod backend;
#[cfg(feature = "harness")]
pub mod render;

// Floor 4: the experiment, its record and its analysis; tools with a command each.
#[cfg(feature = "harness")]
pub mod compare;
#[cfg(feature = "harness")]
pub mod tools;

// Floor 5: views, which measure nothing.
#[cfg(feature = "harness")]
pub mod report;

// Floor 6: the command line.
#[cfg(feature = "harness")]
pub mod cli;
