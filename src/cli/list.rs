//! `fetchbench list`: lists backends, scenarios and faults.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use serde::Serialize;

use super::flags::Format;
use super::terminal::{list_columns, print};
use crate::backend::{Backend, Entry};
use crate::fetch::{Capability, Connections};
use crate::render::escape::json_text;
use crate::render::table::{Column, Side, tables};
use crate::scenario::Scenario;
use crate::scenario::fault::{self, Fault};

const EXAMPLES: &str = "\
Examples:
  fetchbench list
  fetchbench list backends
  fetchbench list scenarios --format json
  fetchbench list faults";

/// List the available backends, built-in scenarios and faults.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ListArgs {
    /// List only these [default: backends and scenarios]
    #[arg(value_enum)]
    what: Option<What>,
    /// Format of the list
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    Backends,
    Scenarios,
    Faults,
}

/// A backend as listed.
#[derive(Serialize)]
struct ListedBackend {
    name: String,
    client: &'static str,
    /// The crate of the client; empty if it is a program in another language.
    #[serde(rename = "crate")]
    client_crate: &'static str,
    version: Option<String>,
    executor: &'static str,
    executor_version: Option<String>,
    /// `None` if the number follows from the concurrency, or is zero.
    threads: Option<usize>,
    https: bool,
    /// What it can do beyond plain HTTP/1.1.
    capabilities: Vec<&'static str>,
    language: &'static str,
    /// The cargo features that it needs.
    features: &'static [&'static str],
    /// The files in `benches/footprint` that make its smallest program.
    footprint: &'static [&'static str],
    /// Whether it is a program in another language.
    peer: bool,
    /// Whether it can be opened: programs in other languages must be set up first.
    set_up: bool,
    /// Whether it takes part if no backend is named.
    usual: bool,
    #[serde(skip)]
    is_fake: bool,
    /// The options that its name may end in.
    options: Vec<&'static str>,
    /// Settings that differ from its library's defaults.
    tuned: Vec<ListedTuned>,
    note: String,
}

/// A setting of a backend, and its reason.
#[derive(Serialize)]
struct ListedTuned {
    option: &'static str,
    why: &'static str,
}

/// A scenario as listed.
#[derive(Serialize)]
struct ListedScenario {
    name: String,
    description: String,
    sites: usize,
    origins: usize,
    concurrency: NonZeroUsize,
    connections: Connections,
    /// The factor on delays in `compare`.
    compare_time_scale: f64,
    /// The ideal at concurrency 1.
    ideal_sequential_s: f64,
    /// The ideal at the scenario's concurrency.
    ideal_s: f64,
}

/// A fault as listed.
#[derive(Serialize)]
struct ListedFault {
    name: &'static str,
    concerns: &'static str,
    what: &'static str,
    /// The right result of a client.
    right: String,
    why: &'static str,
}

#[derive(Serialize)]
struct Everything {
    backends: Vec<ListedBackend>,
    scenarios: Vec<ListedScenario>,
}

