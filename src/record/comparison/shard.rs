//! The number of a machine's replica of a comparison.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

/// Maximum number of shards: the setup of a merged record lists them all.
pub(super) const MOST_SHARDS: u32 = 1_000;

/// One of several replicas of a comparison, each with another seed: `3/8` is the third of eight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Shard {
    /// Its number, from 1.
    #[cfg_attr(test, schemars(range(min = 1, max = MOST_SHARDS)))]
    pub number: u32,
    /// The number of shards.
    #[cfg_attr(test, schemars(range(min = 1, max = MOST_SHARDS)))]
    pub count: u32,
}

impl Shard {
    /// Creates a shard.
    ///
    /// # Errors
    ///
    /// The number is not from 1 to `count`, or there are more than 1,000 shards.
    pub fn new(number: u32, count: u32) -> anyhow::Result<Self> {
        ensure!(count <= MOST_SHARDS, "there are at most 1,000 shards, not {count}");
        ensure!((1..=count).contains(&number), "there is no shard {number} of {count}");
        Ok(Self { number, count })
    }

    /// Returns the seed of the shard.
    pub fn seed(self, base: u64) -> u64 {
        base.wrapping_add(self.number.into())
    }

    /// Returns the seed that all shards have in common.
    pub fn base_seed(self, seed: u64) -> u64 {
        seed.wrapping_sub(self.number.into())
    }

    /// Returns the directory of the shard's record: `DIR-3of8` for `DIR`.
    ///
    /// # Errors
    ///
    /// The path has no name, such as `..`.
    pub fn folder(self, base: &Path) -> anyhow::Result<PathBuf> {
        let shown = base.display();
        let mut name = base
            .file_name()
            .with_context(|| format!("{shown} has no name to add a shard to: name a directory"))?
            .to_owned();
        name.push(format!("-{}of{}", self.number, self.count));
        Ok(base.with_file_name(name))
    }
}

/// `3/8`.
impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_count_from_one() {
        assert_eq!(Shard::new(8, 8).unwrap().to_string(), "8/8");
        for (number, count) in [(0, 8), (9, 8), (1, 0), (1, MOST_SHARDS + 1)] {
            assert!(Shard::new(number, count).is_err(), "{number}/{count}");
        }
    }

    #[test]
    fn folders_carry_the_shard() {
        let folder = |base: &str| Shard { number: 3, count: 8 }.folder(Path::new(base));
        assert_eq!(folder("runs/k").unwrap(), Path::new("runs/k-3of8"));
        assert_eq!(folder("runs/k/").unwrap(), Path::new("runs/k-3of8"));
        assert!(folder("..").is_err() && folder("/").is_err());
    }

    #[test]
    fn seeds_lead_back_to_one() {
        let shard = Shard { number: 3, count: 8 };
        for base in [0, 1, u64::MAX] {
            assert_eq!(shard.base_seed(shard.seed(base)), base);
        }
    }
}
