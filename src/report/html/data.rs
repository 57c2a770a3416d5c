//! The figures behind the page: what its script computes with, and what can be taken away as files.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::analysis::StageAnalysis;
use crate::paired::{Family, LEAST_BLOCKS};
use crate::record::Comparison;
use crate::report::comparison;
use crate::report::comparison::csv_field;
use crate::report::escape::visible;
use crate::report::numbers::significant;
use crate::stats::{mean, standard_deviation, student_t_quantile};

/// What the script needs to compare the rows with another reference than the record's: per scenario, of every pair of
/// rows that count, what its interval is made of. That is as much for a million passes as for a hundred.
pub(super) fn for_script(stages: &[StageAnalysis]) -> Value {
    json!({ "least_blocks": LEAST_BLOCKS, "stages": stages.iter().map(stage).collect::<Vec<_>>() })
}

fn stage(stage: &StageAnalysis) -> Value {
    let rows: Vec<&str> = stage.valid().map(|row| row.name.as_str()).collect();
    let indices: Vec<usize> = stage.valid().map(|row| row.index).collect();
    let pair = |row: usize, other: usize| {
        let values = stage.paired.blocks.block_values(row, other);
        let deviation = standard_deviation(&values).map(significant);
        json!([mean(&values).map(significant), deviation, values.len()])
    };
    let pairs =
        indices.iter().enumerate().flat_map(|(at, row)| indices[..at].iter().map(move |other| pair(*row, *other)));
    let level = Family::against_reference(rows.len()).level();
    let t = |blocks: usize| significant(student_t_quantile(0.5 + level / 2.0, (blocks - 1) as f64));
    json!({
        "reference": visible(&stage.reference),
        "rows": rows.iter().map(|row| visible(row)).collect::<Vec<_>>(),
        // In the order (1, 0), (2, 0), (2, 1), (3, 0) …, of the first over the second: the mean over the blocks of the
        // logarithms of their ratio, the deviation, and the number of blocks.
        "pairs": pairs.collect::<Vec<_>>(),
        // By the number of blocks, from two on.
        "t": (2..=stage.blocks).map(t).collect::<Vec<_>>(),
        "noise": stage.noise.map(|noise| [noise.low, noise.high]),
    })
}

/// All figures and the median pass of each block, to six digits.
pub(super) fn download(comparison: &Comparison, stages: &[StageAnalysis]) -> Value {
    let mut all = comparison::json(&comparison.setup, stages);
    for (stage, value) in stages.iter().zip(all["scenarios"].as_array_mut().into_iter().flatten()) {
        let medians = stage.paired.names.iter().enumerate();
        let medians = medians.map(|(index, name)| (name.clone(), json!(stage.paired.blocks.block_medians(index))));
        value["block_median_s"] = Value::Object(medians.collect());
    }
    shorten(&mut all);
    all
}

/// Takes the digits that say nothing out of every figure.
fn shorten(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => *value = json!(number.as_f64().map(significant)),
        Value::Array(values) => values.iter_mut().for_each(shorten),
        Value::Object(values) => values.values_mut().for_each(shorten),
        _ => {}
    }
}

/// The median pass of each block, a line for each.
pub(super) fn blocks_csv(stages: &[StageAnalysis]) -> String {
    let mut text = "scenario,row,block,median_pass_s\n".to_owned();
    for stage in stages {
        for (index, name) in stage.paired.names.iter().enumerate() {
            let (scenario, name) = (csv_field(&stage.setup.scenario), csv_field(name));
            for (block, median) in stage.paired.blocks.block_medians(index).into_iter().enumerate() {
                if let Some(median) = median {
                    writeln!(text, "{scenario},{name},{block},{}", significant(median))
                        .expect("a string takes everything");
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::analyse;
    use crate::report::tests::comparison;

    #[test]
    fn the_script_can_compute_what_the_record_says() {
        let stages = analyse(&comparison());
        let data = for_script(&stages);
        let stage = &data["stages"][0];
        assert_eq!(stage["rows"], json!(["surf@smol", "hyper@smol", "ureq@sequential"]));
        assert_eq!((stage["pairs"].as_array().unwrap().len(), stage["t"].as_array().unwrap().len()), (3, 5));
        let (mean, deviation, blocks): (f64, f64, usize) = serde_json::from_value(stage["pairs"][0].clone()).unwrap();
        let margin = stage["t"][blocks - 2].as_f64().unwrap() * deviation / (blocks as f64).sqrt();
        let ratio = stages[0].rows[1].ratio.unwrap();
        assert_eq!(blocks, ratio.blocks);
        assert!(
            (ratio.mean / mean.exp() - 1.0).abs() < 1e-6 && (ratio.high / (mean + margin).exp() - 1.0).abs() < 1e-6
        );
    }

    #[test]
    fn every_block_of_every_row_is_a_line() {
        let text = blocks_csv(&analyse(&comparison()));
        // Three rows that count and the reference again, six blocks each.
        assert_eq!(text.lines().count(), 1 + 4 * 6, "{text}");
        assert!(text.contains("\"article\",\"surf@smol (again)\",5,0.03"), "{text}");
    }
}
