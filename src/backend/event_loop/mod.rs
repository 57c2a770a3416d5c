//! The executor `loop`: an event loop over non-blocking sockets, on the thread that asks for the
//! pass.
//!
//! It drives only the client `floor`: readiness events are no use to a client that has its own
//! runtime. One system call sends a request, one receives its answer, and one waits for any number
//! of sockets.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use mio::{Events, Poll};
use url::Url;

use self::deadlines::FetchDeadlines;
use self::flight::Flight;
use self::lookup::{Found, LOOKUP, Lookups};
use self::pool::EventLoopPool;
use super::job::{Job, Opened, SessionSettings, gather};
use super::options::BackendOptions;
use crate::client::floor::{Floor, FloorStep};
use crate::fetch::answer::{Head, Page, Received};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::{Fetch, Fetched, Pass};

mod deadlines;
mod flight;
pub(super) mod http2;
mod lookup;
mod pool;

/// The number of events taken from the system at once.
const BATCH: usize = 1024;

/// Size of the read buffer: the contents of a socket. Bytes are checksummed there while they are
/// still in the nearest caches.
const SCRATCH_BYTES: usize = 128 << 10;

struct Session {
    opened: Opened<Floor>,
    poll: Poll,
    lookups: Lookups,
    pool: EventLoopPool,
    scratch: Box<[u8]>,
}

pub(super) fn open(
    _: &BackendOptions,
    settings: SessionSettings,
) -> anyhow::Result<Box<dyn Fetch>> {
    let poll = Poll::new()?;
    Ok(Box::new(Session {
        lookups: Lookups::new(poll.registry())?,
        pool: EventLoopPool::new(settings.limits.max_connections.get()),
        opened: Opened::new(settings)?,
        poll,
        scratch: vec![0; SCRATCH_BYTES].into(),
    }))
}

impl Fetch for Session {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        if self.opened.is_cold() {
            // The numbers of the origins belong to the client, and a cold pass has a new one.
            self.pool.close_all();
        }
        let job = self.opened.start(urls)?;
        let slots = job.workers();
        let mut run = Run {
            job: &job,
            poll: &mut self.poll,
            lookups: &mut self.lookups,
            pool: &mut self.pool,
            scratch: &mut self.scratch,
            flights: (0..slots).map(|_| None).collect(),
            free: (0..slots).rev().collect(),
            deadlines: FetchDeadlines::new(slots),
            unfinished: Vec::new(),
            handed_in: Vec::with_capacity(urls.len()),
        };
        run.fetch_all()?;
        Ok(gather(run.handed_in))
    }
}

/// A pass in progress.
struct Run<'a> {
    job: &'a Job<Floor>,
    poll: &'a mut Poll,
    lookups: &'a mut Lookups,
    pool: &'a mut EventLoopPool,
    scratch: &'a mut [u8],
    /// The fetch in each slot. There are as many slots as fetches may be in flight.
    flights: Vec<Option<Flight<'a>>>,
    /// Idle slots: their fetch has ended, and they have not taken the next one yet.
    free: Vec<usize>,
    deadlines: FetchDeadlines,
    /// Connections with more to read, set aside so that others get their turn.
    unfinished: Vec<usize>,
    handed_in: Vec<(usize, Fetched)>,
}

