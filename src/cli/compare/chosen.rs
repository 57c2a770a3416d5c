//! The backends of a comparison: those built in, and other programs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use crate::backend::{Backend, EXEC};
use crate::compare::{Participant, Workload};
use crate::render::numbers;
use crate::scenario::versions::HttpVersions;

/// The backends named by one `--backend`.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Chosen(pub(super) Vec<One>);

impl From<Backend> for Chosen {
    fn from(backend: Backend) -> Self {
        Self(vec![One::Backend(backend)])
    }
}

impl Chosen {
    /// Returns them with a version of HTTP, see [`Backend::speaking`]. Another program chooses its
    /// version itself, and is taken to speak HTTP/2 only if that is given.
    ///
    /// # Errors
    ///
    /// A backend has no HTTP/2.
    pub(in crate::cli) fn speaking(self, http: Option<HttpVersions>) -> anyhow::Result<Self> {
        let ones = self.0.into_iter().map(|one| one.speaking(http));
        Ok(Self(ones.collect::<anyhow::Result<_>>()?))
    }
}

/// A built-in backend, or another program.
#[derive(Debug, Clone)]
pub(in crate::cli) enum One {
    Backend(Backend),
    Exec { name: String, command: Vec<OsString>, http2: bool },
}

impl One {
    fn speaking(self, http: Option<HttpVersions>) -> anyhow::Result<Self> {
        Ok(match self {
            Self::Backend(backend) => Self::Backend(backend.speaking(http)?),
            Self::Exec { name, command, .. } => {
                Self::Exec { name, command, http2: http == Some(HttpVersions::Http2) }
            }
        })
    }

