//! Checks runs that are looked at after each block, and in which decided backends stop.

use fetchbench::stats::{EQUIVALENCE, Family, LEAST_BLOCKS, Look, Ratio, Verdict, mean};

use super::noise::{Autoregression, Noise, Random};
use super::share_of;

const EXPERIMENTS: usize = 5000;

/// The number of backends beside the reference and its A/A control.
const BACKENDS: usize = 9;

/// The number of blocks of a run in which nothing is decided.
const BLOCKS: usize = 20;

/// The correlation of neighbouring block values: the mean of the committed records.
const REAL_CORRELATION: f64 = 0.02;

/// Equal backends.
const EQUAL: [f64; BACKENDS] = [0.0; BACKENDS];

/// Logarithms of true ratios to the reference, from faster to far slower.
const MIXED: [f64; BACKENDS] = [-0.08, -0.03, 0.0, 0.0, 0.005, 0.015, 0.03, 0.1, 0.7];

/// The noise of a backend.
enum Source {
    /// That of real passes.
    Real(Noise),
    /// Normal noise of this standard deviation.
    Normal(f64),
}

impl Source {
    fn all() -> Vec<(&'static str, Self)> {
        vec![
            ("hyper@smol", Self::Real(Noise::of("hyper@smol"))),
            ("surf@smol", Self::Real(Noise::of("surf@smol").with_block_deviation(0.03))),
            ("normal", Self::Normal(0.02)),
        ]
    }

    /// Returns the noise of a backend in each block of a run.
    fn levels(&self, random: &mut Random, correlation: f64) -> [f64; BLOCKS] {
        let mut levels = Autoregression::new(correlation);
        std::array::from_fn(|_| {
            levels.next(match self {
                Self::Real(noise) => noise.level(random),
                Self::Normal(deviation) => deviation * random.normal(),
            })
        })
    }
}

/// Runs of equally long blocks, which are looked at after each block from the fifth on.
struct Runs<'a> {
    source: &'a Source,
    /// The correlation of neighbouring block values.
    correlation: f64,
    /// The logarithms of the true ratios.
    truths: &'a [f64],
    /// The family at each look.
    families: Vec<Family>,
}

/// A comparison when it stops.
struct Stop {
    ratio: Ratio,
    /// The true ratio.
    truth: f64,
}

impl Stop {
    fn is_covered(&self) -> bool {
        self.ratio.bounds.is_some_and(|bounds| bounds.holds(self.truth))
    }

    /// Whether the word for it is false.
    fn is_wrong(&self) -> bool {
        match self.ratio.verdict(EQUIVALENCE) {
            Some(Verdict::Faster) => self.truth >= 1.0,
            Some(Verdict::Slower) => self.truth <= 1.0,
            Some(Verdict::Equivalent) => (self.truth - 1.0).abs() > EQUIVALENCE,
            Some(Verdict::Inconclusive) | None => false,
        }
    }

    fn is_called_equivalent(&self) -> bool {
        self.ratio.verdict(EQUIVALENCE) == Some(Verdict::Equivalent)
    }
}

impl<'a> Runs<'a> {
    fn new(source: &'a Source, correlation: f64, truths: &'a [f64]) -> Self {
        Self { source, correlation, truths, families: families(truths.len()) }
    }

    /// Makes a run, and returns its comparisons as they stop. As in a real run, the reference is
    /// the mean of two measurements.
    fn stops(&self, random: &mut Random) -> Vec<Stop> {
        let [reference, control] = [0, 1].map(|_| self.source.levels(random, self.correlation));
        let truths = self.truths.iter();
        truths
            .map(|slower| {
                let levels = self.source.levels(random, self.correlation);
                let values: [f64; BLOCKS] = std::array::from_fn(|block| {
                    slower + levels[block] - (reference[block] + control[block]) / 2.0
                });
                Stop { ratio: self.stopped(&values), truth: slower.exp() }
            })
            .collect()
    }

