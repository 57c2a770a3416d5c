//! Every command of the pages and of `--help` parses, and runs: on a small scale, in a directory
//! with the files that it names.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use fetchbench::backend::Backend;
use tempfile::TempDir;

use crate::docs::{fences, pages, root};
use crate::raw_server::{RawServer, ok};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fetchbench");

/// The pages outside `docs/` that show commands.
const PAGES: &[&str] = &[
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "examples/distributed/README.md",
    "results/README.md",
];

/// Returns the commands of a page: the lines of its shell blocks, and code in its sentences.
fn commands(text: &str) -> Vec<String> {
    let (prose, blocks) = fences(text);
    let lines = blocks.iter().flat_map(|(language, block)| {
        let joined = block.replace("\\\n", " ");
        let shown: Vec<String> = match *language {
            "sh" => joined.lines().map(str::to_owned).collect(),
            "console" => joined
                .lines()
                .filter_map(|line| line.strip_prefix("$ "))
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        };
        shown
    });
    let spans = prose.split('`').skip(1).step_by(2).map(|span| span.replace('\n', " "));
    lines.chain(spans).collect()
}

/// Returns the commands in the examples of every `--help`.
fn examples() -> Vec<String> {
    let cli = fetchbench::cli::command();
    let commands = cli.get_subcommands().chain([&cli]);
    let texts = commands.filter_map(|command| command.get_after_help()).map(ToString::to_string);
    let texts: Vec<String> = texts.collect();
    let lines = texts.iter().flat_map(|text| text.lines()).filter(|line| line.starts_with("  "));
    let calls = lines.filter_map(|line| Some(&line[line.find("fetchbench")?..]));
    // Two spaces separate an example from its explanation.
    let calls = calls.filter_map(|call| call.split("  ").next());
    calls.map(|call| call.trim_end_matches(')').to_owned()).collect()
}

