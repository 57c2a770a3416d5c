//! The committed comparisons, cut down to the passes and costs that verdicts depend on.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;
use std::thread;

use fetchbench::record::{ComparisonRecord, Latencies, PassSample};

use crate::records::folders;

/// A comparison on one scenario.
pub struct Case {
    /// The name of its record.
    pub record: String,
    pub scenario: String,
    /// The comparison, as if nothing else had been measured. Its blocks are numbered from 0.
    pub comparison: ComparisonRecord,
    pub blocks: u32,
}

impl Case {
    pub fn name(&self) -> String {
        format!("{} {}", self.record, self.scenario)
    }
}

/// Returns all comparisons of all committed records.
pub fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| {
        let folders = folders().iter().filter(|folder| ComparisonRecord::is_in(folder));
        let readers: Vec<_> = folders.map(|folder| thread::spawn(|| read(folder))).collect();
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
    })
}

fn read(folder: &Path) -> Vec<Case> {
    let record = folder.file_name().unwrap().to_str().unwrap().to_owned();
    let all = ComparisonRecord::read(folder).unwrap();
    let workloads = all.setup.workloads.iter();
    let cases = workloads.map(|setup| {
        let scenario = setup.scenario.clone();
        let mut comparison = all.clone();
        comparison.setup.workloads = vec![setup.clone()];
        comparison.passes.retain(|pass| pass.scenario == scenario);
        comparison.passes.iter_mut().for_each(strip);
        comparison.costs.retain(|cost| cost.scenario == scenario);
        comparison.blocks.retain(|block| block.scenario == scenario);
        let blocks = renumber(&mut comparison);
        Case { record: record.clone(), scenario, comparison, blocks }
    });
    cases.collect()
}

/// Drops samples that take long to analyse and decide nothing.
fn strip(pass: &mut PassSample) {
    (pass.latencies, pass.starts, pass.witness) = (Latencies::None, Vec::new(), None);
}

/// Numbers the blocks from 0, and returns their number.
fn renumber(comparison: &mut ComparisonRecord) -> u32 {
    let numbers: BTreeSet<u32> = comparison.passes.iter().map(|pass| pass.block).collect();
    let position = |block: u32| numbers.range(..block).count() as u32;
    comparison.passes.iter_mut().for_each(|pass| pass.block = position(pass.block));
    comparison.costs.iter_mut().for_each(|cost| cost.block = position(cost.block));
    comparison.blocks.iter_mut().for_each(|block| block.block = position(block.block));
    numbers.len() as u32
}
