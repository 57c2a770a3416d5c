//! The latencies of a pass, in compact form.

use std::fmt;
use std::io::Read;
use std::time::Duration;

use anyhow::ensure;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

use super::bounds;
use super::latency_counts::LatencyCounts;
use crate::fetch::{Fetched, Pass};

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
    /// Nanoseconds of each fetch, in the order of the sites.
    EachNs(#[cfg_attr(test, schemars(length(max = MOST_KEPT)))] Vec<u64>),
    /// A histogram of nanoseconds with three significant digits, in the V2 format of HdrHistogram,
    /// deflated, in base64.
    HistogramNs(#[cfg_attr(test, schemars(regex(pattern = "^[A-Za-z0-9+/]+$")))] String),
    /// Microseconds of each fetch, in the order of the sites: the form of older records.
    Each(#[cfg_attr(test, schemars(length(max = MOST_KEPT)))] Vec<u64>),
    /// A histogram of microseconds with two significant digits: the form of older records.
    Histogram(#[cfg_attr(test, schemars(regex(pattern = "^[A-Za-z0-9+/]+$")))] String),
}

/// The settings of a histogram: its resolution, and the longest latency that it can hold.
#[derive(Debug, Clone, Copy)]
struct Precision {
    /// Significant digits.
    digits: u8,
    /// Nanoseconds of its unit.
    unit_ns: u64,
    /// Maximum length in bytes: one for each count and zero, nine at most.
    most_bytes: u64,
}

/// The precision of new records.
const NANOSECONDS: Precision = Precision { digits: 3, unit_ns: 1, most_bytes: 320 << 10 };

/// The precision of older records.
const MICROSECONDS: Precision = Precision { digits: 2, unit_ns: 1_000, most_bytes: 64 << 10 };

/// An hour. Longer latencies count as this one.
const MOST_NS: u64 = 3_600_000_000_000;

impl Precision {
    /// Returns the longest latency, in units.
    const fn most(self) -> u64 {
        MOST_NS / self.unit_ns
    }

    /// Returns the bytes after the length of every valid histogram: no offset, the digits, lowest
    /// value 1, highest value an hour, unit ratio 1.
    const fn head(self) -> [u8; 32] {
        let mut head = [0; 32];
        head[7] = self.digits;
        head[15] = 1;
        let (most, ratio, mut at) = (self.most().to_be_bytes(), 1.0_f64.to_be_bytes(), 0);
        while at < 8 {
            head[16 + at] = most[at];
            head[24 + at] = ratio[at];
            at += 1;
        }
        head
    }

    /// Returns an empty histogram.
    fn histogram(self) -> Histogram<u64> {
        Histogram::new_with_bounds(1, self.most(), self.digits).expect("the bounds are valid")
    }

    /// Adds a histogram to `counts`: the middle of each bucket stands for its values.
    fn add_to(self, text: &str, counts: &mut LatencyCounts) -> anyhow::Result<()> {
        let plain = self.inflate(&STANDARD_NO_PAD.decode(text)?)?;
        let read: Histogram<u64> = Deserializer::new().deserialize(&mut &plain[..])?;
        for bucket in read.iter_recorded() {
            let middle = read.median_equivalent(bucket.value_iterated_to());
            counts.add(middle * self.unit_ns, bucket.count_at_value());
        }
        Ok(())
    }

    /// Inflates a histogram and checks its length and bounds, because the deserializer allocates as
    /// much memory as they demand.
    fn inflate(self, deflated: &[u8]) -> anyhow::Result<Vec<u8>> {
        // Eight bytes come first: the kind, and the length of the rest.
        let mut plain = Vec::new();
        ZlibDecoder::new(deflated.get(8..).unwrap_or_default())
            .take(self.most_bytes)
            .read_to_end(&mut plain)?;
        let head = self.head();
        let length = plain.len().saturating_sub(head.len() + 8);
        ensure!(
            plain.get(4..8) == Some(&(length as u32).to_be_bytes()),
            "a histogram of another length than stated"
        );
        ensure!(plain[8..].starts_with(&head), "a histogram of other bounds");
        Ok(plain)
    }
}

impl fmt::Debug for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::EachNs(each) => write!(f, "EachNs({each:?})"),
            Self::HistogramNs(text) => write!(f, "HistogramNs({} bytes)", text.len()),
            Self::Each(each) => write!(f, "Each({each:?})"),
            Self::Histogram(text) => write!(f, "Histogram({} bytes)", text.len()),
        }
    }
}

