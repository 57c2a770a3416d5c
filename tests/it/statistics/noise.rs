//! Noise for simulated experiments, drawn from real passes.

use fetchbench::stats::paired::{Block, Blocks};
use fetchbench::stats::{median, standard_deviation};

/// Rounds of a block, here as in the sample.
const CYCLES: usize = 20;

/// How much slower, in the logarithm, a session is that fell into the slow one of its two modes for
/// a whole block, and how often one does.
const SLOW_MODE: f64 = 0.1;
const SLOW_SHARE: f64 = 0.3;

/// The generator SplitMix64 (Steele, Lea and Flood, 2014).
pub struct Random(pub u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.bits() as f64 / 2.0_f64.powi(64) < probability
    }
}

/// How the passes of one row really varied, as logarithms.
#[derive(Clone)]
pub struct Noise {
    /// The median of each block, in the order in which they were run: the drift that all rows
    /// share.
    drift: Vec<f64>,
    /// The passes of each session of each block, less that median: outliers, and what drifts within
    /// a block, which here befalls each row by itself, where in truth it is shared in part.
    sessions: Vec<[f64; CYCLES]>,
    /// What the part that a row has for itself is multiplied by.
    scale: f64,
}

impl Noise {
    /// The noise of a row in the sample.
    pub fn of(backend: &str) -> Self {
        let mut noise = Self { drift: Vec::new(), sessions: Vec::new(), scale: 1.0 };
        for line in include_str!("noise.csv").lines().filter(|line| !line.starts_with('#')) {
            let (name, passes) = line.split_once(',').unwrap();
            if name == backend {
                noise.add(
                    &passes
                        .split(',')
                        .map(|pass| pass.parse::<f64>().unwrap() / 1000.0)
                        .collect::<Vec<_>>(),
                );
            }
        }
        assert!(
            noise.drift.len() >= 60,
            "the sample has {} blocks of {backend}",
            noise.drift.len()
        );
        noise
    }

    /// Adds a block, in which the two sessions' passes alternate.
    fn add(&mut self, passes: &[f64]) {
        let level = median(passes).unwrap();
        self.drift.push(level);
        for session in 0..2 {
            self.sessions.push(std::array::from_fn(|round| passes[2 * round + session] - level));
        }
    }

    /// The same, multiplied so that the block values of two such rows have that standard deviation.
    pub fn with_block_deviation(mut self, deviation: f64) -> Self {
        let values = self.experiment(&mut Random(1), 10_000, &[0.0; 2]).block_values(0, 1);
        self.scale *= deviation / standard_deviation(&values).unwrap();
        self
    }

    /// An experiment of so many blocks, in which row n truly takes e^`slower[n]` times as long as
    /// one with 0.
    pub fn experiment(&self, random: &mut Random, blocks: usize, slower: &[f64]) -> Blocks {
        let backends: Vec<_> = slower.iter().map(|slower| (self, *slower)).collect();
        mixed(random, blocks, &backends)
    }
}

/// An experiment over rows that each have their own noise. The first row's drift is shared by all.
pub fn mixed(random: &mut Random, blocks: usize, backends: &[(&Noise, f64)]) -> Blocks {
    let drift = &backends[0].0.drift;
    let start = random.below(drift.len());
    let block = |block| simulated_block(random, drift[(start + block) % drift.len()], backends);
    Blocks::new(backends.len(), (0..blocks).map(block).collect())
}

fn simulated_block(random: &mut Random, drift: f64, backends: &[(&Noise, f64)]) -> Block {
    let mut block = vec![Vec::new(); CYCLES];
    for (noise, slower) in backends {
        let session = &noise.sessions[random.below(noise.sessions.len())];
        let mode = if random.chance(SLOW_SHARE) { SLOW_MODE } else { 0.0 };
        for (round, own) in block.iter_mut().zip(session) {
            round.push(Some((drift + slower + noise.scale * (own + mode)).exp()));
        }
    }
    block
}
