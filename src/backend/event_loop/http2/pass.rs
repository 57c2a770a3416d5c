//! A pass over HTTP/2, event by event.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use mio::{Events, Poll};

use super::super::super::job::{Fetching, Job};
use super::super::BATCH;
use super::super::deadlines::FetchDeadlines;
use super::super::lookup::{Found, LOOKUP, LookupId, Lookups};
use super::links::Links;
use crate::client::floor::{Floor, StreamEnd, StreamOutcome, StreamsStep};
use crate::fetch::Fetched;
use crate::fetch::answer::{Head, Page, Received};
use crate::fetch::error::FetchError;

/// Maximum number of attempts for a request that the server did not process (RFC 9113, section
/// 8.7).
const ATTEMPTS: u32 = 10;

/// The fetch of a slot.
pub(super) struct StreamFlight<'a> {
    fetching: Fetching<'a, Floor>,
    /// The connection that carries it, or that it waits for.
    link: Option<usize>,
    /// The look-up that it waits for.
    lookup: Option<LookupId>,
    /// How often its request was not processed.
    refusals: u32,
}

/// A pass in progress.
pub(super) struct StreamPass<'a> {
    pub job: &'a Job<Floor>,
    pub poll: &'a mut Poll,
    pub lookups: &'a mut Lookups,
    pub links: &'a mut Links,
    pub scratch: &'a mut [u8],
    /// The fetch in each slot. There are as many slots as fetches may be in flight.
    pub flights: Vec<Option<StreamFlight<'a>>>,
    /// Idle slots: their fetch has ended, and they have not taken the next one yet.
    pub free: Vec<usize>,
    pub deadlines: FetchDeadlines,
    /// Connections with more to read, set aside so that others get their turn.
    pub unfinished: Vec<usize>,
    /// Connections that may have something to send.
    pub changed: Vec<usize>,
    pub handed_in: Vec<(usize, Fetched)>,
}

