//! The TLS records that a client sends: which of them are requests.

/// The types of records (RFC 8446, section 5.1).
const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

/// The lengths of an encrypted Finished of TLS 1.3, with each of its hashes.
const FINISHED: [u16; 2] = [53, 69];

/// The lengths of an encrypted alert and of an encrypted EndOfEarlyData.
const SHORT: [u16; 2] = [19, 21];

/// What records hold, the most telling last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RecordContent {
    /// Alerts, and the end of 0-RTT data.
    #[default]
    Other,
    /// A part of a handshake.
    Handshake,
    /// A request.
    Request,
}

/// The records of a client, as far as they are read.
#[derive(Debug, Default)]
pub(super) struct ClientRecords {
    /// The header of the next record, of which `length` bytes are read.
    header: [u8; 5],
    length: usize,
    /// The bytes of the current record that are still to come.
    left: usize,
    current: RecordContent,
    /// Whether the Finished of TLS 1.3 has begun. Its type is that of application data.
    has_finished: bool,
}

impl ClientRecords {
    /// Reads the next bytes and returns the most telling content of them.
    pub fn read(&mut self, mut data: &[u8]) -> RecordContent {
        let mut most = RecordContent::Other;
        while !data.is_empty() {
            if self.left == 0 {
                let taken = data.len().min(self.header.len() - self.length);
                self.header[self.length..self.length + taken].copy_from_slice(&data[..taken]);
                (self.length, data) = (self.length + taken, &data[taken..]);
                if self.length < self.header.len() {
                    break;
                }
                let length = u16::from_be_bytes([self.header[3], self.header[4]]);
                (self.length, self.left) = (0, usize::from(length));
                self.current = self.content(self.header[0], length);
            }
            most = most.max(self.current);
            let taken = data.len().min(self.left);
            (self.left, data) = (self.left - taken, &data[taken..]);
        }
        most
    }

    /// Returns the content of a record.
    fn content(&mut self, kind: u8, length: u16) -> RecordContent {
        match kind {
            CHANGE_CIPHER_SPEC | HANDSHAKE => RecordContent::Handshake,
            ALERT => RecordContent::Other,
            _ if SHORT.contains(&length) => RecordContent::Other,
            _ if FINISHED.contains(&length) && !self.has_finished => {
                self.has_finished = true;
                RecordContent::Handshake
            }
            _ => RecordContent::Request,
        }
    }
}
