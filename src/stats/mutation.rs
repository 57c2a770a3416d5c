//! Mutants of a corpus, for tests: the same on every machine and in every run, so that a parser
//! that stumbles over one stumbles over it again.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use crate::stats::random::mix;

/// Calls `check` with every text of a folder of `tests/corpus` and with `mutants` of each; what
/// fails names the mutant.
pub fn each(folder: &str, mutants: u64, check: impl Fn(&[u8])) {
    let check = |text: &[u8]| {
        if panic::catch_unwind(AssertUnwindSafe(|| check(text))).is_err() {
            panic!("of {folder}: {}", text.escape_ascii());
        }
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let mut files: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let texts: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(texts.len() > 5, "{} is no corpus", folder.display());
    for text in &texts {
        check(text);
    }
    for number in 0..mutants * texts.len() as u64 {
        let mut dice = Dice(mix(number));
        let mut mutant = texts[dice.below(texts.len())].clone();
        for _ in 0..=dice.below(3) {
            mutate(&mut mutant, &texts, &mut dice);
        }
        check(&mutant);
    }
}

/// Changes a text in one of the ways in which messages come to be wrong.
fn mutate(text: &mut Vec<u8>, texts: &[Vec<u8>], dice: &mut Dice) {
    const TELLING: [&[u8]; 13] = [
        b"\r",
        b"\n",
        b"\0",
        b":",
        b" ",
        b"chunked",
        b"\r\n\r\n",
        b"\xff",
        b"\"",
        b"[",
        b"{",
        b"null",
        b"\xef\xbb\xbf",
    ];
    const NUMBERS: [&[u8]; 8] = [
        b"0",
        b"-1",
        b"4294967295",
        b"18446744073709551615",
        b"99999999999999999999",
        b"1e308",
        b"1e999",
        b"0.5",
    ];
    let from = dice.below(text.len() + 1);
    let to = from + dice.below(text.len() - from + 1).min(12);
    match dice.below(7) {
        0 if from < text.len() => text[from] ^= 1 << dice.below(8),
        0 | 1 => drop(text.drain(from..to)),
        2 => text.truncate(from),
        3 => drop(text.splice(from..to, TELLING[dice.below(TELLING.len())].iter().copied())),
        4 => {
            // The next number becomes another.
            let digits = |byte: &u8| byte.is_ascii_digit();
            let start = text.iter().skip(from).position(digits).map_or(text.len(), |at| from + at);
            let end = text
                .iter()
                .skip(start)
                .position(|byte| !digits(byte))
                .map_or(text.len(), |at| start + at);
            drop(text.splice(start..end, NUMBERS[dice.below(NUMBERS.len())].iter().copied()));
        }
        5 => {
            let again = text[from..to].to_vec();
            drop(text.splice(from..from, again));
        }
        _ => {
            let other = &texts[dice.below(texts.len())];
            let cut = dice.below(other.len() + 1);
            text.truncate(from);
            text.extend_from_slice(&other[cut..]);
        }
    }
}

/// Random numbers that are always the same.
struct Dice(u64);

impl Dice {
    /// A number below `limit`, which is not 0.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = mix(self.0);
        (self.0 % limit as u64) as usize
    }
}
