//! The machine and the software of a record, as names and values.

use crate::backend::NameParts;
use crate::record::Environment;

/// Returns everything known, with the versions of the clients and executors of `backends`.
pub fn facts<'a>(
    environment: &Environment,
    backends: impl IntoIterator<Item = &'a str>,
) -> Vec<(&'static str, String)> {
    let git = environment.git.as_ref().map_or_else(unknown, |git| {
        let state = if git.dirty { ", with changes that are not committed" } else { "" };
        format!("revision {}{state}", git.revision)
    });
    let memory = environment
        .memory_bytes
        .map_or_else(unknown, |bytes| format!("{:.1} GiB", bytes as f64 / (1 << 30) as f64));
    let mut facts = vec![
        ("started", environment.started.clone()),
        ("command", environment.command.clone()),
        ("CPU", format!("{}, {} cores", environment.cpu, environment.cores)),
        ("memory", memory),
        ("governor", environment.governor.clone().unwrap_or_else(unknown)),
        (
            "open files",
            environment.open_files.map_or_else(unknown, |limit| format!("{limit} at most")),
        ),
        ("kernel", environment.kernel.clone().unwrap_or_else(unknown)),
        ("compiler", environment.rustc.clone().unwrap_or_else(unknown)),
        ("profile", environment.profile.clone()),
        ("crates", versions(environment, backends)),
        ("lock file", format!("CRC-32 {}", environment.lock_file_crc32)),
        ("source", git),
        ("load average before", environment.load.map_or_else(unknown, load)),
    ];
    // Older records lack these.
    for (name, value) in [("target", &environment.target), ("allocator", &environment.allocator)] {
        facts.extend(value.iter().map(|value| (name, value.clone())));
    }
    facts
}

/// Returns the day on which a record was started.
pub(super) fn date(environment: &Environment) -> &str {
    let started = &environment.started;
    started.split_once('T').map_or(started, |(date, _)| date)
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// Formats load averages over 1, 5 and 15 minutes.
pub(super) fn load([one, five, fifteen]: [f64; 3]) -> String {
    format!("{one}, {five}, {fifteen}")
}

/// Returns the versions of the measured clients and executors, in the order of
/// `backends`.
fn versions<'a>(environment: &Environment, backends: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = Vec::new();
    let backends = backends.into_iter().filter_map(NameParts::split);
    for part in backends.flat_map(|name| [Some(name.client), name.executor]).flatten() {
        if environment.crates.contains_key(part) && !names.contains(&part) {
            names.push(part);
        }
    }
    let versions = names.iter().map(|name| format!("{name} {}", environment.crates[*name]));
    versions.collect::<Vec<_>>().join(", ")
}
