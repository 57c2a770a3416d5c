//! Bytes that were read from a connection and are not parsed yet.

/// Bytes read and not parsed yet.
#[derive(Debug, Default)]
pub(super) struct Unread {
    bytes: Vec<u8>,
    /// How many of them were parsed. They are dropped when more is read, not at every request:
    /// pipelined requests would otherwise be moved once for each.
    consumed: usize,
}

impl Unread {
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[self.consumed..]
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.consumed);
        self.consumed = 0;
        self.bytes.extend_from_slice(bytes);
    }

    pub fn consume(&mut self, length: usize) {
        self.consumed += length;
        if self.consumed == self.bytes.len() {
            self.bytes.clear();
            self.consumed = 0;
        }
    }
}
