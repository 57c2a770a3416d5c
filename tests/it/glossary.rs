//! One word for each thing: names in `src` follow the glossary.

use crate::tidy::sources;

/// Words that no type, function, field or module is named by, and the word to use.
const WORDS: [(&str, &str); 11] = [
    ("row", "backend, unless it is a row of a table"),
    ("stage", "workload"),
    ("course", "workload, or plan"),
    ("place", "destination, or position"),
    ("twin", "control"),
    ("cycle", "round"),
    ("turn", "pass"),
    ("errand", "fetch"),
    ("door", "endpoint"),
    ("letter", "message"),
    ("bell", "waker"),
];

/// Where tables are made, and so have rows.
const TABLES: [&str; 2] = ["render/", "report/html/"];

/// Keywords that stand before a name.
const KEYWORDS: [&str; 9] =
    ["const", "enum", "fn", "mod", "static", "struct", "trait", "type", "union"];

/// Returns the name that a line declares, or gives a value to as a field.
fn declared(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("pub").map_or(line, |rest| {
        rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest)
    });
    let line = line.trim_start();
    let qualifiers = ["const fn ", "async fn ", "unsafe fn "];
    let line = match qualifiers.iter().find(|qualifier| line.starts_with(**qualifier)) {
        Some(_) => line.split_once(' ')?.1,
        None => line,
    };
    let (first, rest) = line.split_once(' ')?;
    let name = match first.strip_suffix(':') {
        Some(field) => field,
        None if KEYWORDS.contains(&first) => rest,
        None => return None,
    };
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    (end > 0).then(|| &name[..end])
}

/// Splits `GridRow` and `grid_row` into words in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if c == '_' || (c.is_ascii_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = c.is_ascii_lowercase();
        if let (Some(word), true) = (words.last_mut(), c != '_') {
            word.push(c.to_ascii_lowercase());
        }
    }
    words
}

/// Returns the word of the glossary's other column that a name holds, if any.
fn unwanted(name: &str, file: &str) -> Option<(&'static str, &'static str)> {
    let named = words(name);
    WORDS.into_iter().find(|(word, _)| {
        let is_table = *word == "row" && TABLES.iter().any(|table| file.starts_with(table));
        !is_table && named.iter().any(|part| part == word || *part == format!("{word}s"))
    })
}

#[test]
fn names_follow_the_glossary() {
    let (mut names, mut faults) = (0, vec![]);
    for (file, text) in sources("src") {
        for (number, line) in text.lines().enumerate() {
            let Some(name) = declared(line) else { continue };
            names += 1;
            if let Some((word, better)) = unwanted(name, &file) {
                let number = number + 1;
                faults.push(format!("src/{file}:{number}: {name}: not {word}, but {better}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(names > 3_000, "{names} names are found");
}

#[test]
fn unwanted_names_are_found() {
    for line in
        ["pub(crate) struct GridRow {", "    rows: Vec<Row>,", "fn is_twin(name: &str) -> bool {"]
    {
        let name = declared(line).unwrap();
        assert!(unwanted(name, "compare/mod.rs").is_some(), "{line}");
    }
    assert_eq!(unwanted("GridRow", "report/html/mod.rs"), None);
    assert_eq!(unwanted("throws", "cli/mod.rs"), None);
    assert_eq!(declared("let row = 1;"), None);
}
