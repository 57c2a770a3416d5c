//! `fetchbench report`: shows a record.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::ArgGroup;

use super::flags::parse_margin;
use super::terminal::{columns, print, print_note, write_asked};
use super::{limits, usage};
use crate::compare::agreement::{Agreement, agreements};
use crate::compare::analysis::{Rules, WorkloadAnalysis, analyse, analyse_by};
use crate::compare::audit::view as audit;
use crate::record::{Audit, BenchRecord, ComparisonSetup, Folder, read_whole};
use crate::render::escape::json_text;
use crate::report::index::{Listed, relative};
use crate::report::{agreement, comparison, html, markdown, picture, snippet};
use crate::tools::fail_if::RatioLimit;

/// The usual file of `--markdown`, in the record's directory. Links to a record lead to it.
const REPORT_FILE: &str = "report.md";
/// The usual file of `--html`, in the record's directory.
const PAGE_FILE: &str = "report.html";

const EXAMPLES: &str = "\
Examples:
  fetchbench report results/2026-11-22T1012-some-cpu
  fetchbench report results/2026-11-22T1012-some-cpu --html report.html
  fetchbench report results/2026-11-22T1012-some-cpu --json - | jq .
  fetchbench report target/fetchbench/2026-11-22T1012-some-cpu --svg picture.svg
  fetchbench report results/2026-11-22T1012-some-cpu --snippet --markdown -
  fetchbench report record --bencher bmf.json --fail-if '>+2%'

Exit codes: 0 shown, 1 error, 2 usage, 5 could not write; with --fail-if also 3
and 4, as `compare`.

Links lead from the directory of FILE, or from the current one if FILE is `-`.";

/// Render a record as text, HTML, SVG, Markdown, JSON or CSV
///
/// HTML, JSON and CSV need a record of `compare`. A FILE `-` is stdout.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[command(group(ArgGroup::new("snippets").args(["markdown", "index"]).multiple(true)))]
pub(super) struct ReportArgs {
    /// Directory of the record
    record: PathBuf,
    /// Write a self-contained HTML page to FILE
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write a picture (SVG) to FILE
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write Markdown to FILE
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Write the figures as JSON to FILE
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the figures as CSV to FILE
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write the ratios as Bencher Metric Format to FILE
    #[arg(long, value_name = "FILE")]
    bencher: Option<PathBuf>,
    /// Write the ratios for customSmallerIsBetter of github-action-benchmark to FILE
    #[arg(long, value_name = "FILE")]
    benchmark_action: Option<PathBuf>,
    /// Show where the record of `cargo bench` in DIR agrees with the comparison, and where not
    #[arg(long, value_name = "DIR")]
    criterion: Option<PathBuf>,
    /// Write an HTML index of all records in the same directory to FILE
    #[arg(long, value_name = "FILE")]
    index: Option<PathBuf>,
    /// Exit with 4 if a backend is shown to exceed the reference by more: '>+2%' for the time of a
    /// pass, 'cpu>+2%' for processor time; may be repeated
    #[arg(long, value_name = "LIMIT", value_parser = |text: &str| text.parse::<RatioLimit>())]
    fail_if: Vec<RatioLimit>,
    /// Margin of equivalence, instead of the record's
    #[arg(long, value_name = "PERCENT", value_parser = parse_margin)]
    equivalence: Option<f64>,
    /// Count every block and give verdicts, even if the machine was unfit to measure on
    #[arg(long)]
    allow_unfit: bool,
    /// Write Markdown to insert into a page: as --markdown the tables in short, the picture of
    /// --svg and a link to the record's report.md, if it exists; as --index the list of all records
    #[arg(long, requires = "snippets")]
    snippet: bool,
}

pub(super) fn run(args: ReportArgs) -> anyhow::Result<ExitCode> {
    let folder = Folder::read(&args.record).map_err(usage)?;
    let rules = Rules { equivalence: args.equivalence, allow_unfit: args.allow_unfit };
    let comparison = folder.comparison.as_ref();
    let workloads = comparison.map(|comparison| analyse_by(comparison, rules)).unwrap_or_default();
    let is_comparison = folder.comparison.is_some();
    if args.needs_comparison() && !is_comparison {
        return Err(usage(anyhow!(
            "--html, --json, --csv, --bencher, --benchmark-action, --criterion and --fail-if are \
             for records of `compare`: this one is of `cargo bench`"
        )));
    }
    let criterion = args.criterion.as_deref().map(BenchRecord::read).transpose().map_err(usage)?;
    let beside = match &folder.comparison {
        Some(comparison) => {
            let bench = criterion.as_ref().or(folder.bench.as_ref());
            let found = beside(&args.record, bench.map(|bench| agreements(bench, &workloads)))
                .map_err(usage)?;
            found.of_the_same_versions(&folder.environment, &comparison.setup)
        }
        None => html::Beside::default(),
    };
    write_files(&args, &folder, &workloads, &beside)?;
    if !args.writes_files() {
        print(&match &folder.comparison {
            Some(comparison) => text(&comparison.setup, &workloads, &beside),
            None => markdown::folder(&folder, &workloads),
        })?;
    }
    let judges = !args.fail_if.is_empty();
    let is_invalid = judges && workloads.iter().any(|workload| limits::fails(workload, false));
    Ok(limits::exit_code(&args.fail_if, &workloads, is_invalid))
}

impl ReportArgs {
    /// The files for programs that track ratios.
    fn trackers(&self) -> [&Option<PathBuf>; 2] {
        [&self.bencher, &self.benchmark_action]
    }

    fn needs_comparison(&self) -> bool {
        let files = [&self.json, &self.csv, &self.html, &self.criterion];
        let mut files = files.into_iter().chain(self.trackers());
        files.any(Option::is_some) || !self.fail_if.is_empty()
    }

