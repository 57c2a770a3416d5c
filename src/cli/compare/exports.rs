//! The files that a comparison is exported to.

use std::path::{Path, PathBuf};

use crate::cli::terminal::{check_file, print_note, write_asked};
use crate::compare::analysis::WorkloadAnalysis;
use crate::record::ComparisonSetup;
use crate::render::escape::json_text;
use crate::report::comparison as report;

/// Files to export the figures to.
#[derive(Debug, clap::Args)]
pub(super) struct ExportFlags {
    /// Write the figures as JSON to FILE, or to stdout with `-`
    #[arg(long, value_name = "FILE")]
    export_json: Option<PathBuf>,
    /// Write the tables as Markdown
    #[arg(long, value_name = "FILE")]
    export_markdown: Option<PathBuf>,
    /// Write the figures as CSV
    #[arg(long, value_name = "FILE")]
    export_csv: Option<PathBuf>,
    /// Write the ratios as Bencher Metric Format
    #[arg(long, value_name = "FILE")]
    export_bencher: Option<PathBuf>,
    /// Write the ratios for customSmallerIsBetter of github-action-benchmark
    #[arg(long, value_name = "FILE")]
    export_benchmark_action: Option<PathBuf>,
}

impl ExportFlags {
    fn files(&self) -> impl Iterator<Item = &Path> {
        let files = [
            &self.export_json,
            &self.export_markdown,
            &self.export_csv,
            &self.export_bencher,
            &self.export_benchmark_action,
        ];
        files.into_iter().flatten().map(PathBuf::as_path)
    }

    /// Checks that the files can be written.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.files().try_for_each(check_file)
    }

    /// Whether an export goes to stdout. A program that reads it gets nothing else.
    pub(super) fn take_stdout(&self) -> bool {
        self.files().any(|file| file == Path::new("-"))
    }

    /// Writes the files.
    pub(super) fn write(
        &self,
        setup: &ComparisonSetup,
        workloads: &[WorkloadAnalysis],
        quiet: bool,
    ) -> anyhow::Result<()> {
        let json = || Ok(json_text(&report::json(setup, workloads)));
        write_asked(self.export_json.as_deref(), json)?;
        write_asked(self.export_markdown.as_deref(), || Ok(report::markdown(setup, workloads)))?;
        write_asked(self.export_csv.as_deref(), || Ok(report::csv(workloads)))?;
        let bencher = || Ok(json_text(&report::bencher(workloads)));
        write_asked(self.export_bencher.as_deref(), bencher)?;
        let action = || Ok(json_text(&report::benchmark_action(workloads)));
        write_asked(self.export_benchmark_action.as_deref(), action)?;
        let is_tracked = self.export_bencher.is_some() || self.export_benchmark_action.is_some();
        if is_tracked && !quiet {
            report::untracked(workloads).iter().for_each(|line| print_note(line));
        }
        Ok(())
    }
}
