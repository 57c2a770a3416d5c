//! HPACK (RFC 7541) without a dynamic table: blocks of requests, and the fields of responses.

use super::huffman;

/// The static table (RFC 7541, appendix A).
#[rustfmt::skip]
const STATIC: [(&str, &str); 61] = [
    (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"),
    (":path", "/index.html"), (":scheme", "http"), (":scheme", "https"), (":status", "200"),
    (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"),
    (":status", "404"), (":status", "500"), ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""),
    ("accept", ""), ("access-control-allow-origin", ""), ("age", ""), ("allow", ""),
    ("authorization", ""), ("cache-control", ""), ("content-disposition", ""),
    ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
    ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""),
    ("date", ""), ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""),
    ("if-match", ""), ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""),
    ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""), ("location", ""),
    ("max-forwards", ""), ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""),
    ("referer", ""), ("refresh", ""), ("retry-after", ""), ("server", ""), ("set-cookie", ""),
    ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""),
    ("via", ""), ("www-authenticate", ""),
];

/// A literal that is not added to the dynamic table.
const LITERAL: u8 = 0;

/// The longest number, which no string exceeds.
const MOST: usize = 1 << 24;

/// Appends a field as a literal.
pub(super) fn push_field(block: &mut Vec<u8>, name: &str, value: &[u8]) {
    let known = STATIC.iter().position(|(known, _)| *known == name);
    push_number(block, LITERAL, 4, known.map_or(0, |index| index + 1));
    if known.is_none() {
        push_string(block, name.as_bytes());
    }
    push_string(block, value);
}

fn push_string(block: &mut Vec<u8>, string: &[u8]) {
    push_number(block, 0, 7, string.len());
    block.extend_from_slice(string);
}

/// Appends a number after the bits of `pattern` (RFC 7541, section 5.1).
fn push_number(block: &mut Vec<u8>, pattern: u8, prefix: u32, number: usize) {
    let most = (1 << prefix) - 1;
    if number < most {
        return block.push(pattern | number as u8);
    }
    block.push(pattern | most as u8);
    let mut rest = number - most;
    while rest >= 128 {
        block.push(0x80 | (rest % 128) as u8);
        rest /= 128;
    }
    block.push(rest as u8);
}

/// A block that cannot be decoded, which ends the connection.
#[derive(Debug, PartialEq)]
pub(super) struct BadBlock;

/// A field of a block.
#[derive(Debug, PartialEq)]
pub(super) struct Field<'a> {
    pub name: &'a [u8],
    pub value: &'a [u8],
}

/// Memory for decoded strings, shared by all blocks.
#[derive(Debug, Default)]
pub(super) struct Strings {
    name: Vec<u8>,
    value: Vec<u8>,
}

/// A block. Its fields are decoded one after another.
pub(super) struct FieldBlock<'a> {
    rest: &'a [u8],
    strings: &'a mut Strings,
    /// Whether a field has been decoded.
    has_begun: bool,
}

impl<'a> FieldBlock<'a> {
    pub fn new(block: &'a [u8], strings: &'a mut Strings) -> Self {
        Self { rest: block, strings, has_begun: false }
    }

