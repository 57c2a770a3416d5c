//! Runs a comparison from a plan to its record.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::bail;

use super::{Event, Plan, audit, compare};
use crate::record::machine::{self, CoreTicks};
use crate::record::{
    Aftermath, ComparisonRecord, ComparisonWriter, Environment, Unwritable, new_folder,
    remove_comparison,
};

/// Where a record is written.
#[derive(Debug, Clone)]
pub enum RecordDestination {
    /// A new subdirectory of this one.
    Below(PathBuf),
    /// This directory, which must not contain a comparison.
    Folder(PathBuf),
    /// This directory; a comparison in it is removed.
    Replace(PathBuf),
}

impl RecordDestination {
    /// Prepares the directory of the record and returns it.
    fn prepare(&self, environment: &Environment) -> anyhow::Result<PathBuf> {
        match self {
            Self::Below(parent) => {
                new_folder(parent, &environment.folder_name()).map_err(Unwritable::wrap)
            }
            Self::Folder(folder) if ComparisonRecord::is_in(folder) => {
                bail!(
                    "{} holds a record already: name another folder, or replace it with --force",
                    folder.display()
                )
            }
            Self::Folder(folder) => Ok(folder.clone()),
            Self::Replace(folder) => {
                remove_comparison(folder).map_err(Unwritable::wrap)?;
                Ok(folder.clone())
            }
        }
    }
}

/// A measured comparison and its record.
#[derive(Debug)]
pub struct Recorded {
    /// The directory of the record.
    pub folder: PathBuf,
    /// The record, read back.
    pub comparison: ComparisonRecord,
}

/// Measures a plan into a record and reads it back. `observe` receives each event after it was
/// recorded.
///
/// An interrupted run leaves a record of the passes made so far.
///
/// # Errors
///
/// Returns [`Unwritable`] if the record cannot be written, and another error if the destination is
/// taken or the mock server fails.
pub fn run(
    plan: &Plan,
    destination: &RecordDestination,
    command: &str,
    mut observe: impl FnMut(&Event<'_>),
) -> anyhow::Result<Recorded> {
    let environment = Environment::capture(command);
    let folder = destination.prepare(&environment)?;
    let setup = plan.setup(environment.command.clone());
    let mut writer =
        ComparisonWriter::create(&folder, &environment, setup).map_err(Unwritable::wrap)?;
    observe(&Event::Start);
    let (start, ticks) = (Instant::now(), CoreTicks::now());
    compare(plan, |event| {
        record(plan, &mut writer, &event).map_err(Unwritable::wrap)?;
        observe(&event);
        Ok(())
    })?;
    let aftermath = Aftermath {
        seconds: start.elapsed().as_secs_f64(),
        load: machine::load(),
        stolen: ticks.zip(CoreTicks::now()).and_then(|(before, after)| after.stolen_since(before)),
    };
    if !plan.is_interrupted() {
        let audit = audit(&plan.participants, &plan.interrupted)?;
        audit.write(&folder).map_err(Unwritable::wrap)?;
    }
    writer.finish(!plan.is_interrupted(), aftermath).map_err(Unwritable::wrap)?;
    Ok(Recorded { comparison: ComparisonRecord::read(&folder)?, folder })
}

fn record(plan: &Plan, writer: &mut ComparisonWriter, event: &Event<'_>) -> anyhow::Result<()> {
    match event {
        Event::Start | Event::Probe(_) => Ok(()),
        Event::Block { sample, .. } => writer.block(sample),
        Event::Probed { workload, probed } => {
            writer.workload(*workload, probed.setup(&plan.participants))
        }
        Event::Pass(sample) => writer.pass(sample),
        Event::Cost(sample) => writer.cost(sample),
        Event::Worker { workload, setup } => writer.worker(*workload, setup),
        Event::Instructions { workload, counted } => writer.instructions(*workload, counted),
    }
}
