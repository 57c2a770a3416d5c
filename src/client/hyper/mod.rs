//! The client hyper, on its low-level connections and fetchbench's keep-alive pool.
//!
//! A hyper connection has two halves: a sender for requests, and a driver that moves bytes and must
//! be polled. Usually the driver is spawned as a task, and in each fetch one task wakes the other.
//! Here the fetch itself polls the driver of the connection that it took from the pool, so it needs
//! no task to wake and no executor to spawn on. It detects an idle connection that the server has
//! closed before it sends the request.

use super::Runtime;
use super::pooled::Pooled;

mod read_waker;
mod connection;
mod http2;
mod io;

pub use self::http2::HyperHttp2;

/// hyper on a runtime.
pub type Hyper<R> = Pooled<R, connection::HyperConnection<<R as Runtime>::Stream>>;
