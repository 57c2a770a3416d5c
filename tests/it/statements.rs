//! Checks that tables and sentences agree, in the Markdown of the committed comparisons and of
//! comparisons that are drawn from their blocks.

use std::thread;

use fetchbench::compare::analysis::{FAR_SLOWER, SLOW_ROUNDS, WorkloadAnalysis, analyse};
use fetchbench::record::{BlockSample, ComparisonRecord, PassSample};
use fetchbench::report::comparison::markdown;
use fetchbench::stats::LEAST_BLOCKS;

use self::check::contradictions;
use self::page::Page;
use crate::committed::{Case, cases};
use crate::fixtures;
use crate::statistics::Random;

mod check;
mod page;

/// The number of drawn comparisons.
const DRAWN: usize = 1000;

/// Records of this many backends take long, so few are drawn from them.
const MANY_BACKENDS: usize = 15;

/// Returns the contradictions in the Markdown of a comparison on one scenario.
fn check(name: &str, comparison: &ComparisonRecord) -> Vec<String> {
    let workload = analyse(comparison).remove(0);
    let text = markdown(&comparison.setup, std::slice::from_ref(&workload));
    let found = contradictions(&Page::parse(&text), &workload);
    found.into_iter().map(|contradiction| format!("{name}: {contradiction}\n{text}")).collect()
}

/// A way of drawing a comparison.
#[derive(Clone, Copy)]
enum Draw {
    /// As many blocks as the record has.
    Full,
    /// Fewer blocks, of which the last may lack passes.
    Few,
    /// As many blocks, with looks, after which some backends stop.
    Stopped,
}

impl Draw {
    fn new(random: &mut Random) -> Self {
        [Self::Full, Self::Few, Self::Stopped][random.below(3)]
    }
}

/// Returns a comparison of blocks that are drawn from a case with replacement.
fn drawn(case: &Case, random: &mut Random) -> ComparisonRecord {
    let draw = Draw::new(random);
    let all = case.blocks as usize;
    let count = if matches!(draw, Draw::Few) { 1 + random.below(all) } else { all };
    let mut comparison = ComparisonRecord {
        setup: case.comparison.setup.clone(),
        passes: Vec::new(),
        costs: Vec::new(),
        blocks: Vec::new(),
    };
    for block in 0..count as u32 {
        add_block(&mut comparison, case, block, random.below(all) as u32);
    }
    if matches!(draw, Draw::Stopped) {
        stop_some(&mut comparison, count, random);
    }
    comparison
}

/// Adds the block `drawn` of a case as block `block`.
fn add_block(comparison: &mut ComparisonRecord, case: &Case, block: u32, drawn: u32) {
    let passes = case.comparison.passes.iter().filter(|pass| pass.block == drawn);
    comparison.passes.extend(passes.map(|pass| PassSample { block, ..pass.clone() }));
    let costs = case.comparison.costs.iter().filter(|cost| cost.block == drawn);
    let costs = costs.cloned().map(|mut cost| {
        cost.block = block;
        cost
    });
    comparison.costs.extend(costs);
}

/// Adds looks, takes some backends away after one of them, and the far slower ones after the first
/// rounds.
fn stop_some(comparison: &mut ComparisonRecord, count: usize, random: &mut Random) {
    let scenario = comparison.setup.workloads[0].scenario.clone();
    comparison.blocks = (0..count as u32)
        .map(|block| BlockSample {
            spent: Some(f64::from(block + 1) / count as f64),
            ..fixtures::block(&scenario, block, 0.01)
        })
        .collect();
    let names: Vec<String> =
        comparison.setup.backends.iter().map(|backend| backend.name.clone()).collect();
    for name in names.iter().filter(|name| **name != comparison.setup.reference) {
        if is_far_slower(comparison, name) {
            let is_kept = |pass: &PassSample| {
                pass.backend != *name
                    || (pass.block == 0
                        && pass.round.is_none_or(|round| (round as usize) < SLOW_ROUNDS))
            };
            comparison.passes.retain(is_kept);
            comparison.costs.retain(|cost| cost.backend != *name || cost.block == 0);
        } else if count > LEAST_BLOCKS && random.below(3) == 0 {
            let last = (LEAST_BLOCKS + random.below(count - LEAST_BLOCKS)) as u32;
            comparison.passes.retain(|pass| pass.backend != *name || pass.block < last);
            comparison.costs.retain(|cost| cost.backend != *name || cost.block < last);
        }
    }
}

