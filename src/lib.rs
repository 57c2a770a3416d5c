//! fetchbench answers one question: which way of fetching many sites is fastest here, by how much, is the difference
//! real, and what does it cost?
//!
//! The modules stand floor by floor: each uses only those above it.

#![deny(unsafe_code)]
#![warn(missing_docs)]

// Floor 0: values and pure functions.
pub mod units;
pub mod lockfile;
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

// Floor 4: what is measured and what is shown; they meet in the record only.
pub mod measure;
pub mod report;

// Floor 5: the command line.
pub mod cli;
