//! `fetchbench verify`, and the grid that is committed.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use fetchbench::backend::Backend;
use fetchbench::scenario::fault::{self, Fault};
use fetchbench::tools::verify::view::{markdown, short};
use fetchbench::tools::verify::{Cell, CellVerdict, Grid, KnownDefect, known_defects};

use crate::workshop::{Workshop, python_is_missing};

/// A backend of each client that is always built in: the contract covers the executors, not the grid.
const BACKENDS: &str = "ureq@threads,surf@smol,hyper@smol,floor@loop";

fn verify(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fetchbench")).arg("verify").args(arguments).output().unwrap()
}

fn grid(output: &Output) -> Grid {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{error}: {} {}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The committed grids of each version of HTTP.
const HTTP1: &str = "results/conformance";
const HTTP2: &str = "results/conformance-h2";

fn committed(name: &str) -> Grid {
    serde_json::from_str(&page(&format!("{name}.json"))).unwrap()
}

#[test]
fn no_backend_became_worse() {
    let output = verify(&["--backend", BACKENDS, "--deadline", "500ms", "--format", "json"]);
    let grid = grid(&output);
    let faults = fault::all().filter(|fault| !fault.is_http2()).count();
    assert_eq!(grid.cells.len(), BACKENDS.split(',').count() * faults);
    assert_eq!(grid.worse_than(&committed(HTTP1)), Vec::<String>::new());
}

#[test]
fn http2_faults_are_handled() {
    let began = Instant::now();
    let backends = "hyper@tokio,floor@loop";
    let arguments = ["--http", "2", "--backend", backends, "--deadline", "500ms"];
    let grid = grid(&verify(&[&arguments[..], &["--format", "json"]].concat()));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let faults = fault::all().filter(|fault| fault.is_http2()).count();
    assert!(faults >= 45 && grid.cells.len() == 2 * faults, "{faults} {}", grid.cells.len());
    assert_eq!(grid.worse_than(&committed(HTTP2)), Vec::<String>::new());
    for cell in grid.cells {
        // Neither hangs, nor an answer that is crossed with another, nor a lost neighbour.
        assert!(cell.checked < CellVerdict::Spoiled, "{cell:?}");
        let is_floor = cell.backend == "floor@loop+h2";
        assert!(!is_floor || cell.client <= CellVerdict::Right, "{cell:?}");
    }
}

#[test]
fn backends_meet_their_version() {
    let output = verify(&["--http", "2", "--fault", "h2-ping", "--format", "json"]);
    let note = String::from_utf8_lossy(&output.stderr);
    let expected = "Left out, since they cannot speak HTTP/2: ureq@sequential";
    assert!(note.starts_with(expected), "{note}");
    let names = |output: &Output| -> Vec<String> {
        grid(output).cells.into_iter().map(|cell| cell.backend).collect()
    };
    let http2 = names(&output);
    assert!(http2.len() >= 2 && http2.iter().all(|name| name.contains("+h2")), "{http2:?}");
    let both = "hyper@smol+h2,ureq@threads";
    let faults = "stale,h2-padding";
    let mixed = verify(&["--backend", both, "--fault", faults, "--format", "json"]);
    assert_eq!(names(&mixed), ["ureq@threads", "hyper@smol+h2"]);
    let auto = verify(&["--http", "auto", "--backend", "hyper@smol", "--fault", "h2-padding"]);
    assert_eq!(auto.status.code(), Some(0));
    for (arguments, why) in [
        (&["--backend", "ureq@threads", "--http", "2"][..], "ureq@threads has no HTTP/2"),
        (&["--fault", "h2-padding"], "h2-padding is a fault of HTTP/2, which no backend here"),
        (&["--http", "2", "--fault", "stale"], "stale is a fault of HTTP/1.1, which no backend"),
    ] {
        let output = verify(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn committed_pages_fit_the_grid() {
    for name in [HTTP1, HTTP2] {
        let (grid, file) = (committed(name), format!("{name}.md"));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(root().join(&file), markdown(&grid)).unwrap();
        }
        assert!(
            page(&file) == markdown(&grid),
            "after a change of texts: UPDATE=1 cargo test --test it committed_pages_fit_the_grid"
        );
        assert!(page("docs/clients.md").contains(&short(&grid)), "run scripts/conformance");
        // The harness promises this of every backend, whatever its client does.
        assert!(grid.cells.iter().all(|cell| cell.checked != CellVerdict::Hung), "a backend hung");
    }
}

#[test]
fn known_defects_are_in_the_grid() {
    let grid = committed(HTTP1).joined(committed(HTTP2));
    let is_judged = |client: &str| {
        grid.backends.iter().any(|backend| backend.name.starts_with(&format!("{client}@")))
    };
    // `scripts/freshness` warns of the others.
    for KnownDefect { clients, faults, .. } in known_defects() {
        for client in clients.iter().filter(|client| is_judged(client)) {
            for fault in *faults {
                let of_client = |cell: &&Cell| {
                    cell.fault == *fault && cell.backend.starts_with(&format!("{client}@"))
                };
                let mut cells = grid.cells.iter().filter(of_client);
                assert!(
                    cells.any(|cell| cell.client > CellVerdict::Right),
                    "{client} is right about {fault} by now"
                );
            }
        }
    }
}

#[test]
fn known_defects_have_clients() {
    let grid = committed(HTTP1).joined(committed(HTTP2));
    for KnownDefect { clients, faults, .. } in known_defects() {
        for client in *clients {
            let is_judged =
                grid.backends.iter().any(|one| one.name.starts_with(&format!("{client}@")));
            let is_built = Backend::all().any(|backend| backend.entry().client == *client);
            assert!(is_judged || is_built, "no client is called {client}");
        }
        for fault in *faults {
            assert!(Fault::named(fault).is_ok(), "no fault is called {fault}");
        }
    }
}

#[test]
fn a_dead_worker_costs_one_cell() {
    if python_is_missing() {
        return;
    }
    let workshop = Workshop::new();
    let crashes = workshop.worker("right");
    let output = verify(&[
        "--backend",
        &crashes,
        "--fault",
        "close-in-body,until-close",
        "--format",
        "json",
    ]);
    let grid = grid(&output);
    let verdict = |fault: &str| grid.cell(&grid.backends[0].name, fault).unwrap().client;
    assert_eq!(verdict("until-close"), CellVerdict::Right);
    // An uncaught exception ends it.
    assert_eq!(verdict("close-in-body"), CellVerdict::Crashed);
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn repeated_requests_are_listed() {
    if python_is_missing() {
        return;
    }
    let workshop = Workshop::new();
    let backends = ["right", "twice"].map(|mode| workshop.worker(mode)).join(",");
    let verified =
        |format| verify(&["--backend", &backends, "--fault", "until-close", "--format", format]);
    let repeats: Vec<u64> = grid(&verified("json")).cells.iter().map(|cell| cell.repeats).collect();
    // The first of two sites, in each of two passes.
    assert_eq!(repeats, [0, 2]);
    let text = String::from_utf8(verified("text").stdout).unwrap();
    assert!(
        text.contains("\nrepeated requests\n  until-close             2 more requests than"),
        "{text}"
    );
    let page = String::from_utf8(verified("markdown").stdout).unwrap();
    assert!(
        page.contains("\n## Repeated requests\n") && page.contains("exec:twice | 2 |\n"),
        "{page}"
    );
}

#[test]
fn formats_show_expectations() {
    let arguments = ["--backend", "surf@smol,hyper@smol", "--fault", "until-close"];
    let output = verify(&arguments);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "until-close              w .",
        "backends  surf@smol",
        "expected  the correct response",
        "RFC 9112, section 6.3",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    let markdown =
        String::from_utf8(verify(&[&arguments[..], &["--format", "markdown"]].concat()).stdout)
            .unwrap();
    assert!(markdown.contains("| until-close | `w` | `.` |"), "{markdown}");
    let snippet = verify(&[&arguments[..], &["--format", "snippet"]].concat()).stdout;
    let snippet = String::from_utf8(snippet).unwrap();
    assert!(
        snippet.ends_with(
            "| `surf@smol` | `until-close` | none | none |\n| `hyper@smol` | none | none | none |\n"
        ),
        "{snippet}"
    );
}

#[test]
fn an_unknown_fault_is_named() {
    let output = verify(&["--fault", "nope"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("unknown fault \"nope\""));
}
