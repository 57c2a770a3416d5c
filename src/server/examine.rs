//! What must hold of the parser of requests, whatever it is given: tried on mutants here, and on
//! more in `fuzz/`.

use super::request::{Parsed, parse};

/// Reads any bytes as the beginning of a stream of requests.
///
/// # Panics
///
/// What is made of a head depends on how much of the stream has arrived, which is a fault of the
/// parser.
pub fn examine(bytes: &[u8]) {
    let parsed = parse(bytes);
    let cut = crc32fast::hash(bytes) as usize % (bytes.len() + 1);
    match (parsed, parse(&bytes[..cut])) {
        (Parsed::Complete(request, length), _) if cut < length => {
            assert!(length <= bytes.len());
            assert_eq!(parse(&bytes[..cut]), Parsed::Partial, "a head is read before its end");
            assert_eq!(
                parse(&bytes[..length]),
                Parsed::Complete(request, length),
                "what follows a head matters"
            );
        }
        (Parsed::Complete(..), of_part) => {
            assert_eq!(of_part, parsed, "what follows a head matters")
        }
        (Parsed::Partial, of_part) => {
            assert_eq!(of_part, Parsed::Partial, "more bytes make up for bad ones")
        }
        (Parsed::Refused(_), of_part) => {
            assert!(!matches!(of_part, Parsed::Complete(..)), "what follows a head matters");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::server::request::Refusal;
    use crate::stats::mutation;

    #[test]
    fn a_mutant_is_read_refused_or_waited_for_and_nothing_else() {
        let [complete, partial, refused] = [const { Cell::new(0) }; 3];
        mutation::each("requests", 2_000, |mutant| {
            examine(mutant);
            let seen = match parse(mutant) {
                Parsed::Complete(..) => &complete,
                Parsed::Partial => &partial,
                Parsed::Refused(Refusal::Malformed | Refusal::TooLarge | Refusal::Version) => {
                    &refused
                }
            };
            seen.set(seen.get() + 1);
        });
        // All three happen often, or the mutants are too tame or too wild.
        let seen = [complete, partial, refused].map(Cell::into_inner);
        assert!(seen.iter().all(|count| *count > 1_000), "{seen:?}");
    }
}
