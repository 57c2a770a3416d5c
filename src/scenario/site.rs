//! What a site answers: status, headers, a body and a delay, each a pure function of (seed, site,
//! visit).
//!
//! The target of a request is `/<site>/<visit>`, so the server keeps no state, every row meets the
//! same sequence of delays, and an answer that belongs to another site or to an earlier pass shows
//! itself by its checksum.

use std::num::NonZeroU64;
use std::sync::LazyLock;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::scenario::fault::Fault;
use crate::stats::random::{mix, standard_normal, unit};

/// Length of the shared random buffer that bodies are windows of, in bytes.
const FILLER_BYTES: usize = 2 << 20;

/// The shared random buffer: letters and digits, so that a body may be looked at on a terminal.
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
    /// What to call it when it is shown, such as `https://www.google.com/`. Foreign text: escape it
    /// where it is printed.
    pub label: String,
    /// Which of the scenario's origins (listeners of the mock server) it lives on.
    pub origin: usize,
    /// What the mock server answers.
    pub reply: Reply,
}

/// What the mock server answers for a site.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Headers beside `content-length`, in order.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The fixed beginning of every body of this site.
    pub begins: Vec<u8>,
    /// The length of the body in bytes.
    pub bytes: u64,
    /// How long the server waits before the first byte of its answer.
    pub delay: Delay,
    /// How long the body then takes, from the end of the head to its last byte.
    pub body_time: Delay,
    /// What is wrong with the answer, and how often.
    pub fault: Option<Occurring>,
}

/// A fault that occurs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Occurring {
    /// The fault.
    pub fault: &'static Fault,
    /// On each visit whose number, counted from 1, is a multiple of this; the others are answered
    /// without fault.
    pub every: NonZeroU64,
}

impl Reply {
    /// The body that answers `visit` of `site`.
    pub fn body(&self, seed: u64, site: usize, visit: u64) -> Body<'_> {
        let offset = (draw(seed, site, visit, Purpose::Body) % FILLER_BYTES as u64) as usize;
        Body { begins: &self.begins, offset, bytes: u64::MAX }.first(self.bytes)
    }

    /// What is wrong with the answer to `visit`, if anything.
    pub fn fault(&self, visit: u64) -> Option<&'static Fault> {
        let Occurring { fault, every } = self.fault?;
        (visit.wrapping_add(1) % every == 0).then_some(fault)
    }

    /// The delay before the answer to `visit` of `site`.
    pub fn delay(&self, seed: u64, site: usize, visit: u64) -> Duration {
        self.delay.at(draw(seed, site, visit, Purpose::Delay))
    }

    /// How long the body of the answer to `visit` of `site` takes.
    pub fn body_time(&self, seed: u64, site: usize, visit: u64) -> Duration {
        self.body_time.at(draw(seed, site, visit, Purpose::BodyTime))
    }

    /// How long `visit` of `site` takes at least: its delay and the time of its body.
    pub fn time(&self, seed: u64, site: usize, visit: u64) -> Duration {
        self.delay(seed, site, visit) + self.body_time(seed, site, visit)
    }

    /// Whether no visit takes any time.
    pub fn is_immediate(&self) -> bool {
        self.delay.is_none() && self.body_time.is_none()
    }

    /// The same with every duration in it multiplied by `factor`.
    #[must_use]
    pub fn time_scaled(self, factor: f64) -> Self {
        Self { delay: self.delay.scaled(factor), body_time: self.body_time.scaled(factor), ..self }
    }
}

/// A body that is nowhere stored: a fixed beginning, then a window into the shared random buffer,
/// which wraps around.
#[derive(Debug, Clone, Copy)]
pub struct Body<'a> {
    begins: &'a [u8],
    offset: usize,
    bytes: u64,
}

impl<'a> Body<'a> {
    /// The length in bytes.
    pub fn len(&self) -> u64 {
        self.bytes
    }

    /// Whether there is no body at all.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Its first `bytes` bytes, or all where it is shorter.
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

    /// The body from byte `from` on, as borrowed pieces in order. No piece is empty.
    pub fn pieces(&self, from: u64) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let body = *self;
        let mut at = from;
        std::iter::from_fn(move || {
            let piece = body.piece(at);
            at += piece.len() as u64;
            (!piece.is_empty()).then_some(piece)
        })
    }

    /// The longest single piece that starts at byte `at`.
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

    /// The body in memory.
    pub fn to_vec(self) -> Vec<u8> {
        self.pieces(0).flatten().copied().collect()
    }

    /// CRC-32 (IEEE 802.3, as in gzip) of the whole body.
    pub fn crc32(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        self.pieces(0).for_each(|piece| hasher.update(piece));
        hasher.finalize()
    }
}