    /// Returns the ratio at the first look that decides it, or else at the last.
    fn stopped(&self, values: &[f64]) -> Ratio {
        let ratios = self.families.iter().enumerate().map(|(look, family)| {
            let blocks = LEAST_BLOCKS + look;
            Ratio::new(family.interval(&values[..blocks]).unwrap(), blocks)
        });
        let mut last = None;
        for ratio in ratios {
            if ratio.verdict(EQUIVALENCE).is_some_and(Verdict::is_decided) {
                return ratio;
            }
            last = Some(ratio);
        }
        last.unwrap()
    }
}

/// Returns the family of comparisons at each look. The share of the time that has passed is the
/// share of the blocks.
fn families(comparisons: usize) -> Vec<Family> {
    let mut family = Family::new(comparisons);
    let looks = (LEAST_BLOCKS..=BLOCKS).map(|blocks| {
        family.look(Look { blocks, spent: blocks as f64 / BLOCKS as f64 });
        family.clone()
    });
    looks.collect()
}

/// Returns the correlation of each value with the next.
pub fn lag_correlation(values: &[f64]) -> f64 {
    let mean = mean(values).unwrap();
    let products = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean));
    products.sum::<f64>() / values.iter().map(|value| (value - mean).powi(2)).sum::<f64>()
}

/// Returns the highest share that is compatible with 5 %: two standard errors more.
fn bound() -> f64 {
    0.05 + 2.0 * (0.05 * 0.95 / EXPERIMENTS as f64).sqrt()
}

/// Returns the share of runs with a false word.
fn wrong_share(what: &str, runs: &Runs<'_>) -> f64 {
    share_of(EXPERIMENTS, &format!("false words, {what}"), |random| {
        runs.stops(random).iter().any(Stop::is_wrong)
    })
}

/// Returns the share of runs in which an interval misses the truth.
fn missed_share(what: &str, runs: &Runs<'_>) -> f64 {
    share_of(EXPERIMENTS, &format!("missed truths, {what}"), |random| {
        !runs.stops(random).iter().all(Stop::is_covered)
    })
}

#[test]
fn looks_keep_the_error() {
    for (name, source) in Source::all() {
        for (truths, of) in [(EQUAL, "equal"), (MIXED, "mixed")] {
            let what = format!("{name}, {of}");
            let runs = Runs::new(&source, REAL_CORRELATION, &truths);
            let wrong = wrong_share(&what, &runs);
            assert!(wrong <= bound(), "{wrong} of the runs have a false word, {what}");
            let missed = missed_share(&what, &runs);
            assert!(missed <= bound(), "{missed} of the runs miss a truth, {what}");
        }
    }
}

/// The checks above notice block values that depend on each other.
#[test]
fn dependent_blocks_are_noticed() {
    for (name, source) in Source::all() {
        let what = format!("{name}, equal, correlation 0.5");
        let runs = Runs::new(&source, 0.5, &EQUAL);
        let missed = missed_share(&what, &runs);
        assert!(missed > bound(), "only {missed} of the runs miss a truth, {what}");
    }
}

/// Without spending, looks would give many false alarms.
#[test]
fn naive_looks_are_noticed() {
    let source = Source::Normal(0.05);
    let families = (LEAST_BLOCKS..=BLOCKS)
        .map(|blocks| Family::new(BACKENDS).with_looks(&[Look { blocks, spent: 1.0 }]));
    let runs = Runs { families: families.collect(), ..Runs::new(&source, 0.0, &EQUAL) };
    let wrong = wrong_share("naive looks", &runs);
    assert!(wrong > 2.0 * bound(), "only {wrong} of the runs have a false word");
}

