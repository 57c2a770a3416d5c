//! `fetchbench report`: shows a record.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};

use super::terminal::{print, write_file};
use super::usage;
use crate::agreement::agreements;
use crate::analysis::analyse;
use crate::record::{Audit, Comparison, Environment, Record, replace_file};
use crate::report::{agreement, audit, comparison, markdown, splice, svg};

/// What `--markdown` writes beside the samples, and so what links to a record lead to.
const REPORT_FILE: &str = "report.md";

const EXAMPLES: &str = "\
Examples:
  fetchbench report results/2026-11-22T1012-some-cpu
  fetchbench report target/fetchbench/2026-11-22T1012-some-cpu --svg picture.svg

With --splice, what stands in FILE between the lines <!-- BEGIN: report --> and
<!-- END: report --> is replaced by the record's table, its picture (with --svg)
and a link to its report.md. Between the same lines of `records`, where FILE has
them, a list of all records beside this one is set.";

/// Show a record: of `cargo bench` as Markdown or as a picture, of `compare` as it was printed, or as Markdown, JSON or CSV.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReportArgs {
    /// The record's folder.
    record: PathBuf,
    /// Write Markdown to FILE, or to stdout with `-`. The default when nothing else is asked for.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Write the figures of a comparison as JSON to FILE, or to stdout with `-`.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the figures of a comparison as CSV to FILE, or to stdout with `-`.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Show where the record of `cargo bench` in DIR agrees with a comparison, and where not.
    #[arg(long, value_name = "DIR")]
    criterion: Option<PathBuf>,
    /// Draw a picture into FILE, or to stdout with `-`.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Set the short report into FILE, between its markers.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    splice: Vec<PathBuf>,
}

pub(super) fn run(args: ReportArgs) -> anyhow::Result<ExitCode> {
    if Comparison::is_in(&args.record) {
        return report_comparison(&args);
    }
    if args.json.is_some() || args.csv.is_some() || args.criterion.is_some() {
        return Err(usage(anyhow!(
            "--json, --csv and --criterion are for records of `compare`: this one is of `cargo bench`"
        )));
    }
    let record = Record::read(&args.record).map_err(usage)?;
    if args.markdown.is_some() || (args.svg.is_none() && args.splice.is_empty()) {
        write_file(args.markdown.as_deref().unwrap_or(Path::new("-")), &markdown::report(&record))?;
    }
    if let Some(file) = &args.svg {
        write_file(file, &svg::picture(&record).map_err(usage)?)?;
    }
    // Every file is read and found to have its markers before any is written.
    let spliced: Vec<_> = args.splice.iter().map(|file| spliced(file, &record, &args)).collect::<Result<_, _>>()?;
    for (file, text) in args.splice.iter().zip(&spliced) {
        replace_file(file, text.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The same tables as `compare` printed, from its record alone.
fn report_comparison(args: &ReportArgs) -> anyhow::Result<ExitCode> {
    if args.svg.is_some() || !args.splice.is_empty() {
        return Err(usage(anyhow!("--svg and --splice are for records of `cargo bench`: this one is of `compare`")));
    }
    let record = Comparison::read(&args.record).map_err(usage)?;
    let stages = analyse(&record);
    let agreement = match &args.criterion {
        Some(folder) => agreement::markdown(&agreements(&Record::read(folder).map_err(usage)?, &stages)),
        None => String::new(),
    };
    let audited = Audit::read(&args.record).map_err(usage)?;
    let over_the_wire = |form: fn(&Audit) -> String| audited.as_ref().map_or_else(String::new, form);
    let forms = [
        (&args.markdown, comparison::markdown(&record.setup, &stages) + &agreement + &over_the_wire(audit::markdown)),
        (&args.json, serde_json::to_string_pretty(&comparison::json(&record.setup, &stages))? + "\n"),
        (&args.csv, comparison::csv(&stages)),
    ];
    if forms.iter().all(|(file, _)| file.is_none()) {
        print(&(comparison::text(&record.setup, &stages) + &agreement + "\n" + &over_the_wire(audit::text)))?;
    }
    for (file, text) in forms {
        if let Some(file) = file {
            write_file(file, &text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What a file becomes when the record is set into it.
fn spliced(file: &Path, record: &Record, args: &ReportArgs) -> anyhow::Result<String> {
    let shown = file.display();
    let page = fs::read_to_string(file).with_context(|| format!("cannot read {shown}")).map_err(usage)?;
    let absolute = |path: &Path| fs::canonicalize(path).with_context(|| format!("cannot find {}", path.display()));
    let page_file = absolute(file)?;
    let page_folder = page_file.parent().unwrap_or(Path::new("/"));
    let record_folder = absolute(&args.record)?;
    let link = splice::relative(page_folder, &record_folder.join(REPORT_FILE));
    let picture = match args.svg.as_deref().filter(|svg| *svg != Path::new("-")) {
        Some(svg) => Some(splice::relative(page_folder, &absolute(svg)?)),
        None => None,
    };
    let latest = splice::latest(record, &link, picture.as_deref());
    let blame = |error: anyhow::Error| usage(anyhow::anyhow!("{shown}: {error}"));
    let mut page = splice::splice(&page, splice::REPORT, &latest).map_err(blame)?;
    if splice::has_block(&page, splice::RECORDS) {
        let list = splice::records(records_beside(&record_folder, page_folder)?);
        page = splice::splice(&page, splice::RECORDS, &list).map_err(blame)?;
    }
    Ok(page)
}

/// The records in the folder that this one is in: name, link from `page_folder`, environment. Other folders are passed
/// over, and so are records of a newer form.
fn records_beside(record_folder: &Path, page_folder: &Path) -> anyhow::Result<Vec<(String, String, Environment)>> {
    let parent = record_folder.parent().unwrap_or(record_folder);
    let mut records = Vec::new();
    for entry in fs::read_dir(parent).with_context(|| format!("cannot read {}", parent.display()))? {
        let folder = entry?.path();
        if let Ok(environment) = Environment::read(&folder) {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let link = splice::relative(page_folder, &folder.join(REPORT_FILE));
            records.push((name, link, environment));
        }
    }
    Ok(records)
}
