//! Inserts generated text into a file between two marker lines.

use std::path::{Component, Path};

use anyhow::{Context, bail};
use serde::Serialize;

use super::comparison;
use super::markdown::short;
use crate::compare::analysis::WorkloadAnalysis;
use crate::record::{Environment, Folder};
use crate::render::escape::markdown as escape;

/// The block of the latest tables.
pub const REPORT: &str = "report";
/// The block of the list of all records.
pub const RECORDS: &str = "records";

/// The block of each client's shortcomings.
pub const CONFORMANCE: &str = "conformance";

/// Returns whether `text` has a block of that name.
pub fn has_block(text: &str, name: &str) -> bool {
    text.lines().any(|line| line.trim_end() == marker("BEGIN", name))
}

/// Returns `text` with `content` between its markers `<!-- BEGIN: name -->` and
/// `<!-- END: name -->`.
///
/// # Errors
///
/// Returns an error unless `text` has both markers once, in this order, on separate lines.
pub fn splice(text: &str, name: &str, content: &str) -> anyhow::Result<String> {
    let (begin, end) = (marker("BEGIN", name), marker("END", name));
    let (_, after_begin) = find_line(text, &begin)?;
    let (before_end, _) = find_line(text, &end)?;
    if before_end < after_begin {
        bail!("the line {end} stands before {begin}");
    }
    Ok(format!(
        "{}{}\n{}",
        &text[..after_begin],
        content.trim_end_matches('\n'),
        &text[before_end..]
    ))
}

fn marker(kind: &str, name: &str) -> String {
    format!("<!-- {kind}: {name} -->")
}

/// Returns the start of the only line `wanted`, and the start of the line after it.
fn find_line(text: &str, wanted: &str) -> anyhow::Result<(usize, usize)> {
    let mut found = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_end() == wanted && found.replace((at, at + line.len())).is_some() {
            bail!("the line {wanted} stands there twice");
        }
        at += line.len();
    }
    found
        .with_context(|| format!("there is no line {wanted}: add it where the tables are to stand"))
}

/// Returns the latest tables in short, with the picture, if any, and a link to the whole record.
pub fn latest(
    folder: &Folder,
    workloads: &[WorkloadAnalysis],
    link: &str,
    picture: Option<&str>,
) -> String {
    let tables = match (&folder.comparison, &folder.bench) {
        (None, Some(record)) => short(record),
        _ => comparison::short(&folder.environment, workloads),
    };
    let caption = if workloads.is_empty() {
        "Fetches per second of each row"
    } else {
        "The rows of each scenario by their time"
    };
    let picture =
        picture.map_or_else(String::new, |picture| format!("![{caption}]({picture})\n\n"));
    format!("{picture}{tables}\nThe whole record: [{}]({link}).\n", escape(&folder.name))
}

/// A record in the list of all.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// The name of its folder.
    pub name: String,
    /// A link to its Markdown.
    pub report: String,
    /// A link to its page, if it has one.
    pub page: Option<String>,
    /// The machine and the software.
    pub environment: Environment,
    /// Its results, one sentence for each compared scenario.
    pub verdicts: Vec<String>,
}

/// Puts the newest records first.
pub fn newest_first(records: &mut [Listed]) {
    records
        .sort_by(|a, b| (&b.environment.started, &b.name).cmp(&(&a.environment.started, &a.name)));
}

/// Returns the list of all records, the newest first.
pub fn records(records: &mut [Listed]) -> String {
    newest_first(records);
    records.iter().map(record_line).collect()
}

fn record_line(listed: &Listed) -> String {
    let Environment { cpu, cores, rustc, git, command, .. } = &listed.environment;
    let rustc = rustc.as_deref().unwrap_or("compiler unknown");
    let revision =
        git.as_ref().map_or("unknown", |git| git.revision.get(..12).unwrap_or(&git.revision));
    let page = listed.page.as_ref().map_or_else(String::new, |page| format!(" ([page]({page}))"));
    let verdicts: String =
        listed.verdicts.iter().map(|verdict| format!("  * {}\n", escape(verdict))).collect();
    format!(
        "* [{}]({}){page}: `{}` on {cores} cores of {}, {}, revision {}\n{verdicts}",
        escape(&listed.name),
        listed.report,
        command.replace('`', "'"),
        escape(cpu),
        escape(rustc),
        escape(revision)
    )
}

/// Returns the relative link from a folder to a file. Both paths are absolute, without `.` and
/// `..`.
pub fn relative(folder: &Path, file: &Path) -> String {
    let common = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(common).map(|_| "..".to_owned());
    let down = file.components().skip(common).map(|part| match part {
        Component::Normal(name) => percent_encoded(&name.to_string_lossy()),
        _ => String::new(),
    });
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// Encodes a name for a link.
fn percent_encoded(name: &str) -> String {
    name.bytes().fold(String::new(), |link, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            link + char::from(byte).encode_utf8(&mut [0])
        }
        byte => format!("{link}%{byte:02X}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Title\r\n<!-- BEGIN: report -->\nold\nolder\n<!-- END: report -->  \nend";

    fn error(text: &str) -> String {
        splice(text, REPORT, "new").unwrap_err().to_string()
    }

    fn link(folder: &str, file: &str) -> String {
        relative(Path::new(folder), Path::new(file))
    }

    fn listed(name: &str, started: &str) -> Listed {
        let mut environment = Environment::capture("cargo test");
        environment.started = started.to_owned();
        Listed {
            name: name.to_owned(),
            report: format!("{name}/report.md"),
            page: None,
            environment,
            verdicts: vec!["On <x> a is the fastest.".to_owned()],
        }
    }

    #[test]
    fn only_the_block_is_replaced() {
        let once = splice(PAGE, REPORT, "new\n\n").unwrap();
        assert_eq!(once, "# Title\r\n<!-- BEGIN: report -->\nnew\n<!-- END: report -->  \nend");
        assert_eq!(splice(&once, REPORT, "new\n").unwrap(), once);
    }

    #[test]
    fn bad_markers_are_named() {
        assert!(error("").starts_with("there is no line <!-- BEGIN: report -->"));
        assert!(
            error("<!-- BEGIN: report -->").starts_with("there is no line <!-- END: report -->")
        );
        assert!(error(&format!("{PAGE}\n{PAGE}")).ends_with("stands there twice"));
        assert!(error("<!-- END: report -->\n<!-- BEGIN: report -->").contains("stands before"));
        assert!(has_block(PAGE, REPORT) && !has_block(PAGE, RECORDS));
    }

    #[test]
    fn links_lead_from_folder_to_file() {
        assert_eq!(link("/p", "/p/results/r 1/report.md"), "results/r%201/report.md");
        assert_eq!(link("/p/results", "/p/results/r/report.md"), "r/report.md");
        assert_eq!(link("/p/a/b", "/p/results/r"), "../../results/r");
    }

    #[test]
    fn the_newest_record_comes_first() {
        let list = records(&mut [
            listed("a", "2026-01-01T00:00:00Z"),
            listed("b", "2026-01-02T00:00:00Z"),
        ]);
        assert!(list.contains("\n  * On \\<x\\> a is the fastest.\n"), "{list}");
        assert!(list.starts_with("* [b](b/report.md): "), "{list}");
        assert_eq!(list.lines().count(), 4);
    }
}
