//! Decodes header blocks.

use super::dynamic::DynamicTable;
use super::names::STATIC;
use super::{TABLE_SIZE, huffman, integer};

/// The decoder of one connection. Its table has at most [`TABLE_SIZE`] bytes.
#[derive(Debug)]
pub(in crate::server::http2) struct HpackDecoder {
    table: DynamicTable,
    /// Room for the name and the value of a literal.
    name: Vec<u8>,
    value: Vec<u8>,
}

impl HpackDecoder {
    pub fn new() -> Self {
        Self { table: DynamicTable::new(), name: Vec::new(), value: Vec::new() }
    }

    /// Decodes a whole header block, and passes each name and value to `take`. Returns `None` if
    /// the block is invalid: its connection cannot be used any more.
    pub fn decode(&mut self, block: &[u8], mut take: impl FnMut(&[u8], &[u8])) -> Option<()> {
        let mut rest = self.resize(block)?;
        while let Some(&first) = rest.first() {
            let read = match first {
                0x80.. => {
                    let (index, read) = integer::decode(rest, 7)?;
                    let (name, value) = self.entry(index)?;
                    take(name, value);
                    read
                }
                0x40.. => {
                    let read = self.literal(rest, 6)?;
                    take(&self.name, &self.value);
                    self.table.insert(&self.name, &self.value);
                    read
                }
                // Changes of the table's size come first only (section 4.2).
                0x20.. => return None,
                _ => {
                    let read = self.literal(rest, 4)?;
                    take(&self.name, &self.value);
                    read
                }
            };
            rest = &rest[read..];
        }
        Some(())
    }

    /// Reads the changes of the table's size at the start of a block.
    fn resize<'a>(&mut self, mut block: &'a [u8]) -> Option<&'a [u8]> {
        while block.first().is_some_and(|first| first & 0xe0 == 0x20) {
            let (size, read) = integer::decode(block, 5)?;
            if size > TABLE_SIZE {
                return None;
            }
            self.table.resize(size);
            block = &block[read..];
        }
        Some(block)
    }

    fn entry(&self, index: usize) -> Option<(&[u8], &[u8])> {
        match STATIC.get(index.checked_sub(1)?) {
            Some((name, value)) => Some((name.as_bytes(), value.as_bytes())),
            None => self.table.get(index - 1 - STATIC.len()),
        }
    }

    /// Reads a literal, whose name has an index with a prefix of `bits`, or is a string. Returns
    /// its length.
    fn literal(&mut self, bytes: &[u8], bits: u32) -> Option<usize> {
        let (index, mut read) = integer::decode(bytes, bits)?;
        // Taken out, because an indexed name lies in the table.
        let mut name = std::mem::take(&mut self.name);
        name.clear();
        let found = match index {
            0 => string(&bytes[read..], &mut name).map(|length| read += length),
            _ => self.entry(index).map(|(entry, _)| name.extend_from_slice(entry)),
        };
        self.name = name;
        found?;
        self.value.clear();
        Some(read + string(&bytes[read..], &mut self.value)?)
    }
}

/// Appends the string at the start of `bytes` to `out`, and returns its encoded length.
fn string(bytes: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let (length, read) = integer::decode(bytes, 7)?;
    let text = bytes.get(read..read.checked_add(length)?)?;
    match bytes[0] & 0x80 {
        0 => out.extend_from_slice(text),
        _ => huffman::DECODER.decode(text, out)?,
    }
    Some(read + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(decoder: &mut HpackDecoder, hex: &str) -> Option<String> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
        let block: Vec<u8> = digits.chunks(2).map(byte).collect();
        let mut fields = Vec::new();
        decoder.decode(&block, |name, value| {
            fields.push(format!("{}={}", name.escape_ascii(), value.escape_ascii()));
        })?;
        Some(fields.join(" "))
    }

    #[test]
    fn requests_are_those_of_rfc_7541() {
        // Appendix C.4: the second and the third request use the table.
        let mut decoder = HpackDecoder::new();
        let first = ":method=GET :scheme=http :path=/ :authority=www.example.com";
        let blocks = [
            ("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", first.to_owned()),
            ("8286 84be 5886 a8eb 1064 9cbf", format!("{first} cache-control=no-cache")),
            (
                "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
                ":method=GET :scheme=https :path=/index.html :authority=www.example.com \
                 custom-key=custom-value"
                    .to_owned(),
            ),
        ];
        for (block, expected) in blocks {
            assert_eq!(decode(&mut decoder, block), Some(expected));
        }
        assert_eq!(decoder.table.len(), 3);
    }

    #[test]
    fn literals_may_not_be_indexed() {
        let mut decoder = HpackDecoder::new();
        // Appendices C.2.2 and C.2.3.
        let path = "040c 2f73 616d 706c 652f 7061 7468";
        assert_eq!(decode(&mut decoder, path).unwrap(), ":path=/sample/path");
        let password = "1008 7061 7373 776f 7264 0673 6563 7265 74";
        assert_eq!(decode(&mut decoder, password).unwrap(), "password=secret");
        assert_eq!(decoder.table.len(), 0);
    }

    #[test]
    fn invalid_blocks_are_refused() {
        let invalid = [
            ("80", "index 0"),
            ("be", "an index beyond the table"),
            ("7e 00", "a name beyond the table"),
            ("82 20", "a change of size after a header"),
            ("3f e2 1f", "a table of 4,097 bytes"),
            ("00 05 61", "a cut name"),
            ("00 01 61 82 ff", "a cut value"),
            ("00 01 61 81 00", "bad padding"),
            ("ff ff ff ff ff ff ff", "a long integer"),
        ];
        for (block, why) in invalid {
            assert_eq!(decode(&mut HpackDecoder::new(), block), None, "{why}");
        }
        assert_eq!(decode(&mut HpackDecoder::new(), "20 3f e1 1f 82").unwrap(), ":method=GET");
    }
}
