//! Where criterion and `compare` agree and where not, as Markdown.

use std::fmt::Write;

use super::markdown::escape;
use crate::agreement::{Accord, Agreement};

/// A sentence and a table of every row that both have measured.
pub fn markdown(agreements: &[Agreement]) -> String {
    let mut text = String::from("## Criterion and `compare`\n\n");
    if agreements.is_empty() {
        text.push_str("There is no row that both have measured on the same scenario.\n");
        return text;
    }
    let count = |accord: Accord| agreements.iter().filter(|agreement| agreement.accord == accord).count();
    writeln!(
        text,
        "Of {} rows that both have measured alike, criterion's figure lies within the interval of `compare` for {}, on \
         the same side of the reference for {}, and contradicts it for {}. Criterion measures one row after another, so \
         the machine's drift is in its figures, which have no interval here.\n",
        agreements.len(),
        count(Accord::Within),
        count(Accord::SameSide),
        count(Accord::Contradicts)
    )
    .expect("a string takes everything");
    text.push_str("| scenario | row | criterion | compare | |\n|---|---|--:|--:|---|\n");
    for Agreement { scenario, row, criterion, compare, accord } in agreements {
        let told = match accord {
            Accord::Within => "within the interval",
            Accord::SameSide => "on the same side",
            Accord::Contradicts => "**contradicts**",
        };
        let (scenario, row) = (escape(scenario), escape(row));
        let interval = format!("{:.3} ({:.3} to {:.3})", compare.mean, compare.low, compare.high);
        writeln!(text, "| {scenario} | {row} | {criterion:.3} | {interval} | {told} |")
            .expect("a string takes everything");
    }
    text
}
