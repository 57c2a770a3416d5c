//! The mock server: answers each site of a scenario after its programmed delay, and counts what it saw.
//!
//! One engine, ours, so that no client or runtime is judged by a relative: a single-threaded event loop ([`Server`]) with
//! a heap of deadlines. Measurements start it in a process of its own ([`ServerProcess`]), so that the fetches measured do
//! not share its memory or its scheduler.
//!
//! One listener for each origin, and one for control: `GET /witness` there tells the counts so far as JSON, `GET /take`
//! the same and starts anew. Control is not counted. One thread does all, so the counts are exact: they hold a response as
//! soon as its client can have read the last byte.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use anyhow::Context;
use mio::Waker;

use self::engine::Engine;
use self::listen::listen;
use self::origins::{Origins, address};
use self::service::{Door, Service};
use self::socket::stamp_arrivals;
use crate::fault::Listening;
use crate::scenario::Scenario;
use crate::site::{Delay, Reply};

mod announcement;
mod certificates;
mod clock;
mod connection;
mod deadlines;
mod engine;
mod listen;
mod origins;
mod overflows;
mod pace;
mod process;
mod request;
mod response;
mod script;
mod service;
mod sleep;
mod socket;
mod tally;
mod timer;
mod wire;

pub use self::announcement::{AnnouncedSite, Announcement};
pub use self::process::ServerProcess;

/// A mock server with its listeners bound.
#[derive(Debug)]
pub struct Server {
    announcement: Announcement,
    engine: Engine,
    stopper: Stopper,
    /// Bound and never listened to: who connects there is refused.
    _refusing: Vec<OwnedFd>,
}

impl Server {
    /// Binds a listener for each origin of `scenario`, and one for control, to free ports of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// Most likely too few file descriptors for the origins.
    pub fn bind(scenario: Arc<Scenario>) -> anyhow::Result<Self> {
        let origins = Origins::bind(&scenario)?;
        let control = listen().context("cannot listen for the control channel")?;
        let control_address = address(Listening::Plain, control.local_addr()?.port());
        make_bodies_ready();
        let announcement = Announcement::new(&scenario, &origins.addresses, &control_address, origins.cacert);
        let (mut listeners, mut doors) = (origins.listeners, origins.doors);
        if scenario.has_delays() {
            listeners.iter().try_for_each(stamp_arrivals).context("cannot have arrivals stamped")?;
        }
        listeners.push(control);
        doors.push(Door::Control);
        let service = Service::new(scenario, origins.addresses.into_iter().zip(origins.entrances).collect());
        let engine = Engine::new(listeners, doors, service, true)?;
        let stopper = Stopper(engine.waker()?);
        Ok(Self { announcement, engine, stopper, _refusing: origins.refusing })
    }

    /// Where everything is found.
    pub fn announcement(&self) -> &Announcement {
        &self.announcement
    }

    /// What ends [`run`](Self::run), from another thread.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Serves until stopped, then closes all connections.
    ///
    /// # Errors
    ///
    /// The system's own trouble, never a client's.
    pub fn run(self) -> io::Result<()> {
        self.engine.run()
    }
}

/// Ends a [`Server`] from another thread.
#[derive(Debug, Clone)]
pub struct Stopper(Arc<Waker>);

impl Stopper {
    /// Ends it, also where it has not begun to run.
    pub fn stop(&self) {
        // Fails only where the server has gone already.
        let _ = self.0.wake();
    }
}

/// Fills the random buffer that all bodies share, which would otherwise happen during the first response.
fn make_bodies_ready() {
    let reply = Reply {
        status: 200,
        headers: Vec::new(),
        begins: Vec::new(),
        bytes: 1,
        delay: Delay::NONE,
        body_time: Delay::NONE,
        fault: None,
    };
    reply.body(0, 0, 0).crc32();
}
