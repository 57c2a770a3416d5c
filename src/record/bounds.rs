//! What no number that was measured can be. A record may be damaged or made up: what is read of it
//! must not let ratios leave the range of numbers, sums overflow, or pictures grow without end.

use anyhow::ensure;

/// The most of anything that is counted: sums over all lines of a record stay whole.
const MOST: u64 = 10_000_000_000_000;

/// The most fetches, sites and connections: no list has more.
const MOST_FETCHES: u64 = 1_000_000_000;

/// The most blocks: a minute has about forty.
const MOST_BLOCKS: u32 = 1_000_000;

/// The number of a block.
pub(super) fn block(number: u32) -> anyhow::Result<()> {
    ensure!(number < MOST_BLOCKS, "block is {number}, and there are fewer than {MOST_BLOCKS}");
    Ok(())
}

/// A duration that was measured, in seconds: more than nothing, and less than decades.
pub(super) fn time(name: &str, value: f64) -> anyhow::Result<()> {
    ensure!((1e-10..1e9).contains(&value), "{name} is {value}, not a time");
    Ok(())
}

/// A duration in seconds, or a share or rate, of which there may be none.
pub(super) fn amount(name: &str, value: f64) -> anyhow::Result<()> {
    ensure!((0.0..1e12).contains(&value), "{name} is {value}, not an amount");
    Ok(())
}

/// A count.
pub(super) fn count(name: &str, value: u64) -> anyhow::Result<()> {
    ensure!(value <= MOST, "{name} is {value}, more than can be counted");
    Ok(())
}

/// A number of fetches, or of what there is at most one of for each.
pub(super) fn fetches(name: &str, value: u64) -> anyhow::Result<()> {
    ensure!(value <= MOST_FETCHES, "{name} is {value}, more than any list has");
    Ok(())
}

/// How many of something there are.
pub(super) fn length(name: &str, length: usize, most: usize) -> anyhow::Result<()> {
    ensure!(length <= most, "{length} {name} are more than {most}");
    Ok(())
}
