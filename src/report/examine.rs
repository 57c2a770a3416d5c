//! What must hold of a record's reader and of all reports, whatever stands in the record: tried on
//! mutants here, and on more in `fuzz/`.

use std::fs;
use std::path::Path;

use super::html::Beside;
use super::{comparison, html, markdown, picture};
use crate::compare::analysis::analyse;
use crate::record::{Audit, Folder};
use crate::render::escape::is_active;

/// A line that begins with this names the file that follows it.
const NAME: &[u8] = b"== ";

/// The files that a record may have.
const FILES: [&str; 6] = [
    "environment.json",
    "comparison.json",
    "passes.jsonl",
    "costs.jsonl",
    "samples.jsonl",
    "audit.json",
];

/// The codes in which texts for a terminal are styled.
pub(super) const STYLES: [&str; 4] = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[31m", "\u{1b}[36m"];

/// The scripts of a page: its data and its own.
const SCRIPTS: usize = 2;

/// Takes any bytes for the files of a record, puts them into a folder, which it empties first, and
/// reports on it in every form.
///
/// # Panics
///
/// A report acts where it should be read, or the folder cannot be written to.
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
        let styled = comparison::text(&compared.setup, &workloads);
        texts.extend([page, STYLES.iter().fold(styled, |text, style| text.replace(style, ""))]);
    }
    for text in texts {
        let acting = text.chars().find(|c| is_active(*c) && *c != '\n');
        assert_eq!(acting, None, "{}", text.escape_debug());
    }
    // There may be nothing to draw.
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
    fn a_mutant_of_a_record_is_reported_on_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        mutation::each("records", 15, |mutant| examine(mutant, folder.path()));
    }
}
