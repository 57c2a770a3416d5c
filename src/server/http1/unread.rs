//! Bytes read from a connection but not parsed yet.

#[derive(Debug, Default)]
pub(super) struct Unread {
    bytes: Vec<u8>,
    /// How many bytes were parsed. They are dropped when more is read, not after every request.
    /// Otherwise pipelined requests would be moved once for each.
    consumed: usize,
}

impl Unread {
    /// Starts with bytes that were read before.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, consumed: 0 }
    }

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
