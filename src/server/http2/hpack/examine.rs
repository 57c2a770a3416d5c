//! Invariants of the decoder for any input, tested with mutants here and with more in `fuzz/`.

use super::decode::HpackDecoder;
use super::encode::HpackEncoder;

/// Checks that what `block` decodes to is encoded and decoded again to the same.
///
/// # Panics
///
/// It is not, which is a bug in the decoder or the encoder.
pub fn examine(block: &[u8]) {
    let mut fields = Vec::new();
    let mut decoder = HpackDecoder::new();
    let decoded = decoder.decode(block, |name, value| fields.push((name.to_vec(), value.to_vec())));
    if decoded.is_none() {
        return;
    }
    let (mut encoder, mut again) = (HpackEncoder::new(), HpackDecoder::new());
    for _ in 0..2 {
        let mut out = Vec::new();
        encoder.repeated(&mut out, 0, |encoder, out| {
            fields.iter().for_each(|(name, value)| encoder.field(out, name, value));
        });
        let mut rest = fields.iter();
        let read = again.decode(&out, |name, value| {
            let (wanted_name, wanted_value) = rest.next().expect("no header is added");
            assert_eq!((name, value), (&wanted_name[..], &wanted_value[..]));
        });
        assert!(read.is_some() && rest.next().is_none(), "a header is lost");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::stats::mutation;

    type Fields = Vec<(Vec<u8>, Vec<u8>)>;

    fn decode(block: &[u8]) -> Option<Fields> {
        let mut fields = Vec::new();
        let take = |name: &[u8], value: &[u8]| fields.push((name.to_vec(), value.to_vec()));
        HpackDecoder::new().decode(block, take)?;
        Some(fields)
    }

    /// The other decoder cuts entry 15 of the static table short.
    fn corrected((name, value): (Vec<u8>, Vec<u8>)) -> (Vec<u8>, Vec<u8>) {
        let is_cut = name == b"accept-";
        (if is_cut { b"accept-charset".to_vec() } else { name }, value)
    }

    #[test]
    fn mutants_decode_as_elsewhere() {
        let [decoded, refused, stricter] = [const { Cell::new(0) }; 3];
        mutation::each("hpack", 2_000, |mutant| {
            examine(mutant);
            let other = hpack_patched::Decoder::new().decode(mutant).ok();
            let other: Option<Fields> =
                other.map(|fields| fields.into_iter().map(corrected).collect());
            let count = match decode(mutant) {
                Some(fields) => {
                    assert_eq!(Some(fields), other);
                    &decoded
                }
                None if other.is_none() => &refused,
                None => &stricter,
            };
            count.set(count.get() + 1);
        });
        // The other decoder lets the size of the table change anywhere, and to any size.
        let seen = [decoded, refused, stricter].map(Cell::into_inner);
        assert!(seen[0] > 1_000 && seen[1] > 1_000 && seen[2] < 2_000, "{seen:?}");
    }
}
