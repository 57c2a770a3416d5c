//! fetchbench answers one question: which way of fetching many sites is fastest here, by how much, is the difference
//! real, and what does it cost?
//!
//! The modules stand floor by floor: each uses only those above it.

#![deny(unsafe_code)]
#![warn(missing_docs)]

// Floor 0: values and pure functions.
pub mod units;
pub mod lockfile;
pub mod site;
pub mod schedule;
pub mod stats;

// Floor 1: what is fetched, and what comes of it.
pub mod error;
pub mod answer;
pub mod fetch;
pub mod witness;
pub mod scenario;
pub mod site_list;

// Floor 2: both ends of the wire, which never know each other, and what is kept.
pub mod client;
pub mod server;
pub mod record;

// Floor 3: what is compared.
pub mod backend;

// Floor 4: what is shown.
pub mod report;

// Floor 5: the command line.
pub mod cli;
