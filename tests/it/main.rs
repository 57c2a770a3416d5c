//! All integration tests, in one program.

mod anomalies;
mod arguments;
mod audit;
mod backends;
mod cli;
mod compare;
mod conformance;
mod diff;
mod environment;
mod hostile;
mod large;
mod lists;
mod manuals;
mod mock;
mod pages;
mod peers;
mod protocol;
mod raw_server;
mod report;
mod schema;
mod server;
mod statistics;
mod tidy;
mod tls;
