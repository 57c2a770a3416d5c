//! Small records for the tests of the crate and for those in `tests/`, which include this file.

use std::num::NonZeroU64;

use fetchbench::fetch::Connections;
use fetchbench::record::{
    BackendSetup, BenchRecord, BenchSample, BlockSample, COMPARISON_VERSION, ComparisonRecord,
    ComparisonSetup, CostSample, Environment, Fitness, Folder, Git, Latencies, MachineSetup,
    MergedShard, PassSample, Phases, Placement, SampleKind, Shard, Validity, WorkloadSetup,
    control,
};
use fetchbench::worker::counting::Counts;

/// Returns a small record with every kind of sample.
pub(crate) fn record() -> BenchRecord {
    let mut environment = Environment::capture("cargo bench");
    environment.started = "2026-11-22T10:12:59Z".to_owned();
    environment.cpu = "Some CPU".to_owned();
    environment.cores = 2;
    environment.kernel = Some("Linux 6.18.0".to_owned());
    environment.memory_bytes = Some(8 << 30);
    environment.governor = Some("performance".to_owned());
    environment.open_files = Some(1_024);
    environment.rustc = Some("rustc 1.95.0".to_owned());
    environment.target = Some("x86_64-unknown-linux-gnu".to_owned());
    environment.allocator = Some("glibc".to_owned());
    environment.profile = "release".to_owned();
    environment.lock_file_crc32 = "0123abcd".to_owned();
    environment.crates =
        [("surf", "2.3.2"), ("smol", "2.0.2")].map(|(a, b)| (a.to_owned(), b.to_owned())).into();
    environment.git = Some(Git { revision: "0123456789abcdef".to_owned(), dirty: true });
    environment.load = Some([0.1, 0.2, 0.3]);
    let samples = vec![
        sample(SampleKind::Pass, "keepalive", "surf@smol", 32, 0.1),
        sample(SampleKind::Pass, "keepalive", "ureq@sequential", 32, 0.2),
        sample(SampleKind::Pass, "keepalive", "surf@smol", 32, 0.12),
        sample(SampleKind::Pass, "keepalive", "surf@smol", 32, 0.08),
        BenchSample {
            time_scale: 0.1,
            fetches: 7,
            ideal_s: Some(0.296),
            ..sample(SampleKind::Pass, "article", "surf@smol", 7, 0.3)
        },
        sample(SampleKind::Concurrency, "keepalive", "surf@smol", 1, 0.4),
        sample(SampleKind::Concurrency, "keepalive", "surf@smol", 256, 0.1),
        sample(SampleKind::Harness, "keepalive", "fake", 32, 0.001),
        sample(SampleKind::Open, "keepalive", "surf@smol", 32, 0.0001),
        sample(SampleKind::ByHand, "keepalive", "surf@smol", 32, 0.09),
    ];
    BenchRecord { name: "2026-11-22T1012-some-cpu".to_owned(), environment, samples, cut: false }
}

/// Returns a sample of two passes of 1,000 fetches.
fn sample(
    what: SampleKind,
    scenario: &str,
    backend: &str,
    concurrency: usize,
    elapsed_s: f64,
) -> BenchSample {
    BenchSample {
        what,
        scenario: scenario.to_owned(),
        backend: backend.to_owned(),
        threads: 2,
        concurrency,
        time_scale: 1.0,
        fetches: 1000,
        passes: NonZeroU64::new(2).unwrap(),
        elapsed_s,
        ideal_s: None,
    }
}

pub(crate) fn folder(comparison: Option<ComparisonRecord>, bench: Option<BenchRecord>) -> Folder {
    let BenchRecord { name, environment, .. } = record();
    Folder { name, environment, comparison, bench }
}

/// Returns a small comparison: three sites that take 10, 20 and 30 ms, and one backend of each
/// kind.
pub(crate) fn comparison() -> ComparisonRecord {
    let backends = ["surf@smol", "hyper@smol", "ureq@sequential", "exec:broken"];
    let mut comparison = ComparisonRecord {
        setup: setup(&backends, &[article()]),
        passes: Vec::new(),
        costs: Vec::new(),
        blocks: Vec::new(),
    };
    for block in 0..6 {
        for (backend, factor) in [(0, 1.0), (0, 1.003), (1, 1.01), (2, 2.0), (3, 0.5)] {
            let is_control = factor == 1.003;
            let name = if is_control { control(backends[0]) } else { backends[backend].to_owned() };
            comparison.passes.extend((0..3).map(|round| noisy_pass(&name, block, round, factor)));
            comparison
                .costs
                .extend((!is_control).then(|| counted_cost(&name, block, backend as u64)));
        }
    }
    comparison
}

/// Returns the setup of a complete comparison. The first backend is the reference.
pub(crate) fn setup(backends: &[&str], workloads: &[WorkloadSetup]) -> ComparisonSetup {
    ComparisonSetup {
        comparison_version: COMPARISON_VERSION,
        complete: true,
        seed: 1,
        shard: None,
        extent: None,
        machines: Vec::new(),
        aftermath: None,
        reference: backends[0].to_owned(),
        backends: backends.iter().map(|name| backend_setup(name)).collect(),
        placement: Placement::Free,
        equivalence: None,
        old_bare_loop: None,
        command: None,
        no_instructions: None,
        workloads: workloads.to_vec(),
    }
}

/// Returns a machine with one of three shards.
pub(crate) fn machine(cpu: &str, number: u32, first_block: u32, blocks: u32) -> MachineSetup {
    MachineSetup {
        cpu: cpu.to_owned(),
        cores: 2,
        kernel: Some(format!("Linux 6.{number}")),
        memory_bytes: None,
        boot_id_crc32: Some(format!("{number:08x}")),
        shards: vec![MergedShard {
            shard: Shard { number, count: 3 },
            started: "2026-11-22T10:12:59Z".to_owned(),
            complete: true,
            first_block,
            blocks,
        }],
    }
}

