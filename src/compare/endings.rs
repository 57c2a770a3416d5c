//! The endings of live sites for each backend: sites that failed for all, and sites that ended
//! differently.
//!
//! If a site redirects some backends and not others, their times are of different pages, and the
//! reader must know. URLs are compared without the values of their queries, because these often
//! change with every visit and may be secrets.

use std::collections::BTreeSet;

use url::Url;

use crate::fetch::error::ErrorClass;
use crate::fetch::public::public_url;
use crate::fetch::{Fetched, Pass};
use crate::record::{DeadSite, DifferingSite, Ending, MOST_NAMED, Probe};

/// The maximum length of a name or URL in the record, in characters.
const SHOWN: usize = 200;

/// The endings of all sites in one pass of each backend.
#[derive(Debug, Default)]
pub struct Endings {
    backends: Vec<String>,
    sites: Vec<Vec<Group>>,
}

/// The backends with the same outcome on a site.
#[derive(Debug)]
struct Group {
    outcome: Outcome,
    /// Their indices.
    backends: Vec<usize>,
}

/// The outcome of a backend on a site.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Answered { status: u16, url: Option<String> },
    Failed(ErrorClass),
}

impl Outcome {
    /// `knows_url` is false if the worker does not report final URLs.
    fn new(site: &Url, fetched: &Fetched, knows_url: bool) -> Self {
        match &fetched.result {
            Err(error) => Self::Failed(error.class),
            Ok(page) => {
                let url =
                    knows_url.then(|| public_url(fetched.final_url.as_deref().unwrap_or(site)));
                Self::Answered { status: page.status, url }
            }
        }
    }
}

impl Endings {
    /// Adds the pass of another backend over `urls`, which are the same for all.
    pub fn add<'a>(
        &mut self,
        backend: &str,
        urls: impl IntoIterator<Item = &'a Url>,
        pass: &Pass,
        knows_urls: bool,
    ) {
        let backend_index = self.backends.len();
        self.backends.push(backend.to_owned());
        self.sites.resize_with(pass.fetched.len(), Vec::new);
        for ((groups, url), fetched) in self.sites.iter_mut().zip(urls).zip(&pass.fetched) {
            let outcome = Outcome::new(url, fetched, knows_urls);
            match groups.iter_mut().find(|group| group.outcome == outcome) {
                Some(group) => group.backends.push(backend_index),
                None => groups.push(Group { outcome, backends: vec![backend_index] }),
            }
        }
    }

    /// Returns whether the site at `index` failed for every backend.
    pub fn is_dead(&self, index: usize) -> bool {
        let groups = self.sites.get(index).map_or(&[][..], Vec::as_slice);
        !groups.is_empty() && groups.iter().all(|group| matches!(group.outcome, Outcome::Failed(_)))
    }

    /// Summarises the endings; `name` returns the public name of a site.
    pub fn probe(&self, name: impl Fn(usize) -> String) -> Probe {
        let all = 0..self.sites.len();
        let dead: Vec<usize> = all.clone().filter(|index| self.is_dead(*index)).collect();
        let differing: Vec<usize> = all.filter(|index| differ(&self.sites[*index])).collect();
        let first_dead = dead
            .iter()
            .take(MOST_NAMED)
            .map(|&index| DeadSite { site: shown(&name(index)), classes: self.classes(index) });
        let first_differing = differing.iter().take(MOST_NAMED).map(|&index| DifferingSite {
            site: shown(&name(index)),
            endings: self.endings(index),
        });
        Probe {
            sites: self.sites.len() as u64,
            dead: dead.len() as u64,
            first_dead: first_dead.collect(),
            differing: differing.len() as u64,
            first_differing: first_differing.collect(),
        }
    }

    fn classes(&self, index: usize) -> Vec<ErrorClass> {
        let classes = self.sites[index].iter().filter_map(|group| match group.outcome {
            Outcome::Failed(class) => Some(class),
            Outcome::Answered { .. } => None,
        });
        classes.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn endings(&self, index: usize) -> Vec<Ending> {
        self.sites[index].iter().filter_map(|group| self.ending(group)).collect()
    }

    /// Returns the ending of a group that was answered.
    fn ending(&self, group: &Group) -> Option<Ending> {
        let Outcome::Answered { status, url } = &group.outcome else { return None };
        let backends = group.backends.iter().map(|backend| self.backends[*backend].clone());
        Some(Ending {
            status: *status,
            url: url.as_deref().map(shown),
            backends: backends.collect(),
        })
    }
}

