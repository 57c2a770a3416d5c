//! The relay: moves packets between the devices of a link when they are due.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use super::direction::{Direction, Fate};
use super::watch::PhaseWatch;
use crate::fetch::lock;
use crate::scenario::network::{MTU, Network};

/// The most packets that are read from a device before others are delivered.
const BATCH: usize = 64;

/// The most packets on the way in one direction; later ones are dropped. They fill 200 MB.
const MOST: usize = 1 << 17;

/// How long the relay busy-polls after the last packet. A sleeping virtual core wakes late, and
/// that would be added to a round trip.
const AWAKE: Duration = Duration::from_secs(1);

/// Memory for a packet.
type Buffer = Box<[u8; MTU]>;

/// A packet on its way.
struct Packet {
    due: Duration,
    length: usize,
    bytes: Buffer,
}

/// One direction with its packets on the way.
struct Lane<'a> {
    from: &'a File,
    to: &'a File,
    direction: Direction,
    /// What follows its packets at the clients' end.
    watch: &'a Mutex<PhaseWatch>,
    /// Whether it leads to the clients.
    is_down: bool,
    /// The packets on the way, in the order in which they arrive.
    packets: VecDeque<Packet>,
}

impl<'a> Lane<'a> {
    fn new(
        (from, to): (&'a File, &'a File),
        direction: Direction,
        watch: &'a Mutex<PhaseWatch>,
        is_down: bool,
    ) -> Self {
        Self { from, to, direction, watch, is_down, packets: VecDeque::new() }
    }

    /// Returns when the next packet arrives; `None` if none is on its way.
    fn due(&self) -> Option<Duration> {
        self.packets.front().map(|packet| packet.due)
    }

    /// Reads the packets that wait at the start and returns whether there were any. `free` holds
    /// memory for packets.
    fn accept(&mut self, start: Instant, free: &mut Vec<Buffer>) -> io::Result<bool> {
        for number in 0..BATCH {
            let mut bytes = free.pop().unwrap_or_else(|| Box::new([0; MTU]));
            let length = match self.from.read(&mut bytes[..]) {
                Ok(length) => length,
                Err(error) => {
                    free.push(bytes);
                    return match error.kind() {
                        io::ErrorKind::WouldBlock => Ok(number > 0),
                        io::ErrorKind::Interrupted => Ok(true),
                        _ => Err(error),
                    };
                }
            };
            let now = start.elapsed();
            if !self.is_down {
                lock(self.watch).sent(now, &bytes[..length]);
            }
            match self.direction.send(now, length) {
                Fate::Arrives(due) if self.packets.len() < MOST => {
                    self.packets.push_back(Packet { due, length, bytes });
                }
                Fate::Arrives(_) | Fate::Lost | Fate::Dropped => free.push(bytes),
            }
        }
        Ok(true)
    }

    /// Delivers the packets that are due and returns whether there were any.
    fn deliver(&mut self, start: Instant, free: &mut Vec<Buffer>) -> io::Result<bool> {
        let mut delivered = false;
        while self.packets.front().is_some_and(|packet| packet.due <= start.elapsed()) {
            let Some(packet) = self.packets.pop_front() else { break };
            if self.is_down {
                lock(self.watch).arrived(start.elapsed(), &packet.bytes[..packet.length]);
            }
            match self.to.write(&packet.bytes[..packet.length]) {
                // A receiver without memory loses a packet, as a network card does.
                Ok(_) => {}
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(error),
            }
            free.push(packet.bytes);
            delivered = true;
        }
        Ok(delivered)
    }
}

/// Whether a failure to deliver a packet concerns that packet only.
fn is_passing(error: &io::Error) -> bool {
    let passing = [Errno::EAGAIN, Errno::EINTR, Errno::ENOBUFS, Errno::ENOMEM, Errno::EINVAL];
    error.raw_os_error().is_some_and(|number| passing.contains(&Errno::from_raw(number)))
}

/// Relays packets between the devices of the server and the clients for ever. `watch` follows them.
/// While it rests, it sleeps until a packet waits or is due.
///
/// # Errors
///
/// A device fails.
pub(super) fn relay(
    network: &Network,
    server: &File,
    client: &File,
    watch: &Mutex<PhaseWatch>,
    is_resting: &AtomicBool,
) -> io::Result<()> {
    let (up, down) =
        (Direction::new(network, network.up, 0), Direction::new(network, network.down, 1));
    let mut lanes = [
        Lane::new((client, server), up, watch, false),
        Lane::new((server, client), down, watch, true),
    ];
    let start = Instant::now();
    let (mut free, mut last) = (Vec::new(), start);
    loop {
        let mut is_busy = false;
        for lane in &mut lanes {
            is_busy |= lane.accept(start, &mut free)?;
            is_busy |= lane.deliver(start, &mut free)?;
        }
        let due = lanes.iter().flat_map(Lane::due).min();
        if is_busy || due.is_some() {
            last = Instant::now();
        }
        if is_busy {
            continue;
        }
        if last.elapsed() > AWAKE || is_resting.load(Ordering::Relaxed) {
            wait(server, client, due.map(|due| due.saturating_sub(start.elapsed())))?;
            last = Instant::now();
        } else {
            // The server shares this core.
            thread::yield_now();
        }
    }
}

/// Sleeps until a packet waits at a device, or for a time.
fn wait(server: &File, client: &File, time: Option<Duration>) -> io::Result<()> {
    let mut devices = [server, client].map(|device| PollFd::new(device.as_fd(), PollFlags::POLLIN));
    match ppoll(&mut devices, time.map(TimeSpec::from), None) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
