//! Writes a comparison while it is measured.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::block::BlockSample;
use super::cost::CostSample;
use super::pass::PassSample;
use super::setup::{Aftermath, ComparisonSetup, InstructionCount, WorkerSetup, WorkloadSetup};
use super::{BLOCKS_FILE, COSTS_FILE, PASSES_FILE, SETUP, audit};
use crate::record::bench::SAMPLES_FILE;
use crate::record::environment::{ENVIRONMENT, Environment};
use crate::record::files::{LineAppender, free_name, make_folder, replace_json};

/// Writes a comparison while it is measured. Every method fails if a file cannot be written, for
/// example because the disk is full.
#[derive(Debug)]
pub struct ComparisonWriter {
    folder: PathBuf,
    setup: ComparisonSetup,
    passes: LineAppender,
    costs: LineAppender,
    blocks: LineAppender,
}

impl ComparisonWriter {
    /// Writes the setup into a folder, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// The folder already holds a comparison, which is left as it is, or cannot be written to.
    pub fn create(
        folder: &Path,
        environment: &Environment,
        setup: ComparisonSetup,
    ) -> anyhow::Result<Self> {
        make_folder(folder)?;
        let passes = LineAppender::create(folder.join(PASSES_FILE))?;
        let costs = LineAppender::create(folder.join(COSTS_FILE))?;
        let blocks = LineAppender::create(folder.join(BLOCKS_FILE))?;
        if !folder.join(ENVIRONMENT.file).exists() {
            environment.write(folder)?;
        }
        let writer = Self { folder: folder.to_owned(), setup, passes, costs, blocks };
        writer.write_setup()?;
        Ok(writer)
    }

    /// Appends a pass.
    pub fn pass(&mut self, sample: &PassSample) -> anyhow::Result<()> {
        self.passes.append(sample)
    }

    /// Appends the cost of a block for one backend.
    pub fn cost(&mut self, sample: &CostSample) -> anyhow::Result<()> {
        self.costs.append(sample)
    }

    /// Appends a block.
    pub fn block(&mut self, sample: &BlockSample) -> anyhow::Result<()> {
        self.blocks.append(sample)
    }

    /// Writes a worker's description of itself for a workload.
    pub fn worker(&mut self, workload: usize, worker: &WorkerSetup) -> anyhow::Result<()> {
        self.setup.workloads[workload].workers.push(worker.clone());
        self.write_setup()
    }

    /// Writes the instructions of a backend on a workload.
    pub fn instructions(
        &mut self,
        workload: usize,
        counted: &InstructionCount,
    ) -> anyhow::Result<()> {
        self.setup.workloads[workload].instructions.push(counted.clone());
        self.write_setup()
    }

    /// Replaces the setup of a workload.
    pub fn workload(&mut self, index: usize, workload: WorkloadSetup) -> anyhow::Result<()> {
        self.setup.workloads[index] = workload;
        self.write_setup()
    }

    /// Writes the end of the run, and whether the run is complete.
    pub fn finish(self, complete: bool, aftermath: Aftermath) -> anyhow::Result<()> {
        self.end(complete, Some(aftermath))
    }

    /// Does the same for a run with an unknown end, such as one of several that was killed.
    pub(super) fn end(
        mut self,
        complete: bool,
        aftermath: Option<Aftermath>,
    ) -> anyhow::Result<()> {
        self.passes.sync()?;
        self.costs.sync()?;
        self.blocks.sync()?;
        self.setup.complete = complete;
        self.setup.aftermath = aftermath;
        self.write_setup()
    }

    fn write_setup(&self) -> anyhow::Result<()> {
        replace_json(&self.folder.join(SETUP.file), &self.setup)
    }
}

/// Removes the comparison in a folder, if any, and keeps all other files.
pub fn remove_comparison(folder: &Path) -> anyhow::Result<()> {
    // The environment may belong to other samples too. The setup goes last: without it, the folder
    // would not count as a comparison, and a second attempt would not remove the rest.
    let environment = Some(ENVIRONMENT.file).filter(|_| !folder.join(SAMPLES_FILE).exists());
    for name in [PASSES_FILE, COSTS_FILE, BLOCKS_FILE, audit::FILE]
        .into_iter()
        .chain(environment)
        .chain([SETUP.file])
    {
        let path = folder.join(name);
        if path.exists() {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Moves the folder of a comparison out of the way, with all its files, and returns its new path:
/// `DIR-interrupted`, with a number if that is taken. Returns `None` if the folder holds no file of
/// a comparison.
pub fn set_aside(folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    if ![PASSES_FILE, SETUP.file].iter().any(|name| folder.join(name).exists()) {
        return Ok(None);
    }
    let cannot_move = || format!("cannot move {} aside", folder.display());
    let mut name = folder.file_name().with_context(cannot_move)?.to_owned();
    name.push("-interrupted");
    let aside = free_name(&folder.with_file_name(name));
    fs::rename(folder, &aside).with_context(cannot_move)?;
    Ok(Some(aside))
}
