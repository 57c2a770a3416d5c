//! A loop that does nothing but a fixed piece of work: how fast a core runs, and how often other
//! work interrupts it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::stats;
use crate::stats::random::mix;

/// Rounds of work in a step, so that a step takes about a microsecond and reading the clock is a
/// small part of it.
const ROUNDS_A_STEP: u32 = 200;

/// The fewest steps of a loop, of which the median forgives most interruptions.
const FEWEST_STEPS: usize = 100;

/// The time of a bare loop's steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BareLoop {
    /// The median, in seconds. It grows if the core runs slower.
    pub median_s: f64,
}

/// Runs a bare loop for `time`, and for 100 steps at least, without ever sleeping.
pub fn bare_loop(time: Duration) -> BareLoop {
    let (mut steps_s, mut value) = (Vec::new(), 0);
    let start = Instant::now();
    let mut last = start;
    while steps_s.len() < FEWEST_STEPS || last - start < time {
        for _ in 0..ROUNDS_A_STEP {
            value = mix(black_box(value));
        }
        let now = Instant::now();
        steps_s.push((now - last).as_secs_f64());
        last = now;
    }
    BareLoop { median_s: stats::median(&steps_s).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_take_steps() {
        let bare = bare_loop(Duration::from_millis(5));
        assert!(bare.median_s > 0.0, "{bare:?}");
        assert!(bare_loop(Duration::ZERO).median_s > 0.0, "some steps are always made");
    }
}
