//! The error for a name that no backend of this build has.

use anyhow::anyhow;

use super::entry::Entry;
use super::name::NameParts;
use super::registry::{ALL, KNOWN, KnownBackend};
use crate::fetch::similar;

/// Returns the error for an unknown backend: the features that this build lacks, or the known
/// backends.
pub(super) fn unknown(text: &str) -> anyhow::Error {
    // The arguments of a program may hold a secret.
    let text = text.split_whitespace().next().unwrap_or_default();
    let parts = NameParts::split(text);
    let exact = |known: &&KnownBackend| parts.is_some_and(|parts| parts.plain == known.name);
    let brought = |known: &&KnownBackend| parts.is_some_and(|parts| known.brings(&parts));
    let missing = KNOWN.iter().filter(|known| !known.is_built());
    if let Some(missing) = missing.clone().find(exact).or_else(|| missing.clone().find(brought)) {
        return anyhow!(
            "this build is without {missing}, which {text:?} needs: build with --features {}",
            missing.features.join(",")
        );
    }
    let backends: Vec<_> = ALL.iter().map(Entry::name).collect();
    let parts = ALL.iter().flat_map(|entry| [entry.client, entry.executor.name()]);
    let turned = text.split_once('@').map(|(first, second)| format!("{second}@{first}"));
    let turned = backends.iter().find(|name| turned.as_ref() == Some(name)).map(String::as_str);
    let close = || similar(text, backends.iter().map(String::as_str).chain(parts));
    if let Some(name) = turned.or_else(close) {
        return anyhow!(
            "unknown backend {text:?}; did you mean {name:?}? `fetchbench list backends` shows all"
        );
    }
    anyhow!(
        "unknown backend {text:?}: take one of {}, or a client or an executor alone for all \
         of its backends",
        backends.join(", ")
    )
}
