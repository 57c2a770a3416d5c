//! Invariants of the request parser for any input, tested with mutants here and with more in
//! `fuzz/`.

use super::parse::{ParsedRequest, parse};

/// Checks that `bytes`, as the start of a stream of requests, are parsed consistently.
///
/// # Panics
///
/// The result for a head depends on how much of the stream has arrived, which is a bug in the
/// parser.
pub fn examine(bytes: &[u8]) {
    let parsed = parse(bytes);
    let cut = crc32fast::hash(bytes) as usize % (bytes.len() + 1);
    match (parsed, parse(&bytes[..cut])) {
        (ParsedRequest::Complete(head), _) if cut < head.length => {
            assert!(head.length <= bytes.len());
            assert_eq!(
                parse(&bytes[..cut]),
                ParsedRequest::Partial,
                "a head is read before its end"
            );
            assert_eq!(parse(&bytes[..head.length]), parsed, "bytes after a head matter");
        }
        (ParsedRequest::Complete(..), prefix) => {
            assert_eq!(prefix, parsed, "bytes after a head matter")
        }
        (ParsedRequest::Partial, prefix) => {
            assert_eq!(prefix, ParsedRequest::Partial, "more bytes make up for bad ones")
        }
        (ParsedRequest::Refused(_), prefix) => {
            assert!(!matches!(prefix, ParsedRequest::Complete(..)), "bytes after a head matter");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::stats::mutation;

    #[test]
    fn mutants_parse_consistently() {
        let [complete, partial, refused] = [const { Cell::new(0) }; 3];
        mutation::each("requests", 2_000, |mutant| {
            examine(mutant);
            let seen = match parse(mutant) {
                ParsedRequest::Complete(..) => &complete,
                ParsedRequest::Partial => &partial,
                ParsedRequest::Refused(_) => &refused,
            };
            seen.set(seen.get() + 1);
        });
        // All three happen often; otherwise the mutants are too tame or too wild.
        let seen = [complete, partial, refused].map(Cell::into_inner);
        assert!(seen.iter().all(|count| *count > 1_000), "{seen:?}");
    }
}