/// How long something takes: the wait before an answer, or the sending of a body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Delay {
    /// Always the same.
    Fixed(Duration),
    /// Every value between the two equally likely.
    Uniform {
        /// The shortest.
        min: Duration,
        /// The longest.
        max: Duration,
    },
    /// Log-normal, as measured latencies tend to be: half lie below the median, a few far above it.
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

    /// The delay that 64 random bits stand for.
    fn at(&self, bits: u64) -> Duration {
        match *self {
            Self::Fixed(delay) => delay,
            Self::Uniform { min, max } => min + max.saturating_sub(min).mul_f64(unit(bits)),
            Self::LogNormal { median, sigma } => {
                // A delay beyond 4.5 standard deviations is no delay but a hang; the clamp also
                // keeps `exp` finite.
                let z = standard_normal(bits).clamp(-4.5, 4.5);
                median.mul_f64((sigma * z).exp())
            }
        }
    }

    /// The same delay with every duration in it multiplied by `factor`.
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

    /// Whether the delay is always zero.
    pub fn is_none(&self) -> bool {
        match *self {
            Self::Fixed(delay) => delay.is_zero(),
            Self::Uniform { max, .. } => max.is_zero(),
            Self::LogNormal { median, .. } => median.is_zero(),
        }
    }
}

/// What a draw of random bits is for, so that a site's delays and body are independent of each
/// other.
#[derive(Clone, Copy)]
enum Purpose {
    Delay = 1,
    Body = 2,
    BodyTime = 3,
}

/// 64 random bits for one visit of one site.
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
    fn a_body_begins_as_told_and_has_its_length() {
        let reply = reply("<!doctype html>", 3 * FILLER_BYTES as u64 + 7);
        let body = whole(reply.body(1, 2, 3), 0);
        assert_eq!(body.len() as u64, reply.bytes);
        assert!(body.starts_with(b"<!doctype html>"));
    }

    #[test]
    fn a_beginning_longer_than_the_body_is_cut() {
        assert_eq!(whole(reply("<!doctype html>", 4).body(0, 0, 0), 0), b"<!do");
        assert_eq!(whole(reply("<!doctype html>", 0).body(0, 0, 0), 0), b"");
    }

    #[test]
    fn a_body_can_be_taken_up_at_any_byte() {
        let reply = reply("abc", 1000);
        let body = reply.body(1, 2, 3);
        let all = whole(body, 0);
        for from in 0..=1000 {
            assert_eq!(whole(body, from), all[from as usize..], "from {from}");
        }
    }

    #[test]
    fn another_seed_site_or_visit_has_another_body_and_delay() {
        let mut reply = reply("same", 1000);
        reply.delay = Delay::Uniform { min: Duration::ZERO, max: Duration::from_secs(1) };
        let at = |seed, site, visit| {
            (reply.body(seed, site, visit).crc32(), reply.delay(seed, site, visit))
        };
        assert_eq!(at(1, 2, 3), at(1, 2, 3));
        for other in [at(9, 2, 3), at(1, 9, 3), at(1, 2, 9)] {
            assert_ne!(at(1, 2, 3).0, other.0);
            assert_ne!(at(1, 2, 3).1, other.1);
        }
    }

    #[test]
    fn delays_follow_their_distribution() {
        let second = Duration::from_secs(1);
        let uniform = Delay::Uniform { min: second, max: 3 * second };
        let log_normal = Delay::LogNormal { median: second, sigma: 0.5 };
        let sample = |delay: Delay| -> Vec<f64> {
            (0..20_000).map(|n| delay.at(mix(n)).as_secs_f64()).collect()
        };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;

        let values = sample(uniform);
        assert!(values.iter().all(|value| (1.0..3.0).contains(value)));
        assert!((mean(&values) - 2.0).abs() < 0.02);

        let logs: Vec<f64> = sample(log_normal).iter().map(|value| value.ln()).collect();
        let deviation = mean(&logs.iter().map(|log| log * log).collect::<Vec<_>>()).sqrt();
        assert!(mean(&logs).abs() < 0.02);
        assert!((deviation - 0.5).abs() < 0.01);
    }
}
