//! The pages for readers: their links lead somewhere, and they show what the program prints.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the pages in docs/, and the pages `others`, with their text.
pub(crate) fn pages(others: &[&str]) -> Vec<(PathBuf, String)> {
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let all = docs.chain(others.iter().map(|name| root().join(name)));
    let pages = all.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// Returns a page without its fenced blocks, and those blocks with their languages.
pub(crate) fn fences(text: &str) -> (String, Vec<(&str, &str)>) {
    let mut prose = String::new();
    let mut blocks = Vec::new();
    for (index, part) in text.split("```").enumerate() {
        if index % 2 == 0 {
            prose.push_str(part);
        } else {
            blocks.push(part.split_once('\n').unwrap_or((part, "")));
        }
    }
    (prose, blocks)
}

/// Returns the targets of the inline links and of the images.
fn links(prose: &str) -> impl Iterator<Item = &str> {
    prose.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// Returns the anchors of a page's headings, as GitHub makes them.
fn anchors(text: &str) -> HashSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| slug(line.trim_start_matches('#').trim())).collect()
}

fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn links_lead_somewhere() {
    let mut found = 0;
    for (path, text) in pages(&[
        "README.md",
        "CONTRIBUTING.md",
        "examples/distributed/README.md",
        "results/README.md",
    ]) {
        for link in links(&fences(&text).0).filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{}: {link} leads nowhere", path.display());
            if !anchor.is_empty() {
                let known = anchors(&fs::read_to_string(&target).unwrap());
                assert!(known.contains(anchor), "{}: no heading {link}", path.display());
            }
            found += 1;
        }
    }
    assert!(found > 50, "{found} links are found");
}

#[test]
fn the_index_lists_every_page() {
    let index = fs::read_to_string(root().join("docs/README.md")).unwrap();
    let listed: HashSet<&str> = links(&index).collect();
    for (path, _) in pages(&[]) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name == "README.md" || listed.contains(name), "docs/README.md lacks {name}");
    }
}

/// A block of a page under `<!-- prints: fetchbench … -->` is what that command prints.
#[test]
fn pages_show_what_is_printed() {
    let mut found = 0;
    for (path, text) in pages(&["README.md"]) {
        for block in text.split("<!-- prints: fetchbench").skip(1) {
            let (arguments, rest) = block.split_once("-->").unwrap();
            let shown = rest.split("```").nth(1).unwrap().split_once('\n').unwrap().1;
            let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
            let output = command.args(arguments.split_whitespace()).output().unwrap();
            assert!(output.status.success(), "fetchbench{arguments}");
            let printed = String::from_utf8(output.stdout).unwrap();
            assert_eq!(
                shown.trim_end(),
                printed.trim_end(),
                "{}: fetchbench{arguments}",
                path.display()
            );
            found += 1;
        }
    }
    assert!(found >= 2, "{found} blocks are found");
}

#[test]
fn the_readme_is_short() {
    let lines = fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines <= 190, "README.md has {lines} lines");
}

/// Returns the lines of a text, with each number as a zero.
fn without_figures(text: &str) -> Vec<String> {
    let line = |line: &str| {
        let digits = line.chars().map(|c| if c.is_ascii_digit() { '0' } else { c });
        digits.collect::<String>().trim_end().to_owned()
    };
    text.lines().map(line).collect()
}

#[test]
fn the_readme_shows_the_article() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let source = fs::read_to_string(root().join("examples/article.rs")).unwrap();
    let (_, blocks) = fences(&readme);
    let listings: Vec<&str> =
        blocks.iter().filter(|(language, _)| *language == "rust").map(|(_, text)| *text).collect();
    assert_eq!(listings.len(), 2);
    for listing in listings {
        assert!(source.contains(listing), "examples/article.rs has not: {listing}");
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["build", "--locked", "--quiet", "--example", "article"]);
    assert!(cargo.status().unwrap().success());
    let target = Path::new(env!("CARGO_BIN_EXE_fetchbench")).ancestors().nth(2).unwrap();
    let output = Command::new(target.join("debug/examples/article")).output().unwrap();
    let printed = without_figures(&String::from_utf8(output.stdout).unwrap());
    let shown = blocks.iter().find(|(language, _)| *language == "text").unwrap().1;
    let mut expected = without_figures(shown);
    let mut end = printed[printed.len() - expected.len()..].to_vec();
    // Two sites answer within 15 ms of each other.
    expected.sort();
    end.sort();
    assert_eq!(end, expected);
}
