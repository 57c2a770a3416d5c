//! Checks the reader of records and all reports on arbitrary records: on mutants here, and on more
//! in `fuzz/`.

use std::fs;
use std::path::Path;

use super::html::Beside;
use super::{comparison, html, markdown, picture};
use crate::compare::analysis::analyse;
use crate::record::{Audit, Folder};
use crate::render::escape::is_active;
use crate::render::table::TERMINAL;

/// The prefix of a line that names the next file.
const NAME: &[u8] = b"== ";

/// The files of a record.
const FILES: [&str; 7] = [
    "environment.json",
    "comparison.json",
    "passes.jsonl",
    "costs.jsonl",
    "blocks.jsonl",
    "samples.jsonl",
    "audit.json",
];

/// The codes that style texts for a terminal.
pub(super) const STYLES: [&str; 6] =
    ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[36m"];

/// The scripts of a page.
const SCRIPTS: usize = 1;

/// Splits any bytes into the files of a record, writes them to an emptied folder and reports on it
/// in every form.
///
/// # Panics
///
/// Panics if a report holds active characters or markup, or if the folder cannot be written to.
pub fn examine(bytes: &[u8], folder: &Path) {
    write(bytes, folder);
    let Ok(record) = Folder::read(folder) else { return };
    let workloads = record.comparison.as_ref().map(analyse).unwrap_or_default();
    let mut texts = vec![markdown::folder(&record, &workloads), comparison::csv(&workloads)];
    if let Some(compared) = &record.comparison {
        let beside = Beside { audit: Audit::read(folder).ok().flatten(), ..Beside::default() };
        let figures = comparison::json(&compared.setup, &workloads);
        assert_eq!(figures["scenarios"].as_array().map(Vec::len), Some(workloads.len()));
        let page = html::page(&record, &workloads, &beside).expect("a page of every comparison");
        assert_eq!(page.matches("<script").count(), SCRIPTS);
        let styled = comparison::text(&compared.setup, &workloads, TERMINAL);
        texts.extend([page, STYLES.iter().fold(styled, |text, style| text.replace(style, ""))]);
    }
    for text in texts {
        let active = text.chars().find(|c| is_active(*c) && *c != '\n');
        assert_eq!(active, None, "{}", text.escape_debug());
    }
    // An error is fine: the record may hold nothing to draw.
    let _ = picture::draw(&record, &workloads);
}

fn write(bytes: &[u8], folder: &Path) {
    for file in FILES {
        let _ = fs::remove_file(folder.join(file));
    }
    let mut file = None;
    let mut begin = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let end = begin + line.len();
        let named = line.strip_prefix(NAME).map(<[u8]>::trim_ascii_end);
        if let Some(name) = named {
            file = FILES.into_iter().find(|file| file.as_bytes() == name).map(|name| (name, end));
        } else if let Some((name, start)) = file {
            fs::write(folder.join(name), &bytes[start..end])
                .expect("a folder that can be written to");
        }
        begin = end;
    }
}

#[cfg(test)]
mod tests {
    use super::examine;
    use crate::stats::mutation;

    #[test]
    fn mutants_report_or_refuse() {
        let folder = tempfile::tempdir().unwrap();
        mutation::each("records", 15, |mutant| examine(mutant, folder.path()));
    }
}
