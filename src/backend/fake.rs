//! The fake backend, for tests: answers at once, and reports the durations that its script makes
//! up.

use std::time::Duration;

use url::Url;

use super::job::SessionSettings;
use super::options::BackendOptions;
use crate::fetch::answer::{Head, Page, Received};
use crate::fetch::error::FetchError;
use crate::fetch::{Fetch, Fetched, Limits, Pass, Progress};
use crate::scenario::schedule;

/// Returns how long a url takes, and the answer.
pub type FakeScript = Box<dyn Fn(&Url) -> (Duration, Result<Page, FetchError>)>;

struct Fake {
    script: FakeScript,
    limits: Limits,
    progress: Progress,
}

pub(super) fn open(
    _: &BackendOptions,
    settings: SessionSettings,
) -> anyhow::Result<Box<dyn Fetch>> {
    Ok(open_fake(Box::new(|_| empty_page()), &settings.limits, &settings.progress))
}

/// Opens a session of the fake with these answers.
pub fn open_fake(script: FakeScript, limits: &Limits, progress: &Progress) -> Box<dyn Fetch> {
    Box::new(Fake { script, limits: limits.clone(), progress: progress.clone() })
}

/// Returns an empty page after 10 ms.
fn empty_page() -> (Duration, Result<Page, FetchError>) {
    let head = Head { status: 200, declared: None, location: None };
    (Duration::from_millis(10), Received::new(0).finish(&head))
}

impl Fetch for Fake {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        let answers: Vec<_> = urls.iter().map(|url| (self.script)(url)).collect();
        let durations = answers.iter().map(|(elapsed, _)| *elapsed);
        let starts = schedule::starts(durations, self.limits.concurrency);
        let fetched: Vec<Fetched> = starts
            .zip(&answers)
            .map(|((started, elapsed), (_, result))| {
                self.progress.add(1);
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
