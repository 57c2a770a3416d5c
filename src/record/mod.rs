//! Records: what one run measured, in a separate folder that is never overwritten.
//!
//! `environment.json` describes the machine and the program. `cargo bench` adds its [`samples`],
//! `compare` adds a [`comparison`]; a folder may hold both. Each line of a `.jsonl` file is appended
//! when it is measured. Records are the only link between measurements and reports.
//!
//! [`samples`]: BenchRecord
//! [`comparison`]: ComparisonRecord

pub mod lockfile;
pub mod machine;
mod bench;
mod bounds;
mod comparison;
mod environment;
mod files;
#[cfg(test)]
pub(crate) mod fixtures;
mod folder;
mod footprint;
mod latencies;
mod latency_counts;
mod reader;
#[cfg(test)]
mod schema;

pub use self::bench::{BenchRecord, BenchSample, BenchWriter, Measurement, SampleKind};
pub use self::comparison::{
    Aftermath, Audit, BackendAudit, BackendSetup, BlockSample, COMPARISON_VERSION,
    ComparisonRecord, ComparisonSetup, ComparisonWriter, CostSample, DeadSite, DifferingSite,
    Ending, Extent, Fitness, Http2Audit, InstructionCount, LEAST_REMAINDER_S, LinkSetup,
    MOST_NAMED, MachineSetup, MergedShard, OldBareLoop, Opening, PassSample, Phases, Placement,
    Probe, SERVER, Shard, Unfit, Validity, WorkerSetup, WorkloadSetup, control, remove_comparison,
    set_aside,
};
pub use self::environment::{Environment, Git, crc32};
pub use self::files::{Unwritable, check_writable, make_folder, new_folder, replace_file};
pub use self::folder::Folder;
pub use self::footprint::{Advisory, Footprint, Program, Release};
pub use self::latencies::{Latencies, MOST_KEPT, starts};
pub use self::latency_counts::LatencyCounts;
pub use self::reader::read_whole;
