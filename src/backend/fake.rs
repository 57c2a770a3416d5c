//! The fake backend, for tests: answers at once, and reports the durations that its script makes
//! up.

use std::num::NonZeroUsize;
use std::time::Duration;

use url::Url;

use crate::fetch::answer::{Head, Received};
use crate::fetch::{Fetch, Fetched, Limits, Options, Pass, Script};
use crate::scenario::schedule;

struct Fake {
    script: Option<Script>,
    limits: Limits,
}

pub(super) fn open(options: &Options, limits: &Limits) -> anyhow::Result<Box<dyn Fetch>> {
    Ok(Box::new(Fake { script: options.script.clone(), limits: limits.clone() }))
}

impl Fetch for Fake {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        let answers: Vec<_> = urls.iter().map(|url| self.answer(url)).collect();
        let slots: NonZeroUsize = self.limits.concurrency;
        let starts = schedule::starts(answers.iter().map(|(elapsed, _)| *elapsed), slots);
        let fetched: Vec<Fetched> = starts
            .zip(&answers)
            .map(|((started, elapsed), (_, result))| {
                self.limits.bump_progress();
                Fetched { started, elapsed, final_url: None, result: result.clone() }
            })
            .collect();
        let elapsed = fetched
            .iter()
            .map(|fetched| fetched.started + fetched.elapsed)
            .max()
            .unwrap_or_default();
        Ok(Pass { elapsed, fetched })
    }
}

impl Fake {
    /// Returns the answer of the script, or an empty page after 10 ms.
    fn answer(
        &self,
        url: &Url,
    ) -> (Duration, Result<crate::fetch::answer::Page, crate::fetch::error::FetchError>) {
        match &self.script {
            Some(script) => script(url),
            None => {
                let head = Head { status: 200, declared: None, location: None };
                (Duration::from_millis(10), Received::new(0).finish(&head))
            }
        }
    }
}
