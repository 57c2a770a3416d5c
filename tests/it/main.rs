//! All integration tests, in one program.

mod anomalies;
mod audit;
mod backends;
mod cli;
mod compare;
mod conformance;
mod diff;
mod families;
mod grid_families;
mod hostile;
mod large;
mod live;
mod manuals;
mod mock;
mod namespace;
mod pages;
mod peers;
mod people;
mod protocol;
mod raw_server;
mod report;
mod schema;
mod server;
mod statistics;
mod tidy;
mod user_headers;