    /// Returns the next field, or `None` at the end.
    pub fn next(&mut self) -> Result<Option<Field<'_>>, BadBlock> {
        loop {
            let Some(&first) = self.rest.first() else { return Ok(None) };
            match first {
                0x80.. => return self.indexed().map(Some),
                // A table of size 0 stays empty, also if a field is to be added.
                0x40.. => return self.literal(6).map(Some),
                0x20.. => self.resize()?,
                _ => return self.literal(4).map(Some),
            }
        }
    }

    fn indexed(&mut self) -> Result<Field<'_>, BadBlock> {
        self.has_begun = true;
        let index = self.number(7)?;
        let (name, value) = entry(index)?;
        Ok(Field { name: name.as_bytes(), value: value.as_bytes() })
    }

    fn literal(&mut self, prefix: u32) -> Result<Field<'_>, BadBlock> {
        self.has_begun = true;
        let index = self.number(prefix)?;
        let name = match index {
            0 => {
                let mut name = std::mem::take(&mut self.strings.name);
                let is_decoded = self.string(&mut name);
                self.strings.name = name;
                is_decoded?;
                None
            }
            _ => Some(entry(index)?.0.as_bytes()),
        };
        let mut value = std::mem::take(&mut self.strings.value);
        let is_decoded = self.string(&mut value);
        self.strings.value = value;
        is_decoded?;
        Ok(Field { name: name.unwrap_or(&self.strings.name), value: &self.strings.value })
    }

    /// Reads a new size of the dynamic table, which can only be 0, before the first field.
    fn resize(&mut self) -> Result<(), BadBlock> {
        if self.has_begun || self.number(5)? > 0 { Err(BadBlock) } else { Ok(()) }
    }

    fn string(&mut self, text: &mut Vec<u8>) -> Result<(), BadBlock> {
        text.clear();
        let is_huffman = self.rest.first().ok_or(BadBlock)? & 0x80 != 0;
        let length = self.number(7)?;
        let (string, rest) = self.rest.split_at_checked(length).ok_or(BadBlock)?;
        self.rest = rest;
        if is_huffman {
            return huffman::decode(string, text).ok_or(BadBlock);
        }
        text.extend_from_slice(string);
        Ok(())
    }

    /// Reads a number that begins in the lowest bits of a byte.
    fn number(&mut self, prefix: u32) -> Result<usize, BadBlock> {
        let most = (1 << prefix) - 1;
        let mut number = usize::from(self.byte()?) & most;
        if number < most {
            return Ok(number);
        }
        for shift in (0..28).step_by(7) {
            let byte = usize::from(self.byte()?);
            number += (byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return if number <= MOST { Ok(number) } else { Err(BadBlock) };
            }
        }
        Err(BadBlock)
    }

    fn byte(&mut self) -> Result<u8, BadBlock> {
        let (byte, rest) = self.rest.split_first().ok_or(BadBlock)?;
        self.rest = rest;
        Ok(*byte)
    }
}

/// Returns an entry of the static table.
fn entry(index: usize) -> Result<(&'static str, &'static str), BadBlock> {
    index.checked_sub(1).and_then(|index| STATIC.get(index)).copied().ok_or(BadBlock)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(block: &[u8]) -> Result<Vec<(String, String)>, BadBlock> {
        let mut strings = Strings::default();
        let mut block = FieldBlock::new(block, &mut strings);
        let mut fields = Vec::new();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        while let Some(Field { name, value }) = block.next()? {
            fields.push((text(name), text(value)));
        }
        Ok(fields)
    }

    #[test]
    fn fields_survive_a_block() {
        let long = "x".repeat(5000);
        let mut block = Vec::new();
        for (name, value) in [("content-length", "17"), ("x-new", &*long), ("via", "")] {
            push_field(&mut block, name, value.as_bytes());
        }
        let fields = decoded(&block).unwrap();
        let names: Vec<&str> = fields.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["content-length", "x-new", "via"]);
        assert_eq!((&*fields[0].1, &*fields[1].1, &*fields[2].1), ("17", &*long, ""));
    }

    #[test]
    fn every_representation_decodes() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        // A new size, an indexed field, literals that are added, are not, and are never: the value
        // is "no-cache" each time, the last in Huffman's code.
        let block =
            b"\x20\x88\x58\x08no-cache\x08\x08no-cache\x10\x03abc\x86\xa8\xeb\x10\x64\x9c\xbf";
        assert_eq!(
            decoded(block).unwrap(),
            [
                field(":status", "200"),
                field("cache-control", "no-cache"),
                field(":status", "no-cache"),
                field("abc", "no-cache"),
            ]
        );
    }

    #[test]
    fn bad_blocks_are_refused() {
        for (block, why) in [
            (&b"\x80"[..], "index 0"),
            (b"\xbe", "an index in the dynamic table"),
            (b"\x88\x20", "a new size after a field"),
            (b"\x3f\x01", "a size above 0"),
            (b"\x0f", "a number without its end"),
            (b"\x0f\xff\xff\xff\xff\xff\x0f", "a huge number"),
            (b"\x00\x05abc", "a string without its end"),
            (b"\x08", "no value"),
            (b"\x00\x81\x60\x00", "a malformed string"),
        ] {
            assert_eq!(decoded(block), Err(BadBlock), "{why}");
        }
    }
}
