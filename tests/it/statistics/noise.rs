//! Noise for simulated experiments, drawn from real passes.

use std::f64::consts::TAU;

use fetchbench::stats::paired::{Block, Blocks};
use fetchbench::stats::{hodges_lehmann, median, standard_deviation};

/// The number of rounds in a block. The sample has twice as many, which would take longer.
const ROUNDS: usize = 10;

/// How much slower a session in the slow one of its two modes is, in the logarithm. It stays there
/// for a whole block.
const SLOW_MODE: f64 = 0.1;

/// The share of sessions in the slow mode.
const SLOW_SHARE: f64 = 0.3;

/// The standard deviation of a backend's drift, in the logarithm.
const DRIFT: f64 = 0.03;

/// The share of its drift that a backend keeps from one block to the next.
const KEPT: f64 = 0.5;

/// The generator SplitMix64 (Steele, Lea and Flood, 2014).
pub struct Random(pub u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Returns a number in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Returns a number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Returns a standard normal deviate (Box and Muller, 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (TAU * self.unit()).cos()
    }
}

/// An autoregressive process of the first order: each value keeps a share of the one before.
pub struct Autoregression {
    kept: f64,
    value: Option<f64>,
}

impl Autoregression {
    /// Creates a process in which neighbours have the correlation `kept`.
    pub fn new(kept: f64) -> Self {
        Self { kept, value: None }
    }

    /// Returns the next value. It has the variance of `fresh`, which is a new value by itself.
    pub fn next(&mut self, fresh: f64) -> f64 {
        let next = self.value.map_or(fresh, |value| {
            self.kept * value + (1.0 - self.kept * self.kept).sqrt() * fresh
        });
        self.value = Some(next);
        next
    }
}

/// How the passes of one backend really varied, as logarithms.
#[derive(Clone)]
pub struct Noise {
    /// The median of each block in the order of measurement: the drift of the machine, which all
    /// backends share, so that it cancels in a ratio.
    machine: Vec<f64>,
    /// The passes of each session of each block minus that median.
    sessions: Vec<[f64; ROUNDS]>,
    /// The Hodges–Lehmann estimate of each of them.
    levels: Vec<f64>,
    /// The factor on the noise of one backend.
    scale: f64,
}

impl Noise {
    /// Returns the noise of a backend in the sample.
    pub fn of(backend: &str) -> Self {
        let mut noise =
            Self { machine: Vec::new(), sessions: Vec::new(), levels: Vec::new(), scale: 1.0 };
        for line in include_str!("noise.csv").lines().filter(|line| !line.starts_with('#')) {
            let (name, passes) = line.split_once(',').unwrap();
            if name == backend {
                let passes = passes.split(',').map(|pass| pass.parse::<f64>().unwrap() / 1000.0);
                noise.add(&passes.collect::<Vec<_>>());
            }
        }
        let blocks = noise.machine.len();
        assert!(blocks >= 60, "the sample has {blocks} blocks of {backend}");
        noise
    }

    /// Adds a block, in which the passes of two sessions alternate.
    fn add(&mut self, passes: &[f64]) {
        let level = median(passes).unwrap();
        self.machine.push(level);
        for session in 0..2 {
            let passes: [f64; ROUNDS] =
                std::array::from_fn(|round| passes[2 * round + session] - level);
            self.levels.push(hodges_lehmann(&passes).unwrap());
            self.sessions.push(passes);
        }
    }

    /// Returns the noise with a scale such that the block values of two such backends have this
    /// standard deviation.
    pub fn with_block_deviation(mut self, deviation: f64) -> Self {
        let values = self.experiment(&mut Random(1), 10_000, &[0.0; 2]).block_values(0, 1);
        self.scale *= deviation / standard_deviation(&values).unwrap();
        self
    }

    /// Returns the noise of a backend in a block as one number, without drift.
    pub fn level(&self, random: &mut Random) -> f64 {
        let level = self.levels[random.below(self.levels.len())];
        self.scale * (level + slow_mode(random))
    }

    /// Returns an experiment of this many blocks, in which backend n truly takes e^`slower[n]` times
    /// as long as one with 0.
    pub fn experiment(&self, random: &mut Random, blocks: usize, slower: &[f64]) -> Blocks {
        let backends: Vec<Noisy> =
            slower.iter().map(|slower| Noisy { noise: self, slower: *slower }).collect();
        mixed(random, blocks, &backends)
    }
}

/// A simulated backend.
pub struct Noisy<'a> {
    /// Its noise.
    pub noise: &'a Noise,
    /// The logarithm of its true time.
    pub slower: f64,
}

/// Returns an experiment over backends that each have their own noise. All share the machine's drift
/// of the first. Each also drifts by itself, which does not cancel in a ratio.
pub fn mixed(random: &mut Random, blocks: usize, backends: &[Noisy<'_>]) -> Blocks {
    let machine = &backends[0].noise.machine;
    let start = random.below(machine.len());
    let mut drifts: Vec<Autoregression> =
        backends.iter().map(|_| Autoregression::new(KEPT)).collect();
    let block = |block| {
        let level = machine[(start + block) % machine.len()];
        simulated_block(random, level, backends, &mut drifts)
    };
    Blocks::new(backends.len(), (0..blocks).map(block).collect())
}

fn simulated_block(
    random: &mut Random,
    level: f64,
    backends: &[Noisy<'_>],
    drifts: &mut [Autoregression],
) -> Block {
    let mut block = vec![Vec::new(); ROUNDS];
    for (Noisy { noise, slower }, drift) in backends.iter().zip(drifts) {
        let session = &noise.sessions[random.below(noise.sessions.len())];
        let for_all = slow_mode(random) + drift.next(DRIFT * random.normal());
        for (round, own) in block.iter_mut().zip(session) {
            round.push(Some((level + slower + noise.scale * (own + for_all)).exp()));
        }
    }
    block
}

fn slow_mode(random: &mut Random) -> f64 {
    if random.chance(SLOW_SHARE) { SLOW_MODE } else { 0.0 }
}
