//! Bounds of measured numbers. A record may be damaged or forged: its values must not make ratios
//! infinite, sums overflow, or charts grow without limit.

use anyhow::ensure;

/// Maximum of any count. Sums over all lines of a record do not overflow.
const MOST: u64 = 10_000_000_000_000;

/// Maximum number of fetches, sites and connections: no list has more.
const MOST_FETCHES: u64 = 1_000_000_000;

/// Maximum number of blocks: a minute has about forty.
const MOST_BLOCKS: u32 = 1_000_000;

/// Checks the number of a block.
pub(super) fn block(number: u32) -> anyhow::Result<()> {
    ensure!(number < MOST_BLOCKS, "block is {number}, and there are fewer than {MOST_BLOCKS}");
    Ok(())
}

/// Checks a measured duration in seconds: above zero and below decades.
pub(super) fn time(name: &str, value: f64) -> anyhow::Result<()> {
    ensure!((1e-10..1e9).contains(&value), "{name} is {value}, not a time");
    Ok(())
}

/// Checks a duration in seconds, a share or a rate. Each may be zero.
pub(super) fn amount(name: &str, value: f64) -> anyhow::Result<()> {
    ensure!((0.0..1e12).contains(&value), "{name} is {value}, not an amount");
    Ok(())
}

/// Checks a share of a whole.
pub(super) fn share(name: &str, value: f64) -> anyhow::Result<()> {
    ensure!((0.0..=1.0).contains(&value), "{name} is {value}, not a share");
    Ok(())
}

pub(super) fn count(name: &str, value: u64) -> anyhow::Result<()> {
    ensure!(value <= MOST, "{name} is {value}, more than can be counted");
    Ok(())
}

/// Checks a number of fetches, or of things that have at most one per fetch.
pub(super) fn fetches(name: &str, value: u64) -> anyhow::Result<()> {
    ensure!(value <= MOST_FETCHES, "{name} is {value}, more than any list has");
    Ok(())
}

/// Checks the number of `name`.
pub(super) fn length(name: &str, length: usize, most: usize) -> anyhow::Result<()> {
    ensure!(length <= most, "{length} {name} are more than {most}");
    Ok(())
}
