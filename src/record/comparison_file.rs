//! The files of a comparison: written during the measurement and read back.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::journal::{Lines, make_folder};
use super::{
    Aftermath, COMPARISON_VERSION, CostSample, ENVIRONMENT_FILE, Environment, LONGEST, PassSample,
    SAMPLES_FILE, Setup, WorkerSetup, WorkloadSetup, audit, parse, read_lines, replace_file,
};

/// The file of the setup.
const SETUP_FILE: &str = "comparison.json";
const PASSES_FILE: &str = "passes.jsonl";
const COSTS_FILE: &str = "costs.jsonl";

/// Writes a comparison while it is measured.
#[derive(Debug)]
pub struct ComparisonJournal {
    folder: PathBuf,
    setup: Setup,
    passes: Lines,
    costs: Lines,
}

impl ComparisonJournal {
    /// Writes the setup into a folder, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// The folder already holds a comparison, which is left as it is, or cannot be written to.
    pub fn create(folder: &Path, environment: &Environment, setup: Setup) -> anyhow::Result<Self> {
        make_folder(folder)?;
        let passes = Lines::create(folder.join(PASSES_FILE))?;
        let costs = Lines::create(folder.join(COSTS_FILE))?;
        if !folder.join(ENVIRONMENT_FILE).exists() {
            let text = serde_json::to_string_pretty(environment)? + "\n";
            replace_file(&folder.join(ENVIRONMENT_FILE), text.as_bytes())?;
        }
        let journal = Self { folder: folder.to_owned(), setup, passes, costs };
        journal.write_setup()?;
        Ok(journal)
    }

    /// Appends a pass.
    ///
    /// # Errors
    ///
    /// The file cannot be written, for example because the disk is full.
    pub fn pass(&mut self, sample: &PassSample) -> anyhow::Result<()> {
        self.passes.append(sample)
    }

    /// Appends the cost of a block for one backend.
    ///
    /// # Errors
    ///
    /// As [`ComparisonJournal::pass`].
    pub fn cost(&mut self, sample: &CostSample) -> anyhow::Result<()> {
        self.costs.append(sample)
    }

    /// Writes a worker's description of itself for a workload.
    ///
    /// # Errors
    ///
    /// As [`ComparisonJournal::pass`].
    pub fn worker(&mut self, workload: usize, worker: &WorkerSetup) -> anyhow::Result<()> {
        self.setup.workloads[workload].workers.push(worker.clone());
        self.write_setup()
    }

    /// Replaces the setup of a workload.
    ///
    /// # Errors
    ///
    /// As [`ComparisonJournal::pass`].
    pub fn workload(&mut self, index: usize, workload: WorkloadSetup) -> anyhow::Result<()> {
        self.setup.workloads[index] = workload;
        self.write_setup()
    }

    /// Writes the end of the run, and whether the run is complete.
    ///
    /// # Errors
    ///
    /// As [`ComparisonJournal::pass`].
    pub fn finish(mut self, complete: bool, aftermath: Aftermath) -> anyhow::Result<()> {
        self.passes.sync()?;
        self.costs.sync()?;
        self.setup.complete = complete;
        self.setup.aftermath = Some(aftermath);
        self.write_setup()
    }

    fn write_setup(&self) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(&self.setup)? + "\n";
        replace_file(&self.folder.join(SETUP_FILE), text.as_bytes())
    }
}

/// Removes the comparison in a folder, if any, and keeps all other files.
///
/// # Errors
///
/// A file of the comparison cannot be removed.
pub fn remove_comparison(folder: &Path) -> anyhow::Result<()> {
    // The environment may belong to other samples too. The setup goes last: without it, the folder
    // would not count as a comparison, and a second attempt would not remove the rest.
    let environment = Some(ENVIRONMENT_FILE).filter(|_| !folder.join(SAMPLES_FILE).exists());
    for name in
        [PASSES_FILE, COSTS_FILE, audit::FILE].into_iter().chain(environment).chain([SETUP_FILE])
    {
        let path = folder.join(name);
        if path.exists() {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// A comparison as read from its folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Backends, workloads and settings.
    pub setup: Setup,
    /// The passes, in the order of measurement.
    pub passes: Vec<PassSample>,
    /// The costs, in the order of measurement.
    pub costs: Vec<CostSample>,
}

impl Comparison {
    /// Returns whether a folder holds a comparison.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(SETUP_FILE).exists()
    }

    /// Reads the comparison in a folder.
    ///
    /// # Errors
    ///
    /// The comparison is missing, of a newer version, or damaged: the message names file and line.
    /// A cut last line is not an error, because a crash leaves one behind.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(SETUP_FILE);
        let shown = path.display();
        let mut text = String::new();
        let file = File::open(&path)
            .with_context(|| format!("cannot read {shown}: is this the folder of a comparison?"))?;
        file.take(LONGEST)
            .read_to_string(&mut text)
            .with_context(|| format!("cannot read {shown}"))?;
        let version: Version =
            parse(text.as_bytes()).with_context(|| format!("{shown}: no comparison"))?;
        if version.comparison_version > COMPARISON_VERSION {
            bail!(
                "{shown}: version {} is newer than {COMPARISON_VERSION}: update fetchbench to \
                 read it",
                version.comparison_version
            );
        }
        let setup = parse(text.as_bytes())
            .and_then(Setup::checked)
            .with_context(|| format!("{shown}: no comparison"))?;
        let (passes, _) = read_lines(&folder.join(PASSES_FILE), "pass", PassSample::checked)?;
        let (costs, _) = read_lines(&folder.join(COSTS_FILE), "cost", CostSample::checked)?;
        Ok(Self { setup, passes, costs })
    }
}

