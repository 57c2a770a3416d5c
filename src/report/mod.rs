//! Reports: pure functions from values to text. Nothing here measures or prints.
//!
//! Texts for people are styled with ANSI codes, which the printer takes out again where no terminal shows them.

use anstyle::{AnsiColor, Style};

pub mod escape;
pub mod table;
pub mod text;
pub mod fetched;
mod numbers;
pub mod markdown;
pub mod comparison;
pub mod svg;
pub mod splice;

/// The style of headings.
const HEADING: Style = Style::new().bold();
/// The style of row names.
const NAME: Style = AnsiColor::Cyan.on_default();
/// The style of what went wrong.
const FAILURE: Style = AnsiColor::Red.on_default();

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use crate::record::{Environment, Git, Record, Sample, What};

    /// A small record with every kind of sample in it.
    pub(super) fn record() -> Record {
        let mut environment = Environment::capture("cargo bench");
        environment.started = "2026-11-22T10:12:59Z".to_owned();
        environment.cpu = "Some CPU".to_owned();
        environment.cores = 2;
        environment.kernel = Some("Linux 6.18.0".to_owned());
        environment.memory_bytes = Some(8 << 30);
        environment.rustc = Some("rustc 1.95.0".to_owned());
        environment.profile = "release".to_owned();
        environment.lock_file_crc32 = "0123abcd".to_owned();
        environment.crates = [("surf", "2.3.2"), ("smol", "2.0.2")].map(|(a, b)| (a.to_owned(), b.to_owned())).into();
        environment.git = Some(Git { revision: "0123456789abcdef".to_owned(), dirty: true });
        environment.load = Some([0.1, 0.2, 0.3]);
        let samples = vec![
            sample(What::Pass, "keepalive", "surf@smol", 32, 0.1),
            sample(What::Pass, "keepalive", "ureq@sequential", 32, 0.2),
            sample(What::Pass, "keepalive", "surf@smol", 32, 0.12),
            sample(What::Pass, "keepalive", "surf@smol", 32, 0.08),
            Sample {
                time_scale: 0.1,
                fetches: 7,
                ideal_s: Some(0.296),
                ..sample(What::Pass, "article", "surf@smol", 7, 0.3)
            },
            sample(What::Concurrency, "keepalive", "surf@smol", 1, 0.4),
            sample(What::Concurrency, "keepalive", "surf@smol", 256, 0.1),
            sample(What::Harness, "keepalive", "fake", 32, 0.001),
            sample(What::Open, "keepalive", "surf@smol", 32, 0.0001),
            sample(What::ByHand, "keepalive", "surf@smol", 32, 0.09),
        ];
        Record { name: "2026-11-22T1012-some-cpu".to_owned(), environment, samples, cut: false }
    }

    /// Two passes of 1,000 fetches.
    fn sample(what: What, scenario: &str, row: &str, concurrency: usize, elapsed_s: f64) -> Sample {
        Sample {
            what,
            scenario: scenario.to_owned(),
            row: row.to_owned(),
            threads: 2,
            concurrency,
            time_scale: 1.0,
            fetches: 1000,
            passes: NonZeroU64::new(2).unwrap(),
            elapsed_s,
            ideal_s: None,
        }
    }
}