pub(super) fn run(args: ListArgs) -> anyhow::Result<ExitCode> {
    print(&match (args.what, args.format) {
        (Some(What::Backends), Format::Text) => backends_text(&backends()),
        (Some(What::Scenarios), Format::Text) => scenarios_text(&scenarios()),
        (None, Format::Text) => {
            format!("{}\n{}", backends_text(&backends()), scenarios_text(&scenarios()))
        }
        (Some(What::Backends), Format::Json) => json_text(&backends()),
        (Some(What::Scenarios), Format::Json) => json_text(&scenarios()),
        (Some(What::Faults), Format::Text) => faults_text(&faults()),
        (Some(What::Faults), Format::Json) => json_text(&faults()),
        (None, Format::Json) => {
            json_text(&Everything { backends: backends(), scenarios: scenarios() })
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the built-in backends that fetch for real, those in other languages, then the fake.
fn backends() -> Vec<ListedBackend> {
    let fake = Backend::matching("fake").expect("the table has the fake backend");
    Backend::all()
        .chain(Backend::peers())
        .chain(fake)
        .map(|backend| listed_backend(&backend))
        .collect()
}

fn listed_backend(backend: &Backend) -> ListedBackend {
    let entry = backend.entry();
    ListedBackend {
        name: backend.to_string(),
        client: entry.client,
        client_crate: entry.client_crate,
        version: entry.client_version(),
        executor: entry.executor.name(),
        executor_version: entry.executor_version(),
        threads: entry.executor.default_threads(),
        https: entry.can(Capability::Https),
        capabilities: entry.capabilities.names(),
        language: entry.language,
        features: entry.features,
        footprint: entry.footprint,
        peer: entry.is_peer(),
        set_up: entry.is_set_up(),
        usual: entry.usual,
        is_fake: backend.is_fake(),
        options: entry.options(),
        tuned: entry.tuned().into_iter().map(|(option, why)| ListedTuned { option, why }).collect(),
        note: note(entry),
    }
}

fn scenarios() -> Vec<ListedScenario> {
    Scenario::built_in().map(listed_scenario).collect()
}

fn listed_scenario(scenario: Scenario) -> ListedScenario {
    ListedScenario {
        sites: scenario.sites.len(),
        origins: scenario.origins.len(),
        concurrency: scenario.limits.concurrency,
        connections: scenario.limits.connections,
        compare_time_scale: scenario.compare_time_scale,
        ideal_sequential_s: scenario.ideal(0, NonZeroUsize::MIN).as_secs_f64(),
        ideal_s: scenario.ideal(0, scenario.limits.concurrency).as_secs_f64(),
        name: scenario.name,
        description: scenario.description,
    }
}

fn faults() -> Vec<ListedFault> {
    fault::ALL
        .iter()
        .flat_map(|group| group.faults.iter().map(|fault| listed_fault(group.title, fault)))
        .collect()
}

fn listed_fault(concerns: &'static str, fault: &Fault) -> ListedFault {
    ListedFault {
        name: fault.name,
        concerns,
        what: fault.what,
        right: fault.right.to_string(),
        why: fault.why,
    }
}

fn faults_text(faults: &[ListedFault]) -> String {
    let columns = [Column("fault", Side::Left), Column("the server", Side::Wrapped)];
    let cells = faults.iter().map(|fault| vec![fault.name.to_owned(), fault.what.to_owned()]);
    tables(&columns, &cells.collect::<Vec<_>>(), list_columns())
}

fn backends_text(backends: &[ListedBackend]) -> String {
    let columns = [
        Column("backend", Side::Left),
        Column("client", Side::Left),
        Column("executor", Side::Left),
        Column("threads", Side::Left),
        Column("https", Side::Left),
        Column("options", Side::Wrapped),
        Column("note", Side::Wrapped),
    ];
    tables(&columns, &backends.iter().map(backend_cells).collect::<Vec<_>>(), list_columns())
}

fn backend_cells(entry: &ListedBackend) -> Vec<String> {
    let threads = match entry.threads {
        _ if !entry.set_up => "not set up: run `fetchbench peers install`".to_owned(),
        Some(threads) => threads.to_string(),
        None if entry.is_fake => "none".to_owned(),
        None => "as the concurrency".to_owned(),
    };
    vec![
        entry.name.clone(),
        versioned(entry.client, entry.version.as_deref()),
        versioned(entry.executor, entry.executor_version.as_deref()),
        threads,
        if entry.https { "yes" } else { "no" }.to_owned(),
        entry.options.join(" "),
        entry.note.clone(),
    ]
}

/// Returns the remark on a backend, if there is one.
fn note(entry: &Entry) -> String {
    match entry.written_here {
        "" => entry.note.to_owned(),
        parts => format!("{parts} written here"),
    }
}

fn versioned(name: &str, version: Option<&str>) -> String {
    version.map_or_else(|| name.to_owned(), |version| format!("{name} {version}"))
}

fn scenarios_text(scenarios: &[ListedScenario]) -> String {
    let columns = [
        Column("scenario", Side::Left),
        Column("sites", Side::Right),
        Column("origins", Side::Right),
        Column("concurrency", Side::Right),
        Column("connections", Side::Left),
        Column("ideal at 1", Side::Right),
        Column("ideal", Side::Right),
        Column("compare ×", Side::Right),
        Column("description", Side::Wrapped),
    ];
    tables(&columns, &scenarios.iter().map(scenario_cells).collect::<Vec<_>>(), list_columns())
}

fn scenario_cells(scenario: &ListedScenario) -> Vec<String> {
    vec![
        scenario.name.clone(),
        scenario.sites.to_string(),
        scenario.origins.to_string(),
        scenario.concurrency.to_string(),
        connections_name(scenario.connections).to_owned(),
        ideal(scenario.ideal_sequential_s),
        ideal(scenario.ideal_s),
        compare_scale(scenario),
        scenario.description.clone(),
    ]
}

/// Returns the factor on delays in `compare`; nothing without delays.
fn compare_scale(scenario: &ListedScenario) -> String {
    match scenario.ideal_s > 0.0 {
        true => scenario.compare_time_scale.to_string(),
        false => String::new(),
    }
}

fn ideal(seconds: f64) -> String {
    if seconds > 0.0 { format!("{seconds:.3} s") } else { String::new() }
}

fn connections_name(connections: Connections) -> &'static str {
    match connections {
        Connections::Warm => "warm",
        Connections::Cold => "cold",
        Connections::PerFetch => "per fetch",
    }
}
