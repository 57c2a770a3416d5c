//! How backends are written and parsed:
//! `client@executor[:threads][+h2][+conns=N][+per-site|+one-task][/default]`.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use anyhow::{anyhow, bail, ensure};

use super::entry::Entry;
use super::executor::Executor;
use super::name::NameParts;
use super::options::{BackendOptions, Spawning};
use super::registry::ALL;
use super::slowed::parse_share;
use super::spec::Backend;
use super::unknown::unknown;
use crate::client::Tier;

/// More threads or connections than this are a mistake.
const MAX_THREADS: usize = 1024;
const MAX_CONNECTIONS: usize = 100_000;

/// The suffix of a backend that leaves its client at its defaults.
const DEFAULT: &str = "/default";

/// The option that selects HTTP/2.
const HTTP2: &str = "h2";

/// The option that limits the connections, before their number.
const CONNECTIONS: &str = "conns=";

/// The options that set how fetches become tasks.
const SPAWNINGS: [(&str, Spawning); 2] =
    [("per-site", Spawning::PerSite), ("one-task", Spawning::OneTask)];

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
        let mut options = Vec::new();
        if self.executor.has_tasks() {
            options.push(":N");
        }
        if self.http2.is_some() {
            options.push("+h2");
        }
        if self.has_pool() {
            options.push("+conns=N");
        }
        if self.executor.has_tasks() {
            options.extend(["+per-site", "+one-task"]);
        }
        if !self.tuned().is_empty() {
            options.push(DEFAULT);
        }
        options
    }

    /// Returns whether its connections are limited by this program.
    fn has_pool(&self) -> bool {
        !self.is_peer() && self.executor != Executor::Virtual
    }

    /// Returns whether its connections over this version of HTTP are limited by this program.
    fn has_pool_over(&self, http2: bool) -> bool {
        if http2 { self.http2.is_some_and(|http2| http2.has_pool) } else { self.has_pool() }
    }
}

impl fmt::Display for BackendOptions {
    /// Prints the options in one order, whatever the order in which they were written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(threads) = self.threads {
            write!(f, ":{threads}")?;
        }
        if self.http2 {
            write!(f, "+{HTTP2}")?;
        }
        if let Some(connections) = self.max_connections {
            write!(f, "+{CONNECTIONS}{connections}")?;
        }
        if let Some((name, _)) = SPAWNINGS.iter().find(|(_, spawning)| *spawning == self.spawning) {
            write!(f, "+{name}")?;
        }
        if self.tier == Tier::Default {
            f.write_str(DEFAULT)?;
        }
        Ok(())
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{}{}", self.entry.name(), self.options);
        match self.options.slowed {
            Some(share) => f.pad(&format!("slowed:{name}:{}%", share * 100.0)),
            None => f.pad(&name),
        }
    }
}

impl FromStr for Backend {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let unknown = || unknown(text);
        let parts = NameParts::split(text).ok_or_else(unknown)?;
        let entry = ALL.iter().find(|entry| entry.name() == parts.plain).ok_or_else(unknown)?;
        let tier = match parts.tier {
            None => Tier::Tuned,
            Some("default") => Tier::Default,
            Some(_) => return Err(unknown()),
        };
        let options = parse_options(entry, parts, tier)
            .map_err(|error| anyhow!("bad backend {text:?}: {error}"))?;
        Ok(Self { entry, options })
    }
}

fn parse_options(
    entry: &Entry,
    parts: NameParts<'_>,
    tier: Tier,
) -> anyhow::Result<BackendOptions> {
    let name = entry.name();
    ensure!(
        entry.executor.has_tasks() || parts.threads.is_none(),
        "{name} has no choice of threads: leave out the colon and the number"
    );
    ensure!(
        tier == Tier::Tuned || !entry.tuned().is_empty(),
        "{name} keeps every default of its library: leave out {DEFAULT}"
    );
    let threads =
        parts.threads.map(|text| parse_count(text, "threads", MAX_THREADS)).transpose()?;
    let slowed = parts
        .slowed
        .map(|share| parse_share(share).ok_or_else(|| anyhow!("write slowed:BACKEND:5%")));
    let slowed = slowed.transpose()?;
    let mut options = BackendOptions { threads, tier, slowed, ..BackendOptions::default() };
    for option in parts.added.into_iter().flat_map(|added| added.split('+')) {
        add(&mut options, entry, option)?;
    }
    options.http2 |= entry.is_only_http2();
    check_connections(&options, entry)?;
    Ok(options)
}

/// Checks that the client's connections can be chosen, if they are.
pub(super) fn check_connections(options: &BackendOptions, entry: &Entry) -> anyhow::Result<()> {
    ensure!(
        options.max_connections.is_none() || entry.has_pool_over(options.http2),
        "{} chooses its connections itself over HTTP/2: leave out +{CONNECTIONS}N",
        entry.name()
    );
    Ok(())
}