impl StreamPass<'_> {
    /// Fetches all urls.
    pub fn fetch_all(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(BATCH);
        // The system has kept the events of connections that servers closed since the last pass.
        self.poll_once(&mut events, Duration::ZERO)?;
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
        }
        self.refill();
        Ok(())
    }

    /// Begins the next fetches in the free slots, and sends all requests.
    fn refill(&mut self) {
        loop {
            while let Some(slot) = self.free.pop() {
                let Some(fetching) = self.job.take() else { continue };
                self.deadlines.add(&fetching, slot);
                let flight = StreamFlight { fetching, link: None, lookup: None, refusals: 0 };
                self.flights[slot] = Some(flight);
                self.request(slot);
            }
            let Some(token) = self.changed.pop() else { return };
            if let Some(streams) = self.links.get(token) {
                let step = streams.flush();
                // If the connection has ended, slots are free again.
                self.settle(token, step);
            }
        }
    }

    /// Ends the fetch of a slot with a result.
    fn end(&mut self, slot: usize, result: Result<Page, FetchError>) {
        let Some(flight) = self.flights[slot].take() else { return };
        if let Some(token) = flight.link
            && let Some(streams) = self.links.get(token)
        {
            streams.cancel(slot);
            // Its room goes to a fetch that waits, because the server may send nothing more.
            self.begin_waiting(token);
        }
        self.handed_in.push(flight.fetching.end(result));
        self.free.push(slot);
    }

    /// Sends the request of a slot over a connection, or opens a new one.
    fn request(&mut self, slot: usize) {
        let Some(flight) = &mut self.flights[slot] else { return };
        let destination = match flight.fetching.target() {
            Ok(target) => &target.destination,
            Err(error) => return self.end(slot, Err(error)),
        };
        if self.job.client.keep
            && let Some(token) = self.links.choose(destination.number)
        {
            return self.use_link(slot, token);
        }
        match destination.origin.address() {
            Some(address) => self.connect(slot, vec![address]),
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
            let flight = self.flights.get_mut(slot).and_then(Option::as_mut);
            let Some(flight) = flight.filter(|flight| flight.lookup == Some(id)) else { continue };
            flight.lookup = None;
            match addresses {
                Ok(addresses) => self.connect(slot, addresses),
                Err(error) => self.end(slot, Err(error)),
            }
        }
    }

    /// Connects a slot, unless another has connected to its origin meanwhile.
    fn connect(&mut self, slot: usize, addresses: Vec<SocketAddr>) {
        let Some(flight) = &self.flights[slot] else { return };
        let Ok(target) = flight.fetching.target() else { return };
        let number = target.destination.number;
        let chosen = if self.job.client.keep { self.links.choose(number) } else { None };
        let token = match chosen {
            Some(token) => Ok(token),
            None => self.links.connect(addresses, number, self.poll.registry()),
        };
        match token {
            Ok(token) => self.use_link(slot, token),
            Err(error) => self.end(slot, Err(error)),
        }
    }

    fn use_link(&mut self, slot: usize, token: usize) {
        if let Some(streams) = self.links.use_link(token)
            && let Some(flight) = &mut self.flights[slot]
        {
            flight.link = Some(token);
            streams.waiting.push_back(slot);
            self.begin_waiting(token);
        }
    }

    /// Adds the requests of slots that wait for a connection, as far as it takes them.
    fn begin_waiting(&mut self, token: usize) {
        let Some(streams) = self.links.get(token) else { return };
        while streams.has_room()
            && let Some(slot) = streams.waiting.pop_front()
        {
            if let Some(flight) = &self.flights[slot]
                && let Ok(target) = flight.fetching.target()
            {
                streams.begin(slot, &target.request, self.job.limits.max_body);
            }
        }
        if self.changed.last() != Some(&token) {
            self.changed.push(token);
        }
    }

    /// Takes all that has arrived on a connection.
    fn advance(&mut self, token: usize, closing: bool) {
        // The event may belong to a connection that was just closed.
        let Some(streams) = self.links.get(token) else { return };
        let step = streams.advance(closing, self.scratch);
        self.settle(token, step);
        self.begin_waiting(token);
        // At once, so that the server has the next requests while other connections are read.
        self.refill();
    }

    /// Acts on what has become of a connection and its streams.
    fn settle(&mut self, token: usize, step: StreamsStep) {
        let is_over = match step {
            StreamsStep::Wait => false,
            StreamsStep::Yield => {
                if !self.unfinished.contains(&token) {
                    self.unfinished.push(token);
                }
                false
            }
            StreamsStep::Closed => true,
            StreamsStep::Unconnected(error) => {
                let again = self.links.reconnect(token, error, self.poll.registry());
                if let (Err(error), Some(streams)) = (&again, self.links.get(token)) {
                    streams.give_up(error);
                }
                again.is_err()
            }
        };
        let Some(streams) = self.links.get(token) else { return };
        let ended = streams.take_ended();
        let is_left = !streams.is_usable() || !self.job.client.keep;
        let mut stranded = Vec::new();
        if is_over || !streams.is_usable() {
            stranded.extend(streams.waiting.drain(..));
        }
        if is_over || is_left && streams.load() == 0 {
            self.unfinished.retain(|other| *other != token);
            self.links.close(token);
        }
        for end in ended {
            self.take_end(end);
        }
        for slot in stranded {
            self.request(slot);
        }
    }

    /// Ends the fetch of a stream, or sends its request again.
    fn take_end(&mut self, StreamEnd { slot, outcome }: StreamEnd) {
        let Some(flight) = &mut self.flights[slot] else { return };
        flight.link = None;
        match outcome {
            StreamOutcome::Whole(head, body) => self.answered(slot, &head, *body),
            StreamOutcome::Failed(error) => self.end(slot, Err(error)),
            StreamOutcome::Unprocessed(error) => {
                flight.refusals += 1;
                if flight.refusals < ATTEMPTS {
                    self.request(slot);
                } else {
                    self.end(slot, Err(error));
                }
            }
        }
    }

    /// Follows the redirect of an answer, or ends the fetch with it.
    fn answered(&mut self, slot: usize, head: &Head, body: Received) {
        let Some(flight) = &mut self.flights[slot] else { return };
        match flight.fetching.follow(head) {
            Ok(true) => self.request(slot),
            Ok(false) => self.end(slot, body.finish(head)),
            Err(error) => self.end(slot, Err(error)),
        }
    }
}
