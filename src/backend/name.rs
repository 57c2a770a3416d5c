//! The parts of a backend's name.

/// The beginning of the name of a program of the user's own.
pub(crate) const EXEC: &str = "exec:";

/// The parts of `client@executor[:threads][+option…][/tier]`, the name of a backend that this
/// build may not know: records hold those of other builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameParts<'a> {
    /// The name of the client.
    pub client: &'a str,
    /// The name of the executor; the fake has none.
    pub executor: Option<&'a str>,
    /// `client@executor`, the name without options.
    pub plain: &'a str,
    pub(super) threads: Option<&'a str>,
    /// The options after the first plus, separated by further ones.
    pub(super) added: Option<&'a str>,
    /// What replaces the tuned options: a client with other options counts as another client.
    pub tier: Option<&'a str>,
    pub(super) slowed: Option<&'a str>,
}

impl<'a> NameParts<'a> {
    /// Splits a name; returns `None` for `exec:PROGRAM`, a program of the user's own.
    pub fn split(name: &'a str) -> Option<Self> {
        if name.starts_with(EXEC) {
            return None;
        }
        let slowed = name.strip_prefix("slowed:").and_then(|rest| rest.rsplit_once(':'));
        let (rest, slowed) = slowed.map_or((name, None), |(rest, share)| (rest, Some(share)));
        let (rest, tier) = split(rest, '/');
        let (rest, added) = split(rest, '+');
        let (plain, threads) = split(rest, ':');
        let (client, executor) = split(plain, '@');
        Some(Self { client, executor, plain, threads, added, tier, slowed })
    }
}

fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_have_parts() {
        let name = NameParts::split("slowed:quick@orbit:3+per-site/default:5%").unwrap();
        assert_eq!((name.client, name.executor), ("quick", Some("orbit")));
        assert_eq!((name.plain, name.tier), ("quick@orbit", Some("default")));
        assert_eq!(
            (name.threads, name.added, name.slowed),
            (Some("3"), Some("per-site"), Some("5%"))
        );
    }

    #[test]
    fn programs_have_no_parts() {
        assert_eq!(NameParts::split("exec:./hyper@smol"), None);
    }
}
