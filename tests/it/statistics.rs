//! What the verdicts are worth, told by experiments whose truth is known: noise from real passes,
//! differences planted.
//!
//! `statistics/noise.csv` says where the passes come from. `cargo test --test it statistics --
//! --nocapture` prints each share with its interval.

use fetchbench::stats::paired::{Blocks, Family, Verdict};
use fetchbench::stats::{detectable_shift, mean, proportion_interval};

use self::noise::{Noise, Random, mixed};

mod figures;
mod noise;

/// Enough that a share of 0.05 is known to within 0.01.
const EXPERIMENTS: usize = 2000;

/// The rows that the sample holds, each with a deviation of its blocks that is like what such rows
/// have on a quiet machine.
const BACKENDS: [(&str, f64); 3] =
    [("hyper@smol", 0.02), ("ureq@threads", 0.03), ("surf@smol", 0.045)];

/// As many comparisons as seven rows make against one of them.
const COMPARISONS: usize = 6;

/// The share of experiments in which something is `seen`.
fn share(what: &str, mut seen: impl FnMut(&mut Random) -> bool) -> f64 {
    // Other experiments for each question, or one unlucky draw would answer them all.
    let mut random =
        Random(what.bytes().fold(2015, |seed, byte| seed * 31 % 1_000_003 + u64::from(byte)));
    let count = (0..EXPERIMENTS).filter(|_| seen(&mut random)).count();
    let share = count as f64 / EXPERIMENTS as f64;
    let interval = proportion_interval(count, EXPERIMENTS, 0.95);
    println!("{what}: {share:.4} ({:.4} to {:.4})", interval.start(), interval.end());
    share
}

fn verdict(blocks: &Blocks, backend: usize, other: usize) -> Verdict {
    blocks.ratio(backend, other, Family::new(COMPARISONS)).unwrap().verdict()
}

#[test]
fn equal_rows_are_seldom_told_apart() {
    for ((backend, _), blocks) in BACKENDS.into_iter().zip([5, 6, 18]) {
        let noise = Noise::of(backend);
        let alarms = share(&format!("false alarms, {backend}, {blocks} blocks"), |random| {
            let experiment = noise.experiment(random, blocks, &[0.0; COMPARISONS + 1]);
            (1..=COMPARISONS).any(|backend| verdict(&experiment, backend, 0) != Verdict::Tied)
        });
        assert!(alarms <= 0.06, "{alarms} false alarms, {backend}, {blocks} blocks");
    }
}

#[test]
fn equal_rows_seldom_have_different_ranks() {
    for (backend, _) in BACKENDS {
        let noise = Noise::of(backend);
        let alarms = share(&format!("false ranks, {backend}, 6 blocks"), |random| {
            noise.experiment(random, 6, &[0.0; 5]).ranks(&[0, 1, 2, 3, 4]) != [1; 5]
        });
        assert!(alarms <= 0.06, "{alarms} false ranks, {backend}");
    }
}

/// Whether 95 % intervals of the ratio of rows 0 and 1 cover the truth, which is given as a
/// logarithm.
fn assert_covered(
    what: &str,
    truth: f64,
    blocks: usize,
    experiment: impl Fn(&mut Random, usize) -> Blocks,
) {
    let covered = share(&format!("coverage, {what}, {blocks} blocks"), |random| {
        let ratio = experiment(random, blocks).ratio(0, 1, Family::SINGLE).unwrap();
        (ratio.low..=ratio.high).contains(&truth.exp())
    });
    assert!((0.93..=0.97).contains(&covered), "coverage of {covered}, {what}, {blocks} blocks");
}

#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    for (backend, _) in BACKENDS {
        let noise = Noise::of(backend);
        for blocks in [5, 18] {
            assert_covered(backend, 0.05, blocks, |random, blocks| {
                noise.experiment(random, blocks, &[0.05, 0.0])
            });
        }
    }
}

/// Their ratio is skewed, and the truth is what its mean tends to.
#[test]
fn intervals_cover_the_truth_between_rows_of_unlike_noise() {
    let noises = BACKENDS.map(|(backend, _)| Noise::of(backend));
    for (first, second) in [(0, 2), (1, 0)] {
        let backends = [(&noises[first], 0.05), (&noises[second], 0.0)];
        let truth = mean(&mixed(&mut Random(1), 20_000, &backends).block_values(0, 1)).unwrap();
        let what = format!("{} and {}", BACKENDS[first].0, BACKENDS[second].0);
        for blocks in [5, 12] {
            assert_covered(&what, truth, blocks, |random, blocks| mixed(random, blocks, &backends));
        }
    }
}

#[test]
fn true_differences_are_found_as_often_as_promised() {
    for (backend, deviation) in BACKENDS {
        let noise = Noise::of(backend).with_block_deviation(deviation);
        // What they would be if noise were normal.
        let promises = figures::power().into_iter().filter(|(_, _, of, _)| *of == deviation);
        for (difference, blocks, _, promised) in promises {
            let what = format!(
                "power, {backend}, deviation {deviation}, {:.0} %, {blocks} blocks",
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
fn the_smallest_difference_is_found_in_four_runs_of_five() {
    for (backend, deviation) in BACKENDS {
        let noise = Noise::of(backend).with_block_deviation(deviation);
        let slower = detectable_shift(12, deviation, 1.0 - 0.05 / COMPARISONS as f64).unwrap();
        let mut told = Vec::with_capacity(EXPERIMENTS);
        let found =
            share(&format!("power at the smallest difference, {backend}, 12 blocks"), |random| {
                let experiment = noise.experiment(random, 12, &[slower, 0.0]);
                told.push(
                    experiment.smallest_difference(0, 1, Family::new(COMPARISONS)).unwrap().ln(),
                );
                verdict(&experiment, 0, 1) == Verdict::Slower
            });
        assert!((found - 0.8).abs() <= 0.04, "{found} are found, {backend}");
        // A run knows the deviation only from its own blocks, but is right on average.
        let told = mean(&told).unwrap();
        assert!(
            (told / slower - 1.0).abs() < 0.05,
            "{told} is told on average, {slower} is true, {backend}"
        );
    }
}