impl Run<'_> {
    fn fetch_all(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(BATCH);
        self.sort_out_closed(&mut events)?;
        self.refill();
        while let Some(left) = self.time_left() {
            if left.is_zero() {
                self.end_overdue();
            } else {
                let patience = if self.unfinished.is_empty() { left } else { Duration::ZERO };
                self.poll_once(&mut events, patience)?;
            }
        }
        Ok(())
    }

    /// Closes connections that servers closed since the last pass. The system has kept their
    /// events.
    fn sort_out_closed(&mut self, events: &mut Events) -> io::Result<()> {
        loop {
            self.poll.poll(events, Some(Duration::ZERO))?;
            for event in events.iter().filter(|event| event.token() != LOOKUP) {
                self.pool.look_after_idle(event.token().0);
            }
            if events.iter().count() < BATCH {
                return Ok(());
            }
        }
    }

    /// Returns the time left for the fetch that is due first, or `None` if none is in progress.
    fn time_left(&mut self) -> Option<Duration> {
        let flights = &self.flights;
        self.deadlines
            .time_left(|slot| flights[slot].as_ref().map(|flight| flight.fetching.index()))
    }

    /// Ends the fetch that is due first with a timeout.
    fn end_overdue(&mut self) {
        if let Some(slot) = self.deadlines.take_first() {
            self.end(slot, Err(FetchError::timeout(self.job.limits.deadline)));
            self.refill();
        }
    }

    /// Waits for sockets once and handles their events.
    fn poll_once(&mut self, events: &mut Events, patience: Duration) -> io::Result<()> {
        match self.poll.poll(events, Some(patience)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        for token in std::mem::take(&mut self.unfinished) {
            // The event for the end of the socket came earlier, and may have been missed.
            self.advance(token, true);
        }
        for event in events.iter() {
            match event.token() {
                LOOKUP => self.take_addresses(),
                token => self.advance(token.0, event.is_read_closed() || event.is_error()),
            }
            // At once, so that the server has the next request while other answers are read.
            self.refill();
        }
        self.refill();
        Ok(())
    }

    /// Begins the next fetches in the free slots.
    fn refill(&mut self) {
        while let Some(slot) = self.free.pop() {
            let Some(fetching) = self.job.take() else { continue };
            self.deadlines.add(&fetching, slot);
            self.flights[slot] = Some(Flight::new(fetching, self.job.limits.max_body));
            self.request(slot);
        }
    }

    /// Ends the fetch of a slot with a result.
    fn end(&mut self, slot: usize, result: Result<Page, FetchError>) {
        let Some(flight) = self.flights[slot].take() else { return };
        if let Some(token) = flight.connection {
            self.unfinished.retain(|other| *other != token);
            self.pool.close(token);
        }
        self.handed_in.push(flight.fetching.end(result));
        self.free.push(slot);
    }

    /// Sends the request of a slot over an idle connection, or opens a new one.
    fn request(&mut self, slot: usize) {
        let Some(flight) = &mut self.flights[slot] else { return };
        let destination = match flight.fetching.target() {
            Ok(target) => &target.destination,
            Err(error) => return self.end(slot, Err(error)),
        };
        if let Some(token) = self.pool.take_idle(destination.number) {
            return self.use_connection(slot, token);
        }
        match destination.origin.address() {
            Some(address) => self.connect_to(slot, vec![address]),
            None => match self.lookups.begin(slot, &destination.origin) {
                Ok(id) => flight.lookup = Some(id),
                Err(error) => self.end(slot, Err(error)),
            },
        }
    }

    /// Continues the fetches with resolved hosts.
    fn take_addresses(&mut self) {
        while let Some(Found { slot, id, addresses }) = self.lookups.next() {
            // The fetch that asked may have met its deadline meanwhile.
            let asked = self
                .flights
                .get(slot)
                .and_then(Option::as_ref)
                .is_some_and(|flight| flight.lookup == Some(id));
            match addresses {
                _ if !asked => {}
                Ok(addresses) => self.connect_to(slot, addresses),
                Err(error) => self.end(slot, Err(error)),
            }
        }
    }

    fn connect_to(&mut self, slot: usize, addresses: Vec<SocketAddr>) {
        if let Some(flight) = &mut self.flights[slot] {
            flight.lookup = None;
            flight.addresses = addresses.into_iter();
            self.connect(slot, FetchError::new(ErrorClass::Dns, "the name has no address"));
        }
    }

    /// Connects a slot to its next address. If none is left, ends the fetch with the last error.
    fn connect(&mut self, slot: usize, mut failed: FetchError) {
        let Some(flight) = &mut self.flights[slot] else { return };
        let destination = match flight.fetching.target() {
            Ok(target) => target.destination.number,
            Err(error) => return self.end(slot, Err(error)),
        };
        for address in flight.addresses.by_ref() {
            match self.pool.connect(address, destination, self.poll.registry()) {
                Ok(token) => return self.use_connection(slot, token),
                Err(error) => failed = FetchError::io(&error, ErrorClass::Connect),
            }
        }
        self.end(slot, Err(failed));
    }

    fn use_connection(&mut self, slot: usize, token: usize) {
        if let Some(flight) = &mut self.flights[slot] {
            flight.connection = Some(token);
            self.pool.begin(token, slot);
            self.advance(token, false);
        }
    }

    /// Advances the fetch that uses a connection, or checks an idle connection.
    fn advance(&mut self, token: usize, closing: bool) {
        // The event may belong to a connection that was just closed.
        let Some(connection) = self.pool.get(token) else { return };
        let Some(slot) = connection.slot else { return self.pool.look_after_idle(token) };
        let Some(flight) = &mut self.flights[slot] else { return };
        let Ok(target) = flight.fetching.target() else { return };
        match connection.advance(&target.request, closing, self.scratch, &mut flight.body) {
            FloorStep::Wait => {}
            FloorStep::Yield if self.unfinished.contains(&token) => {}
            FloorStep::Yield => self.unfinished.push(token),
            FloorStep::Done(head, keep) => {
                flight.connection = None;
                if keep && self.job.client.keep {
                    self.pool.give_back(token)
                } else {
                    self.pool.close(token)
                }
                self.answered(slot, &head);
            }
            FloorStep::Unconnected(error) => {
                flight.connection = None;
                self.pool.close(token);
                self.connect(slot, error);
            }
            FloorStep::Failed(error) => self.end(slot, Err(error)),
        }
    }

    /// Follows the redirect of an answer, or ends the fetch with it.
    fn answered(&mut self, slot: usize, head: &Head) {
        let Some(flight) = &mut self.flights[slot] else { return };
        let body = std::mem::replace(&mut flight.body, Received::new(self.job.limits.max_body));
        match flight.fetching.follow(head) {
            Ok(true) => self.request(slot),
            Ok(false) => self.end(slot, body.finish(head)),
            Err(error) => self.end(slot, Err(error)),
        }
    }
}
