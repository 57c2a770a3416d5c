//! The differences between the environments of two records.

use std::fmt;

use crate::record::Environment;

/// Describes the differences of two machines, one line each. Figures of different machines are not
/// comparable.
pub(super) fn other_machine(old: &Environment, new: &Environment) -> Vec<String> {
    [
        differs("CPU", &old.cpu, &new.cpu),
        differs("cores", &old.cores, &new.cores),
        differs("GiB of memory", &memory_gib(old), &memory_gib(new)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn memory_gib(environment: &Environment) -> u64 {
    environment.memory_bytes.map_or(0, |bytes| bytes >> 30)
}

/// Describes the other differences of two environments, one line each. They may be the cause of a
/// change.
pub fn other_conditions(old: &Environment, new: &Environment) -> Vec<String> {
    let mut lines: Vec<String> = [
        differs("kernel", &or_unknown(&old.kernel), &or_unknown(&new.kernel)),
        differs("governor", &or_unknown(&old.governor), &or_unknown(&new.governor)),
        differs("rustc", &or_unknown(&old.rustc), &or_unknown(&new.rustc)),
        differs("profile", &old.profile, &new.profile),
        differs("revision", &revision(old), &revision(new)),
    ]
    .into_iter()
    .flatten()
    .collect();
    for (name, version) in &new.crates {
        lines.extend(old.crates.get(name).and_then(|other| differs(name, other, version)));
    }
    lines
}

fn or_unknown(value: &Option<String>) -> String {
    value.clone().unwrap_or_else(|| "unknown".to_owned())
}

fn revision(environment: &Environment) -> String {
    environment.git.as_ref().map_or_else(
        || "unknown".to_owned(),
        |git| format!("{:.12}{}", git.revision, if git.dirty { " with changes" } else { "" }),
    )
}

fn differs<T: fmt::Display + PartialEq>(what: &str, old: &T, new: &T) -> Option<String> {
    (old != new).then(|| format!("{what}: {old} -> {new}"))
}
