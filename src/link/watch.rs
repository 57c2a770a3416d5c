//! Follows the connections of a link, and adds up their phases.

use std::collections::HashMap;
use std::time::Duration;

use super::phases::{Connection, WirePhases};
use super::segment::Segment;

/// The most connections that are followed at once.
const MOST: usize = 1 << 16;

/// The connections of a link. Times count from any fixed moment.
#[derive(Debug, Default)]
pub(super) struct PhaseWatch {
    connections: HashMap<(u16, u16), Connection>,
    totals: WirePhases,
}

impl PhaseWatch {
    /// Returns the totals since they were last taken, and resets them.
    pub fn take(&mut self) -> WirePhases {
        std::mem::take(&mut self.totals)
    }

    /// Observes a packet that leaves the clients' end.
    pub fn sent(&mut self, now: Duration, packet: &[u8]) {
        let Some(segment) = Segment::parse(packet) else { return };
        let key = (segment.from, segment.to);
        if segment.is_end() {
            self.connections.remove(&key);
        } else if segment.is_syn() {
            self.open(now, key, segment.number);
        } else if let Some(connection) = self.connections.get_mut(&key)
            && !connection.sent(now, &segment, &mut self.totals)
        {
            self.totals.unseen += 1;
            self.connections.remove(&key);
        }
    }

    /// Observes a packet that arrives at the clients' end.
    pub fn arrived(&mut self, now: Duration, packet: &[u8]) {
        let Some(segment) = Segment::parse(packet) else { return };
        let key = (segment.to, segment.from);
        if segment.is_reset() {
            self.connections.remove(&key);
        } else if let Some(connection) = self.connections.get_mut(&key) {
            connection.arrived(now, &segment, &mut self.totals);
        }
    }

    /// Starts to follow a connection. A SYN that is sent again belongs to the first.
    fn open(&mut self, now: Duration, key: (u16, u16), number: u32) {
        if self.connections.get(&key).is_some_and(|one| one.is_opened_by(number)) {
            return;
        }
        if self.connections.len() >= MOST {
            self.totals.unseen += 1;
            return;
        }
        self.connections.insert(key, Connection::open(now, number));
    }
}

#[cfg(test)]
mod tests {
    use super::super::segment::test_packet;
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const CLIENT: u16 = 40_000;
    const SERVER: u16 = 443;
    const SYN: u8 = 2;
    const FIN: u8 = 1;
    const ACK: u8 = 16;

    /// A conversation between a client and a server.
    struct Talk {
        watch: PhaseWatch,
        number: u32,
    }

    impl Talk {
        /// Connects from 0 to 10 ms. The client's numbers wrap around soon.
        fn connect() -> Self {
            let mut talk = Self { watch: PhaseWatch::default(), number: u32::MAX - 20 };
            talk.watch.sent(Duration::ZERO, &test_packet(CLIENT, SERVER, u32::MAX - 21, SYN, b""));
            talk.watch.arrived(10 * MS, &test_packet(SERVER, CLIENT, 0, SYN, b""));
            talk
        }

        fn client(&mut self, ms: u32, data: &[u8]) {
            let packet = test_packet(CLIENT, SERVER, self.number, 0, data);
            self.watch.sent(ms * MS, &packet);
            self.number = self.number.wrapping_add(data.len() as u32);
        }

        fn server(&mut self, ms: u32, data: &[u8]) {
            self.watch.arrived(ms * MS, &test_packet(SERVER, CLIENT, 0, 0, data));
        }

        /// Returns the totals in milliseconds: connect, TLS, request, wait, body; and the requests.
        fn take(&mut self) -> ([u64; 5], u64) {
            let WirePhases { connect_ns, tls_ns, request_ns, requests, wait_ns, body_ns, unseen } =
                self.watch.take();
            assert_eq!(unseen, 0);
            let totals = [connect_ns, tls_ns, request_ns, wait_ns, body_ns];
            (totals.map(|total| total / 1_000_000), requests)
        }
    }

    /// Returns a TLS record.
    fn record(kind: u8, length: u16) -> Vec<u8> {
        let mut record = vec![kind, 3, 3];
        record.extend(length.to_be_bytes());
        record.resize(5 + usize::from(length), 7);
        record
    }

    #[test]
    fn plain_phases_are_told_apart() {
        let mut talk = Talk::connect();
        talk.client(15, b"GET / HTTP/1.1\r\n");
        talk.client(17, b"host: a\r\n\r\n");
        talk.server(40, b"HTTP/1.1 200 OK\r\n\r\n");
        talk.server(47, b"body");
        assert_eq!(talk.take(), ([10, 0, 7, 23, 7], 1));
        // The connection is kept: there is no phase between a response and the next request.
        talk.client(100, b"GET /");
        talk.server(130, b"HTTP/1.1 200 OK\r\n\r\n");
        assert_eq!(talk.take(), ([0, 0, 0, 30, 0], 1));
    }

