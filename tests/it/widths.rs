//! Compares the widths of intervals with those that the median over rounds, and the reference
//! without its A/A control, would give.

use fetchbench::compare::analysis::{Paired, Quantity, WorkloadAnalysis, analyse};
use fetchbench::stats::{Bounds, Family, LEAST_BLOCKS, median};

use crate::committed::cases;

/// The comparisons on the machine of the current records that have enough blocks.
const JUDGED: [&str; 19] = [
    "2026-11-24T1501-amd-epyc keepalive",
    "2026-11-24T1545-amd-epyc article",
    "2026-11-24T1545-amd-epyc keepalive",
    "2026-11-24T1545-amd-epyc fan-out",
    "2026-11-24T1851-amd-epyc article",
    "2026-11-24T1851-amd-epyc keepalive",
    "2026-11-24T1851-amd-epyc fan-out",
    "2026-11-25T2055-amd-epyc article",
    "2026-11-25T2055-amd-epyc keepalive",
    "2026-11-25T2055-amd-epyc fan-out",
    "2026-11-25T2055-amd-epyc-field article",
    "2026-11-26T0010-amd-epyc article",
    "2026-11-26T0010-amd-epyc keepalive",
    "2026-11-26T0010-amd-epyc fan-out",
    "2026-11-26T0010-amd-epyc-field article",
    "2026-11-26T0416-amd-epyc article",
    "2026-11-26T0416-amd-epyc keepalive",
    "2026-11-26T0416-amd-epyc fan-out",
    "2026-11-26T0416-amd-epyc-field article",
];

/// Returns the logarithm of the width of an interval, as its upper end over its lower end.
fn ln_width(bounds: Bounds) -> f64 {
    (bounds.high / bounds.low).ln()
}

/// Returns for each block the median over rounds of the logarithm of the ratio of two backends.
fn medians(paired: &Paired, backend: usize, other: usize) -> Vec<f64> {
    let blocks = paired.blocks.iter().filter_map(|block| {
        let rounds = block.iter().filter_map(|round| Some(round[backend]? / round[other]?));
        median(&rounds.map(f64::ln).collect::<Vec<_>>())
    });
    blocks.collect()
}

/// Returns the logarithms of new width / old width for each backend of a comparison. Both have the
/// same family and one look.
fn ln_gains(workload: &WorkloadAnalysis) -> Vec<f64> {
    let paired = &workload.paired;
    let reference = workload.valid_reference().unwrap().index();
    let family = Family::against_reference(workload.valid().count());
    assert_eq!(paired.family, family, "older records have no looks");
    let others = workload.valid().filter(|backend| backend.index() != reference);
    let gains = others.filter_map(|backend| {
        let new = paired.to_reference(Quantity::Time, backend.index())?.bounds?;
        let old = family.interval(&medians(paired, backend.index(), reference))?;
        Some((ln_width(new) / (old.high - old.low)).ln())
    });
    gains.collect()
}

fn geometric_mean(ln: &[f64]) -> f64 {
    (ln.iter().sum::<f64>() / ln.len() as f64).exp()
}

#[test]
fn intervals_are_narrower() {
    let mut of_cases = Vec::new();
    for name in JUDGED {
        let case = cases().iter().find(|case| case.name() == name).expect(name);
        assert!(case.blocks as usize >= LEAST_BLOCKS, "{name}");
        let gains = ln_gains(&analyse(&case.comparison)[0]);
        println!("{name}: {:.3}, {} ratios", geometric_mean(&gains), gains.len());
        of_cases.push(geometric_mean(&gains).ln());
    }
    let gain = geometric_mean(&of_cases);
    println!("intervals are {gain:.3} times as wide");
    assert!(gain <= 0.87, "{gain}");
}
