//! Markdown to insert into a page, such as a README: one record in short, or the list of all.

use super::comparison;
use super::index::{Listed, newest_first};
use super::markdown::short;
use crate::compare::analysis::WorkloadAnalysis;
use crate::record::{Environment, Folder};
use crate::render::escape::markdown as escape;

/// Returns the tables of a record in short, with the picture and a link to the whole record, if
/// any.
pub fn record(
    folder: &Folder,
    workloads: &[WorkloadAnalysis],
    link: Option<&str>,
    picture: Option<&str>,
) -> String {
    let tables = match (&folder.comparison, &folder.bench) {
        (None, Some(record)) => short(record),
        _ => comparison::short(&folder.environment, workloads),
    };
    let caption = if workloads.is_empty() {
        "Fetches per second of each backend"
    } else {
        "The backends of each scenario by their time"
    };
    let picture =
        picture.map_or_else(String::new, |picture| format!("![{caption}]({picture})\n\n"));
    let name = escape(&folder.name);
    let record = link.map_or_else(|| name.clone(), |link| format!("[{name}]({link})"));
    format!("{picture}{tables}\nThe whole record: {record}.\n")
}

/// Returns the list of all records, the newest first.
pub fn index(records: &mut [Listed]) -> String {
    newest_first(records);
    records.iter().map(record_line).collect()
}

fn record_line(listed: &Listed) -> String {
    let Environment { cpu, cores, rustc, git, .. } = &listed.environment;
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
        listed.command.replace('`', "'"),
        escape(cpu),
        escape(rustc),
        escape(revision)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(name: &str, started: &str) -> Listed {
        let mut environment = Environment::capture("cargo test");
        environment.started = started.to_owned();
        Listed {
            name: name.to_owned(),
            report: format!("{name}/report.md"),
            page: None,
            environment,
            command: "fetchbench compare".to_owned(),
            verdicts: vec!["On <x> a is the fastest.".to_owned()],
            results: Vec::new(),
        }
    }

    #[test]
    fn the_newest_record_comes_first() {
        let list =
            index(&mut [listed("a", "2026-01-01T00:00:00Z"), listed("b", "2026-01-02T00:00:00Z")]);
        assert!(list.contains("\n  * On \\<x\\> a is the fastest.\n"), "{list}");
        assert!(list.starts_with("* [b](b/report.md): `fetchbench compare` on "), "{list}");
        assert_eq!(list.lines().count(), 4);
    }
}
