//! All integration tests, in one program.

mod backends;
mod cli;
mod mock;
mod peers;
mod raw_server;
mod report;
mod server;
mod tidy;