/// Adds an option that follows a plus.
fn add(options: &mut BackendOptions, entry: &Entry, option: &str) -> anyhow::Result<()> {
    let name = entry.name();
    if option == HTTP2 {
        ensure!(entry.http2.is_some(), "{name} has no HTTP/2: {}", speakers("+h2"));
        ensure!(!options.http2, "+{HTTP2} is given twice");
        options.http2 = true;
        return Ok(());
    }
    if let Some(number) = option.strip_prefix(CONNECTIONS) {
        ensure!(entry.has_pool(), "{name} has no choice of connections: leave out +{option}");
        ensure!(options.max_connections.is_none(), "+{CONNECTIONS} is given twice");
        options.max_connections = Some(parse_count(number, "connections", MAX_CONNECTIONS)?);
        return Ok(());
    }
    ensure!(entry.executor.has_tasks(), "{name} has no tasks: leave out +{option}");
    let Some((_, spawning)) = SPAWNINGS.iter().find(|(name, _)| *name == option) else {
        bail!("expected +{HTTP2}, +{CONNECTIONS}N, +per-site or +one-task");
    };
    ensure!(
        options.spawning == Spawning::Workers,
        "+per-site and +one-task are alternatives, write one of them once"
    );
    options.spawning = *spawning;
    Ok(())
}

/// Returns advice that lists the backends with HTTP/2, if `given` asked for it.
pub(super) fn speakers(given: &str) -> String {
    let speakers: Vec<_> =
        ALL.iter().filter(|entry| entry.http2.is_some()).map(Entry::name).collect();
    match speakers.is_empty() {
        true => format!("leave out {given}"),
        false => format!("leave out {given}, or use one of {}", speakers.join(", ")),
    }
}

fn parse_count(text: &str, unit: &str, most: usize) -> anyhow::Result<NonZeroUsize> {
    let number = text.parse().ok().filter(|count: &NonZeroUsize| count.get() <= most);
    number.ok_or_else(|| anyhow!("{unit} must be between 1 and {most}"))
}

#[cfg(test)]
mod tests {
    use super::super::registry::KNOWN;
    use super::*;

    #[test]
    fn backends_print_as_written() {
        for text in [
            "fake",
            "ureq@sequential",
            "ureq@threads/default",
            "surf@smol:3",
            "ureq@threads+conns=4",
            "floor@loop+conns=1",
            "surf@async-std+one-task",
            "hyper@tokio:1+h2",
            "net-http@go+h2",
            "http2@node+h2",
            "hyper@smol+h2+conns=4+per-site",
            "surf@smol:2+per-site/default",
            "slowed:surf@smol:2+per-site/default:5%",
        ] {
            assert_eq!(text.parse::<Backend>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn bad_backends_are_explained() {
        for (text, why) in [
            ("nope", "unknown backend \"nope\": take one of ureq@sequential, "),
            ("ureq@threads:2", "no choice of threads"),
            ("ureq@threads+one-task", "no tasks"),
            ("surf@smol:0", "between 1 and"),
            ("surf@smol:2000", "between 1 and"),
            ("ureq@threads+h2", "ureq@threads has no HTTP/2: leave out +h2, or use one of hyper@"),
            ("reqwest@tokio+h2+conns=2", "chooses its connections itself over HTTP/2"),
            ("hyper@tokio+h2+h2", "+h2 is given twice"),
            ("surf@smol+many", "+conns=N, +per-site or +one-task"),
            ("surf@smol+per-site+one-task", "write one of them once"),
            ("surf@smol+conns=2+conns=2", "twice"),
            ("surf@smol+conns=0", "between 1 and"),
            ("curl@parallel+conns=2", "no choice of connections"),
            ("fake/default", "leave out /default"),
            ("surf@smol/tuned", "unknown backend"),
            ("hyper@tokyo", "; did you mean \"hyper@tokio\"?"),
            ("smoll", "; did you mean \"smol\"?"),
            ("hyper@asyncstd", "; did you mean \"hyper@async-std\"?"),
            ("tokio@hyper", "; did you mean \"hyper@tokio\"?"),
        ] {
            let error = text.parse::<Backend>().unwrap_err().to_string();
            assert!(error.contains(text) && error.contains(why), "{error}");
        }
    }

    #[test]
    fn options_print_in_one_order() {
        for text in ["hyper@smol:2+h2+conns=4+per-site", "hyper@smol:2+per-site+conns=4+h2"] {
            assert_eq!(
                text.parse::<Backend>().unwrap().to_string(),
                "hyper@smol:2+h2+conns=4+per-site"
            );
        }
    }

    #[test]
    fn missing_features_are_named() {
        for known in KNOWN {
            let error = known.name.parse::<Backend>().err().map(|error| error.to_string());
            let features = format!("build with --features {}", known.features.join(","));
            assert_eq!(
                error.as_ref().is_some_and(|error| error.ends_with(&features)),
                !known.is_built(),
                "{error:?}"
            );
        }
    }
}
