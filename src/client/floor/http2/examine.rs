//! Checks the invariants of the protocol for any input: on mutants here, and on more inputs in
//! `fuzz/`.

use super::conversation::Conversation;
use super::streams::{StreamEnd, StreamOutcome};
use crate::fetch::answer::Page;
use crate::fetch::error::ErrorClass;

/// The longest body that is accepted.
const CAP: u64 = 100;

/// Takes any bytes as what a server sends to three requests, after which the connection ends: in
/// one piece, and in three.
///
/// # Panics
///
/// The results differ, or the body exceeds the cap. Both are bugs.
pub fn examine(bytes: &[u8]) {
    let whole = outcomes(&[bytes]);
    let hash = crc32fast::hash(bytes) as usize;
    let (first, second) = (hash % (bytes.len() + 1), hash / (bytes.len() + 1) % (bytes.len() + 1));
    let (from, to) = (first.min(second), first.max(second));
    let pieced = outcomes(&[&bytes[..from], &bytes[from..to], &bytes[to..]]);
    assert_eq!(whole, pieced, "cut at {from} and {to}");
    assert_eq!(whole.len(), 3, "every request ends once");
}

/// Returns the results of the requests, by slot.
fn outcomes(pieces: &[&[u8]]) -> Vec<(usize, Result<Page, ErrorClass>)> {
    let mut conversation = Conversation::new();
    for slot in 0..3 {
        conversation.begin(slot, &[0x82], CAP);
    }
    let mut begun = Vec::new();
    let taken = pieces.iter().try_for_each(|piece| {
        begun.extend_from_slice(piece);
        begun = conversation.take(&begun)?.to_vec();
        Ok::<(), u32>(())
    });
    assert!(taken.is_err() || begun.len() < 9 + 16_384, "a whole frame is left");
    conversation.fail(None);
    let mut outcomes: Vec<_> =
        conversation.take_ended().into_iter().map(|end| (end.slot, outcome(end))).collect();
    outcomes.sort_by_key(|(slot, _)| *slot);
    outcomes
}

fn outcome(end: StreamEnd) -> Result<Page, ErrorClass> {
    match end.outcome {
        StreamOutcome::Whole(head, body) => {
            let page = body.finish(&head).map_err(|error| error.class)?;
            assert!(page.bytes <= CAP, "{} bytes", page.bytes);
            Ok(page)
        }
        StreamOutcome::Failed(error) | StreamOutcome::Unprocessed(error) => Err(error.class),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::mutation;

    #[test]
    fn pieces_do_not_affect_streams() {
        mutation::each("streams", 2_000, examine);
    }

    /// The corpus, or most mutants would end at the first frame.
    #[test]
    fn the_corpus_has_pages() {
        let text = include_bytes!("../../../../tests/corpus/streams/interleaved");
        let outcomes = outcomes(&[text]);
        assert!(outcomes.iter().all(|(_, outcome)| outcome.is_ok()), "{outcomes:?}");
    }
}
