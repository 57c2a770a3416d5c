//! HTTP/1: parses requests, encodes responses, and drives a connection from one to the next.

pub(super) mod connection;
mod encode;
#[cfg(any(test, fuzzing))]
pub mod examine;
pub(super) mod heads;
pub(super) mod parse;
mod phase;
mod unread;
