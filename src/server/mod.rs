//! The mock server: answers each site of a scenario after its programmed delay, and counts
//! requests.
//!
//! The server has a single engine, written for this program, so that no client or executor is
//! measured with a server built on it: one event loop with its deadlines, or several that share
//! only counters ([`Server`]). Measurements start it in a separate process ([`ServerProcess`]), so
//! that the measured fetches do not share its memory or its scheduler.
//!
//! Each origin has a listener, and there is one for control: `GET /witness` returns the counts so
//! far as JSON, `GET /take` returns and resets them. Control requests are not counted. The counts
//! are exact: they include a response as soon as its client can have read the last byte, because
//! every loop reports its counts only once its current work is done.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;

use self::access_log::AccessLog;
use self::bounds::EngineBounds;
use self::endpoint::Endpoint;
use self::engine::Engine;
use self::listen::listen;
use self::message::{Mailbox, Message};
use self::origins::BoundOrigins;
use self::served::ServedScenario;
use self::service::Service;
use self::socket::stamp_arrivals;
use self::tally::{InFlight, Tally};
use crate::scenario::Scenario;
use crate::scenario::site::{Delay, Reply};

pub mod witness;
mod access_log;
mod announcement;
mod bounds;
mod certificates;
mod clock;
mod connection;
mod connections;
mod deadlines;
mod endpoint;
mod engine;
mod http1;
mod http2;
mod listen;
mod listeners;
mod message;
mod next;
mod opening;
mod origins;
mod overflows;
mod pace;
mod play;
mod polled;
mod process;
mod request;
mod response;
mod script;
mod served;
mod service;
mod sessions;
mod setup;
mod sleep;
mod socket;
mod tally;
mod visit;
mod timer;
mod warmth;
mod wire;

pub use self::announcement::{AnnouncedSite, Announcement};
#[cfg(any(test, fuzzing))]
pub use self::http1::examine::examine;
pub(crate) use self::http2::audited::{AuditedConnection, SentHttp2, SentRequest};
#[cfg(any(test, fuzzing))]
pub use self::http2::examine_hpack;
pub use self::process::ServerProcess;
pub use self::setup::Setup;

/// A mock server with its listeners bound.
#[derive(Debug)]
pub struct Server {
    announcement: Announcement,
    /// The first one accepts connections and deals them to all in turn.
    engines: Vec<Engine>,
    /// Bound but not listening: connections to them are refused.
    _refusing: Vec<OwnedFd>,
}

impl Server {
    /// Binds a listener for each origin of `scenario`, and one for control, to free ports of
    /// 127.0.0.1.
    ///
    /// # Errors
    ///
    /// Most likely too few file descriptors for the origins.
    pub fn bind(scenario: Arc<Scenario>) -> anyhow::Result<Self> {
        Self::bind_as(scenario, Setup::default())
    }

    /// Binds the listeners as `setup` specifies.
    ///
    /// # Errors
    ///
    /// Too few file descriptors for the origins, or an address or port that is not available.
    pub fn bind_as(scenario: Arc<Scenario>, setup: Setup) -> anyhow::Result<Self> {
        let mut origins = BoundOrigins::bind(&scenario, &setup)?;
        let control = setup
            .socket_address(scenario.origins.len())
            .and_then(|address| Ok(listen(address, setup.congestion)?));
        let control = control.context("cannot listen for the control channel")?;
        let control_address = setup.origin("http", control.local_addr()?.port());
        make_bodies_ready();
        let announcement =
            Announcement::new(&scenario, &origins.addresses, &control_address, origins.cacert);
        if scenario.has_delays() {
            origins
                .listeners
                .iter()
                .try_for_each(stamp_arrivals)
                .context("cannot have arrivals stamped")?;
        }
        let named = origins.addresses.into_iter().zip(origins.entrances).collect();
        let mut engines = engines(Arc::new(ServedScenario::new(scenario, named)), setup)?;
        origins.listeners.push(control);
        origins.endpoints.push(Endpoint::Control);
        let colleagues = engines[1..].iter().map(Engine::mailbox).collect();
        engines[0].listen(origins.listeners, origins.endpoints, colleagues)?;
        Ok(Self { announcement, engines, _refusing: origins.refusing })
    }

    /// Returns the addresses of the origins, the sites and the control channel.
    pub fn announcement(&self) -> &Announcement {
        &self.announcement
    }

    /// Returns a handle that ends [`run`](Self::run) from another thread.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.engines.iter().map(Engine::mailbox).collect())
    }

    /// Serves until stopped, then closes all connections.
    ///
    /// # Errors
    ///
    /// A failure of the system. Clients never cause one.
    pub fn run(self) -> io::Result<()> {
        let stopper = self.stopper();
        let mut engines = self.engines.into_iter();
        let first = engines.next().expect("there is one loop at least");
        thread::scope(|scope| {
            let mut others = Vec::new();
            for engine in engines {
                let builder = thread::Builder::new().name("loop".to_owned());
                others.push(builder.spawn_scoped(scope, || engine.run())?);
            }
            let result = first.run();
            if result.is_err() {
                stopper.stop();
            }
            others.into_iter().fold(result, |result, other| {
                result.and(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            })
        })
    }
}

/// Creates the loops of a server.
fn engines(served: Arc<ServedScenario>, setup: Setup) -> io::Result<Vec<Engine>> {
    let bounds = Arc::new(EngineBounds {
        open: AtomicUsize::new(0),
        most: setup.max_connections,
        head_timeout: setup.head_timeout,
    });
    let in_flight = Arc::<InFlight>::default();
    let log = setup.access_log.map(|file| Arc::new(Mutex::new(file)));
    let mut engines = Vec::new();
    for _ in 0..setup.loops.get() {
        let service = Service {
            served: Arc::clone(&served),
            tally: Tally::new(Arc::clone(&in_flight)),
            log: log.clone().map(AccessLog::new),
            colleagues: Vec::new(),
            refused: None,
            is_ending: false,
        };
        engines.push(Engine::new(service, setup.spins, Arc::clone(&bounds))?);
    }
    Ok(engines)
}

/// Ends a [`Server`] from another thread.
#[derive(Debug, Clone)]
pub struct Stopper(Vec<Mailbox>);

impl Stopper {
    /// Ends the server at once, even if it does not run yet.
    pub fn stop(&self) {
        self.0.iter().for_each(|loops| loops.send(Message::Stop));
    }

    /// Ends the server once the pending responses are sent, or after `within`. It accepts no more
    /// connections.
    pub fn finish(&self, within: Duration) {
        let until = Instant::now() + within;
        self.0.iter().for_each(|loops| loops.send(Message::Finish(until)));
    }
}

/// Fills the random buffer that all bodies share. Otherwise the first response would do it.
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
