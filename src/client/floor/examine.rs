//! What must hold of the parser of answers, whatever it is given: tried on mutants here, and on
//! more in `fuzz/`.

use super::answer::{Answer, Whole};
use crate::fetch::answer::{Page, Received};
use crate::fetch::error::ErrorClass;

/// The longest body that is accepted.
const CAP: u64 = 100;

/// Reads any bytes as an answer behind which the connection ends: in one piece, in three, and byte
/// by byte.
///
/// # Panics
///
/// It matters how they arrive, or the cap is passed: a fault of the parser.
pub fn examine(bytes: &[u8]) {
    let whole = outcome([bytes].into_iter());
    let hash = crc32fast::hash(bytes) as usize;
    let (first, second) = (hash % (bytes.len() + 1), hash / (bytes.len() + 1) % (bytes.len() + 1));
    let (from, to) = (first.min(second), first.max(second));
    let pieced = outcome([&bytes[..from], &bytes[from..to], &bytes[to..]].into_iter());
    // Whether the connection is kept is left out. What comes behind an answer is not seen where it
    // comes later: there the connection is looked at before it is used again.
    assert_eq!(whole, pieced, "cut at {from} and {to}");
    // Each byte costs another look at the whole head.
    if bytes.len() < 1_000 {
        assert_eq!(whole, outcome(bytes.chunks(1)), "byte by byte");
    }
}

/// What is made of an answer that comes in those pieces, and then the connection ends.
fn outcome<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Result<Page, ErrorClass> {
    let (mut answer, mut body) = (Answer::new(), Received::new(CAP));
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
    use super::examine;
    use crate::stats::mutation;

    #[test]
    fn a_mutant_is_read_alike_however_it_arrives() {
        mutation::each("replies", 1_000, examine);
    }
}
