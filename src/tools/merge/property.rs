//! The properties that the records of one comparison have in common.

use crate::record::{BackendSetup, ComparisonSetup, Environment, Shard, WorkloadSetup};

/// A property of a record, such as its number of rounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// The name.
    pub name: String,
    /// The value, as text.
    pub value: String,
}

/// A property with different values in two records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferingProperty {
    /// The name.
    pub name: String,
    /// The value in the one record.
    pub value: String,
    /// The value in the other.
    pub other: String,
}

/// Returns the properties that both have, with different values.
pub fn differences(properties: &[Property], others: &[Property]) -> Vec<DifferingProperty> {
    let differing = properties.iter().filter_map(|one| {
        let other = others.iter().find(|other| other.name == one.name)?;
        (one.value != other.value).then(|| DifferingProperty {
            name: one.name.clone(),
            value: one.value.clone(),
            other: other.value.clone(),
        })
    });
    differing.collect()
}

fn property(name: impl Into<String>, value: impl ToString) -> Property {
    Property { name: name.into(), value: value.to_string() }
}

/// Returns the properties of the program that measured a record.
pub fn build_properties(environment: &Environment) -> Vec<Property> {
    let or_unknown = |value: Option<&str>| value.unwrap_or("unknown").to_owned();
    let revision = environment.git.as_ref().map_or_else(
        || "unknown".to_owned(),
        |git| format!("{:.12}{}", git.revision, if git.dirty { " with changes" } else { "" }),
    );
    vec![
        property("lock file", &environment.lock_file_crc32),
        property("target", or_unknown(environment.target.as_deref())),
        property("allocator", or_unknown(environment.allocator.as_deref())),
        property("profile", &environment.profile),
        property("revision", revision),
        property("compiler", or_unknown(environment.rustc.as_deref())),
    ]
}

/// Returns the properties of a comparison: its scenarios and options.
pub fn setup_properties(setup: &ComparisonSetup) -> Vec<Property> {
    let names: Vec<&str> =
        setup.workloads.iter().map(|workload| workload.scenario.as_str()).collect();
    let backends: Vec<String> = setup.backends.iter().map(backend_text).collect();
    let base_seed = setup.shard.map_or(setup.seed, |shard| shard.base_seed(setup.seed));
    let count = |shard: Shard| shard.count.to_string();
    let mut properties = vec![
        property("scenarios", names.join(", ")),
        property("reference", &setup.reference),
        property("backends", backends.join(", ")),
        property("number of shards", setup.shard.map_or_else(|| "none".to_owned(), count)),
        property("seed", base_seed),
        property("placement", format!("{:?}", setup.placement)),
        property("equivalence", format!("{:?}", setup.equivalence.unwrap_or_default())),
    ];
    if let Some(extent) = setup.extent {
        let budget = extent.budget_s.map_or_else(|| "none".to_owned(), |s| format!("{s} s"));
        let blocks = extent.blocks.map_or_else(|| "any".to_owned(), |blocks| blocks.to_string());
        properties.extend([
            property("budget", budget),
            property("blocks", blocks),
            property("rounds", extent.rounds),
            property("--allow-unfit", extent.allow_unfit),
        ]);
    }
    properties.extend(setup.workloads.iter().flat_map(workload_properties));
    properties
}

fn backend_text(backend: &BackendSetup) -> String {
    match backend.max_connections {
        Some(most) => format!("{} ({most} connections)", backend.name),
        None => backend.name.clone(),
    }
}

/// Returns the properties of a workload. A plan knows no workers yet, and has not probed live
/// sites.
fn workload_properties(workload: &WorkloadSetup) -> Vec<Property> {
    let named = |what: &str| format!("{what} of {}", workload.scenario);
    let sites = workload.probe.as_ref().map_or(workload.fetches, |probe| probe.sites);
    let mut properties = vec![
        property(named("factor on the delays"), workload.time_scale),
        property(named("number of sites"), sites),
        property(named("concurrency"), workload.concurrency),
        property(named("number of origins"), workload.origins),
    ];
    if workload.probe.is_some() {
        properties.push(property(named("number of live sites that answer"), workload.fetches));
    }
    let content = workload.scenario_crc32.iter().map(|crc32| property(named("content"), crc32));
    properties.extend(content);
    properties.extend(workload.workers.iter().map(|worker| {
        property(
            format!("version of {} on {}", worker.backend, workload.scenario),
            format!("{} on {}", worker.client, worker.executor),
        )
    }));
    properties
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Placement;
    use crate::record::fixtures::{setup, workload};

    fn shard(number: u32, seed: u64) -> ComparisonSetup {
        let shard = Some(Shard { number, count: 8 });
        ComparisonSetup { shard, seed, ..setup(&["a", "b"], &[workload("keepalive")]) }
    }

    #[test]
    fn shards_have_the_same_properties() {
        let same = differences(&setup_properties(&shard(3, 4)), &setup_properties(&shard(7, 8)));
        assert_eq!(same, []);
    }

    #[test]
    fn other_options_are_named() {
        let first = setup_properties(&shard(1, 2));
        let names = |other: &ComparisonSetup| {
            let found = differences(&first, &setup_properties(other)).into_iter();
            found.map(|one| one.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&shard(1, 3)), ["seed"]);
        let placed = ComparisonSetup { placement: Placement::OneCore, ..shard(1, 2) };
        assert_eq!(names(&placed), ["placement"]);
        let mut scaled = shard(1, 2);
        scaled.workloads[0].time_scale = 0.5;
        assert_eq!(names(&scaled), ["factor on the delays of keepalive"]);
        let mut other = shard(1, 2);
        other.workloads[0].scenario = "bulk".to_owned();
        assert_eq!(names(&other), ["scenarios"]);
    }

    #[test]
    fn other_builds_are_named() {
        let environment = Environment::capture("");
        let other = Environment { target: Some("aarch64".to_owned()), ..environment.clone() };
        let found = differences(&build_properties(&environment), &build_properties(&other));
        assert_eq!((found.len(), found[0].name.as_str()), (1, "target"));
        assert_eq!(found[0].other, "aarch64");
    }
}
