//! The difference between two records, as JSON.

use serde_json::{Value, json};

use super::DiffView;
use crate::tools::diff::{BackendChange, FigureChange};

/// Returns all changes with their verdicts, and the reasons against the comparison.
pub fn json(view: &DiffView<'_>) -> Value {
    let difference = view.difference;
    let changes = difference.backends.iter().flat_map(|backend| {
        backend.changes.iter().map(move |change| json_change(view, backend, change))
    });
    let reversed = difference.reversed.iter().filter(|_| view.obstacles.is_empty());
    let reversed = reversed.map(|pair| {
        json!({
            "scenario": pair.scenario,
            "was_faster": pair.was_faster,
            "is_faster": pair.is_faster,
        })
    });
    json!({
        "obstacles": view.obstacles.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "equivalence": view.equivalence,
        "changes": changes.collect::<Vec<_>>(),
        "invalid": difference.backends.iter().flat_map(json_invalid).collect::<Vec<_>>(),
        "reversed": reversed.collect::<Vec<_>>(),
        "left_out": difference.left_out,
        "conditions": view.conditions,
    })
}

fn json_change(view: &DiffView<'_>, backend: &BackendChange, change: &FigureChange) -> Value {
    let ratio = change.interval.map(|interval| interval.ratio);
    json!({
        "scenario": backend.scenario,
        "backend": backend.name,
        "figure": change.figure.name(),
        "old": change.levels.old,
        "new": change.levels.new,
        "blocks": change.blocks,
        "ratio": change.levels.new / change.levels.old,
        "low": ratio.and_then(|ratio| ratio.bounds).map(|bounds| bounds.low),
        "high": ratio.and_then(|ratio| ratio.bounds).map(|bounds| bounds.high),
        "smallest_difference": view.smallest_difference(change),
        "verdict": view.word(change),
    })
}

/// Returns the records in which a backend does not count, with the reason.
fn json_invalid(backend: &BackendChange) -> Vec<Value> {
    let records = [("old", &backend.invalid.old), ("new", &backend.invalid.new)];
    let invalid = records.into_iter().filter_map(|(record, why)| Some((record, why.as_ref()?)));
    invalid
        .map(|(record, why)| {
            json!({
                "scenario": backend.scenario,
                "backend": backend.name,
                "record": record,
                "why": why.to_string(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::diff::Obstacle;
    use crate::tools::diff::view::tests::with_view;

    #[test]
    fn words_need_comparable_records() {
        let verdicts = |value: &Value| -> Vec<Value> {
            let changes = value["changes"].as_array().unwrap().iter();
            changes.map(|change| change["verdict"].clone()).collect()
        };
        with_view(&[], |view| {
            let value = json(view);
            let words = verdicts(&value);
            assert_eq!(words[0], "equivalent");
            assert_eq!(words[1], "less");
            assert_eq!(words[2], "slower");
            assert_eq!(words[7], Value::Null, "three blocks are too few");
            assert_eq!(value["changes"][7]["low"], Value::Null);
            assert_eq!(value["reversed"][0]["was_faster"], "surf@smol");
        });
        with_view(&[Obstacle::NothingInCommon], |view| {
            let value = json(view);
            assert!(verdicts(&value).iter().all(Value::is_null), "{value}");
            assert!(value["changes"][0]["low"].is_number(), "{value}");
            assert_eq!(value["reversed"], json!([]));
        });
    }
}