    fn writes_files(&self) -> bool {
        let files = [&self.html, &self.svg, &self.markdown, &self.json, &self.csv, &self.index];
        files.into_iter().chain(self.trackers()).any(Option::is_some)
    }
}

/// Returns a comparison, and the findings beside it, for a terminal.
fn text(setup: &ComparisonSetup, workloads: &[WorkloadAnalysis], beside: &html::Beside) -> String {
    let columns = columns();
    let mut text = comparison::text(setup, workloads, columns);
    text.extend(beside.criterion.as_deref().map(|found| agreement::text(found, columns)));
    text.push('\n');
    text.extend(beside.audit.as_ref().map(|found| audit::text(found, columns)));
    text
}

/// Writes every form that a flag asks for.
fn write_files(
    args: &ReportArgs,
    folder: &Folder,
    workloads: &[WorkloadAnalysis],
    beside: &html::Beside,
) -> anyhow::Result<()> {
    write_asked(args.svg.as_deref(), || picture::draw(folder, workloads).map_err(usage))?;
    write_asked(args.markdown.as_deref(), || {
        if args.snippet {
            return snippet(args, folder, workloads);
        }
        let wire = beside.audit.as_ref().map_or_else(String::new, audit::markdown);
        let agreed = beside.criterion.as_deref();
        let agreement = agreed.map_or_else(String::new, agreement::markdown);
        Ok(markdown::folder(folder, workloads) + &agreement + &wire)
    })?;
    write_asked(args.json.as_deref(), || figures(folder, workloads))?;
    write_asked(args.csv.as_deref(), || Ok(comparison::csv(workloads)))?;
    write_asked(args.bencher.as_deref(), || Ok(json_text(&comparison::bencher(workloads))))?;
    write_asked(args.benchmark_action.as_deref(), || {
        Ok(json_text(&comparison::benchmark_action(workloads)))
    })?;
    if args.trackers().into_iter().any(Option::is_some) {
        comparison::untracked(workloads).iter().for_each(|line| print_note(line));
    }
    write_asked(args.html.as_deref(), || html::page(folder, workloads, beside))?;
    write_asked(args.index.as_deref(), || index(args))
}

/// Reads the findings beside a comparison's samples, from its directory and the parent directory.
fn beside(record: &Path, criterion: Option<Vec<Agreement>>) -> anyhow::Result<html::Beside> {
    let records = fs::canonicalize(record)?.parent().map_or_else(PathBuf::new, Path::to_owned);
    Ok(html::Beside {
        criterion,
        conformance: read_whole(&records.join("conformance.json"), "grid")?,
        audit: Audit::read(record)?,
        footprint: read_whole(&records.join("footprint.json"), "footprint")?,
    })
}

/// Returns all figures of a comparison as JSON.
fn figures(folder: &Folder, workloads: &[WorkloadAnalysis]) -> anyhow::Result<String> {
    let comparison = folder.comparison.as_ref().context("the record holds no comparison")?;
    Ok(json_text(&comparison::json(&comparison.setup, workloads)))
}

/// Returns the record in short, with links that lead from the file of `--markdown`.
fn snippet(
    args: &ReportArgs,
    folder: &Folder,
    workloads: &[WorkloadAnalysis],
) -> anyhow::Result<String> {
    let page_folder = folder_of(args.markdown.as_deref())?;
    let report = fs::canonicalize(&args.record)?.join(REPORT_FILE);
    let link = report.exists().then(|| relative(&page_folder, &report));
    let picture = match args.svg.as_deref().filter(|svg| *svg != Path::new("-")) {
        Some(svg) => Some(relative(&page_folder, &fs::canonicalize(svg)?)),
        None => None,
    };
    Ok(snippet::record(folder, workloads, link.as_deref(), picture.as_deref()))
}

/// Returns the list of all records beside this one, with links that lead from the file of
/// `--index`.
fn index(args: &ReportArgs) -> anyhow::Result<String> {
    let page_folder = folder_of(args.index.as_deref())?;
    let mut records = records_beside(&fs::canonicalize(&args.record)?, &page_folder)?;
    if args.snippet { Ok(snippet::index(&mut records)) } else { html::index(&mut records) }
}

/// Returns the absolute directory of a file, or the current one for stdout.
fn folder_of(file: Option<&Path>) -> io::Result<PathBuf> {
    let absolute = std::path::absolute(file.unwrap_or(Path::new("-")))?;
    let folder = absolute.parent().unwrap_or(Path::new("/"));
    // A directory that does not exist is reported when the file is written.
    Ok(fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()))
}

/// Reads the records next to this one, with links from `page_folder`. Skips other directories, and
/// records of a newer format.
fn records_beside(record_folder: &Path, page_folder: &Path) -> anyhow::Result<Vec<Listed>> {
    let parent = record_folder.parent().unwrap_or(record_folder);
    let mut records = Vec::new();
    for entry in
        fs::read_dir(parent).with_context(|| format!("cannot read {}", parent.display()))?
    {
        let path = entry?.path();
        if let Ok(folder) = Folder::read(&path) {
            let workloads = folder.comparison.as_ref().map(analyse).unwrap_or_default();
            let page = path.join(PAGE_FILE);
            let compared_by = folder.comparison.and_then(|comparison| comparison.setup.command);
            records.push(Listed {
                report: relative(page_folder, &path.join(REPORT_FILE)),
                page: page.exists().then(|| relative(page_folder, &page)),
                command: compared_by.unwrap_or_else(|| folder.environment.command.clone()),
                verdicts: workloads.iter().map(comparison::verdict).collect(),
                results: html::results(&workloads),
                name: folder.name,
                environment: folder.environment,
            });
        }
    }
    Ok(records)
}
