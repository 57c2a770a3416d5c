//! Checks the verdicts in simulated experiments whose truth is known: noise from real passes,
//! planted differences.
//!
//! `statistics/noise.csv` states where the passes come from. `cargo test --test it statistics --
//! --nocapture` prints each share with its interval.

use fetchbench::compare::analysis::{WorkloadOutcome, analyse};
use fetchbench::record::{ComparisonRecord, control};
use fetchbench::stats::paired::Blocks;
use fetchbench::stats::{Family, Verdict, detectable_shift, mean, proportion_interval};

pub use self::noise::Random;
use self::noise::{Noise, Noisy, mixed};
use crate::fixtures;

mod figures;
mod noise;
mod sequential;

/// The number of experiments. A share of 0.05 is then known to within 0.01.
const EXPERIMENTS: usize = 2000;

/// A backend in the sample.
struct Sampled {
    name: &'static str,
    /// A standard deviation of block values as such a backend has it on a quiet machine.
    deviation: f64,
}

const BACKENDS: [Sampled; 3] = [
    Sampled { name: "hyper@smol", deviation: 0.02 },
    Sampled { name: "ureq@threads", deviation: 0.03 },
    Sampled { name: "surf@smol", deviation: 0.045 },
];

/// The number of comparisons of seven backends with one of them.
const COMPARISONS: usize = 6;

/// The mean shift of an end by rounding outward.
const ROUNDING: f64 = 0.0005;

/// Returns the share of `experiments` in which something is `seen`.
fn share_of(experiments: usize, what: &str, mut seen: impl FnMut(&mut Random) -> bool) -> f64 {
    // Each question gets other experiments, or an unlucky draw would answer all of them.
    let mut random =
        Random(what.bytes().fold(2015, |seed, byte| seed * 31 % 1_000_003 + u64::from(byte)));
    let count = (0..experiments).filter(|_| seen(&mut random)).count();
    let share = count as f64 / experiments as f64;
    let interval = proportion_interval(count, experiments, 0.95);
    println!("{what}: {share:.4} ({:.4} to {:.4})", interval.start(), interval.end());
    share
}

fn share(what: &str, seen: impl FnMut(&mut Random) -> bool) -> f64 {
    share_of(EXPERIMENTS, what, seen)
}

/// Returns the verdict without a margin of equivalence.
fn verdict(blocks: &Blocks, backend: usize, other: usize) -> Verdict {
    blocks.ratio(backend, other, &Family::new(COMPARISONS)).unwrap().verdict(0.0).unwrap()
}

#[test]
fn equal_backends_seldom_differ() {
    for (Sampled { name, .. }, blocks) in BACKENDS.into_iter().zip([5, 6, 12]) {
        let noise = Noise::of(name);
        let alarms = share(&format!("false alarms, {name}, {blocks} blocks"), |random| {
            let experiment = noise.experiment(random, blocks, &[0.0; COMPARISONS + 1]);
            (1..=COMPARISONS).any(|backend| verdict(&experiment, backend, 0).is_decided())
        });
        assert!(alarms <= 0.06, "{alarms} false alarms, {name}, {blocks} blocks");
    }
}

/// Returns the record of an experiment over equal backends, with one round in each block.
fn equals(random: &mut Random, noise: &Noise, blocks: u32) -> ComparisonRecord {
    let names = ["a@smol", "b@smol", "c@smol", "d@smol", "e@smol"];
    let again = control(names[0]);
    let mut comparison = ComparisonRecord {
        setup: fixtures::setup(&names, &[fixtures::workload("keepalive")]),
        passes: Vec::new(),
        costs: Vec::new(),
        blocks: Vec::new(),
    };
    for block in 0..blocks {
        let all = names.into_iter().chain([again.as_str()]);
        comparison.passes.extend(
            all.map(|name| fixtures::pass("keepalive", name, block, noise.level(random).exp())),
        );
    }
    comparison
}

#[test]
fn equals_are_seldom_fastest() {
    for Sampled { name, .. } in BACKENDS {
        let noise = Noise::of(name);
        let alarms = share(&format!("false fastest, {name}, 6 blocks"), |random| {
            let workload = analyse(&equals(random, &noise, 6)).remove(0);
            WorkloadOutcome::new(&workload).unwrap().fastest.is_some()
        });
        assert!(alarms <= 0.06, "{alarms} are called the fastest, {name}");
    }
}

