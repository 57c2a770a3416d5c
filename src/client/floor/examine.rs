//! Checks the invariants of the response parser for any input: on mutants here, and on more inputs
//! in `fuzz/`.

use super::answer::{FloorResponse, Whole};
use crate::fetch::answer::{Page, Received};
use crate::fetch::error::ErrorClass;

// Its answers are read here, and what is right to make of them by the tests beside it.
#[cfg(test)]
#[allow(dead_code)]
#[path = "../../../tests/it/rfc9112/cases/mod.rs"]
mod cases;

/// The longest body that is accepted.
const CAP: u64 = 100;

/// Parses any bytes as a response after which the connection ends: in one piece, in three, and byte
/// by byte.
///
/// # Panics
///
/// The results differ, or the body exceeds the cap. Both are bugs of the parser.
pub fn examine(bytes: &[u8]) {
    let whole = outcome([bytes].into_iter());
    let hash = crc32fast::hash(bytes) as usize;
    let (first, second) = (hash % (bytes.len() + 1), hash / (bytes.len() + 1) % (bytes.len() + 1));
    let (from, to) = (first.min(second), first.max(second));
    let pieced = outcome([&bytes[..from], &bytes[from..to], &bytes[to..]].into_iter());
    // The results do not include whether the connection is kept, because bytes after the response
    // are not seen if they arrive later. The connection is checked for them before its reuse.
    assert_eq!(whole, pieced, "cut at {from} and {to}");
    // Each byte parses the whole head again.
    if bytes.len() < 1_000 {
        assert_eq!(whole, outcome(bytes.chunks(1)), "byte by byte");
    }
}

/// Parses a response that arrives in these pieces, after which the connection ends.
fn outcome<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Result<Page, ErrorClass> {
    let (mut answer, mut body) = (FloorResponse::new(), Received::new(CAP));
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        if let Some(whole) = answer.take(piece, &mut body).map_err(|error| error.class)? {
            return page(&whole, body);
        }
    }
    let whole = answer.end().map_err(|error| error.class)?;
    page(&whole, body)
}

fn page(whole: &Whole, body: Received) -> Result<Page, ErrorClass> {
    let page = body.finish(&whole.head).map_err(|error| error.class)?;
    assert!(page.bytes <= CAP, "{} bytes", page.bytes);
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::{cases, examine};
    use crate::stats::mutation;

    #[test]
    fn pieces_do_not_affect_mutants() {
        mutation::each("replies", 1_000, examine);
    }

    #[test]
    fn pieces_do_not_affect_rfc_9112() {
        let cases = cases::cases();
        assert!(cases.len() >= 120);
        cases.iter().for_each(|case| examine(&case.answer));
    }
}
