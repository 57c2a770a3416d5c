//! Decodes the Huffman code of HPACK (RFC 7541, section 5.2 and appendix B).
//!
//! The code is canonical: the codes of one length are consecutive numbers, in the order of their
//! symbols, so the lengths alone define it.

/// The lengths of the codes in bits, by symbol. The last one is that of the end of a string.
#[rustfmt::skip]
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
    28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5,
    6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23,
    23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20,
    22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22,
    22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26,
    27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
    25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];

/// The end of a string, which no string may contain.
const END: u16 = 256;

const LONGEST: usize = 30;

/// Codes of at most this length are found by a single look.
const SHORT: u32 = 8;

static CODE: Code = Code::new();

/// The code, arranged for decoding.
struct Code {
    /// The symbol that a byte begins with, and the length of its code, 0 if that is longer.
    short: [(u8, u8); 256],
    /// The first code of each length.
    first: [u32; LONGEST + 1],
    /// The index in `symbols` of the first symbol of each length.
    offset: [usize; LONGEST + 2],
    /// The symbols, by the lengths of their codes.
    symbols: [u16; 257],
}

impl Code {
    const fn new() -> Self {
        let mut code = Self {
            short: [(0, 0); 256],
            first: [0; LONGEST + 1],
            offset: [0; LONGEST + 2],
            symbols: [0; 257],
        };
        let (mut length, mut next, mut count) = (1, 0, 0);
        while length <= LONGEST {
            next <<= 1;
            code.first[length] = next;
            code.offset[length] = count;
            let mut symbol = 0;
            while symbol < LENGTHS.len() {
                if LENGTHS[symbol] as usize == length {
                    code.symbols[count] = symbol as u16;
                    code.fill_short(next, length as u32, symbol as u8);
                    next += 1;
                    count += 1;
                }
                symbol += 1;
            }
            length += 1;
        }
        code.offset[LONGEST + 1] = count;
        code
    }

    /// Enters a short code for every byte that begins with it.
    const fn fill_short(&mut self, code: u32, length: u32, symbol: u8) {
        if length > SHORT {
            return;
        }
        let (mut byte, spare) = (code << (SHORT - length), 1 << (SHORT - length));
        let end = byte + spare;
        while byte < end {
            self.short[byte as usize] = (symbol, length as u8);
            byte += 1;
        }
    }

    /// Returns the symbol that the lowest `left` bits begin with, and the length of its code.
    fn symbol(&self, bits: u64, left: u32) -> Option<(u16, u32)> {
        // Ones are padding, and no short code has only ones.
        let byte = match left.checked_sub(SHORT) {
            Some(shift) => bits >> shift,
            None => (bits << (SHORT - left)) | (0xff >> left),
        };
        let (symbol, length) = self.short[byte as usize & 0xff];
        if length > 0 {
            let length = u32::from(length);
            return (length <= left).then_some((u16::from(symbol), length));
        }
        for length in SHORT + 1..=left.min(LONGEST as u32) {
            let code = (bits >> (left - length)) as u32 & ((1 << length) - 1);
            let rank = code.checked_sub(self.first[length as usize]);
            let index = rank.map(|rank| self.offset[length as usize] + rank as usize);
            if let Some(index) = index.filter(|index| *index < self.offset[length as usize + 1]) {
                return Some((self.symbols[index], length));
            }
        }
        None
    }
}

/// Decodes a string and appends it to `text`. Returns `None` if it is malformed.
pub(super) fn decode(string: &[u8], text: &mut Vec<u8>) -> Option<()> {
    let mut bytes = string.iter();
    let (mut bits, mut left) = (0_u64, 0);
    loop {
        while left <= 56
            && let Some(byte) = bytes.next()
        {
            bits = bits << 8 | u64::from(*byte);
            left += 8;
        }
        match CODE.symbol(bits, left) {
            Some((END, _)) => return None,
            Some((symbol, length)) => {
                text.push(symbol as u8);
                left -= length;
            }
            None => {
                let padding = (1 << left) - 1;
                return (left < 8 && bits & padding == padding).then_some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(string: &[u8]) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        decode(string, &mut text).map(|()| text)
    }

    /// Encodes with the codes that [`CODE`] assigns.
    fn encoded(text: &[u8]) -> Vec<u8> {
        let mut bits = String::new();
        for symbol in text {
            let length = usize::from(LENGTHS[usize::from(*symbol)]);
            let range = CODE.offset[length]..CODE.offset[length + 1];
            let rank = CODE.symbols[range].iter().position(|other| *other == u16::from(*symbol));
            let code = CODE.first[length] as usize + rank.unwrap();
            bits.push_str(&format!("{code:0length$b}"));
        }
        bits.push_str(&"1".repeat((8 - bits.len() % 8) % 8));
        let bytes = bits.as_bytes().chunks(8);
        bytes.map(|bits| u8::from_str_radix(str::from_utf8(bits).unwrap(), 2).unwrap()).collect()
    }

    /// The strings of RFC 7541, appendix C.4 and C.6.
    #[test]
    fn examples_of_the_rfc_decode() {
        let www = [0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff];
        assert_eq!(decoded(&www).unwrap(), b"www.example.com");
        assert_eq!(decoded(&[0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf]).unwrap(), b"no-cache");
        assert_eq!(decoded(&[0x64, 0x02]).unwrap(), b"302");
        assert_eq!(decoded(&[0x64, 0x0e, 0xff]).unwrap(), b"307");
        assert_eq!(decoded(&[]).unwrap(), b"");
    }

    #[test]
    fn every_byte_decodes() {
        let text: Vec<u8> = (0..=u8::MAX).chain((0..=u8::MAX).rev()).collect();
        assert_eq!(decoded(&encoded(&text)).unwrap(), text);
    }

    #[test]
    fn malformed_strings_are_refused() {
        for string in [
            // Padding of zeros, and of a whole byte.
            &[0x60][..],
            &[0xff],
            // "a", and padding of a whole byte.
            &[0x1f, 0xff],
            // The end of a string.
            &[0xff, 0xff, 0xff, 0xff],
        ] {
            assert_eq!(decoded(string), None, "{string:02x?}");
        }
    }
}
