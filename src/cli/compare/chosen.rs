//! The backends of a comparison: those built in, and other programs.

use std::path::Path;

use anyhow::bail;

use crate::backend::{Backend, EXEC};
use crate::compare::{Participant, Workload};

/// The backends named by one `--backend`.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Chosen(pub(super) Vec<One>);

impl From<Backend> for Chosen {
    fn from(backend: Backend) -> Self {
        Self(vec![One::Backend(backend)])
    }
}

/// A built-in backend, or the path of another program.
#[derive(Debug, Clone)]
pub(in crate::cli) enum One {
    Backend(Backend),
    Exec(String),
}

impl One {
    pub(super) fn participant(&self, program: &Path) -> Participant {
        match self {
            Self::Backend(backend) => Participant::of_backend(backend, program),
            Self::Exec(path) => Participant {
                name: format!("{EXEC}{}", public(path)),
                // A path without a directory must not be searched in PATH.
                command: vec![Path::new(".").join(path).into()],
                sequential: false,
                max_connections: None,
                capabilities: None,
            },
        }
    }
}

/// Returns the path of a program for records. An absolute path loses its directories, because they
/// may name a person.
fn public(path: &str) -> &str {
    match Path::new(path) {
        absolute if absolute.is_absolute() => path.rsplit('/').next().unwrap_or(path),
        _ => path,
    }
}

/// Parses `--backend`: a backend, a client or executor for all of its backends, or `exec:PROGRAM`.
pub(in crate::cli) fn parse_chosen(text: &str) -> anyhow::Result<Chosen> {
    if let Some(path) = text.strip_prefix(EXEC) {
        anyhow::ensure!(
            Path::new(path).is_file(),
            "{path:?} is no program: write exec:./my-worker"
        );
        return Ok(Chosen(vec![One::Exec(path.to_owned())]));
    }
    let backends = Backend::matching(text)?;
    if let Some(fake) = backends.iter().find(|backend| backend.is_fake()) {
        bail!("{fake} makes its durations up: there is nothing to compare it with");
    }
    Ok(Chosen(backends.into_iter().map(One::Backend).collect()))
}

/// Returns the backends that the user chose, each once, or the usual ones.
pub(in crate::cli) fn participants(backends: &[Chosen], program: &Path) -> Vec<Participant> {
    let mut participants: Vec<Participant> = Vec::new();
    let all: Vec<One> = Backend::usual().map(One::Backend).collect();
    let chosen: Vec<&One> = backends.iter().flat_map(|chosen| &chosen.0).collect();
    for one in if chosen.is_empty() { all.iter().collect() } else { chosen } {
        let mut participant = one.participant(program);
        if participants.iter().any(|other| other.command == participant.command) {
            continue;
        }
        // Programs in two directories may have the same name.
        let name = participant.name.clone();
        let mut number = 1;
        while participants.iter().any(|other| other.name == participant.name) {
            number += 1;
            participant.name = format!("{name}#{number}");
        }
        participants.push(participant);
    }
    participants
}

/// The default reference. Its noise is in every interval: against a backend with a thread for each
/// fetch, intervals are twice as wide on `fan-out`.
const USUAL_REFERENCE: &str = "hyper@tokio";

/// Returns the index of the default reference, which takes part on every workload.
pub(super) fn usual_reference(participants: &[Participant], workloads: &[Workload]) -> usize {
    let preferences: [fn(&Participant) -> bool; 3] = [
        |participant| participant.name == USUAL_REFERENCE,
        |participant| !participant.sequential,
        |_| true,
    ];
    let preferred = preferences.into_iter().find_map(|is_preferred| {
        participants.iter().position(|participant| {
            is_preferred(participant)
                && workloads.iter().all(|workload| workload.admits(participant))
        })
    });
    preferred.unwrap_or(0)
}

/// Checks that at least two backends are measured on a workload.
///
/// # Errors
///
/// There is only one.
pub(super) fn check_two(participants: &[Participant], workload: &Workload) -> anyhow::Result<()> {
    let mut admitted = participants.iter().filter(|participant| workload.admits(participant));
    let (Some(only), None) = (admitted.next(), admitted.next()) else { return Ok(()) };
    bail!(
        "nothing to compare {} with on {}: add another --backend, or use `fetchbench run`",
        only.name,
        workload.outline().name
    )
}

pub(super) fn position_or_push(participants: &mut Vec<Participant>, wanted: Participant) -> usize {
    if let Some(index) = participants.iter().position(|participant| participant.name == wanted.name)
    {
        return index;
    }
    participants.insert(0, wanted);
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference<'a>(names: &[&'a str]) -> &'a str {
        let participants = names.iter().map(|name| Participant {
            name: (*name).to_owned(),
            command: Vec::new(),
            sequential: name.ends_with("sequential"),
            max_connections: None,
            capabilities: None,
        });
        names[usual_reference(&participants.collect::<Vec<_>>(), &[])]
    }

    #[test]
    fn sequential_references_come_last() {
        assert_eq!(reference(&["ureq@sequential", "ureq@threads", "hyper@tokio"]), "hyper@tokio");
        assert_eq!(
            reference(&["ureq@sequential", "ureq@threads", "hyper@tokio:1"]),
            "ureq@threads"
        );
        assert_eq!(reference(&["ureq@sequential"]), "ureq@sequential");
    }
}