/// Returns whether the answers on a site have different statuses or different final URLs.
fn differ(groups: &[Group]) -> bool {
    let mut statuses = BTreeSet::new();
    let mut urls = BTreeSet::new();
    for group in groups {
        if let Outcome::Answered { status, url } = &group.outcome {
            statuses.insert(status);
            urls.extend(url);
        }
    }
    statuses.len() > 1 || urls.len() > 1
}

/// Cuts a text to [`SHOWN`] characters.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fetch::answer::{Beginning, Page};
    use crate::fetch::error::FetchError;

    fn answered(status: u16, final_url: Option<&str>) -> Fetched {
        let page = Page { status, bytes: 0, crc32: 0, beginning: Beginning::default() };
        let final_url = final_url.map(|url| Box::new(url.parse().unwrap()));
        Fetched { started: Duration::ZERO, elapsed: Duration::ZERO, final_url, result: Ok(page) }
    }

    fn failed(class: ErrorClass) -> Fetched {
        let result = Err(FetchError::new(class, "a secret"));
        Fetched { started: Duration::ZERO, elapsed: Duration::ZERO, final_url: None, result }
    }

    /// Probes `http://a.example/` with a backend for each fetch; backend `?` reports no URLs.
    fn probe(fetches: Vec<(&str, Fetched)>) -> Probe {
        let urls = ["http://a.example/".parse().unwrap()];
        let mut endings = Endings::default();
        for (backend, fetched) in fetches {
            let pass = Pass { elapsed: Duration::ZERO, fetched: vec![fetched] };
            endings.add(backend, &urls, &pass, backend != "?");
        }
        endings.probe(|_| "a".to_owned())
    }

    #[test]
    fn a_site_is_dead_if_all_failed() {
        use ErrorClass::{Dns, Refused};
        let all = probe(vec![("x", failed(Refused)), ("y", failed(Dns)), ("z", failed(Refused))]);
        assert_eq!(
            all.first_dead,
            [DeadSite { site: "a".to_owned(), classes: vec![Dns, Refused] }]
        );
        assert!(all.is_all_dead() && all.differing == 0);
        let some = probe(vec![("x", failed(Refused)), ("y", answered(500, None))]);
        assert_eq!((some.sites, some.dead, some.differing), (1, 0, 0));
    }

    #[test]
    fn backends_are_grouped_by_ending() {
        let there = || answered(200, Some("http://b.example/x?id=1#part"));
        let found = probe(vec![("x", there()), ("y", answered(302, None)), ("z", there())]);
        let ending = |status, url: &str, backends: &[&str]| Ending {
            status,
            url: Some(url.to_owned()),
            backends: backends.iter().map(|backend| (*backend).to_owned()).collect(),
        };
        let endings = vec![
            ending(200, "http://b.example/x?id=…", &["x", "z"]),
            ending(302, "http://a.example/", &["y"]),
        ];
        assert_eq!(found.first_differing, [DifferingSite { site: "a".to_owned(), endings }]);
    }

    #[test]
    fn query_values_do_not_differ() {
        let same = [
            ("x", answered(200, Some("http://a.example/?session=1"))),
            ("y", answered(200, Some("http://a.example/?session=2#top"))),
        ];
        assert_eq!(probe(same.into()).differing, 0);
        // A redirect back to the same page is no difference.
        assert_eq!(
            probe(vec![
                ("x", answered(200, Some("http://a.example/"))),
                ("y", answered(200, None))
            ])
            .differing,
            0
        );
    }

    #[test]
    fn unknown_urls_do_not_differ() {
        let there = || answered(200, Some("http://b.example/"));
        assert_eq!(probe(vec![("x", there()), ("?", answered(200, None))]).differing, 0);
        let status = probe(vec![("x", there()), ("?", answered(302, None))]);
        assert_eq!((status.differing, &status.first_differing[0].endings[1].url), (1, &None));
    }

    #[test]
    fn ten_sites_are_named() {
        let urls: Vec<Url> =
            (0..25).map(|site| format!("http://a.example/{site}").parse().unwrap()).collect();
        let mut endings = Endings::default();
        for backend in ["x", "y"] {
            let status = |site: usize| answered(200 + (backend == "y") as u16 * site as u16, None);
            let fetched = (0..25)
                .map(|site| if site < 12 { failed(ErrorClass::Reset) } else { status(site) });
            let pass = Pass { elapsed: Duration::ZERO, fetched: fetched.collect() };
            endings.add(backend, &urls, &pass, true);
        }
        let found = endings.probe(|index| format!("{index}{}", "x".repeat(500)));
        assert_eq!((found.sites, found.dead, found.differing), (25, 12, 13));
        assert_eq!((found.first_dead.len(), found.first_differing.len()), (MOST_NAMED, MOST_NAMED));
        assert_eq!(found.first_dead[0].site.chars().count(), SHOWN + 1);
    }
}
