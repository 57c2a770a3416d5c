//! Agreement between criterion and `compare`, as text and Markdown.

use crate::compare::agreement::{Accord, Agreement};
use crate::render::HEADING;
use crate::render::escape::{markdown as escape, visible};
use crate::render::table::{Column, Side, tables, wrapped};
use crate::stats::{Bounds, Ratio};

/// Returns how many backends they agree on, in words.
pub(super) fn summary(agreements: &[Agreement]) -> String {
    if agreements.is_empty() {
        return "No backend was measured by both on the same scenario.".to_owned();
    }
    format!(
        "Of {} backends that both have measured alike, criterion's figure lies within the interval of the comparison for {}, on \
         the same side of the reference for {}, and contradicts it for {}. Criterion measures one backend after another, so \
         the machine's drift is in its figures, which have no interval here.",
        agreements.len(),
        count(agreements, Accord::Within),
        count(agreements, Accord::SameSide),
        count(agreements, Accord::Contradicts)
    )
}

fn count(agreements: &[Agreement], accord: Accord) -> usize {
    agreements.iter().filter(|agreement| agreement.accord == accord).count()
}

/// Describes an accord.
pub(super) fn words(accord: Accord) -> &'static str {
    match accord {
        Accord::Within => "within the interval",
        Accord::SameSide => "on the same side",
        Accord::Contradicts => "contradicts",
    }
}

/// Formats the ratio of `compare` and its interval, with as many digits as criterion's.
pub(super) fn interval(compare: Ratio) -> String {
    match compare.bounds {
        Some(Bounds { low, high }) => format!("{:.3} ({low:.3} to {high:.3})", compare.mean),
        None => format!("{:.3}", compare.mean),
    }
}

/// Returns a sentence and a table of all backends that both have measured, for a terminal of
/// `columns` characters.
pub fn text(agreements: &[Agreement], columns: usize) -> String {
    let headings = [
        Column("scenario", Side::Left),
        Column("backend", Side::Left),
        Column("criterion", Side::Right),
        Column("compare", Side::Right),
        Column("", Side::Left),
    ];
    let cells = agreements.iter().map(|agreement| {
        vec![
            visible(&agreement.scenario),
            visible(&agreement.backend),
            format!("{:.3}", agreement.criterion),
            interval(agreement.compare),
            words(agreement.accord).to_owned(),
        ]
    });
    let table = tables(&headings, &cells.collect::<Vec<_>>(), columns);
    let summary = wrapped(columns, &summary(agreements));
    format!("{HEADING}Criterion and `compare`{HEADING:#}\n{summary}\n{table}")
}

/// Returns a sentence and a table of all backends that both have measured.
pub fn markdown(agreements: &[Agreement]) -> String {
    let mut text = format!("## Criterion and `compare`\n\n{}\n", summary(agreements));
    if agreements.is_empty() {
        return text;
    }
    text.push_str("\n| scenario | backend | criterion | compare | |\n|---|---|--:|--:|---|\n");
    for Agreement { scenario, backend, criterion, compare, accord } in agreements {
        let emphasis = if *accord == Accord::Contradicts { "**" } else { "" };
        let (scenario, backend, interval) = (escape(scenario), escape(backend), interval(*compare));
        let words = format!("{emphasis}{}{emphasis}", words(*accord));
        text.push_str(&format!(
            "| {scenario} | {backend} | {criterion:.3} | {interval} | {words} |\n"
        ));
    }
    text
}
