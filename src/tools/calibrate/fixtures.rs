//! A step with values of known noise, for tests.

use super::values::{BlockValues, CalibrationStep, StepSetup};
use crate::stats::random::{mix, standard_normal};

/// Returns a step of this many blocks over a backend slowed by 10 % and the A/A control, with a
/// deviation of 3 %.
pub fn step(blocks: usize) -> CalibrationStep {
    let value = |seed: usize| 0.03 * standard_normal(mix(seed as u64));
    CalibrationStep {
        setup: StepSetup {
            step: "long".to_owned(),
            scenario: "keepalive".to_owned(),
            reference: "hyper@smol".to_owned(),
            backends: vec!["slowed:hyper@smol:10%".to_owned(), "hyper@smol (again)".to_owned()],
            seconds: blocks as f64,
            round_s: 0.06,
            cpu: "Some CPU".to_owned(),
            cores: 2,
            kernel: Some("Linux 6.18.0".to_owned()),
            started: "2026-11-22T10:12:59Z".to_owned(),
            revision: Some("0123456789abcdef".to_owned()),
        },
        blocks: (0..blocks)
            .map(|block| BlockValues {
                step: "long".to_owned(),
                block,
                rounds: 10,
                spent: None,
                ln_ratios: vec![Some(1.1_f64.ln() + value(2 * block)), Some(value(2 * block + 1))],
            })
            .collect(),
    }
}
