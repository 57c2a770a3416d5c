//! The figures of the page as files to download.

use serde_json::{Value, json};

use crate::compare::analysis::WorkloadAnalysis;
use crate::record::ComparisonRecord;
use crate::render::numbers::significant;
use crate::report::comparison;
use crate::report::comparison::csv_field;

/// Returns all figures and the median pass of each block, to six digits.
pub(super) fn download(comparison: &ComparisonRecord, workloads: &[WorkloadAnalysis]) -> Value {
    let mut all = comparison::json(&comparison.setup, workloads);
    for (workload, value) in
        workloads.iter().zip(all["scenarios"].as_array_mut().into_iter().flatten())
    {
        let medians = workload.paired.names.iter().enumerate();
        let medians = medians.map(|(index, name)| {
            (name.clone(), json!(workload.paired.blocks.block_medians(index)))
        });
        value["block_median_s"] = Value::Object(medians.collect());
    }
    shorten(&mut all);
    all
}

/// Rounds every figure to six digits.
fn shorten(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            *value = json!(number.as_f64().map(significant))
        }
        Value::Array(values) => values.iter_mut().for_each(shorten),
        Value::Object(values) => values.values_mut().for_each(shorten),
        _ => {}
    }
}

/// Returns the median pass of each block as CSV.
pub(super) fn blocks_csv(workloads: &[WorkloadAnalysis]) -> String {
    let mut text = "scenario,backend,block,median_pass_s\n".to_owned();
    for workload in workloads {
        for (index, name) in workload.paired.names.iter().enumerate() {
            let (scenario, name) = (csv_field(&workload.setup.scenario), csv_field(name));
            for (block, median) in
                workload.paired.blocks.block_medians(index).into_iter().enumerate()
            {
                if let Some(median) = median {
                    text.push_str(&format!("{scenario},{name},{block},{}\n", significant(median)));
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    #[test]
    fn every_block_is_a_line() {
        let text = blocks_csv(&analyse(&comparison()));
        // Three valid backends and the A/A control, six blocks each.
        assert_eq!(text.lines().count(), 1 + 4 * 6, "{text}");
        assert!(text.contains("\"article\",\"surf@smol (again)\",5,0.03"), "{text}");
    }
}
