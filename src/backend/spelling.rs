//! How backends are written and parsed: `client@executor[:threads][+per-site|+one-task][/default]`.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use anyhow::{anyhow, ensure};

use super::slowed::parse_share;
use super::{ALL, Backend, Entry, Executor, OPTIONAL};
use crate::fetch::{Spawning, Tier};

/// More threads than this are a mistake, and more than most machines start.
const MAX_THREADS: usize = 1024;

/// The suffix of a backend whose client has its defaults.
const DEFAULT: &str = "/default";

impl Entry {
    /// Returns `client@executor`, the name without options. The fake has no executor.
    pub(super) fn name(&self) -> String {
        match self.executor {
            Executor::Virtual => self.client.to_owned(),
            executor => format!("{}@{}", self.client, executor.name()),
        }
    }

    /// Returns the options that may follow its name.
    pub fn options(&self) -> Vec<&'static str> {
        let tasks: &[_] =
            if self.executor.has_tasks() { &[":N", "+per-site", "+one-task"] } else { &[] };
        let tier: &[_] = if self.tuned().is_empty() { &[] } else { &[DEFAULT] };
        [tasks, tier].concat()
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut name = self.entry.name();
        if let Some(threads) = self.threads {
            name += &format!(":{threads}");
        }
        if let Some(spawning) = self.spawning.name() {
            name += &format!("+{spawning}");
        }
        if self.tier == Tier::Default {
            name += DEFAULT;
        }
        if let Some(share) = self.slowed {
            name = format!("slowed:{name}:{}%", share * 100.0);
        }
        f.pad(&name)
    }
}

impl FromStr for Backend {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        if let Some((backend, share)) =
            text.strip_prefix("slowed:").and_then(|rest| rest.rsplit_once(':'))
        {
            let share = parse_share(share)
                .ok_or_else(|| anyhow!("bad row {text:?}: write slowed:ROW:5%"))?;
            return Ok(Self { slowed: Some(share), ..backend.parse()? });
        }
        let (rest, tier) = match text.strip_suffix(DEFAULT) {
            Some(rest) => (rest, Tier::Default),
            None => (text, Tier::Tuned),
        };
        let (rest, spawning) = split(rest, '+');
        let (name, threads) = split(rest, ':');
        let entry =
            ALL.iter().find(|entry| entry.name() == name).ok_or_else(|| unknown(text, name))?;
        with_options(entry, threads, spawning, tier)
            .map_err(|error| anyhow!("bad row {text:?}: {error}"))
    }
}

fn with_options(
    entry: &'static Entry,
    threads: Option<&str>,
    spawning: Option<&str>,
    tier: Tier,
) -> anyhow::Result<Backend> {
    let name = entry.name();
    let has_tasks = entry.executor.has_tasks();
    ensure!(
        has_tasks || threads.is_none(),
        "{name} has no choice of threads, leave out what follows the colon"
    );
    ensure!(
        has_tasks || spawning.is_none(),
        "{name} has no tasks, leave out what follows the plus"
    );
    let is_tuned = !entry.tuned().is_empty();
    ensure!(
        is_tuned || tier == Tier::Tuned,
        "{name} sets nothing otherwise than its library does, leave out {DEFAULT}"
    );
    Ok(Backend {
        threads: threads.map(parse_threads).transpose()?,
        spawning: spawning.map_or(Ok(Spawning::Workers), parse_spawning)?,
        tier,
        ..Backend::plain(entry)
    })
}

fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn parse_threads(text: &str) -> anyhow::Result<NonZeroUsize> {
    let number = text.parse().ok().filter(|threads: &NonZeroUsize| threads.get() <= MAX_THREADS);
    number.ok_or_else(|| anyhow!("threads lie between 1 and {MAX_THREADS}"))
}

fn parse_spawning(text: &str) -> anyhow::Result<Spawning> {
    let named = Spawning::NAMED.into_iter().find(|(_, name)| *name == text);
    named
        .map(|(spawning, _)| spawning)
        .ok_or_else(|| anyhow!("after a plus stands per-site or one-task"))
}

/// Returns the error for an unknown backend: the feature that this build lacks, or the known
/// backends.
fn unknown(text: &str, name: &str) -> anyhow::Error {
    let (client, executor) = split(name, '@');
    let missing = OPTIONAL.iter().find(|(part, _)| {
        let is_built =
            ALL.iter().any(|entry| *part == entry.client || *part == entry.executor.name());
        !is_built && (*part == client || Some(*part) == executor)
    });
    if let Some((part, feature)) = missing {
        return anyhow!(
            "row {text:?} needs {part}, which this build is without: build with --features \
             {feature}"
        );
    }
    let backends: Vec<_> = ALL.iter().map(Entry::name).collect();
    anyhow!(
        "unknown row {text:?}: take one of {}, or a client or an executor alone for all of its \
         rows",
        backends.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_print_as_written() {
        for text in [
            "fake",
            "ureq@sequential",
            "ureq@threads/default",
            "surf@smol:3",
            "surf@async-std+one-task",
            "surf@smol:2+per-site/default",
            "slowed:surf@smol:2+per-site/default:5%",
        ] {
            assert_eq!(text.parse::<Backend>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn bad_backends_are_explained() {
        for (text, why) in [
            ("nope", "unknown row \"nope\": take one of ureq@sequential, "),
            ("ureq@threads:2", "no choice of threads"),
            ("ureq@threads+one-task", "no tasks"),
            ("surf@smol:0", "between 1 and"),
            ("surf@smol:2000", "between 1 and"),
            ("surf@smol+many", "per-site or one-task"),
            ("fake/default", "leave out /default"),
            ("surf@smol/tuned", "unknown row"),
        ] {
            let error = text.parse::<Backend>().unwrap_err().to_string();
            assert!(error.contains(text) && error.contains(why), "{error}");
        }
    }

    #[test]
    fn missing_features_are_named() {
        for (part, feature) in OPTIONAL {
            let built =
                ALL.iter().any(|entry| part == entry.client || part == entry.executor.name());
            let error = format!("{part}@smol")
                .parse::<Backend>()
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert_eq!(
                error.contains(&format!("build with --features {feature}")),
                !built,
                "{error}"
            );
        }
    }
}