impl Latencies {
    /// Returns the service times of a pass: each fetch from its own start to its end.
    pub fn service(pass: &Pass) -> Self {
        Self::new(pass.fetched.iter().map(|fetched| fetched.elapsed))
    }

    /// Returns how long after the start of the pass each fetch ended: its wait for a free slot and
    /// its service time.
    pub fn since_start(pass: &Pass) -> Self {
        Self::new(pass.fetched.iter().map(Fetched::ended))
    }

    fn new(times: impl ExactSizeIterator<Item = Duration>) -> Self {
        let is_kept = times.len() <= MOST_KEPT;
        let nanoseconds = times.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        if is_kept {
            return Self::EachNs(nanoseconds.collect());
        }
        let mut histogram = NANOSECONDS.histogram();
        nanoseconds.for_each(|time| histogram.saturating_record(time.max(1)));
        let mut bytes = Vec::new();
        match V2DeflateSerializer::new().serialize(&histogram, &mut bytes) {
            Ok(_) => Self::HistogramNs(STANDARD_NO_PAD.encode(bytes)),
            // Serializing only fails if the writer does, and a vector does not fail.
            Err(_) => Self::None,
        }
    }

    /// Checks that the latencies are possible. [`Latencies::add_to`] checks histograms.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let (Self::Each(each) | Self::EachNs(each)) = self else { return Ok(()) };
        bounds::length("latencies", each.len(), MOST_KEPT)?;
        each.iter().try_for_each(|time| bounds::count("a latency", *time))
    }

    /// Returns whether no latency was recorded.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// Returns the microseconds of each fetch, if each is kept.
    pub fn each_micros(&self) -> Option<Vec<u64>> {
        match self {
            Self::Each(each) => Some(each.clone()),
            Self::EachNs(each) => Some(each.iter().map(|time| time / 1_000).collect()),
            Self::None | Self::Histogram(_) | Self::HistogramNs(_) => None,
        }
    }

    /// Adds these to `counts`.
    ///
    /// # Errors
    ///
    /// A histogram is damaged.
    pub fn add_to(&self, counts: &mut LatencyCounts) -> anyhow::Result<()> {
        match self {
            Self::None => Ok(()),
            Self::EachNs(each) => {
                each.iter().for_each(|time| counts.add(*time, 1));
                Ok(())
            }
            Self::Each(each) => {
                each.iter().for_each(|time| counts.add(time * MICROSECONDS.unit_ns, 1));
                Ok(())
            }
            Self::HistogramNs(text) => NANOSECONDS.add_to(text, counts),
            Self::Histogram(text) => MICROSECONDS.add_to(text, counts),
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::read::ZlibEncoder;

    use super::*;
    use crate::fetch::error::{ErrorClass, FetchError};

    /// Returns a pass of fetches that start 1 ms after it and take this long.
    fn pass(micros: impl Iterator<Item = u64>) -> Pass {
        let fetched = |micros| Fetched {
            started: Duration::from_millis(1),
            elapsed: Duration::from_micros(micros),
            final_url: None,
            result: Err(FetchError::new(ErrorClass::Dns, "")),
        };
        Pass { elapsed: Duration::ZERO, fetched: micros.map(fetched).collect() }
    }

    fn counts(latencies: &Latencies) -> LatencyCounts {
        let mut counts = LatencyCounts::default();
        latencies.add_to(&mut counts).unwrap();
        counts
    }

    #[test]
    fn quantiles_have_three_digits() {
        // From 50 microseconds to 2 seconds, most of them short.
        let micros = |index: u64| (50.0 * (index as f64 / 500.0).exp2()) as u64 + index * 7 % 13;
        let mut sorted: Vec<u64> = (0..7_600).map(micros).collect();
        let counts = counts(&Latencies::service(&pass(sorted.iter().copied())));
        sorted.sort_unstable();
        let mut bias = 0.0;
        for share in [0.0, 0.1, 0.5, 0.9, 0.99, 0.999] {
            let rank = ((share * sorted.len() as f64).ceil() as usize).saturating_sub(1);
            let off = counts.quantile(share).unwrap() * 1e6 / sorted[rank] as f64 - 1.0;
            assert!(off.abs() < 0.000_5, "{share}: off by {off}");
            bias += off / 6.0;
        }
        assert!(bias.abs() < 0.000_25, "the middles of buckets are no upper edges: {bias}");
    }

    #[test]
    fn many_become_a_histogram() {
        assert_eq!(Latencies::service(&pass(1..=3)), Latencies::EachNs(vec![1_000, 2_000, 3_000]));
        assert_eq!(
            Latencies::since_start(&pass(1..=2)),
            Latencies::EachNs(vec![1_001_000, 1_002_000])
        );
        assert_eq!((starts(&pass(1..=3)).len(), starts(&pass(1..=101)).len()), (3, 0));
        let many = Latencies::service(&pass(1..=10_000));
        assert!(matches!(&many, Latencies::HistogramNs(text) if text.len() < 12_000), "{many:?}");
        assert_eq!(counts(&many).total(), 10_000);
        let Latencies::HistogramNs(text) = many else { unreachable!() };
        for damaged in
            ["nonsense", "", &text[..20], &text[4..], &(text[..40].to_owned() + &text[44..])]
        {
            let damaged = Latencies::HistogramNs(damaged.to_owned());
            assert!(damaged.add_to(&mut LatencyCounts::default()).is_err(), "{damaged:?}");
        }
    }

    #[test]
    fn older_forms_still_load() {
        let old = counts(&Latencies::Each(vec![10, 30]));
        assert_eq!((old.total(), old.quantile(1.0)), (2, Some(30e-6)));
        let mut histogram = MICROSECONDS.histogram();
        histogram.saturating_record(10_000);
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(&histogram, &mut bytes).unwrap();
        let old = counts(&Latencies::Histogram(STANDARD_NO_PAD.encode(bytes)));
        // The bucket holds 9,984 to 10,047 microseconds.
        assert_eq!(old.quantile(0.5), Some(10.016e-3));
    }

    /// Reads an empty histogram that claims this length and this highest value.
    fn read_claim(length: u32, most: u64) -> anyhow::Result<()> {
        let (mut plain, head) = (Vec::new(), NANOSECONDS.head());
        plain.extend(0x1c84_9313_u32.to_be_bytes());
        plain.extend(length.to_be_bytes());
        plain.extend([&head[..16], &most.to_be_bytes(), &head[24..], &[0]].concat());
        let mut deflated = [0x1c84_9314_u32.to_be_bytes(), [0xff; 4]].concat();
        ZlibEncoder::new(&plain[..], flate2::Compression::fast()).read_to_end(&mut deflated)?;
        let claim = Latencies::HistogramNs(STANDARD_NO_PAD.encode(deflated));
        claim.add_to(&mut LatencyCounts::default())
    }

    #[test]
    fn huge_histograms_are_refused() {
        read_claim(1, MOST_NS).unwrap();
        let error = read_claim(u32::MAX, MOST_NS).unwrap_err();
        assert!(error.to_string().contains("another length"));
        assert!(read_claim(1, u64::MAX).unwrap_err().to_string().contains("other bounds"));
    }
}