/// Returns the stops of a run whose blocks become shorter as backends stop, so that the times of the
/// looks depend on the results. The time suffices for `FULL` blocks of all.
fn hurried_stops(source: &Source, truths: &[f64], random: &mut Random) -> Vec<Stop> {
    const FULL: f64 = 12.0;
    let [reference, control] = [0, 1].map(|_| source.levels(random, REAL_CORRELATION));
    let mut ratios = vec![None; truths.len()];
    let values: Vec<Vec<f64>> = truths
        .iter()
        .map(|slower| {
            let levels = source.levels(random, REAL_CORRELATION);
            let blocks = levels.iter().zip(reference).zip(control);
            blocks.map(|((own, one), other)| slower + own - (one + other) / 2.0).collect()
        })
        .collect();
    let mut family = Family::new(truths.len());
    let mut spent = 0.0;
    for blocks in 1..=BLOCKS {
        let measured = ratios.iter().filter(|ratio| Option::is_none(ratio)).count();
        spent += (2 + measured) as f64 / (2 + truths.len()) as f64 / FULL;
        let is_last = spent >= 1.0 || blocks == BLOCKS;
        if blocks >= LEAST_BLOCKS {
            family.look(Look { blocks, spent: if is_last { 1.0 } else { spent } });
            for (values, stopped) in values.iter().zip(&mut ratios) {
                let ratio = Ratio::new(family.interval(&values[..blocks]).unwrap(), blocks);
                let is_decided = ratio.verdict(EQUIVALENCE).is_some_and(Verdict::is_decided);
                if stopped.is_none() && (is_decided || is_last) {
                    *stopped = Some(ratio);
                }
            }
        }
        if is_last || ratios.iter().all(Option::is_some) {
            break;
        }
    }
    let stops = ratios.into_iter().zip(truths);
    stops.map(|(ratio, slower)| Stop { ratio: ratio.unwrap(), truth: slower.exp() }).collect()
}

#[test]
fn shorter_blocks_keep_the_error() {
    const RUNS: usize = 400;
    let bound = 0.05 + 2.0 * (0.05 * 0.95 / RUNS as f64).sqrt();
    for (truths, of) in [(EQUAL, "equal"), (MIXED, "mixed")] {
        let source = Source::Normal(0.02);
        let missed = share_of(RUNS, &format!("missed truths, shorter blocks, {of}"), |random| {
            !hurried_stops(&source, &truths, random).iter().all(Stop::is_covered)
        });
        assert!(missed <= bound, "{missed} of the runs miss a truth, {of}");
    }
}

/// Asserts that at most 5 % of the runs call a backend equivalent within 2 % that is not.
fn assert_seldom_equivalent(what: &str, runs: &Runs<'_>) {
    let share = share_of(EXPERIMENTS, &format!("called equivalent, {what}"), |random| {
        runs.stops(random).iter().any(Stop::is_called_equivalent)
    });
    assert!(share <= bound(), "{share} of the runs call a backend equivalent, {what}");
}

#[test]
fn unequals_are_seldom_equivalent() {
    let slower = [f64::ln_1p(0.03); BACKENDS];
    // At a block deviation of 6 %, as on keepalive; the block value has the noise of 1.5 backends.
    let normal = Source::Normal(0.06 / 1.5_f64.sqrt());
    let real = Source::Real(Noise::of("hyper@smol").with_block_deviation(0.06));
    for (name, source) in [("normal", normal), ("hyper@smol", real)] {
        let runs = Runs::new(&source, REAL_CORRELATION, &slower);
        assert_seldom_equivalent(&format!("{name}, 3 %, looks"), &runs);
        // Eight blocks, looked at once.
        let values = LEAST_BLOCKS + 3;
        let share = share_of(EXPERIMENTS, &format!("{name}, 3 %, {values} blocks"), |random| {
            let [other, reference, control] =
                [0, 1, 2].map(|_| source.levels(random, REAL_CORRELATION));
            let values: Vec<f64> = (0..values)
                .map(|block| slower[0] + other[block] - (reference[block] + control[block]) / 2.0)
                .collect();
            let interval = Family::new(BACKENDS).interval(&values).unwrap();
            Ratio::new(interval, values.len()).verdict(EQUIVALENCE) == Some(Verdict::Equivalent)
        });
        assert!(share <= 0.05, "{share} are called equivalent, {name}");
    }
}

/// With little noise, equivalence is likeliest where the truth is just beyond the margin.
#[test]
fn margins_are_kept() {
    let slower = [f64::ln_1p(0.0201); BACKENDS];
    for deviation in [0.002, 0.006, 0.015] {
        let source = Source::Normal(deviation);
        let runs = Runs::new(&source, REAL_CORRELATION, &slower);
        assert_seldom_equivalent(&format!("2.01 %, deviation {deviation}"), &runs);
    }
}
