//! The record of a comparison: its setup, and its raw passes, costs and blocks, one a line.

use std::path::Path;

use super::reader::{Versioned, read_lines};

mod audit;
mod block;
mod bare_loop;
mod cost;
mod extent;
mod machines;
mod opening;
mod pass;
mod phases;
mod probe;
mod setup;
mod shard;
mod writer;

pub use self::audit::{Audit, BackendAudit, Http2Audit};
pub use self::bare_loop::OldBareLoop;
pub use self::block::{BlockSample, Fitness, Unfit};
pub use self::cost::CostSample;
pub use self::extent::Extent;
pub use self::machines::{MachineSetup, MergedShard};
pub use self::opening::Opening;
pub use self::pass::{PassSample, Validity};
pub use self::phases::{LEAST_REMAINDER_S, Phases};
pub use self::probe::{DeadSite, DifferingSite, Ending, MOST_NAMED, Probe};
pub use self::setup::{
    Aftermath, BackendSetup, COMPARISON_VERSION, ComparisonSetup, InstructionCount, LinkSetup,
    Placement, SERVER, WorkerSetup, WorkloadSetup, control,
};
pub use self::shard::Shard;
pub use self::writer::{ComparisonWriter, remove_comparison, set_aside};

/// The file of the setup.
const SETUP: Versioned = Versioned {
    file: "comparison.json",
    kind: "comparison",
    folder_of: "comparison",
    key: "comparison_version",
    version: COMPARISON_VERSION,
};
const PASSES_FILE: &str = "passes.jsonl";
const COSTS_FILE: &str = "costs.jsonl";
const BLOCKS_FILE: &str = "blocks.jsonl";

/// A comparison as read from its folder.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonRecord {
    /// Backends, workloads and settings.
    pub setup: ComparisonSetup,
    /// The passes, in the order of measurement.
    pub passes: Vec<PassSample>,
    /// The costs, in the order of measurement.
    pub costs: Vec<CostSample>,
    /// The blocks, in the order of measurement. Older records have none.
    pub blocks: Vec<BlockSample>,
}

impl ComparisonRecord {
    /// Returns whether a folder holds a comparison.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(SETUP.file).exists()
    }

    /// Reads the comparison in a folder.
    ///
    /// # Errors
    ///
    /// The comparison is missing, of a newer version, or damaged: the message names file and line.
    /// A cut last line is not an error, because a crash leaves one behind.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let setup = SETUP.read(folder, ComparisonSetup::checked)?;
        let passes = read_lines(&folder.join(PASSES_FILE), "pass", PassSample::checked)?.values;
        let costs = read_lines(&folder.join(COSTS_FILE), "cost", CostSample::checked)?.values;
        let blocks = folder.join(BLOCKS_FILE);
        let blocks = match blocks.exists() {
            true => read_lines(&blocks, "block", BlockSample::checked)?.values,
            false => Vec::new(),
        };
        Ok(Self { setup, passes, costs, blocks })
    }

    /// Appends the blocks of another run of the same comparison.
    ///
    /// # Errors
    ///
    /// The other run compared other backends or workloads.
    pub fn append(&mut self, mut other: Self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.setup.is_comparable(&other.setup),
            "they compared different backends or scenarios"
        );
        let made = self.passes.iter().map(|pass| pass.block + 1).max().unwrap_or(0);
        other.passes.iter_mut().for_each(|pass| pass.block += made);
        other.costs.iter_mut().for_each(|cost| cost.block += made);
        other.blocks.iter_mut().for_each(|block| block.block += made);
        self.passes.append(&mut other.passes);
        self.costs.append(&mut other.costs);
        self.blocks.append(&mut other.blocks);
        if let Some(aftermath) = &mut self.setup.aftermath {
            aftermath.seconds += other.setup.aftermath.map_or(0.0, |aftermath| aftermath.seconds);
        }
        Ok(())
    }
}

impl ComparisonSetup {
    /// Returns whether both compare the same backends on the same workloads.
    fn is_comparable(&self, other: &Self) -> bool {
        self.reference == other.reference
            && self.backends == other.backends
            && self.workload_names().eq(other.workload_names())
    }

