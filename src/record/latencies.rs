//! What the fetches of a pass took, kept small.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

use crate::fetch::Pass;

/// Of passes of so many fetches each one is kept; of longer ones, a histogram.
pub const MOST_KEPT: usize = 100;

/// When each fetch of a pass started, in microseconds after the pass did; nothing where not each one is kept.
pub fn starts(pass: &Pass) -> Vec<u64> {
    let kept = pass.fetched.len() <= MOST_KEPT;
    pass.fetched.iter().filter(|_| kept).map(|fetched| fetched.started.as_micros() as u64).collect()
}

/// What the fetches of a pass took.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Latencies {
    /// Nothing is known.
    #[default]
    None,
    /// Each fetch, in the order of the sites, in microseconds.
    Each(Vec<u64>),
    /// A histogram of microseconds to two digits, in the V2 form of HdrHistogram, deflated, in base64.
    Histogram(String),
}

impl fmt::Debug for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Each(each) => write!(f, "Each({each:?})"),
            Self::Histogram(text) => write!(f, "Histogram({} bytes)", text.len()),
        }
    }
}

impl Latencies {
    /// Those of a pass.
    pub fn of(pass: &Pass) -> Self {
        let mut micros = pass.fetched.iter().map(|fetched| fetched.elapsed.as_micros() as u64);
        if pass.fetched.len() <= MOST_KEPT {
            return Self::Each(micros.collect());
        }
        let mut histogram = new_histogram();
        micros.by_ref().for_each(|micros| histogram.saturating_record(micros.max(1)));
        let mut bytes = Vec::new();
        match V2DeflateSerializer::new().serialize(&histogram, &mut bytes) {
            Ok(_) => Self::Histogram(STANDARD_NO_PAD.encode(bytes)),
            // Only a writer that fails makes this fail, and a vector does not.
            Err(_) => Self::None,
        }
    }

    /// Whether nothing is known.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// Adds these to a histogram of microseconds.
    ///
    /// # Errors
    ///
    /// The text is no histogram.
    pub fn add_to(&self, histogram: &mut Histogram<u64>) -> anyhow::Result<()> {
        match self {
            Self::None => {}
            Self::Each(each) => each.iter().for_each(|micros| histogram.saturating_record((*micros).max(1))),
            Self::Histogram(text) => {
                let bytes = STANDARD_NO_PAD.decode(text)?;
                let read: Histogram<u64> = Deserializer::new().deserialize(&mut &bytes[..])?;
                histogram.add(read)?;
            }
        }
        Ok(())
    }
}

/// An empty histogram: microseconds to two digits, up to an hour.
pub fn new_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 3_600_000_000, 2).expect("the bounds are valid")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::{ErrorClass, FetchError};
    use crate::fetch::Fetched;

    fn pass(micros: impl Iterator<Item = u64>) -> Pass {
        let fetched = |micros| Fetched {
            started: Duration::ZERO,
            elapsed: Duration::from_micros(micros),
            final_url: None,
            result: Err(FetchError::new(ErrorClass::Dns, "")),
        };
        Pass { elapsed: Duration::ZERO, fetched: micros.map(fetched).collect() }
    }

    #[test]
    fn few_are_kept_each_and_many_as_a_histogram_that_can_be_read_back() {
        assert_eq!(Latencies::of(&pass(1..=3)), Latencies::Each(vec![1, 2, 3]));
        assert_eq!((starts(&pass(1..=3)).len(), starts(&pass(1..=101)).len()), (3, 0));
        let many = Latencies::of(&pass(1..=10_000));
        assert!(matches!(&many, Latencies::Histogram(text) if text.len() < 1500), "{many:?}");
        let mut histogram = new_histogram();
        many.add_to(&mut histogram).unwrap();
        Latencies::Each(vec![1]).add_to(&mut histogram).unwrap();
        assert_eq!(histogram.len(), 10_001);
        let median = histogram.value_at_quantile(0.5);
        assert!((4_900..=5_100).contains(&median), "{median}");
        assert!(Latencies::Histogram("nonsense".to_owned()).add_to(&mut histogram).is_err());
    }
}
