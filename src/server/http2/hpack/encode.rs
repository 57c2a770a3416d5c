//! Encodes the header blocks of responses: indices for what repeats, literals for the rest.

use super::dynamic::DynamicTable;
use super::names::STATIC;
use super::{TABLE_SIZE, integer};

/// The encoder of one connection. It uses no Huffman coding, which would cost time to save bytes
/// that are sent once.
#[derive(Debug)]
pub(in crate::server::http2) struct HpackEncoder {
    table: DynamicTable,
    /// The smallest size that the table had to have since the last block, if it changed.
    shrunk: Option<usize>,
    /// The number of insertions so far. Indices are valid until the next one.
    inserted: u64,
    /// The block encoded last, all of it indices, with its number and `inserted`.
    last: (u32, u64),
    block: Vec<u8>,
}

/// Names that `last` can never have.
const NO_NUMBER: u32 = u32::MAX;

impl HpackEncoder {
    pub fn new() -> Self {
        Self {
            table: DynamicTable::new(),
            shrunk: None,
            inserted: 0,
            last: (NO_NUMBER, 0),
            block: Vec::new(),
        }
    }

    /// Obeys the client's limit of the table. Larger tables than [`TABLE_SIZE`] are not used.
    pub fn limit(&mut self, size: usize) {
        let size = size.min(TABLE_SIZE);
        if size != self.table.max() {
            self.shrunk = Some(self.shrunk.unwrap_or(size).min(size));
            self.table.resize(size);
            self.last.0 = NO_NUMBER;
        }
    }

    /// Appends the block that `encode` makes, which is always the same for the same `number`.
    pub fn repeated(
        &mut self,
        out: &mut Vec<u8>,
        number: u32,
        encode: impl FnOnce(&mut Self, &mut Vec<u8>),
    ) {
        if self.last == (number, self.inserted) && self.shrunk.is_none() {
            return out.extend_from_slice(&self.block);
        }
        self.begin(out);
        let (start, inserted) = (out.len(), self.inserted);
        encode(self, out);
        self.last = (NO_NUMBER, 0);
        if self.inserted == inserted {
            self.last = (number, inserted);
            self.block.clear();
            self.block.extend_from_slice(&out[start..]);
        }
    }

    /// Starts a block: announces changes of the table's size.
    pub fn begin(&mut self, out: &mut Vec<u8>) {
        if let Some(smallest) = self.shrunk.take() {
            integer::encode(out, 0x20, 5, smallest);
            if smallest != self.table.max() {
                integer::encode(out, 0x20, 5, self.table.max());
            }
        }
    }

    /// Appends a header, which enters the table if it fits.
    pub fn field(&mut self, out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
        match self.find(name, value) {
            Found::Both(index) => integer::encode(out, 0x80, 7, index),
            Found::Name(index) => {
                integer::encode(out, 0x40, 6, index);
                string(out, value);
                self.insert(name, value);
            }
            Found::Nothing => {
                out.push(0x40);
                string(out, name);
                string(out, value);
                self.insert(name, value);
            }
        }
    }

    /// Appends a header that does not repeat, which stays out of the table.
    pub fn once(&mut self, out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
        out.push(0);
        string(out, name);
        string(out, value);
    }

    fn insert(&mut self, name: &[u8], value: &[u8]) {
        self.table.insert(name, value);
        self.inserted += 1;
    }

    fn find(&self, name: &[u8], value: &[u8]) -> Found {
        let fixed = STATIC.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let inserted = (0..self.table.len()).filter_map(|index| self.table.get(index));
        let mut found = Found::Nothing;
        for (index, entry) in (1..).zip(fixed.chain(inserted)) {
            if entry == (name, value) {
                return Found::Both(index);
            }
            if entry.0 == name && matches!(found, Found::Nothing) {
                found = Found::Name(index);
            }
        }
        found
    }
}

/// An index for a header.
enum Found {
    Both(usize),
    Name(usize),
    Nothing,
}

fn string(out: &mut Vec<u8>, text: &[u8]) {
    integer::encode(out, 0, 7, text.len());
    out.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use super::super::decode::HpackDecoder;
    use super::*;

    const HEAD: [(&[u8], &[u8]); 3] =
        [(b":status", b"200"), (b"content-length", b"1000"), (b"x-a", b"b c")];

    fn block(encoder: &mut HpackEncoder, number: u32, head: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        encoder.repeated(&mut out, number, |encoder, out| {
            head.iter().for_each(|(name, value)| encoder.field(out, name, value));
        });
        out
    }

    fn decode(decoder: &mut HpackDecoder, block: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut fields = Vec::new();
        let take = |name: &[u8], value: &[u8]| fields.push((name.to_vec(), value.to_vec()));
        decoder.decode(block, take).unwrap();
        fields
    }

    #[test]
    fn repeated_heads_become_indices() {
        let (mut encoder, mut decoder) = (HpackEncoder::new(), HpackDecoder::new());
        let expected: Vec<_> = HEAD.iter().map(|(n, v)| (n.to_vec(), v.to_vec())).collect();
        for length in [1 + 6 + 9, 3, 3, 3] {
            let block = block(&mut encoder, 0, &HEAD);
            assert_eq!(block.len(), length);
            assert_eq!(decode(&mut decoder, &block), expected);
        }
        // Another head moves the indices of the first.
        let other: [(&[u8], &[u8]); 2] = [(b":status", b"503"), (b"x-b", b"")];
        let blocks = [(1, &other[..]), (0, &HEAD), (1, &other), (0, &HEAD), (0, &HEAD)];
        for (number, head) in blocks {
            let expected: Vec<_> = head.iter().map(|(n, v)| (n.to_vec(), v.to_vec())).collect();
            let block = block(&mut encoder, number, head);
            assert_eq!(decode(&mut decoder, &block), expected);
        }
    }

    #[test]
    fn limits_are_announced() {
        let mut encoder = HpackEncoder::new();
        block(&mut encoder, 0, &HEAD);
        encoder.limit(9_999);
        assert_eq!(block(&mut encoder, 0, &HEAD).len(), 3, "the limit was not reached before");
        encoder.limit(0);
        encoder.limit(100);
        let after = block(&mut encoder, 0, &HEAD);
        assert_eq!(after[..3], [0x20, 0x3f, 100 - 31]);
        assert_eq!(after[3], 0x88, "then the headers follow");
        encoder.limit(0);
        let none = block(&mut encoder, 0, &HEAD);
        assert_eq!((none[0], none.len()), (0x20, 1 + 1 + 6 + 9));
        assert_eq!(block(&mut encoder, 0, &HEAD).len(), 1 + 6 + 9, "nothing is kept");
    }

    #[test]
    fn evicted_heads_are_sent_anew() {
        let (mut encoder, mut decoder) = (HpackEncoder::new(), HpackDecoder::new());
        let other: [(&[u8], &[u8]); 1] = [(b"x-b", b"")];
        for (number, head) in [(0, &HEAD[..]), (1, &other), (0, &HEAD)] {
            decode(&mut decoder, &block(&mut encoder, number, head));
        }
        // Only the other head stays in the table. A head that is not repeated announces the limit.
        encoder.limit(40);
        let mut once = Vec::new();
        encoder.begin(&mut once);
        encoder.field(&mut once, b"x-b", b"");
        decode(&mut decoder, &once);
        let expected: Vec<_> = HEAD.iter().map(|(n, v)| (n.to_vec(), v.to_vec())).collect();
        assert_eq!(decode(&mut decoder, &block(&mut encoder, 0, &HEAD)), expected);
    }
}
