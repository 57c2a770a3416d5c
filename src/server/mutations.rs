//! The parser of requests against a corpus that is mutated, the same way in every run.

use std::fs;
use std::path::Path;

use super::request::{Parsed, Refusal, parse};
use crate::site::mix;

/// Mutations of each entry of the corpus.
const EACH: u64 = 3_000;

fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/server/corpus");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.display().to_string(), fs::read(path).unwrap())).collect()
}

/// Changes, inserts, doubles, drops or cuts off a few bytes.
fn mutate(bytes: &mut Vec<u8>, seed: u64) {
    const TELLING: &[u8] = b"\r\n :/\0\t,;%1HG\x7f\xff";
    let mut state = seed;
    let mut draw = |below: usize| {
        state = mix(state);
        (state % below as u64) as usize
    };
    for _ in 0..=draw(4) {
        let at = draw(bytes.len() + 1);
        let byte = if draw(2) == 0 { TELLING[draw(TELLING.len())] } else { draw(256) as u8 };
        match draw(8) {
            7 => bytes.truncate(at),
            0 if at < bytes.len() => bytes[at] = byte,
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => {
                let piece = bytes[at..bytes.len().min(at + draw(40))].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => bytes.insert(at, byte),
        }
    }
}

/// What must hold for any bytes at all.
fn examine(bytes: &[u8], seed: u64) -> Parsed {
    let parsed = parse(bytes);
    let cut = (mix(seed) % (bytes.len() as u64 + 1)) as usize;
    match (parsed, parse(&bytes[..cut])) {
        (Parsed::Complete(request, length), _) if cut < length => {
            assert!(length <= bytes.len());
            assert_eq!(parse(&bytes[..cut]), Parsed::Partial, "a head is read before its end");
            assert_eq!(parse(&bytes[..length]), Parsed::Complete(request, length), "what follows a head matters");
        }
        (Parsed::Complete(..), of_part) => assert_eq!(of_part, parsed, "what follows a head matters"),
        (Parsed::Partial, of_part) => assert_eq!(of_part, Parsed::Partial, "more bytes make up for bad ones"),
        (Parsed::Refused(_), of_part) => {
            assert!(!matches!(of_part, Parsed::Complete(..)), "what follows a head matters");
        }
    }
    parsed
}

#[test]
fn a_mutated_request_is_read_refused_or_waited_for_and_nothing_else() {
    let corpus = corpus();
    assert!(corpus.len() >= 12);
    let (mut complete, mut partial, mut refused) = (0, 0, 0);
    for (name, bytes) in &corpus {
        for number in 0..EACH {
            let mut mutated = bytes.clone();
            mutate(&mut mutated, mix(number) ^ bytes.len() as u64);
            let examined = std::panic::catch_unwind(|| examine(&mutated, number));
            match examined.unwrap_or_else(|_| panic!("{name}: {}", mutated.escape_ascii())) {
                Parsed::Complete(..) => complete += 1,
                Parsed::Partial => partial += 1,
                Parsed::Refused(Refusal::Malformed | Refusal::TooLarge) => refused += 1,
            }
        }
    }
    // A corpus that only ever comes to one of them tests nothing.
    let least = EACH as usize / 2;
    assert!(complete > least && partial > least && refused > least, "{complete}, {partial}, {refused}");
}
