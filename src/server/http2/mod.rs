//! HTTP/2 (RFC 9113): reads frames, answers streams, and obeys both windows of flow control.

pub(crate) mod audited;
pub(super) mod connection;
mod control;
mod error;
mod flow;
mod frame;
mod head;
mod hpack;
mod intake;
mod outbox;
mod request;
mod script;
mod sender;
mod session;
mod settings;
mod stream;

#[cfg(any(test, fuzzing))]
pub use self::hpack::examine::examine as examine_hpack;