fn backend_setup(name: &str) -> BackendSetup {
    BackendSetup {
        name: name.to_owned(),
        sequential: name.ends_with("sequential"),
        http2: false,
        max_connections: None,
        written_here: String::new(),
    }
}

/// Returns a workload of 100 fetches, 8 in flight, from one origin.
pub(crate) fn workload(scenario: &str) -> WorkloadSetup {
    WorkloadSetup {
        scenario: scenario.to_owned(),
        description: "small pages".to_owned(),
        scenario_crc32: None,
        time_scale: 1.0,
        fetches: 100,
        concurrency: 8,
        origins: 1,
        connections: Connections::Warm,
        tickets: false,
        fresh_session: false,
        workers: Vec::new(),
        instructions: Vec::new(),
        live: false,
        probe: None,
        left_out: Vec::new(),
        link: None,
        without_https: Vec::new(),
        without_version: Vec::new(),
        sites: Vec::new(),
    }
}

/// Returns the three home pages.
fn article() -> WorkloadSetup {
    WorkloadSetup {
        description: "three home pages".to_owned(),
        time_scale: 0.5,
        fetches: 3,
        concurrency: 3,
        origins: 3,
        left_out: vec![("ureq@threads".to_owned(), 50.0)],
        sites: ["http://a.example/", "http://b.example/", "http://c.example/"]
            .map(str::to_owned)
            .to_vec(),
        ..workload("article")
    }
}

/// Returns a valid pass of the first round, without delays, witness and latencies.
pub(crate) fn pass(scenario: &str, backend: &str, block: u32, elapsed_s: f64) -> PassSample {
    PassSample {
        scenario: scenario.to_owned(),
        block,
        round: Some(0),
        backend: backend.to_owned(),
        visit: u64::from(block),
        elapsed_s: Some(elapsed_s),
        ideal_s: None,
        validity: Validity::Valid,
        why: None,
        witness: None,
        latencies: Latencies::None,
        since_start: Latencies::None,
        rss_bytes: None,
        starts: Vec::new(),
    }
}

/// Returns a pass of 30 ms times `factor`, with a little noise that differs from block to block.
fn noisy_pass(backend: &str, block: u32, round: u32, factor: f64) -> PassSample {
    let noise = f64::from((block * 7 + round * 3 + backend.len() as u32) % 11) / 2000.0;
    let broken = backend.ends_with("broken");
    let sequential = backend.ends_with("sequential");
    PassSample {
        round: Some(round),
        visit: u64::from(block * 1000 + round),
        ideal_s: Some(if sequential { 0.06 } else { 0.03 }),
        validity: if broken { Validity::WrongAnswer } else { Validity::Valid },
        why: broken.then(|| "http://a.example/: 3 bytes instead of 5".to_owned()),
        latencies: Latencies::Each(vec![10_010, 20_020, 30_030]),
        since_start: Latencies::EachNs(if sequential {
            vec![10_010_000, 30_040_000, 60_080_000]
        } else {
            vec![10_015_000, 20_027_000, 30_039_000]
        }),
        starts: if sequential { vec![0, 10_020, 30_050] } else { vec![5, 7, 9] },
        ..pass("article", backend, block, 0.0301 * factor * (1.0 + noise))
    }
}

/// Returns the cost of a block that took only processor time: `cpu_s` in the program and as much in
/// the kernel.
pub(crate) fn cost(scenario: &str, backend: &str, block: u32, cpu_s: f64) -> CostSample {
    CostSample {
        scenario: scenario.to_owned(),
        block,
        backend: backend.to_owned(),
        fetches: 100,
        cpu_s: None,
        user_s: cpu_s,
        system_s: cpu_s,
        voluntary_switches: 0,
        involuntary_switches: 0,
        threads: 1,
        peak_rss_bytes: 1,
        rss_after_bytes: None,
        children_s: 0.0,
        counted_fetches: 0,
        counts: None,
        instructions: None,
        opening: None,
        phases: None,
    }
}

/// Returns phases of 1 to 6 ms, times `factor`.
pub(crate) fn phases(factor: f64) -> Phases {
    let ms = |number: f64| number * factor * 1e-3;
    Phases {
        connect_s: ms(1.0),
        tls_s: ms(2.0),
        request_s: ms(3.0),
        wait_s: ms(4.0),
        body_s: ms(5.0),
        client_s: ms(6.0),
    }
}

/// Returns a fit block of a second, in which other programs used a share of the cores.
pub(crate) fn block(scenario: &str, block: u32, others: f64) -> BlockSample {
    let fitness = Fitness {
        steal: Some(0.001),
        others: Some(others),
        bare_before_s: Some(1e-6),
        bare_after_s: Some(1.1e-6),
        unfit: None,
    };
    BlockSample { scenario: scenario.to_owned(), block, spent: Some(0.5), seconds: 1.0, fitness }
}

fn counted_cost(backend: &str, block: u32, factor: u64) -> CostSample {
    CostSample {
        fetches: 9,
        system_s: 0.002,
        voluntary_switches: 12,
        involuntary_switches: 3,
        threads: 2 + factor,
        peak_rss_bytes: 9_000_000 + factor,
        counted_fetches: 3,
        counts: Some(Counts { allocations: 60 + factor, allocated_bytes: 9000 }),
        ..cost("article", backend, block, 0.001 * factor as f64)
    }
}
