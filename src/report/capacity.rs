//! The capacity of the mock server, in words.

use crate::record::Capacity;
use crate::render::numbers::{per_second, seconds};

/// Returns three sentences that show whether the server was the limit.
pub fn capacity(capacity: &Capacity) -> String {
    format!(
        "The mock server answered up to {} requests of the raw client, {:.0} % busy. At {} its delays were missed by {} in the median, by {} at most in 99 of 100. A loop that does nothing but wait for a moment saw \
         it {} late in the median, {} at most in 99 of 100.",
        per_second(capacity.requests_per_s),
        capacity.busy * 100.0,
        per_second(capacity.delayed_per_s),
        seconds(capacity.delay_error_median_s),
        seconds(capacity.delay_error_p99_s),
        seconds(capacity.bare_median_s),
        seconds(capacity.bare_p99_s),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacities_have_units() {
        let text = capacity(&Capacity {
            requests_per_s: 101_234.4,
            busy: 0.874,
            delayed_per_s: 50_001.0,
            delay_error_median_s: 7.4e-6,
            delay_error_p99_s: 0.000_123,
            bare_median_s: 1e-7,
            bare_p99_s: 2e-6,
        });
        assert!(
            text.contains("101,234/s requests of the raw client, 87 % busy. At 50,001/s"),
            "{text}"
        );
    }
}
