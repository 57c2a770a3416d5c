//! What a page shows beside the samples: what was found of the same rows elsewhere, each part where
//! there is one.

use crate::compare::agreement::Agreement;
use crate::record::{Audit, Environment, Footprint, Program, Setup, WorkerSetup};
use crate::tools::verify::{Grid, GridRow};

/// What is known of a comparison's rows beside its samples.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// Where criterion agrees, if it has measured at all.
    pub criterion: Option<Vec<Agreement>>,
    /// What the rows make of wrong answers.
    pub conformance: Option<Grid>,
    /// What they send.
    pub audit: Option<Audit>,
    /// What it costs to depend on them.
    pub footprint: Option<Footprint>,
}

impl Beside {
    /// Leaves only what was found of the versions that were compared: a grid or a footprint that
    /// has been made anew since then says nothing about a record.
    pub fn of_the_same_versions(mut self, environment: &Environment, setup: &Setup) -> Self {
        let workers: Vec<&WorkerSetup> =
            setup.workloads.iter().flat_map(|workload| &workload.workers).collect();
        let is_it = |row: &GridRow| {
            let same = |worker: &&WorkerSetup| {
                (&worker.client, &worker.executor) == (&row.client, &row.executor)
            };
            workers
                .iter()
                .filter(|worker| same(worker))
                .any(|worker| plain(&worker.row) == Some(&row.name))
        };
        self.conformance =
            self.conformance.map(|grid| grid.of(is_it)).filter(|grid| !grid.rows.is_empty());
        let is_built_in =
            |program: &Program| environment.crates.get(&program.client) == Some(&program.version);
        if let Some(footprint) = &mut self.footprint {
            footprint.programs.retain(is_built_in);
        }
        self.footprint.take_if(|footprint| {
            !setup.rows.iter().any(|row| program(footprint, &row.name).is_some())
        });
        self
    }
}

/// The program that stands for a row.
pub(super) fn program<'a>(footprint: &'a Footprint, row: &str) -> Option<&'a Program> {
    footprint.of(row).or_else(|| footprint.of(plain(row)?))
}

/// The row with no number of threads and no way of making tasks: neither changes what a client
/// makes of an answer, nor what is built. `None` where a client is as it comes, which is another
/// client.
fn plain(row: &str) -> Option<&str> {
    (!row.contains('/')).then(|| row.split([':', '+']).next().unwrap_or(row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures::{comparison, record};

    fn program(client: &str, version: &str) -> Program {
        Program {
            rows: vec![format!("{client}@smol")],
            client: client.to_owned(),
            version: version.to_owned(),
            ..Program::default()
        }
    }

    #[test]
    fn what_was_found_of_other_versions_is_left_out() {
        let mut setup = comparison().setup;
        let worker = |row: &str, client: &str| WorkerSetup {
            row: row.to_owned(),
            client: client.to_owned(),
            executor: "smol 2.0.2".to_owned(),
            threads: 2,
        };
        setup.workloads[0].workers =
            vec![worker("surf@smol:1", "surf 2.3.2"), worker("hyper@smol/default", "hyper 1.12.0")];
        let row = |name: &str, client: &str| GridRow {
            name: name.to_owned(),
            client: client.to_owned(),
            executor: "smol 2.0.2".to_owned(),
        };
        let grid = |client| Grid {
            grid_version: 1,
            deadline_ms: 1,
            rows: vec![row("surf@smol", client), row("hyper@smol", "hyper 1.12.0")],
            cells: Vec::new(),
        };
        let of = |client, version| {
            let footprint =
                Footprint { programs: vec![program("surf", version), program("hyper", "0.1.0")] };
            Beside {
                conformance: Some(grid(client)),
                footprint: Some(footprint),
                ..Beside::default()
            }
            .of_the_same_versions(&record().environment, &setup)
        };
        let same = of("surf 2.3.2", "2.3.2");
        assert_eq!(same.conformance.unwrap().rows, [row("surf@smol", "surf 2.3.2")]);
        assert_eq!(same.footprint.unwrap().programs, [program("surf", "2.3.2")]);
        let other = of("surf 2.3.3", "2.3.3");
        assert_eq!((other.conformance, other.footprint), (None, None));
    }
}
