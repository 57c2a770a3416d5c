//! All integration tests, in one program.

mod backends;
mod mock;
mod raw_server;
