//! `fetchbench report`: shows a record.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::ArgGroup;

use super::flags::parse_margin;
use super::terminal::{columns, print, write_file};
use super::usage;
use crate::compare::agreement::{Agreement, agreements};
use crate::compare::analysis::{Rules, WorkloadAnalysis, analyse, analyse_by};
use crate::compare::audit::view as audit;
use crate::record::{Audit, BenchRecord, ComparisonSetup, Folder, read_whole};
use crate::render::escape::json_text;
use crate::report::index::{Listed, relative};
use crate::report::{agreement, comparison, html, markdown, picture, snippet};

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
    /// Show where the record of `cargo bench` in DIR agrees with the comparison, and where not
    #[arg(long, value_name = "DIR")]
    criterion: Option<PathBuf>,
    /// Write an HTML index of all records in the same directory to FILE
    #[arg(long, value_name = "FILE")]
    index: Option<PathBuf>,
    /// Margin of equivalence, instead of the record's
    #[arg(long, value_name = "PERCENT", value_parser = parse_margin)]
    equivalence: Option<f64>,
    /// Count every block and give verdicts, even if the machine was unfit to measure on
    #[arg(long)]
    allow_unfit: bool,
    /// Write Markdown to insert into a page: as --markdown the tables in short, the picture of
    /// --svg and a link to the record's report.md; as --index the list of all records
    #[arg(long, requires = "snippets")]
    snippet: bool,
}

pub(super) fn run(args: ReportArgs) -> anyhow::Result<ExitCode> {
    let folder = Folder::read(&args.record).map_err(usage)?;
    let rules = Rules { equivalence: args.equivalence, allow_unfit: args.allow_unfit };
    let comparison = folder.comparison.as_ref();
    let workloads = comparison.map(|comparison| analyse_by(comparison, rules)).unwrap_or_default();
    let is_comparison = folder.comparison.is_some();
    let compared_only = [&args.json, &args.csv, &args.html, &args.criterion];
    if compared_only.iter().any(|flag| flag.is_some()) && !is_comparison {
        return Err(usage(anyhow!(
            "--html, --json, --csv and --criterion are for records of `compare`: this one is of \
             `cargo bench`"
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
    write(args.svg.as_deref(), || picture::draw(&folder, &workloads).map_err(usage))?;
    write(args.markdown.as_deref(), || {
        if args.snippet {
            return snippet(&args, &folder, &workloads);
        }
        let wire = beside.audit.as_ref().map_or_else(String::new, audit::markdown);
        let agreed = beside.criterion.as_deref();
        let agreement = agreed.map_or_else(String::new, agreement::markdown);
        Ok(markdown::folder(&folder, &workloads) + &agreement + &wire)
    })?;
    write(args.json.as_deref(), || figures(&folder, &workloads))?;
    write(args.csv.as_deref(), || Ok(comparison::csv(&workloads)))?;
    write(args.html.as_deref(), || html::page(&folder, &workloads, &beside))?;
    write(args.index.as_deref(), || index(&args))?;
    if !args.writes_files() {
        print(&match &folder.comparison {
            Some(comparison) => text(&comparison.setup, &workloads, &beside),
            None => markdown::folder(&folder, &workloads),
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

impl ReportArgs {
    fn writes_files(&self) -> bool {
        let files = [&self.html, &self.svg, &self.markdown, &self.json, &self.csv, &self.index];
        files.iter().any(|file| file.is_some())
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

/// Writes a text if its flag names a file.
fn write(file: Option<&Path>, text: impl FnOnce() -> anyhow::Result<String>) -> anyhow::Result<()> {
    file.map_or(Ok(()), |file| write_file(file, &text()?))
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
    let link = relative(&page_folder, &fs::canonicalize(&args.record)?.join(REPORT_FILE));
    let picture = match args.svg.as_deref().filter(|svg| *svg != Path::new("-")) {
        Some(svg) => Some(relative(&page_folder, &fs::canonicalize(svg)?)),
        None => None,
    };
    Ok(snippet::record(folder, workloads, &link, picture.as_deref()))
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
