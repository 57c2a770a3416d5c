//! Turns of phrase that must not come back, in the comments and messages of `src`, and in the pages.
//! `scripts/prose` counts more of them, per 1,000 words.

use std::fs;
use std::path::Path;

use crate::tidy::sources;

/// Each turn, with the plain English for it.
const TURNS: [(&str, &str); 16] = [
    ("of its own", "separate, or leave it out"),
    ("of ours", "written here"),
    ("none that", "say the thing, not its absence"),
    ("is none", "say the thing, not its absence"),
    ("what is told", "the report"),
    ("what there is", "name the things"),
    ("as it comes", "with its defaults"),
    ("so many", "the number of"),
    ("whoever", "every client, or every program"),
    ("nobody", "no client, or no program"),
    ("somebody", "another program"),
    ("asked for all the same", "requested anyway"),
    ("every row", "every backend"),
    ("all rows", "all backends"),
    ("other rows", "other backends"),
    ("in place of an", "instead of"),
];

/// Returns the turn that a line of text contains, and its replacement.
fn turn(line: &str) -> Option<(&'static str, &'static str)> {
    let is_word_end = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    let line = line.to_lowercase();
    TURNS.into_iter().find(|(turn, _)| {
        line.match_indices(turn).any(|(start, _)| {
            is_word_end(line[..start].chars().next_back())
                && is_word_end(line[start + turn.len()..].chars().next())
        })
    })
}

/// Returns whether a line of Rust is a comment or holds a message.
fn is_text(line: &str) -> bool {
    line.trim_start().starts_with("//") || line.contains('"')
}

#[test]
fn turns_stay_out_of_the_source() {
    for (file, text) in sources("src") {
        for (number, line) in text.lines().enumerate().filter(|(_, line)| is_text(line)) {
            if let Some((turn, better)) = turn(line) {
                panic!("src/{file}:{}: not \"{turn}\", but {better}", number + 1);
            }
        }
    }
}

#[test]
fn turns_stay_out_of_the_pages() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = docs.chain(["README.md", "CONTRIBUTING.md"].map(|page| root.join(page)));
    for path in pages.filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            if let Some((turn, better)) = turn(line) {
                panic!("{}:{}: not \"{turn}\", but {better}", path.display(), number + 1);
            }
        }
    }
}

#[test]
fn turns_are_found_as_words() {
    assert!(turn("/// A thread of its own.").is_some());
    assert!(turn("Every row is shown").is_some());
    assert_eq!(turn("every rowan, of oursons"), None);
}
