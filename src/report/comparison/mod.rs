//! What a comparison says: the phrases that all forms share. As text for people, as Markdown, as JSON and CSV.

use super::escape::visible;
use super::numbers;
use crate::analysis::{FLOOR, RowAnalysis, StageAnalysis};
use crate::metric::{Metric, Unit};
use crate::paired::{Ratio, Verdict};

mod export;
mod markdown;
mod text;

pub(super) use self::export::csv_field;
pub use self::export::{csv, json};
pub use self::markdown::{markdown, short};
pub use self::text::text;

/// The verdict on a row, read off its interval.
pub(super) fn against(stage: &StageAnalysis, row: &RowAnalysis) -> String {
    if row.name == stage.reference {
        let noise = stage.noise.map_or_else(String::new, |noise| format!(", against itself {}", interval(noise)));
        return format!("the reference{noise}");
    }
    match row.ratio {
        None => String::new(),
        Some(ratio) => match ratio.verdict() {
            Verdict::Faster => format!("faster: {}", interval(ratio)),
            Verdict::Slower => format!("slower: {}", interval(ratio)),
            Verdict::Tied => format!("cannot be told apart: {}", interval(ratio)),
            Verdict::TooFewBlocks => format!("no verdict from {} blocks", ratio.blocks),
        },
    }
}

/// A ratio of times with its interval, as a difference where it is small and as a factor where it is large.
pub(super) fn interval(ratio: Ratio) -> String {
    if ratio.high < 2.0 && ratio.low > 0.5 {
        let percent = |value: f64| format!("{:+.1}", (value - 1.0) * 100.0);
        format!("{} % ({} to {})", percent(ratio.mean), percent(ratio.low), percent(ratio.high))
    } else {
        format!("x {:.2} ({:.2} to {:.2})", ratio.mean, ratio.low, ratio.high)
    }
}

pub(super) fn cell(metric: &Metric, row: &RowAnalysis) -> String {
    (metric.value)(row).map_or_else(String::new, |value| show(metric.unit, value))
}

/// A figure as people read it.
pub(super) fn show(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Seconds => numbers::seconds(value),
        Unit::PerSecond => numbers::per_second(value),
        Unit::Share => format!("{:.1} %", value * 100.0),
        Unit::Bytes if value >= 1e6 => format!("{:.1} MB", value / 1e6),
        Unit::Bytes if value >= 1e3 => format!("{:.1} kB", value / 1e3),
        Unit::Bytes => format!("{value:.0} B"),
        Unit::Number if value.fract() == 0.0 => format!("{value:.0}"),
        Unit::Number => format!("{value:.2}"),
    }
}

/// What is said against the rows that do not count.
pub(super) fn invalidities(stage: &StageAnalysis) -> Vec<String> {
    let line = |row: &RowAnalysis| {
        let (validity, why, passes) = row.invalid.as_ref()?;
        Some(visible(&format!("{}: {} ({passes} passes): {why}", row.name, validity.name())))
    };
    stage.rows.iter().filter_map(line).collect()
}

pub(super) fn footnotes(stage: &StageAnalysis) -> Vec<String> {
    let mut notes = Vec::new();
    if stage.setup.live {
        notes.push("These are live sites: the network is part of every figure, and no answer was verified.".to_owned());
    }
    for (row, ideal) in &stage.setup.left_out {
        notes.push(format!("{row} is left out: its pass takes {ideal:.1} s at best."));
    }
    if !stage.setup.without_https.is_empty() {
        notes.push(format!("Left out, since they cannot fetch https: {}.", stage.setup.without_https.join(", ")));
    }
    if let Some(smallest) = stage.smallest_difference {
        notes.push(format!("Differences from about {:.1} % on are found here in four runs of five.", smallest * 100.0));
    }
    notes
}

/// A difference that nobody would choose by, even where it is shown to be one.
const TRIFLE: f64 = 0.01;

/// By which share the slowest of several rows is slower than the fastest.
fn spread(rows: &[&RowAnalysis]) -> Option<f64> {
    let medians: Option<Vec<f64>> = rows.iter().map(|row| row.median_s).collect();
    let medians = medians.filter(|medians| medians.len() > 1)?;
    let (least, most) = medians.iter().fold((f64::MAX, 0.0_f64), |(a, b), &median| (a.min(median), b.max(median)));
    Some(most / least - 1.0)
}

