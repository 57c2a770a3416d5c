//! Judges answers by the programmed ones.

use std::fmt;

use anyhow::{anyhow, bail};

use super::Scenario;
use crate::fetch::Pass;
use crate::fetch::answer::{Beginning, Page};

/// An answer that is not the programmed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    expected: Page,
    found: Page,
    /// Whether it is the answer to the previous visit.
    is_stale: bool,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, found, is_stale } = self;
        write!(f, "expected {expected}, got {found}")?;
        f.write_str(match is_stale {
            true => ", the answer of an earlier pass",
            false if found.agrees_with(expected) => ", with other first bytes",
            false => "",
        })
    }
}

impl Scenario {
    /// Judges the answer to `visit` of a site by status, length, checksum and, unless a worker has
    /// left them out, the first bytes.
    ///
    /// # Errors
    ///
    /// The answer is not the programmed one.
    pub fn judge(&self, site: usize, visit: u64, page: &Page) -> Result<(), Wrong> {
        let (expected, found) = (self.page(site, visit), *page);
        let has_beginning = found.beginning != Beginning::default();
        if found.agrees_with(&expected) && (!has_beginning || found.beginning == expected.beginning)
        {
            return Ok(());
        }
        let is_stale = visit > 0 && found.agrees_with(&self.page(site, visit - 1));
        Err(Wrong { expected, found, is_stale })
    }

    /// Compares the answers of a pass with the programmed ones. The pass fetched the first `urls`
    /// of [`Scenario::urls`] of `visit`.
    ///
    /// # Errors
    ///
    /// An answer is wrong or a fetch failed. The message names the first such site.
    pub fn verify(&self, visit: u64, urls: usize, pass: &Pass) -> anyhow::Result<()> {
        if pass.fetched.len() != urls {
            bail!("{} results for {urls} urls", pass.fetched.len());
        }
        for (index, fetched) in pass.fetched.iter().enumerate() {
            let label = &self.sites[index].label;
            let page = fetched
                .result
                .as_ref()
                .map_err(|error| anyhow!("site {index} ({label}): {error}"))?;
            self.judge(index, visit, page)
                .map_err(|wrong| anyhow!("site {index} ({label}): wrong answer: {wrong}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fetch::Fetched;

    fn article() -> Scenario {
        Scenario::load("article").unwrap()
    }

    #[test]
    fn wrong_answers_are_found() {
        let answered = |page| {
            let (started, elapsed) = (Duration::ZERO, Duration::ZERO);
            let fetched = vec![Fetched { started, elapsed, final_url: None, result: Ok(page) }];
            Pass { elapsed, fetched }
        };
        let scenario = article();
        assert!(scenario.verify(7, 1, &answered(scenario.page(0, 7))).is_ok());
        assert!(
            scenario.verify(7, 1, &answered(scenario.page(0, 6))).is_err(),
            "the answer of the pass before"
        );
        assert!(scenario.verify(7, 2, &answered(scenario.page(0, 7))).is_err());
    }

    #[test]
    fn stale_answers_are_named() {
        let (expected, stale) = (article().page(0, 1), article().page(0, 0));
        assert_eq!(article().judge(0, 1, &expected), Ok(()));
        let problem = article().judge(0, 1, &stale).unwrap_err().to_string();
        assert!(
            problem.starts_with("expected status 200, 50000 bytes, crc32 ")
                && problem.ends_with(", the answer of an earlier pass"),
            "{problem}"
        );
    }

    #[test]
    fn first_bytes_may_be_left_out() {
        let page = article().page(0, 0);
        let without = Page { beginning: Beginning::default(), ..page };
        assert_eq!(article().judge(0, 0, &without), Ok(()));
        let mut beginning = Beginning::default();
        beginning.extend(b"other");
        let other = Page { beginning, ..page };
        let problem = article().judge(0, 0, &other).map_err(|wrong| wrong.to_string());
        assert!(problem.is_err_and(|problem| problem.ends_with(", with other first bytes")));
    }
}