/// Returns the words of a command up to a pipe or a redirection, without environment variables.
fn words(command: &str) -> Option<Vec<String>> {
    let is_variable = |word: &String| {
        let name = word.split_once('=').map(|(name, _)| name);
        name.is_some_and(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    };
    let words = shlex::split(command)?.into_iter().skip_while(is_variable);
    let is_end = |word: &str| ["|", ">", ">>", "&", "&&", "||"].contains(&word);
    Some(words.take_while(|word| !is_end(word)).collect())
}

/// Returns the arguments of fetchbench in a command, if it calls fetchbench.
fn arguments(command: &str) -> Option<Vec<String>> {
    let words = words(command)?;
    let (program, rest) = words.split_first()?;
    if program.ends_with("fetchbench") {
        return Some(rest.to_vec());
    }
    let is_cargo_run = program == "cargo" && rest.first().is_some_and(|word| word == "run");
    if !is_cargo_run || rest.iter().any(|word| word == "--example") {
        return None;
    }
    let own = rest.iter().position(|word| word == "--").map_or(rest.len(), |at| at + 1);
    Some(rest[own..].to_vec())
}

/// Returns the arguments of every command of the pages and of the examples, each once.
fn calls(others: &[&str]) -> BTreeSet<Vec<String>> {
    let pages = pages(others);
    let commands = pages.iter().flat_map(|(_, text)| commands(text)).chain(examples());
    commands.filter_map(|command| arguments(&command)).collect()
}

/// Returns the arguments with only those backends that this build has; `None` if it has none.
fn built_in(mut call: Vec<String>) -> Option<Vec<String>> {
    let values = (1..call.len()).filter(|&index| call[index - 1] == "--backend");
    for index in values.collect::<Vec<_>>() {
        let names = call[index].split(',');
        let known = names.filter(|name| name.contains("exec:") || Backend::matching(name).is_ok());
        call[index] = known.collect::<Vec<_>>().join(",");
    }
    call.iter().all(|word| !word.is_empty()).then_some(call)
}

/// Parses the arguments of a command.
fn parse(call: &[String]) -> Result<clap::ArgMatches, clap::Error> {
    let program = "fetchbench".to_owned();
    fetchbench::cli::command().try_get_matches_from([&[program], call].concat())
}

#[test]
fn commands_parse() {
    let calls = calls(PAGES);
    assert!(calls.len() > 60, "{} commands are found", calls.len());
    for call in calls {
        // A sentence may name a command that needs arguments.
        let help = (call.len() == 1).then(|| "--help".to_owned());
        // The parser looks for the program of a worker.
        let Some(words) = built_in(call.clone()) else { continue };
        let words = words.into_iter().map(|word| word.replace("./my-worker", "/bin/sh"));
        let words = words.chain(help);
        let parsed = parse(&words.collect::<Vec<_>>());
        let error = parsed.err().filter(|error| error.use_stderr());
        assert!(error.is_none(), "{call:?}: {}", error.unwrap());
    }
}

#[test]
fn named_scripts_have_help() {
    let mut found = 0;
    for (path, text) in pages(PAGES) {
        for command in commands(&text) {
            let Some(script) = command.split(' ').next() else { continue };
            if script.starts_with("scripts/") {
                let source = fs::read_to_string(root().join(script));
                let source = source.unwrap_or_else(|_| panic!("{}: no {script}", path.display()));
                assert!(source.contains("--help"), "{script} has no --help");
                found += 1;
            }
        }
    }
    assert!(found > 10, "{found} scripts are found");
}

/// Returns the command with flags that make it short.
fn shortened(mut call: Vec<String>, url: &str) -> Vec<String> {
    let command = call.first().filter(|word| !word.starts_with('-')).cloned();
    let has = |call: &[String], flag: &str| call.iter().any(|word| word == flag);
    if let Some(budget) = call.iter().position(|word| word == "--budget") {
        call.drain(budget..budget + 2);
    }
    for word in &mut call {
        if word.starts_with("https://example.") {
            *word = url.to_owned();
        }
        *word = word.replace("127.0.0.1:8080", "127.0.0.1:0");
    }
    let is_live = has(&call, "--sites") || has(&call, url);
    if ["compare", "ab"].contains(&command.as_deref().unwrap_or("")) {
        call.retain(|word| !["keepalive", "fan-out"].contains(&word.as_str()));
    }
    let flags: &[&str] = match command.as_deref() {
        // Every backend pauses for a second.
        Some("compare") if is_live && !has(&call, "--backend") => {
            &["--backend", "ureq@threads,hyper@smol", "--blocks", "1", "--rounds", "1"]
        }
        Some("compare") if is_live => &["--blocks", "1", "--rounds", "1"],
        Some("compare" | "ab") if has(&call, "--blocks") => &["article"],
        Some("compare" | "ab") => &["article", "--blocks", "1", "--rounds", "1"],
        Some("verify") if has(&call, "--http") => &["--fault", "h2-refused"],
        Some("verify") if !has(&call, "--fault") => &["--fault", "stale"],
        Some("serve") => &["--end-with-stdin"],
        Some("run") | None if !is_live && !has(&call, "--time-scale") => &["--time-scale", "0.01"],
        _ => &[],
    };
    call.extend(flags.iter().map(|&flag| flag.to_owned()));
    call
}

/// Makes the files and directories that a command names.
fn prepare(folder: &Path, call: &[String], url: &str) {
    let files = call.iter().skip(1).take_while(|word| !word.starts_with('-'));
    match call.first().map(String::as_str) {
        Some("report" | "diff") => files.for_each(|name| copy_record(&folder.join(name))),
        Some("man") => files.for_each(|name| fs::create_dir_all(folder.join(name)).unwrap()),
        Some("ab") => files
            .filter(|name| name.starts_with("./") && !folder.join(name).exists())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .for_each(|name| symlink(PROGRAM, folder.join(name)).unwrap()),
        _ => {}
    }
    for file in ["my-sites.txt", "urls.txt"] {
        fs::write(folder.join(file), format!("{url}\n")).unwrap();
    }
    fs::write(folder.join("my.toml"), crate::workshop::SCENARIO).unwrap();
    let worker = folder.join("my-worker");
    fs::write(&worker, format!("#!/bin/sh\nexec {PROGRAM} worker ureq@sequential\n")).unwrap();
    fs::set_permissions(worker, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Copies a committed record.
fn copy_record(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for entry in fs::read_dir(crate::records::folder("2026-11-26T0416-amd-epyc"))
        .unwrap()
        .map(Result::unwrap)
    {
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
}

/// Runs every command of the pages and examples whose first word `is_wanted`. Commands that need
/// several records, a link or downloads are left out: `merge`, `net`, `peers install`.
fn run(is_wanted: impl Fn(&str) -> bool) {
    let server = RawServer::start(|_| ok("hello"));
    let url = server.url("/").to_string();
    let calls = calls(&["README.md", "CONTRIBUTING.md", "SECURITY.md"]).into_iter();
    // A sentence may name a command that needs arguments.
    let is_whole =
        |call: &Vec<String>| call.len() != 1 || call[0] != "fetch" && parse(call).is_ok();
    let calls = calls.filter(is_whole);
    let calls = calls.filter_map(built_in).map(|call| shortened(call, &url));
    let wanted = |call: &Vec<String>| {
        let crosses_a_link = call.iter().any(|word| word == "--network");
        !crosses_a_link && is_wanted(call.first().map_or("", String::as_str))
    };
    let calls: BTreeSet<Vec<String>> = calls.filter(wanted).collect();
    assert!(!calls.is_empty());
    for call in calls {
        let folder = TempDir::new().unwrap();
        prepare(folder.path(), &call, &url);
        let mut command = Command::new(PROGRAM);
        command.args(&call).current_dir(&folder).stdin(Stdio::null());
        command.env("XDG_STATE_HOME", folder.path());
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        let is_right = match output.status.code() {
            Some(0) => true,
            Some(1) => call.first().is_some_and(|word| word == "doctor"),
            // A single block gives no interval for --fail-if, and beside other tests a pass may fail.
            Some(3) => stderr.contains("The record: "),
            Some(4) => call.iter().any(|word| word == "--fail-if"),
            _ => false,
        };
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(is_right, "{call:?}: {}: {stderr}{stdout}", output.status);
    }
}

#[test]
fn comparisons_run() {
    run(|command| ["compare", "ab"].contains(&command));
}

#[test]
fn checks_run() {
    run(|command| ["verify", "audit", "doctor"].contains(&command));
}

#[test]
fn other_commands_run() {
    let elsewhere =
        ["compare", "ab", "verify", "audit", "doctor", "merge", "net", "peers", "calibration"];
    run(|command| !elsewhere.contains(&command));
}
