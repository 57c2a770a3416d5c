//! A line of the list of records for the template.

use serde::Serialize;

use crate::render::escape::cut;
use crate::render::numbers::counted;
use crate::report::index::Listed;

/// The longest command that the list shows unfolded, in characters.
const LONGEST_COMMAND: usize = 80;

/// A record in the list.
#[derive(Debug, Serialize)]
pub(super) struct RecordView<'a> {
    /// The date and the time of day, to the minute.
    date: String,
    machine: String,
    command: &'a str,
    /// The beginning of a long command.
    short_command: Option<String>,
    results: &'a [(String, String)],
    report: &'a str,
    page: Option<&'a str>,
}

pub(super) fn view(listed: &Listed) -> RecordView<'_> {
    let Listed { environment, command, .. } = listed;
    let is_long = command.chars().count() > LONGEST_COMMAND;
    let cores = counted(environment.cores as u64, "core", "cores");
    RecordView {
        date: environment.started.chars().take(16).collect::<String>().replace('T', " "),
        machine: format!("{cores} of {}", environment.cpu),
        command,
        short_command: is_long.then(|| format!("{}…", cut(command, LONGEST_COMMAND))),
        results: &listed.results,
        report: &listed.report,
        page: listed.page.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures::record;

    fn listed(command: &str) -> Listed {
        Listed {
            name: "a".to_owned(),
            report: "a/report.md".to_owned(),
            page: None,
            environment: record().environment,
            command: command.to_owned(),
            verdicts: Vec::new(),
            results: Vec::new(),
        }
    }

    #[test]
    fn long_commands_are_folded() {
        let short = listed("fetchbench compare");
        assert_eq!(view(&short).short_command, None);
        let long = listed(&format!("fetchbench compare --backend {}", "x".repeat(99)));
        let view = view(&long);
        assert_eq!(view.short_command.unwrap().chars().count(), LONGEST_COMMAND + 1);
        assert!(view.command.ends_with('x'));
    }

    #[test]
    fn dates_end_with_the_minute() {
        let listed = listed("fetchbench compare");
        assert_eq!(view(&listed).date, "2026-11-22 10:12");
    }
}