    pub(super) fn participant(&self, program: &Path) -> Participant {
        match self {
            Self::Backend(backend) => Participant::of_backend(backend, program),
            Self::Exec { name, command, http2 } => Participant {
                name: name.clone(),
                command: command.clone(),
                sequential: false,
                http2: *http2,
                max_connections: None,
                written_here: "",
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

/// Parses `--backend`: a backend, a client or executor for all of its backends, or
/// `[LABEL=]exec:PROGRAM ARG…`.
pub(in crate::cli) fn parse_chosen(text: &str) -> anyhow::Result<Chosen> {
    let labelled = text.split_once('=').filter(|(_, command)| command.starts_with(EXEC));
    let (label, named) = labelled.map_or((None, text), |(label, named)| (Some(label), named));
    if let Some(words) = named.strip_prefix(EXEC) {
        return Ok(Chosen(vec![parse_exec(label, words)?]));
    }
    let backends = Backend::matching(text)?;
    if let Some(fake) = backends.iter().find(|backend| backend.is_fake()) {
        bail!("{fake} makes its durations up: there is nothing to compare it with");
    }
    Ok(Chosen(backends.into_iter().map(One::Backend).collect()))
}

/// Parses a program with its arguments, as a shell splits them. Without a label, its name in the
/// record is that of the program, because arguments may hold a secret.
fn parse_exec(label: Option<&str>, words: &str) -> anyhow::Result<One> {
    let mut words = shlex::split(words)
        .with_context(|| format!("a quotation mark is not closed in {EXEC}{}", first_word(words)))?
        .into_iter();
    let program = words.next().unwrap_or_default();
    let path = exec_program(Path::new(&program))?.into_os_string();
    let command = [path].into_iter().chain(words.map(OsString::from)).collect();
    let name = match label {
        Some(label) => checked_label(label)?.to_owned(),
        None => format!("{EXEC}{}", public(&program)),
    };
    Ok(One::Exec { name, command, http2: false })
}

/// Returns the first word, which is no secret.
fn first_word(words: &str) -> &str {
    words.split_whitespace().next().unwrap_or_default()
}

/// Returns the path of a program of the user, which is not searched in `PATH`.
///
/// # Errors
///
/// It is not a file.
pub(in crate::cli) fn exec_program(program: &Path) -> anyhow::Result<PathBuf> {
    ensure!(program.is_file(), "{program:?} is not a program: write a path such as ./my-worker");
    Ok(Path::new(".").join(program))
}

fn checked_label(label: &str) -> anyhow::Result<&str> {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    ensure!(
        !label.is_empty() && label.chars().all(is_allowed),
        "bad label {label:?}: it has lower-case letters, digits, '.', '_' and '-'"
    );
    Ok(label)
}

/// Returns the backends that the user chose, each once, or the usual ones. A program with two
/// labels takes part twice.
pub(in crate::cli) fn participants(backends: &[Chosen], program: &Path) -> Vec<Participant> {
    let mut participants: Vec<Participant> = Vec::new();
    let all: Vec<One> = Backend::usual().map(One::Backend).collect();
    let chosen: Vec<&One> = backends.iter().flat_map(|chosen| &chosen.0).collect();
    for one in if chosen.is_empty() { all.iter().collect() } else { chosen } {
        let mut participant = one.participant(program);
        let is_same = |other: &Participant| {
            other.command == participant.command && other.name == participant.name
        };
        if participants.iter().any(is_same) {
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

/// The default reference where the server speaks HTTP/2 only.
const HTTP2_REFERENCE: &str = "hyper@tokio+h2";

/// Returns the index of the default reference, which takes part on every workload.
pub(super) fn usual_reference(participants: &[Participant], workloads: &[Workload]) -> usize {
    let preferences: [fn(&Participant) -> bool; 4] = [
        |participant| participant.name == USUAL_REFERENCE,
        |participant| participant.name == HTTP2_REFERENCE,
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

/// Checks that the reference takes part on a workload.
///
/// # Errors
///
/// It cannot fetch https, does not speak the server's version of HTTP, or takes too long.
pub(in crate::cli) fn check_reference(
    reference: &Participant,
    workload: &Workload,
) -> anyhow::Result<()> {
    let (name, scenario) = (&reference.name, workload.outline().name);
    if !workload.has_scheme(reference) {
        bail!(
            "the reference {name} cannot fetch https, and so not {scenario}: choose another \
             reference or scenario"
        );
    }
    if !workload.has_version(reference) {
        let versions = workload.versions();
        bail!(
            "{scenario} speaks {versions} only, and the reference {name} does not: choose another \
             --reference, such as {}",
            if versions == HttpVersions::Http2 { HTTP2_REFERENCE } else { USUAL_REFERENCE }
        );
    }
    if let Some(ideal) = workload.too_long(reference) {
        bail!(
            "a pass of the reference {name} on {scenario} takes at least {} (limit: 1 s): shorten \
             the delays with --time-scale, or choose another reference or scenario",
            numbers::seconds(ideal.as_secs_f64())
        );
    }
    Ok(())
}

/// Checks that at least two backends are measured on a workload.
///
/// # Errors
///
/// A workload admits only one.
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
            http2: false,
            max_connections: None,
            written_here: "",
            capabilities: None,
        });
        names[usual_reference(&participants.collect::<Vec<_>>(), &[])]
    }

    #[test]
    fn sequential_backends_come_last() {
        assert_eq!(reference(&["ureq@sequential", "ureq@threads", "hyper@tokio"]), "hyper@tokio");
        assert_eq!(
            reference(&["ureq@sequential", "ureq@threads", "hyper@tokio:1"]),
            "ureq@threads"
        );
        assert_eq!(reference(&["ureq@sequential"]), "ureq@sequential");
    }

    #[test]
    fn programs_have_labels_and_words() {
        let one = |text: &str| {
            let Chosen(ones) = parse_chosen(text).unwrap();
            let participant = ones[0].participant(Path::new("fetchbench"));
            let words =
                participant.command.iter().skip(1).map(|word| word.to_string_lossy().into());
            (participant.name, words.collect::<Vec<String>>())
        };
        assert_eq!(one("exec:Cargo.toml"), ("exec:Cargo.toml".to_owned(), vec![]));
        let (name, words) = one("new-1.2=exec:Cargo.toml worker 'a b'");
        assert_eq!(
            (name.as_str(), words),
            ("new-1.2", vec!["worker".to_owned(), "a b".to_owned()])
        );
        for (bad, part) in [
            ("exec:", "is not a program"),
            ("exec:./nothing x", "\"./nothing\" is not a program"),
            ("New=exec:Cargo.toml", "bad label \"New\""),
            ("=exec:Cargo.toml", "bad label \"\""),
            ("exec:Cargo.toml 'a", "is not closed"),
        ] {
            let error = parse_chosen(bad).unwrap_err().to_string();
            assert!(error.contains(part), "{bad}: {error}");
        }
    }

    #[test]
    fn labels_allow_one_program_twice() {
        let chosen = |texts: &[&str]| {
            let chosen: Vec<Chosen> =
                texts.iter().map(|text| parse_chosen(text).unwrap()).collect();
            let participants = participants(&chosen, Path::new("fetchbench"));
            participants.into_iter().map(|participant| participant.name).collect::<Vec<_>>()
        };
        assert_eq!(chosen(&["a=exec:Cargo.toml", "b=exec:Cargo.toml"]), ["a", "b"]);
        assert_eq!(chosen(&["exec:Cargo.toml", "exec:Cargo.toml"]), ["exec:Cargo.toml"]);
        assert_eq!(
            chosen(&["exec:Cargo.toml a", "exec:Cargo.toml b"]),
            ["exec:Cargo.toml", "exec:Cargo.toml#2"]
        );
    }
}