/// One plain sentence that a hurried person can act on.
pub fn verdict(stage: &StageAnalysis) -> String {
    let name = &stage.setup.scenario;
    if stage.rows.iter().all(|row| row.invalid.is_some()) {
        return format!("On {name} no row counts.");
    }
    let choices = choices(stage);
    let best: Vec<&RowAnalysis> = choices.iter().filter(|(_, rank)| *rank == 1).map(|(row, _)| *row).collect();
    let Some(first) = best.first() else {
        return format!("On {name} there are too few blocks for a verdict: give it more time with --budget.");
    };
    let concurrent: Vec<&RowAnalysis> = choices.iter().map(|(row, _)| *row).filter(|row| !row.sequential).collect();
    if let Some(share) = spread(&concurrent).filter(|share| *share < TRIFLE) {
        let cheapest = concurrent.iter().min_by(|a, b| cpu(a).total_cmp(&cpu(b))).expect("there are several");
        return format!(
            "On {name} all concurrent rows lie within {:.1} %: choose on cost, where {} takes the least CPU.",
            share * 100.0,
            cheapest.name
        );
    }
    if best.len() == 1 {
        return match choices.iter().find(|(_, rank)| *rank > 1) {
            Some((next, _)) => format!("On {name} {} is the fastest; next comes {}.", first.name, next.name),
            None => format!("On {name} there is only {}.", first.name),
        };
    }
    let all_tie = choices.iter().all(|(row, rank)| (*rank == 1) != row.sequential);
    let cheapest = best.iter().min_by(|a, b| cpu(a).total_cmp(&cpu(b))).expect("there are several");
    if all_tie {
        return format!(
            "On {name} all concurrent rows tie: choose on cost, where {} takes the least CPU.",
            cheapest.name
        );
    }
    let names: Vec<&str> = best.iter().map(|row| row.name.as_str()).collect();
    format!(
        "On {name} no row is shown to be faster than {}: choose on cost, where {} takes the least CPU.",
        join(&names, "or"),
        cheapest.name
    )
}

/// The rows that there are to choose from, with their ranks among themselves. The floor is no client to choose, unless there
/// is nothing else.
pub(super) fn choices(stage: &StageAnalysis) -> Vec<(&RowAnalysis, usize)> {
    let ranked: Vec<_> = stage.rows.iter().filter_map(|row| Some((row, row.rank?))).collect();
    let (floor, others): (Vec<_>, Vec<_>) = ranked.iter().partition(|(row, _)| row.name == FLOOR);
    let Some((floor, _)) = floor.first().filter(|_| !others.is_empty()) else { return ranked };
    let is_beaten = |row: &RowAnalysis| floor.median_s < row.median_s && !floor.ties.contains(&row.name);
    others
        .into_iter()
        .map(|(row, rank): (&RowAnalysis, usize)| (row, (rank - usize::from(rank > 1 && is_beaten(row)))))
        .collect()
}

/// Processor time of a fetch, in seconds: without end where it is not known.
pub(super) fn cpu(row: &RowAnalysis) -> f64 {
    row.cost.map_or(f64::INFINITY, |cost| cost.cpu_s)
}

/// `a, b or c`, where the word is `or`.
pub(super) fn join(names: &[&str], word: &str) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} {word} {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::analyse;
    use crate::record::twin;
    use crate::report::tests::comparison;

    #[test]
    fn the_floor_is_nothing_to_choose() {
        let mut comparison = comparison();
        let rename = |name: &mut String| match name.as_str() {
            "surf@smol" => *name = FLOOR.to_owned(),
            other if other == twin("surf@smol") => *name = twin(FLOOR),
            _ => {}
        };
        rename(&mut comparison.setup.reference);
        comparison.setup.rows.iter_mut().for_each(|row| rename(&mut row.name));
        comparison.passes.iter_mut().for_each(|pass| rename(&mut pass.row));
        let stages = analyse(&comparison);
        assert_eq!(stages[0].rows[0].name, FLOOR);
        assert_eq!(verdict(&stages[0]), "On article hyper@smol is the fastest; next comes ureq@sequential.");
    }

    #[test]
    fn nobody_is_the_fastest_by_a_trifle() {
        let mut stage = analyse(&comparison()).remove(0);
        let mut medians = [1.0, 1.009].into_iter();
        for row in stage.rows.iter_mut().filter(|row| !row.sequential) {
            row.median_s = medians.next();
        }
        let said = verdict(&stage);
        assert!(said.starts_with("On article all concurrent rows lie within 0.9 %: choose on cost, where "), "{said}");
        stage.rows.iter_mut().for_each(|row| row.median_s = row.median_s.map(|median| median * median * median));
        assert!(!verdict(&stage).contains("lie within"), "by three times as much somebody is");
    }
}