    /// Returns the scenario, the time scale and the link of each workload.
    fn workload_names(&self) -> impl Iterator<Item = (&str, u64, &Option<LinkSetup>)> {
        self.workloads.iter().map(|workload| {
            (workload.scenario.as_str(), workload.time_scale.to_bits(), &workload.link)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::record::{Environment, fixtures};

    fn pass(backend: &str) -> PassSample {
        fixtures::pass("keepalive", backend, 0, 0.5)
    }

    fn setup() -> ComparisonSetup {
        ComparisonSetup { complete: false, ..fixtures::setup(&["a"], &[]) }
    }

    const AFTERMATH: Aftermath = Aftermath { seconds: 1.0, load: None, stolen: Some(0.01) };

    fn run(backends: &[&str]) -> ComparisonRecord {
        ComparisonRecord {
            setup: ComparisonSetup { aftermath: Some(AFTERMATH), ..setup() },
            passes: backends.iter().map(|backend| pass(backend)).collect(),
            costs: Vec::new(),
            blocks: vec![fixtures::block("keepalive", 0, 0.01)],
        }
    }

    #[test]
    fn unfinished_runs_are_read_too() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("record");
        let environment = Environment::capture("cargo test");
        let mut writer = ComparisonWriter::create(&folder, &environment, setup()).unwrap();
        writer.pass(&pass("a")).unwrap();
        writer.block(&fixtures::block("keepalive", 0, 0.01)).unwrap();
        let read = ComparisonRecord::read(&folder).unwrap();
        assert_eq!(read.blocks, [fixtures::block("keepalive", 0, 0.01)]);
        assert_eq!((read.passes, read.setup.complete), (vec![pass("a")], false));
        writer.pass(&pass("b")).unwrap();
        writer.finish(true, AFTERMATH).unwrap();
        let read = ComparisonRecord::read(&folder).unwrap();
        assert_eq!(
            (read.passes.len(), read.setup.complete, read.setup.aftermath),
            (2, true, Some(AFTERMATH))
        );
        assert!(
            ComparisonWriter::create(&folder, &environment, setup()).is_err(),
            "it is never overwritten"
        );
    }

    #[test]
    fn blocks_may_be_missing() {
        let parent = tempfile::tempdir().unwrap();
        let environment = Environment::capture("cargo test");
        drop(ComparisonWriter::create(parent.path(), &environment, setup()).unwrap());
        fs::remove_file(parent.path().join(BLOCKS_FILE)).unwrap();
        assert_eq!(ComparisonRecord::read(parent.path()).unwrap().blocks, []);
        fs::write(parent.path().join(BLOCKS_FILE), "{}\n").unwrap();
        let error = ComparisonRecord::read(parent.path()).unwrap_err().to_string();
        assert!(error.contains("blocks.jsonl:1: no block: missing field"), "{error}");
        remove_comparison(parent.path()).unwrap();
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0, "every file is removed");
    }

    #[test]
    fn runs_are_appended() {
        let mut all = run(&["a", "b"]);
        all.append(run(&["a"])).unwrap();
        assert_eq!(all.passes.iter().map(|pass| pass.block).collect::<Vec<_>>(), [0, 0, 1]);
        assert_eq!(all.blocks.iter().map(|block| block.block).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(all.setup.aftermath.as_ref().unwrap().seconds, 2.0);
        let mut other = run(&[]);
        other.setup.reference = "b".to_owned();
        assert!(all.append(other).is_err());
    }

    #[test]
    fn cut_files_still_load() {
        let parent = tempfile::tempdir().unwrap();
        let environment = Environment::capture("cargo test");
        let mut writer = ComparisonWriter::create(parent.path(), &environment, setup()).unwrap();
        for backend in ["a", "b", "c"] {
            writer.pass(&pass(backend)).unwrap();
        }
        let path = parent.path().join(PASSES_FILE);
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let lines = whole[..length].iter().filter(|byte| **byte == b'\n').count();
            let read = ComparisonRecord::read(parent.path()).unwrap().passes.len();
            // A line without only its final `\n` is complete.
            assert!(read == lines || read == lines + 1, "{length} bytes: {read} passes");
        }
    }
}
