//! The answer of a site: status, headers, a body and a delay, each a pure function of (seed, site,
//! visit).
//!
//! The target of a request is `/<site>/<visit>`. The server therefore keeps no state, all backends
//! get the same sequence of delays, and the checksum reveals an answer that belongs to another site
//! or to an earlier pass.

use std::num::NonZeroU64;
use std::sync::LazyLock;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::scenario::fault::Fault;
use crate::stats::random::{mix, standard_normal, unit};

/// Length of the shared random buffer in bytes. Bodies are windows into it.
const FILLER_BYTES: usize = 2 << 20;

/// The shared random buffer: letters, digits, `-` and `_`, so that a terminal can show a body.
static FILLER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (0..FILLER_BYTES as u64 / 8)
        .flat_map(|word| mix(word).to_le_bytes())
        .map(|byte| ALPHABET[usize::from(byte % 64)])
        .collect()
});

/// One thing to fetch.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// The displayed name, such as `https://www.google.com/`. Foreign text: escape it before
    /// printing.
    pub label: String,
    /// The index of its origin in the scenario. An origin is a listener of the mock server.
    pub origin: usize,
    /// The mock server's answer.
    pub reply: Reply,
}

/// The mock server's answer for a site.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Headers except `content-length`, in order.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The fixed beginning of every body of this site.
    pub begins: Vec<u8>,
    /// The length of the body in bytes.
    pub bytes: u64,
    /// The delay before the first byte of the answer.
    pub delay: Delay,
    /// The duration of the body, from the end of the head to the last byte.
    pub body_time: Delay,
    /// The fault of the answer, and how often it occurs.
    pub fault: Option<Occurring>,
}

/// A fault that occurs on some visits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Occurring {
    /// The fault.
    pub fault: &'static Fault,
    /// The fault occurs on each visit with a number, counted from 1, that is a multiple of this.
    pub every: NonZeroU64,
}

impl Reply {
    /// Returns the body of the answer to `visit` of `site`.
    pub fn body(&self, seed: u64, site: usize, visit: u64) -> Body<'_> {
        let offset = (draw(seed, site, visit, Purpose::Body) % FILLER_BYTES as u64) as usize;
        Body { begins: &self.begins, offset, bytes: u64::MAX }.first(self.bytes)
    }

    /// Returns the fault of the answer to `visit`.
    pub fn fault(&self, visit: u64) -> Option<&'static Fault> {
        let Occurring { fault, every } = self.fault?;
        (visit.wrapping_add(1) % every == 0).then_some(fault)
    }

    /// Returns the delay before the answer to `visit` of `site`.
    pub fn delay(&self, seed: u64, site: usize, visit: u64) -> Duration {
        self.delay.sample(draw(seed, site, visit, Purpose::Delay))
    }

    /// Returns the duration of the body of the answer to `visit` of `site`.
    pub fn body_time(&self, seed: u64, site: usize, visit: u64) -> Duration {
        self.body_time.sample(draw(seed, site, visit, Purpose::BodyTime))
    }

    /// Returns the minimum time of `visit` of `site`: its delay and the duration of its body.
    pub fn time(&self, seed: u64, site: usize, visit: u64) -> Duration {
        self.delay(seed, site, visit) + self.body_time(seed, site, visit)
    }

    /// Returns whether the reply has no delay and no body time.
    pub fn is_immediate(&self) -> bool {
        self.delay.is_none() && self.body_time.is_none()
    }

    /// Multiplies all durations by `factor`.
    #[must_use]
    pub fn time_scaled(self, factor: f64) -> Self {
        Self { delay: self.delay.scaled(factor), body_time: self.body_time.scaled(factor), ..self }
    }
}

/// A body that is not stored: a fixed beginning, then a window into the shared random buffer, which
/// wraps around.
#[derive(Debug, Clone, Copy)]
pub struct Body<'a> {
    begins: &'a [u8],
    offset: usize,
    bytes: u64,
}

impl<'a> Body<'a> {
    /// Returns the length in bytes.
    pub fn len(&self) -> u64 {
        self.bytes
    }

    /// Returns whether the length is zero.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Cuts the body after `bytes` bytes.
    #[must_use]
    pub fn first(self, bytes: u64) -> Self {
        let bytes = self.bytes.min(bytes);
        Self {
            begins: &self.begins
                [..self.begins.len().min(usize::try_from(bytes).unwrap_or(usize::MAX))],
            bytes,
            ..self
        }
    }

    /// Returns the body from byte `from` on, as borrowed pieces in order. No piece is empty.
    pub fn pieces(&self, from: u64) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let body = *self;
        let mut at = from;
        std::iter::from_fn(move || {
            let piece = body.piece(at);
            at += piece.len() as u64;
            (!piece.is_empty()).then_some(piece)
        })
    }

    /// Returns the longest single piece that starts at byte `at`.
    fn piece(&self, at: u64) -> &'a [u8] {
        let beginning = self.begins.len() as u64;
        if at < beginning {
            return &self.begins[at as usize..];
        }
        let start = (self.offset as u64 + (at - beginning)) % FILLER_BYTES as u64;
        let wanted = self.bytes.saturating_sub(at);
        let length = wanted.min(FILLER_BYTES as u64 - start);
        &FILLER[start as usize..(start + length) as usize]
    }

    /// Returns a copy of the body.
    pub fn to_vec(self) -> Vec<u8> {
        self.pieces(0).flatten().copied().collect()
    }

    /// Returns the CRC-32 (IEEE 802.3, as in gzip) of the whole body.
    pub fn crc32(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        self.pieces(0).for_each(|piece| hasher.update(piece));
        hasher.finalize()
    }
}

