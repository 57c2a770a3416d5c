//! Integers with a prefix (RFC 7541, section 5.1).

/// The largest integer that is accepted. Longer strings and larger tables are never needed.
const MAX: usize = u32::MAX as usize;

/// Decodes the integer at the start of `bytes` with a prefix of `bits`, and returns it with the
/// number of bytes read; `None` if it is cut off or too large.
pub(super) fn decode(bytes: &[u8], bits: u32) -> Option<(usize, usize)> {
    let mask = (1_usize << bits) - 1;
    let mut value = usize::from(*bytes.first()?) & mask;
    if value < mask {
        return Some((value, 1));
    }
    for (number, &byte) in bytes[1..].iter().take(5).enumerate() {
        value += usize::from(byte & 0x7f) << (7 * number);
        if value > MAX {
            return None;
        }
        if byte & 0x80 == 0 {
            return Some((value, number + 2));
        }
    }
    None
}

/// Appends an integer with a prefix of `bits`, whose other bits are those of `first`.
pub(super) fn encode(out: &mut Vec<u8>, first: u8, bits: u32, mut value: usize) {
    let mask = (1_usize << bits) - 1;
    if value < mask {
        return out.push(first | value as u8);
    }
    out.push(first | mask as u8);
    value -= mask;
    while value >= 0x80 {
        out.push(0x80 | (value & 0x7f) as u8);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_those_of_rfc_7541() {
        // Appendix C.1.
        for (bits, value, bytes) in
            [(5, 10, &[0x0a][..]), (5, 1337, &[0x1f, 0x9a, 0x0a]), (8, 42, &[0x2a])]
        {
            let mut out = Vec::new();
            encode(&mut out, 0, bits, value);
            assert_eq!(out, bytes);
            assert_eq!(decode(bytes, bits), Some((value, bytes.len())));
        }
    }

    #[test]
    fn integers_have_bounds() {
        let mut out = Vec::new();
        encode(&mut out, 0, 4, MAX);
        assert_eq!(decode(&out, 4), Some((MAX, out.len())));
        out.clear();
        encode(&mut out, 0, 4, MAX + 1);
        assert_eq!(decode(&out, 4), None);
        for cut in [&[][..], &[0xff], &[0xff, 0x80], &[0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0]] {
            assert_eq!(decode(cut, 7), None, "{cut:?}");
        }
    }
}
