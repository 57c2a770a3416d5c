//! A backend slowed on purpose: a difference that a comparison must find.

use std::time::Instant;

use url::Url;

use crate::fetch::{Fetch, Pass};

/// A session that lengthens its passes by a share, spent spinning.
pub(super) struct Slowed {
    pub inner: Box<dyn Fetch>,
    pub share: f64,
}

impl Fetch for Slowed {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        let mut pass = self.inner.fetch_all(urls)?;
        let start = Instant::now();
        let more = pass.elapsed.mul_f64(self.share);
        // A sleep would end late by an unpredictable time, and let the machine rest.
        while start.elapsed() < more {
            std::hint::spin_loop();
        }
        pass.elapsed += start.elapsed();
        Ok(pass)
    }
}

/// Parses a share such as `5%`.
pub(super) fn parse_share(text: &str) -> Option<f64> {
    let percent: f64 = text.strip_suffix('%')?.parse().ok()?;
    (0.0..=10_000.0).contains(&percent).then_some(percent / 100.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    struct Steady;

    impl Fetch for Steady {
        fn fetch_all(&mut self, _: &[Url]) -> anyhow::Result<Pass> {
            Ok(Pass { elapsed: Duration::from_millis(10), fetched: Vec::new() })
        }
    }

    #[test]
    fn passes_slow_by_their_share() {
        let mut slowed = Slowed { inner: Box::new(Steady), share: 0.1 };
        let start = Instant::now();
        let elapsed = slowed.fetch_all(&[]).unwrap().elapsed;
        assert!(elapsed >= Duration::from_millis(11));
        assert!(start.elapsed() >= Duration::from_millis(1), "it really took that long");
    }

    #[test]
    fn shares_are_percentages() {
        assert_eq!(parse_share("5%"), Some(0.05));
        for bad in ["5", "%", "-1%", "nan%", "x%"] {
            assert_eq!(parse_share(bad), None, "{bad}");
        }
    }
}
