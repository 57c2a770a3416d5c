//! The parts of a page beside the samples: other findings on the same backends, if they exist.

use crate::backend::NameParts;
use crate::compare::agreement::Agreement;
use crate::record::{Audit, ComparisonSetup, Environment, Footprint, Program, WorkerSetup};
use crate::tools::verify::{Grid, GridBackend};

/// Findings on a comparison's backends beside its samples.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// Agreement with criterion, if the record holds a bench.
    pub criterion: Option<Vec<Agreement>>,
    /// The conformance grid.
    pub conformance: Option<Grid>,
    /// The wire audit.
    pub audit: Option<Audit>,
    /// The cost of depending on them.
    pub footprint: Option<Footprint>,
}

impl Beside {
    /// Keeps only the findings on the compared versions. A newer grid or footprint does not apply
    /// to the record.
    pub fn of_the_same_versions(
        mut self,
        environment: &Environment,
        setup: &ComparisonSetup,
    ) -> Self {
        let workers: Vec<&WorkerSetup> =
            setup.workloads.iter().flat_map(|workload| &workload.workers).collect();
        self.conformance = self
            .conformance
            .map(|grid| {
                grid.of(|tested| workers.iter().any(|worker| is_same_version(worker, tested)))
            })
            .filter(|grid| !grid.backends.is_empty());
        if let Some(footprint) = &mut self.footprint {
            footprint.programs.retain(|program| {
                environment.crates.get(&program.client) == Some(&program.version)
            });
        }
        self.footprint.take_if(|footprint| {
            !setup.backends.iter().any(|backend| program(footprint, &backend.name).is_some())
        });
        self
    }
}

fn is_same_version(worker: &WorkerSetup, tested: &GridBackend) -> bool {
    (&worker.client, &worker.executor) == (&tested.client, &tested.executor)
        && plain(&worker.backend) == Some(&tested.name)
}

/// Returns the measured program of a backend.
pub(super) fn program<'a>(footprint: &'a Footprint, backend: &str) -> Option<&'a Program> {
    footprint.of(backend).or_else(|| footprint.of(plain(backend)?))
}

/// Returns the name of a backend without threads and tasks: they change neither how a client treats
/// an answer nor the build. Returns `None` for a client with a `/` option, such as its
/// defaults: it counts as another client.
fn plain(backend: &str) -> Option<&str> {
    NameParts::split(backend).filter(|name| name.tier.is_none()).map(|name| name.plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures::{comparison, record};

    fn program(client: &str, version: &str) -> Program {
        Program {
            backends: vec![format!("{client}@smol")],
            client: client.to_owned(),
            version: version.to_owned(),
            ..Program::default()
        }
    }

    fn worker(backend: &str, client: &str) -> WorkerSetup {
        WorkerSetup {
            backend: backend.to_owned(),
            client: client.to_owned(),
            executor: "smol 2.0.2".to_owned(),
            threads: 2,
        }
    }

    fn tested(name: &str, client: &str) -> GridBackend {
        GridBackend {
            name: name.to_owned(),
            client: client.to_owned(),
            executor: "smol 2.0.2".to_owned(),
        }
    }

    /// Returns findings on a version of surf, and on a hyper that was not compared.
    fn findings(version: &str) -> Beside {
        let backends = vec![
            tested("surf@smol", &format!("surf {version}")),
            tested("hyper@smol", "hyper 1.12.0"),
        ];
        let programs = vec![program("surf", version), program("hyper", "0.1.0")];
        Beside {
            conformance: Some(Grid {
                grid_version: 1,
                deadline_ms: 1,
                network: None,
                backends,
                cells: Vec::new(),
            }),
            footprint: Some(Footprint { programs }),
            ..Beside::default()
        }
    }

    #[test]
    fn other_versions_are_left_out() {
        let (environment, mut setup) = (record().environment, comparison().setup);
        setup.workloads[0].workers =
            vec![worker("surf@smol:1", "surf 2.3.2"), worker("hyper@smol/default", "hyper 1.12.0")];
        let same = findings("2.3.2").of_the_same_versions(&environment, &setup);
        assert_eq!(same.conformance.unwrap().backends, [tested("surf@smol", "surf 2.3.2")]);
        assert_eq!(same.footprint.unwrap().programs, [program("surf", "2.3.2")]);
        let other = findings("2.3.3").of_the_same_versions(&environment, &setup);
        assert_eq!((other.conformance, other.footprint), (None, None));
    }
}
