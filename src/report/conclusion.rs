//! The conclusion of `run`: what its figures show, in one sentence.

use super::text::{Example, ExampleKind};

/// A pass takes as long as its slowest site if it takes at most this many times as long.
const AS_LONG: f64 = 1.05;

/// Returns what the examples show of fetching at once; `None` if that one after another, or
/// every other, has failures or took no time.
pub fn conclusion(baseline: &Example, examples: &[Example]) -> Option<String> {
    let is_valid = |example: &&Example| example.failures() == 0 && !example.total.is_zero();
    let is_synchronous = |example: &&Example| example.kind == ExampleKind::Synchronous;
    let baseline = Some(baseline).filter(is_synchronous).filter(is_valid)?;
    let at_once: Vec<&Example> =
        examples.iter().filter(|example| !is_synchronous(example)).filter(is_valid).collect();
    let totals = Range::new(at_once.iter().map(|example| example.total.as_secs_f64()))?;
    let found = format!(
        "Fetching at once took {}, {} as one after another",
        totals.shown(3, " s"),
        totals.speed(baseline.total.as_secs_f64())
    );
    let threads_and_async = [ExampleKind::Threaded, ExampleKind::Asynchronous]
        .iter()
        .all(|kind| at_once.iter().any(|example| example.kind == *kind));
    Some(match (at_once.iter().all(|example| takes_its_slowest_site(example)), threads_and_async) {
        (true, true) => format!(
            "{found}, and threads do as well as async: everything takes as long as the slowest site."
        ),
        (true, false) => format!("{found}: everything takes as long as the slowest site."),
        (false, _) => format!("{found}."),
    })
}

fn takes_its_slowest_site(example: &Example) -> bool {
    let slowest = example.lines.iter().map(|line| line.elapsed).max().unwrap_or_default();
    example.total <= slowest.mul_f64(AS_LONG)
}

/// The least and the greatest of some figures.
struct Range {
    least: f64,
    greatest: f64,
}

impl Range {
    /// Returns the range of figures; `None` without any.
    fn new(figures: impl Iterator<Item = f64>) -> Option<Self> {
        figures.map(|figure| Self { least: figure, greatest: figure }).reduce(|one, other| Self {
            least: one.least.min(other.least),
            greatest: one.greatest.max(other.greatest),
        })
    }

    /// Returns how many times as fast as another time these are, or as slow if all are longer.
    fn speed(&self, other: f64) -> String {
        if self.least > other {
            let factors = Self { least: self.least / other, greatest: self.greatest / other };
            return format!("{} times as slow", factors.shown(1, ""));
        }
        let factors = Self { least: other / self.greatest, greatest: other / self.least };
        format!("{} times as fast", factors.shown(1, ""))
    }

    /// Formats the range, with one figure if both ends look alike.
    fn shown(&self, digits: usize, unit: &str) -> String {
        let [least, greatest] = [self.least, self.greatest].map(|end| format!("{end:.digits$}"));
        if least == greatest {
            format!("{least}{unit}")
        } else {
            format!("{least} to {greatest}{unit}")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::report::text::ExampleLine;

    /// Returns an example with a slowest site of 100 ms.
    fn example(kind: ExampleKind, total_ms: u64) -> Example {
        let line = ExampleLine {
            label: "a".to_owned(),
            led_to: None,
            ended: Duration::from_millis(100),
            elapsed: Duration::from_millis(100),
            status: None,
            result: Ok(String::new()),
        };
        let (total, backend) = (Duration::from_millis(total_ms), "a".to_owned());
        Example { backend, kind, total, ideal: None, lines: vec![line] }
    }

    fn concluded(totals: &[(ExampleKind, u64)]) -> String {
        let examples: Vec<Example> =
            totals.iter().map(|(kind, total_ms)| example(*kind, *total_ms)).collect();
        conclusion(&examples[0], &examples).unwrap_or_default()
    }

    #[test]
    fn slowest_sites_decide() {
        use ExampleKind::{Asynchronous, Synchronous, Threaded};
        let sequential = (Synchronous, 400);
        assert_eq!(
            concluded(&[sequential, (Threaded, 101), (Asynchronous, 104)]),
            "Fetching at once took 0.101 to 0.104 s, 3.8 to 4.0 times as fast as one after another, \
             and threads do as well as async: everything takes as long as the slowest site."
        );
        assert_eq!(
            concluded(&[sequential, (Asynchronous, 100)]),
            "Fetching at once took 0.100 s, 4.0 times as fast as one after another: everything \
             takes as long as the slowest site."
        );
        assert_eq!(
            concluded(&[sequential, (Threaded, 101), (Asynchronous, 200)]),
            "Fetching at once took 0.101 to 0.200 s, 2.0 to 4.0 times as fast as one after another."
        );
        assert_eq!(
            concluded(&[(Synchronous, 50), (Asynchronous, 200)]),
            "Fetching at once took 0.200 s, 4.0 times as slow as one after another."
        );
    }

    #[test]
    fn failures_show_nothing() {
        use ExampleKind::{Asynchronous, Synchronous};
        assert_eq!(concluded(&[(Synchronous, 400)]), "");
        assert_eq!(concluded(&[(Synchronous, 0), (Asynchronous, 0)]), "");
        let mut examples = [example(Synchronous, 400), example(Asynchronous, 100)];
        examples[1].lines[0].result = Err("reset".to_owned());
        assert_eq!(conclusion(&examples[0], &examples), None);
    }
}
