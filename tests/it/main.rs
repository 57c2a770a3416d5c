//! All integration tests, in one program.

mod anomalies;
mod arguments;
mod audit;
mod backends;
mod calibration;
mod circles;
mod cli;
mod committed;
mod compare;
mod conformance;
mod diff;
mod environment;
mod families;
mod fitness;
#[allow(dead_code, reason = "unit tests use the rest")]
#[path = "../../src/record/fixtures.rs"]
mod fixtures;
mod glossary;
mod grid_families;
mod hostile;
mod instructions;
mod large;
mod lists;
mod live;
mod manuals;
mod markdown_block;
mod mock;
mod namespace;
mod pages;
mod peers;
mod people;
mod protocol;
mod raw_server;
mod refusals;
mod report;
mod rfc9112;
mod schema;
mod server;
mod statements;
mod statistics;
mod tidy;
mod tls;
mod user_headers;
mod waits;
mod widths;
mod workshop;