/// Asserts that 95 % intervals of the ratio of backends 0 and 1 cover the truth, which is given as
/// a logarithm.
fn assert_covered(
    what: &str,
    truth: f64,
    blocks: usize,
    experiment: impl Fn(&mut Random, usize) -> Blocks,
) {
    let covered = share(&format!("coverage, {what}, {blocks} blocks"), |random| {
        let ratio = experiment(random, blocks).ratio(0, 1, &Family::SINGLE).unwrap();
        ratio.bounds.unwrap().holds(truth.exp())
    });
    assert!((0.93..=0.97).contains(&covered), "coverage of {covered}, {what}, {blocks} blocks");
}

#[test]
fn intervals_cover_the_truth() {
    for Sampled { name, .. } in BACKENDS {
        let noise = Noise::of(name);
        for blocks in [5, 18] {
            assert_covered(name, 0.05, blocks, |random, blocks| {
                noise.experiment(random, blocks, &[0.05, 0.0])
            });
        }
    }
}

/// The ratio of backends of unlike noise is skewed. Its truth is the limit of its mean.
#[test]
fn unlike_noise_is_covered() {
    let noises = BACKENDS.map(|Sampled { name, .. }| Noise::of(name));
    for (first, second) in [(0, 2), (1, 0)] {
        let backends = [
            Noisy { noise: &noises[first], slower: 0.05 },
            Noisy { noise: &noises[second], slower: 0.0 },
        ];
        let truth = mean(&mixed(&mut Random(1), 20_000, &backends).block_values(0, 1)).unwrap();
        let what = format!("{} and {}", BACKENDS[first].name, BACKENDS[second].name);
        for blocks in [5, 12] {
            assert_covered(&what, truth, blocks, |random, blocks| mixed(random, blocks, &backends));
        }
    }
}

/// In the committed records, the values of neighbouring blocks have a correlation of 0.02 on
/// average.
#[test]
fn the_ratio_drifts() {
    for Sampled { name, .. } in BACKENDS {
        let experiment = Noise::of(name).experiment(&mut Random(1), 20_000, &[0.0; 2]);
        let correlation = sequential::lag_correlation(&experiment.block_values(0, 1));
        println!("correlation of neighbouring blocks, {name}: {correlation:.4}");
        assert!((0.01..=0.1).contains(&correlation), "{correlation}, {name}");
    }
}

#[test]
fn true_differences_are_found() {
    for Sampled { name, deviation } in BACKENDS {
        let noise = Noise::of(name).with_block_deviation(deviation);
        for power in figures::power().into_iter().filter(|power| power.deviation == deviation) {
            let figures::Power { difference, blocks, share: promised, .. } = power;
            let what = format!(
                "power, {name}, deviation {deviation}, {:.0} %, {blocks} blocks",
                100.0 * difference
            );
            let found = share(&what, |random| {
                let experiment = noise.experiment(random, blocks, &[f64::ln_1p(difference), 0.0]);
                verdict(&experiment, 0, 1) == Verdict::Slower
            });
            assert!((found - promised).abs() <= 0.04, "{found}, not {promised}: {what}");
        }
    }
}

#[test]
fn smallest_differences_are_found() {
    let family = Family::new(COMPARISONS);
    for Sampled { name, deviation } in BACKENDS {
        let noise = Noise::of(name).with_block_deviation(deviation);
        let slower = detectable_shift(12, deviation, family.level()).unwrap();
        let mut smallest = Vec::with_capacity(EXPERIMENTS);
        let found =
            share(&format!("power at the smallest difference, {name}, 12 blocks"), |random| {
                let experiment = noise.experiment(random, 12, &[slower + ROUNDING, 0.0]);
                smallest.push(experiment.smallest_difference(0, 1, &family).unwrap().ln());
                verdict(&experiment, 0, 1) == Verdict::Slower
            });
        assert!((found - 0.8).abs() <= 0.04, "{found} are found, {name}");
        // A run knows the deviation only from its own blocks, but is right on average.
        let smallest = mean(&smallest).unwrap();
        assert!(
            (smallest / slower - 1.0).abs() < 0.05,
            "{smallest} is printed on average, {slower} is true, {name}"
        );
    }
}
