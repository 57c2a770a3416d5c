//! The latencies of a pass, in compact form.

use std::fmt;
use std::io::Read;

use anyhow::ensure;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

use super::bounds;
use crate::fetch::Pass;

/// Up to this many fetches, keep every latency; beyond it, a histogram.
pub const MOST_KEPT: usize = 100;

/// Returns the start of each fetch, in microseconds after the start of the pass; empty if the pass
/// has more than [`MOST_KEPT`] fetches.
pub fn starts(pass: &Pass) -> Vec<u64> {
    let kept = pass.fetched.len() <= MOST_KEPT;
    pass.fetched.iter().filter(|_| kept).map(|fetched| fetched.started.as_micros() as u64).collect()
}

/// The latencies of a pass.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Latencies {
    /// Not recorded.
    #[default]
    None,
    /// Microseconds of each fetch, in the order of the sites.
    Each(#[cfg_attr(test, schemars(length(max = MOST_KEPT)))] Vec<u64>),
    /// A histogram of microseconds with two significant digits, in the V2 format of HdrHistogram,
    /// deflated, in base64.
    Histogram(#[cfg_attr(test, schemars(regex(pattern = "^[A-Za-z0-9+/]+$")))] String),
}

/// Maximum length of a histogram in bytes: each of its counts takes at most nine.
const MOST_BYTES: u64 = 64 << 10;

/// The bytes after the length of every valid histogram: no offset, two digits, lowest value 1,
/// highest value an hour, unit ratio 1.
const HEAD: [u8; 32] = {
    let mut head = [0; 32];
    head[7] = 2;
    head[15] = 1;
    let (most, ratio, mut at) = (MOST_MICROS.to_be_bytes(), 1.0_f64.to_be_bytes(), 0);
    while at < 8 {
        head[16 + at] = most[at];
        head[24 + at] = ratio[at];
        at += 1;
    }
    head
};

/// An hour. Longer latencies count as this one.
const MOST_MICROS: u64 = 3_600_000_000;

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
    /// Returns the latencies of a pass.
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
            // Serializing only fails if the writer does, and a vector does not fail.
            Err(_) => Self::None,
        }
    }

    /// Checks that the latencies are possible. [`Latencies::add_to`] checks histograms.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let Self::Each(each) = self else { return Ok(()) };
        bounds::length("latencies", each.len(), MOST_KEPT)?;
        each.iter().try_for_each(|micros| bounds::count("a latency", *micros))
    }

    /// Returns whether no latency was recorded.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// Adds these to a histogram of microseconds.
    pub fn add_to(&self, histogram: &mut Histogram<u64>) -> anyhow::Result<()> {
        match self {
            Self::None => {}
            Self::Each(each) => {
                each.iter().for_each(|micros| histogram.saturating_record((*micros).max(1)))
            }
            Self::Histogram(text) => {
                let plain = inflate(&STANDARD_NO_PAD.decode(text)?)?;
                let read: Histogram<u64> = Deserializer::new().deserialize(&mut &plain[..])?;
                histogram.add(read)?;
            }
        }
        Ok(())
    }
}

/// Inflates a histogram and checks its length and bounds, because the deserializer allocates as
/// much memory as they demand.
fn inflate(deflated: &[u8]) -> anyhow::Result<Vec<u8>> {
    // Eight bytes come first: the kind, and the length of the rest.
    let mut plain = Vec::new();
    ZlibDecoder::new(deflated.get(8..).unwrap_or_default())
        .take(MOST_BYTES)
        .read_to_end(&mut plain)?;
    let length = plain.len().saturating_sub(HEAD.len() + 8);
    ensure!(
        plain.get(4..8) == Some(&(length as u32).to_be_bytes()),
        "a histogram that says another length than it has"
    );
    ensure!(plain[8..].starts_with(&HEAD), "a histogram of other bounds");
    Ok(plain)
}

/// Returns an empty histogram of microseconds with two significant digits, up to an hour.
pub fn new_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, MOST_MICROS, 2).expect("the bounds are valid")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use flate2::read::ZlibEncoder;

    use super::*;
    use crate::fetch::Fetched;
    use crate::fetch::error::{ErrorClass, FetchError};

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
    fn quantiles_are_exact_to_two_digits() {
        // From 50 microseconds to 2 seconds, most of them short.
        let micros = |index: u64| (50.0 * (index as f64 / 500.0).exp2()) as u64 + index * 7 % 13;
        let mut sorted: Vec<u64> = (0..7_600).map(micros).collect();
        let mut histogram = new_histogram();
        Latencies::of(&pass(sorted.iter().copied())).add_to(&mut histogram).unwrap();
        sorted.sort_unstable();
        for share in [0.0, 0.1, 0.5, 0.9, 0.99, 0.999] {
            let exact =
                sorted[((share * sorted.len() as f64).ceil() as usize).saturating_sub(1)] as f64;
            let told = histogram.value_at_quantile(share) as f64;
            assert!((told / exact - 1.0).abs() < 0.01, "{share}: {told}, and a sort says {exact}");
        }
    }

    #[test]
    fn few_are_kept_and_many_become_a_histogram() {
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
        let Latencies::Histogram(text) = many else { unreachable!() };
        for damaged in
            ["nonsense", "", &text[..20], &text[4..], &(text[..40].to_owned() + &text[44..])]
        {
            assert!(
                Latencies::Histogram(damaged.to_owned()).add_to(&mut new_histogram()).is_err(),
                "{damaged}"
            );
        }
    }

    /// Reads an empty histogram that claims this length and this highest value.
    fn read_claim(length: u32, most: u64) -> anyhow::Result<()> {
        let mut plain = Vec::new();
        plain.extend(0x1c84_9313_u32.to_be_bytes());
        plain.extend(length.to_be_bytes());
        plain.extend([&HEAD[..16], &most.to_be_bytes(), &HEAD[24..], &[0]].concat());
        let mut deflated = [0x1c84_9314_u32.to_be_bytes(), [0xff; 4]].concat();
        ZlibEncoder::new(&plain[..], flate2::Compression::fast()).read_to_end(&mut deflated)?;
        Latencies::Histogram(STANDARD_NO_PAD.encode(deflated)).add_to(&mut new_histogram())
    }

    #[test]
    fn huge_histograms_are_refused() {
        read_claim(1, MOST_MICROS).unwrap();
        let error = read_claim(u32::MAX, MOST_MICROS).unwrap_err();
        assert!(error.to_string().contains("another length"));
        assert!(read_claim(1, u64::MAX).unwrap_err().to_string().contains("other bounds"));
    }
}