impl Comparison {
    /// Appends the blocks of another run of the same comparison.
    ///
    /// # Errors
    ///
    /// The other run compared other backends or workloads.
    pub fn append(&mut self, mut other: Self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.setup.is_comparable(&other.setup),
            "they compared different rows or scenarios"
        );
        let made = self.passes.iter().map(|pass| pass.block + 1).max().unwrap_or(0);
        other.passes.iter_mut().for_each(|pass| pass.block += made);
        other.costs.iter_mut().for_each(|cost| cost.block += made);
        self.passes.append(&mut other.passes);
        self.costs.append(&mut other.costs);
        if let Some(aftermath) = &mut self.setup.aftermath {
            aftermath.seconds += other.setup.aftermath.map_or(0.0, |aftermath| aftermath.seconds);
        }
        Ok(())
    }
}

impl Setup {
    /// Returns whether both compare the same backends on the same workloads.
    fn is_comparable(&self, other: &Self) -> bool {
        self.reference == other.reference
            && self.backends == other.backends
            && self.workload_names().eq(other.workload_names())
    }

    /// Returns the scenario and the time scale of each workload.
    fn workload_names(&self) -> impl Iterator<Item = (&str, u64)> {
        self.workloads
            .iter()
            .map(|workload| (workload.scenario.as_str(), workload.time_scale.to_bits()))
    }
}

#[derive(serde::Deserialize)]
struct Version {
    comparison_version: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Latencies, Placement, Validity};

    fn pass(backend: &str) -> PassSample {
        PassSample {
            scenario: "keepalive".to_owned(),
            block: 0,
            round: Some(1),
            backend: backend.to_owned(),
            visit: 2,
            elapsed_s: Some(0.5),
            ideal_s: None,
            validity: Validity::Valid,
            why: None,
            witness: None,
            latencies: Latencies::None,
            starts: Vec::new(),
        }
    }

    fn setup() -> Setup {
        Setup {
            comparison_version: COMPARISON_VERSION,
            complete: false,
            seed: 1,
            reference: "a".to_owned(),
            backends: Vec::new(),
            placement: Placement::Free,
            capacity: None,
            command: None,
            no_instructions: None,
            workloads: Vec::new(),
            aftermath: None,
        }
    }

    const AFTERMATH: Aftermath = Aftermath { seconds: 1.0, load: None, stolen: Some(0.01) };

    fn run(backends: &[&str]) -> Comparison {
        Comparison {
            setup: Setup { aftermath: Some(AFTERMATH), ..setup() },
            passes: backends.iter().map(|backend| pass(backend)).collect(),
            costs: Vec::new(),
        }
    }

    #[test]
    fn unfinished_runs_are_read_too() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("record");
        let environment = Environment::capture("cargo test");
        let mut journal = ComparisonJournal::create(&folder, &environment, setup()).unwrap();
        journal.pass(&pass("a")).unwrap();
        let read = Comparison::read(&folder).unwrap();
        assert_eq!((read.passes, read.setup.complete), (vec![pass("a")], false));
        journal.pass(&pass("b")).unwrap();
        journal.finish(true, AFTERMATH).unwrap();
        let read = Comparison::read(&folder).unwrap();
        assert_eq!(
            (read.passes.len(), read.setup.complete, read.setup.aftermath),
            (2, true, Some(AFTERMATH))
        );
        assert!(
            ComparisonJournal::create(&folder, &environment, setup()).is_err(),
            "it is never overwritten"
        );
    }

    #[test]
    fn runs_are_appended() {
        let mut all = run(&["a", "b"]);
        all.append(run(&["a"])).unwrap();
        assert_eq!(all.passes.iter().map(|pass| pass.block).collect::<Vec<_>>(), [0, 0, 1]);
        assert_eq!(all.setup.aftermath.as_ref().unwrap().seconds, 2.0);
        let mut other = run(&[]);
        other.setup.reference = "b".to_owned();
        assert!(all.append(other).is_err());
    }

    #[test]
    fn cut_files_still_load() {
        let parent = tempfile::tempdir().unwrap();
        let environment = Environment::capture("cargo test");
        let mut journal = ComparisonJournal::create(parent.path(), &environment, setup()).unwrap();
        for backend in ["a", "b", "c"] {
            journal.pass(&pass(backend)).unwrap();
        }
        let path = parent.path().join(PASSES_FILE);
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let lines = whole[..length].iter().filter(|byte| **byte == b'\n').count();
            let read = Comparison::read(parent.path()).unwrap().passes.len();
            // A line without only its final `\n` is complete.
            assert!(read == lines || read == lines + 1, "{length} bytes: {read} passes");
        }
    }
}