    #[test]
    fn tls_phases_are_told_apart() {
        let mut talk = Talk::connect();
        talk.client(12, &record(22, 300));
        talk.server(25, &record(22, 90));
        talk.server(27, &record(23, 900));
        // Of the client's second flight, only the last record is the request.
        let flight = [record(20, 1), record(23, 53), record(23, 120)].concat();
        talk.client(30, &flight[..100]);
        talk.client(31, &flight[100..]);
        talk.server(50, &record(23, 700));
        talk.server(52, b"of the same record");
        talk.client(60, &record(23, 19));
        assert_eq!(talk.take(), ([10, 15, 4, 19, 2], 1));
        // There is only one Finished.
        talk.client(70, &record(23, 53));
        talk.server(75, &record(23, 700));
        assert_eq!(talk.take(), ([0, 0, 0, 5, 0], 1));
    }

    #[test]
    fn older_tls_takes_two_flights() {
        let mut talk = Talk::connect();
        talk.client(10, &record(22, 300));
        talk.server(20, &record(22, 900));
        talk.client(22, &[record(22, 37), record(20, 1), record(22, 40)].concat());
        talk.server(32, &[record(20, 1), record(22, 40)].concat());
        talk.client(35, &record(23, 120));
        talk.server(45, &record(23, 700));
        assert_eq!(talk.take(), ([10, 20, 3, 10, 0], 1));
    }

    #[test]
    fn early_requests_wait_from_the_start() {
        let mut talk = Talk::connect();
        talk.client(11, &[record(22, 500), record(23, 120)].concat());
        talk.server(21, &record(22, 90));
        talk.client(22, &[record(23, 21), record(23, 53)].concat());
        talk.server(24, &record(23, 700));
        assert_eq!(talk.take(), ([10, 0, 1, 13, 0], 1));
    }

    #[test]
    fn repeated_packets_change_nothing() {
        let mut talk = Talk::connect();
        let first = talk.number;
        talk.client(15, b"GET / HTTP/1.1\r\n\r\n");
        talk.watch
            .sent(200 * MS, &test_packet(CLIENT, SERVER, first, 0, b"GET / HTTP/1.1\r\n\r\n"));
        talk.server(215, b"HTTP/1.1 200 OK\r\n\r\n");
        assert_eq!(talk.take(), ([10, 0, 5, 200, 0], 1));
        talk.watch.sent(300 * MS, &test_packet(CLIENT, SERVER, talk.number + 1, 0, b"x"));
        assert_eq!(talk.watch.take().unseen, 1, "a byte is missing");
    }

    #[test]
    fn repeated_responses_change_nothing() {
        const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";
        let mut talk = Talk::connect();
        talk.client(15, b"GET / HTTP/1.1\r\n\r\n");
        talk.server(40, RESPONSE);
        let mut acknowledgement = test_packet(CLIENT, SERVER, talk.number, ACK, b"");
        acknowledgement[28..32].copy_from_slice(&(RESPONSE.len() as u32).to_be_bytes());
        talk.watch.sent(41 * MS, &acknowledgement);
        talk.server(90, RESPONSE);
        assert_eq!(talk.take(), ([10, 0, 5, 25, 0], 1));
        talk.client(100, b"GET / HTTP/1.1\r\n\r\n");
        talk.server(110, RESPONSE);
        let second = test_packet(SERVER, CLIENT, RESPONSE.len() as u32, 0, RESPONSE);
        talk.watch.arrived(130 * MS, &second);
        assert_eq!(talk.take(), ([0, 0, 0, 30, 0], 1));
    }

    #[test]
    fn followed_connections_are_bounded() {
        let mut watch = PhaseWatch::default();
        for number in 0..=MOST as u32 {
            let (port, server) = (number as u16, 1 + (number >> 16) as u16);
            watch.sent(MS, &test_packet(port, server, 0, SYN, b""));
        }
        assert_eq!((watch.connections.len(), watch.take().unseen), (MOST, 1));
        watch.sent(MS, &test_packet(7, 1, 1, FIN, b""));
        assert_eq!(watch.connections.len(), MOST - 1, "a closed one makes room");
        let mut fragment = test_packet(7, 1, 0, SYN, b"");
        fragment[7] = 1;
        for bytes in [&fragment[..], b"", &[0x45; 19], &[0x45; 40], &[0xff; 60]] {
            watch.sent(MS, bytes);
            watch.arrived(MS, bytes);
        }
        assert_eq!(watch.take(), WirePhases::default());
        assert_eq!(watch.connections.len(), MOST - 1);
    }
}
