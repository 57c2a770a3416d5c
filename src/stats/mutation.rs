//! Mutants of a corpus, for tests. They are the same on every machine and in every run, so that a
//! failure of a parser can be reproduced.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use crate::stats::random::mix;

/// Calls `check` with every text of a folder of `tests/corpus` and with `mutants` of each. A
/// failure names the mutant.
pub fn each(folder: &str, mutants: u64, check: impl Fn(&[u8])) {
    let texts = read_corpus(folder);
    for text in &texts {
        name_failure(folder, text, &check);
    }
    for number in 0..mutants * texts.len() as u64 {
        let mut dice = Dice(mix(number));
        let mut mutant = texts[dice.below(texts.len())].clone();
        for _ in 0..=dice.below(3) {
            mutate(&mut mutant, &texts, &mut dice);
        }
        name_failure(folder, &mutant, &check);
    }
}

fn read_corpus(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let mut files: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let texts: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(texts.len() > 5, "{} is no corpus", folder.display());
    texts
}

/// Panics with the text if its check panics.
fn name_failure(folder: &str, text: &[u8], check: &impl Fn(&[u8])) {
    if panic::catch_unwind(AssertUnwindSafe(|| check(text))).is_err() {
        panic!("of {folder}: {}", text.escape_ascii());
    }
}

/// Changes a text in one of the ways in which messages go wrong.
fn mutate(text: &mut Vec<u8>, texts: &[Vec<u8>], dice: &mut Dice) {
    const TOKENS: [&[u8]; 13] = [
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
        3 => drop(text.splice(from..to, TOKENS[dice.below(TOKENS.len())].iter().copied())),
        4 => {
            // Replaces the next number by another.
            let length = text.iter().skip(from).take_while(|byte| !byte.is_ascii_digit()).count();
            let start = from + length;
            let digits = text.iter().skip(start).take_while(|byte| byte.is_ascii_digit()).count();
            let end = start + digits;
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
    /// Returns a number below `limit`, which must not be 0.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = mix(self.0);
        (self.0 % limit as u64) as usize
    }
}
