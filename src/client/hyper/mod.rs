//! The client hyper, on its low-level connections and a keep-alive pool of our own.
//!
//! A connection of hyper is two halves: a sender for requests, and a driver that moves bytes and
//! must be polled. Usually the driver is spawned as a task, and each fetch wakes one task from the
//! other. Here the fetch itself polls the driver of the connection that it has taken from the pool:
//! no task to wake, and no executor to spawn on. An idle connection that the server has closed is
//! found out before the request is sent over it.

use super::Runtime;
use super::pooled::Pooled;

mod read_waker;
mod connection;
mod io;

/// hyper on a runtime.
pub type Hyper<R> = Pooled<R, connection::Connection<<R as Runtime>::Stream>>;