/// The distribution of a duration: the delay before an answer, or the time to send a body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Delay {
    /// Always the same.
    Fixed(Duration),
    /// Uniform between two values.
    Uniform {
        /// The shortest.
        min: Duration,
        /// The longest.
        max: Duration,
    },
    /// Log-normal, like most measured latencies: half lie below the median, a few far above it.
    LogNormal {
        /// Half of the delays are shorter than this.
        median: Duration,
        /// Standard deviation of the delay's natural logarithm.
        sigma: f64,
    },
}

impl Delay {
    /// No delay.
    pub const NONE: Self = Self::Fixed(Duration::ZERO);

    /// Draws a delay from 64 random bits.
    fn sample(&self, bits: u64) -> Duration {
        match *self {
            Self::Fixed(delay) => delay,
            Self::Uniform { min, max } => min + max.saturating_sub(min).mul_f64(unit(bits)),
            Self::LogNormal { median, sigma } => {
                // A delay beyond 4.5 standard deviations would be a hang. The clamp also keeps
                // `exp` finite.
                let z = standard_normal(bits).clamp(-4.5, 4.5);
                median.mul_f64((sigma * z).exp())
            }
        }
    }

    /// Multiplies all durations by `factor`.
    pub fn scaled(self, factor: f64) -> Self {
        match self {
            Self::Fixed(delay) => Self::Fixed(delay.mul_f64(factor)),
            Self::Uniform { min, max } => {
                Self::Uniform { min: min.mul_f64(factor), max: max.mul_f64(factor) }
            }
            Self::LogNormal { median, sigma } => {
                Self::LogNormal { median: median.mul_f64(factor), sigma }
            }
        }
    }

    /// Returns whether the delay is always zero.
    pub fn is_none(&self) -> bool {
        match *self {
            Self::Fixed(delay) => delay.is_zero(),
            Self::Uniform { max, .. } => max.is_zero(),
            Self::LogNormal { median, .. } => median.is_zero(),
        }
    }
}

/// The purpose of random bits. It makes a site's delays and bodies independent of each other.
#[derive(Clone, Copy)]
enum Purpose {
    Delay = 1,
    Body = 2,
    BodyTime = 3,
}

/// Draws 64 random bits for one visit of one site.
fn draw(seed: u64, site: usize, visit: u64, purpose: Purpose) -> u64 {
    mix(mix(mix(mix(seed) ^ site as u64) ^ visit) ^ purpose as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(begins: &str, bytes: u64) -> Reply {
        Reply {
            status: 200,
            headers: Vec::new(),
            begins: begins.into(),
            bytes,
            delay: Delay::NONE,
            body_time: Delay::NONE,
            fault: None,
        }
    }

    fn whole(body: Body<'_>, from: u64) -> Vec<u8> {
        body.pieces(from).flatten().copied().collect()
    }

    #[test]
    fn bodies_have_begin_and_length() {
        let reply = reply("<!doctype html>", 3 * FILLER_BYTES as u64 + 7);
        let body = whole(reply.body(1, 2, 3), 0);
        assert_eq!(body.len() as u64, reply.bytes);
        assert!(body.starts_with(b"<!doctype html>"));
    }

    #[test]
    fn long_beginnings_are_cut() {
        assert_eq!(whole(reply("<!doctype html>", 4).body(0, 0, 0), 0), b"<!do");
        assert_eq!(whole(reply("<!doctype html>", 0).body(0, 0, 0), 0), b"");
    }

    #[test]
    fn bodies_resume_at_any_byte() {
        let reply = reply("abc", 1000);
        let body = reply.body(1, 2, 3);
        let all = whole(body, 0);
        for from in 0..=1000 {
            assert_eq!(whole(body, from), all[from as usize..], "from {from}");
        }
    }

    #[test]
    fn all_inputs_change_the_answer() {
        let mut reply = reply("same", 1000);
        reply.delay = Delay::Uniform { min: Duration::ZERO, max: Duration::from_secs(1) };
        let answer = |seed, site, visit| {
            (reply.body(seed, site, visit).crc32(), reply.delay(seed, site, visit))
        };
        assert_eq!(answer(1, 2, 3), answer(1, 2, 3));
        for other in [answer(9, 2, 3), answer(1, 9, 3), answer(1, 2, 9)] {
            assert_ne!(answer(1, 2, 3).0, other.0);
            assert_ne!(answer(1, 2, 3).1, other.1);
        }
    }

    fn samples(delay: Delay) -> Vec<f64> {
        (0..20_000).map(|n| delay.sample(mix(n)).as_secs_f64()).collect()
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn delays_are_distributed_rightly() {
        let second = Duration::from_secs(1);
        let uniform = Delay::Uniform { min: second, max: 3 * second };
        let log_normal = Delay::LogNormal { median: second, sigma: 0.5 };
        let values = samples(uniform);
        assert!(values.iter().all(|value| (1.0..3.0).contains(value)));
        assert!((mean(&values) - 2.0).abs() < 0.02);

        let logs: Vec<f64> = samples(log_normal).iter().map(|value| value.ln()).collect();
        let deviation = mean(&logs.iter().map(|log| log * log).collect::<Vec<_>>()).sqrt();
        assert!(mean(&logs).abs() < 0.02);
        assert!((deviation - 0.5).abs() < 0.01);
    }
}