/// Returns whether a backend takes ten times as long as the reference in each of the first rounds.
fn is_far_slower(comparison: &ComparisonRecord, name: &str) -> bool {
    let time = |name: &str, round| {
        let mut passes = comparison.passes.iter().filter(|pass| pass.block == 0);
        passes.find(|pass| pass.backend == name && pass.round == Some(round))?.elapsed_s
    };
    (0..SLOW_ROUNDS as u32).all(|round| {
        let times = time(name, round).zip(time(&comparison.setup.reference, round));
        times.is_some_and(|(own, reference)| own >= FAR_SLOWER * reference)
    })
}

/// Returns the number of comparisons to draw from each case.
fn shares(cases: &[&Case]) -> Vec<usize> {
    let is_large = |case: &Case| case.comparison.setup.backends.len() >= MANY_BACKENDS;
    let large = cases.iter().filter(|case| is_large(case)).count();
    const OF_LARGE: usize = 4;
    let of_small = (DRAWN - OF_LARGE * large).div_ceil(cases.len() - large);
    cases.iter().map(|case| if is_large(case) { OF_LARGE } else { of_small }).collect()
}

#[test]
fn committed_tables_agree() {
    for case in cases() {
        assert_eq!(check(&case.name(), &case.comparison), [""; 0]);
    }
}

#[test]
fn drawn_tables_agree() {
    let cases: Vec<&Case> =
        cases().iter().filter(|case| case.blocks as usize >= LEAST_BLOCKS).collect();
    let shares = shares(&cases);
    assert!(shares.iter().sum::<usize>() >= DRAWN);
    let found: Vec<String> = thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            let own =
                cases.iter().zip(&shares).enumerate().filter(move |(index, _)| index % 2 == half);
            scope.spawn(move || {
                own.flat_map(|(index, (case, share))| check_drawn(index, case, *share))
                    .collect::<Vec<_>>()
            })
        });
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    assert!(found.is_empty(), "{} contradictions, such as {}", found.len(), found[0]);
}

/// Checks `share` comparisons that are drawn from a case.
fn check_drawn(index: usize, case: &Case, share: usize) -> Vec<String> {
    let mut random = Random(index as u64);
    (0..share).flat_map(|_| check(&case.name(), &drawn(case, &mut random))).collect()
}

/// Returns the number of contradictions after a change of the text of 0416's `fan-out`.
fn after(from: &str, to: &str) -> usize {
    let case = cases().iter().find(|case| case.name() == "2026-11-26T0416-amd-epyc fan-out");
    let comparison = &case.unwrap().comparison;
    let workload: WorkloadAnalysis = analyse(comparison).remove(0);
    let text = markdown(&comparison.setup, std::slice::from_ref(&workload));
    assert!(text.contains(from), "{text}");
    contradictions(&Page::parse(&text.replacen(from, to, 1)), &workload).len()
}

#[test]
fn contradictions_are_noticed() {
    assert_eq!(after("backend", "backend"), 0);
    assert!(after("slower 1.118×", "faster 1.118×") > 0, "the word");
    assert!(after("(0.976 to", "(1.001 to") > 0, "the interval");
    assert!(after("slower 1.118×", "slower 1.219×") > 0, "the order");
    assert!(after("1.118× (1.081 to 1.156)", "+11.8 % (+8.1 to +15.6)") > 0, "the notation");
    assert!(after("reqwest@tokio, ", "") > 0, "a list");
    assert!(after("hyper@smol and hyper@async-std", "hyper@smol") > 0, "a list");
    let fastest = "hyper@tokio is the fastest: every other backend takes at least 0.1 % longer.";
    let sentence = "no backend is shown to be faster than hyper@tokio; reqwest@tokio, surf@tokio, \
                    surf@smol, surf@async-std and ureq@threads are slower.";
    let escaped = |text: &str| text.replace('_', "\\_");
    assert!(after(&escaped(sentence), fastest) > 0, "the fastest");
    assert!(after("(1.957 to 3.160)", "(0.010 to 3.160)") > 0, "the width");
}
