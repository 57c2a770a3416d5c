//! A record as one HTML file that opens anywhere: it fetches nothing and works without its script.

use anyhow::Context;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment as Templates, context};

use super::chart::{latency, overlay, phases, scaling};
use super::comparison::{csv, machine_table, missing};
use super::index::{Listed, newest_first};
use crate::compare::analysis::WorkloadAnalysis;
use crate::record::Folder;

mod against;
mod beside;
mod conformance;
mod criterion;
mod data;
mod dependence;
mod facts;
mod falls;
mod policy;
mod records;
mod server;
mod workload;
mod wire;

pub use self::beside::Beside;
use self::policy::{Policy, link};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Returns the page of a record's folder, with its comparison and the findings beside it.
///
/// # Errors
///
/// Returns an error if the folder holds no comparison or a chart cannot be drawn.
pub fn page(
    folder: &Folder,
    workloads: &[WorkloadAnalysis],
    beside: &Beside,
) -> anyhow::Result<String> {
    let Folder { name, environment, comparison, bench } = folder;
    let comparison = comparison
        .as_ref()
        .context("--html is for records of `compare`: this one is of `cargo bench`")?;
    let views = workloads
        .iter()
        .enumerate()
        .map(|(number, workload)| workload::view(number, workload))
        .collect::<Vec<_>>();
    let falls = workloads
        .iter()
        .map(|workload| falls::view(comparison, workload))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let spreads = workloads.iter().map(latency::pictures).collect::<anyhow::Result<Vec<_>>>()?;
    let scalings = bench.as_ref().map(scaling::scalings).unwrap_or_default();
    let figures = serde_json::to_string(&data::download(comparison, workloads))?;
    let backends = &comparison.setup.backends;
    let names: Vec<String> = backends.iter().map(|backend| backend.name.clone()).collect();
    let overlays = workloads.iter().map(|workload| overlay::overlay(workload, &names));
    let overlays = overlays.collect::<anyhow::Result<Vec<_>>>()?;
    let phases = workloads.iter().map(phases::pictures).collect::<anyhow::Result<Vec<_>>>()?;
    let dependence = beside.footprint.as_ref().and_then(|all| dependence::view(all, backends));
    let policy = Policy::new(STYLE, SCRIPT);
    render(
        "page.html",
        include_str!("page.html"),
        context! {
            name => name.as_str(), policy => policy.text(), style => STYLE, script => SCRIPT,
            workloads => Serde(views),
            backends => names,
            waterfalls => Serde(falls),
            overlays => Serde(overlays),
            phases => Serde(phases),
            spreads,
            scaling => scaling::pictures(&scalings)?,
            scaling_of => scalings.first().map(|scaling| scaling.scenario.clone()),
            facts => facts::facts(environment, comparison, workloads),
            heading => facts::heading(environment, workloads),
            summary => facts::summary(environment, workloads),
            criterion => Serde(beside.criterion.as_deref().map(criterion::view)),
            conformance => Serde(beside.conformance.as_ref().map(conformance::view)),
            wire => Serde(beside.audit.as_ref().map(wire::view)),
            dependence => Serde(dependence),
            letters => ('A'..='Z').map(String::from).collect::<Vec<_>>(),
            dependence_columns => dependence::COLUMNS,
            server_load => Serde(server::views(workloads)),
            complete => comparison.setup.complete,
            machines => Serde(machine_table(&comparison.setup)),
            missing => missing(&comparison.setup),
            downloads => [
                ("figures.json", link("application/json", &figures)),
                ("figures.csv", link("text/csv", &csv(workloads))),
                ("blocks.csv", link("text/csv", &data::blocks_csv(workloads))),
            ],
        },
    )
}

/// Returns the page that lists all records, the newest first.
///
/// # Errors
///
/// Returns an error if the template is broken.
pub fn index(records: &mut [Listed]) -> anyhow::Result<String> {
    newest_first(records);
    let policy = Policy::new(STYLE, "").text();
    let records: Vec<_> = records.iter().map(records::view).collect();
    let records = Serde(records);
    render("index.html", include_str!("index.html"), context! { policy, style => STYLE, records })
}

/// Returns the main result of each scenario with its name, for the list of records.
pub fn results(workloads: &[WorkloadAnalysis]) -> Vec<(String, String)> {
    let result =
        |workload: &WorkloadAnalysis| (workload.setup.scenario.clone(), workload::result(workload));
    workloads.iter().map(result).collect()
}

/// Fills in a template. All values are escaped unless the template marks them safe.
fn render(name: &str, template: &str, values: minijinja::Value) -> anyhow::Result<String> {
    let mut templates = Templates::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    templates.add_filter("visible", |text: String| crate::render::escape::visible(&text));
    for (name, template) in [("beside.html", include_str!("beside.html")), (name, template)] {
        templates.add_template(name, template).context("the template is broken")?;
    }
    templates.get_template(name)?.render(values).with_context(|| format!("cannot fill in {name}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::compare::agreement::{Accord, Agreement};
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::{comparison, folder, record};
    use crate::record::{Advisory, Audit, BackendAudit, Footprint, Program, Release};
    use crate::tools::verify::{Cell, CellVerdict, Grid, GridBackend};

    /// Replaces a name by `text` and its number, so that backends stay distinct.
    fn renamed(name: &str, names: &[String], text: &str) -> String {
        match names.iter().position(|other| name.starts_with(other)) {
            Some(number) => format!("{text}{number}{}", &name[names[number].len()..]),
            None => text.to_owned(),
        }
    }

    /// Returns the page of the small record with `text` as every name and message.
    fn page_of(text: &str) -> String {
        let mut comparison = comparison();
        let names: Vec<String> =
            comparison.setup.backends.iter().map(|backend| backend.name.clone()).collect();
        let setup = &mut comparison.setup;
        for backend in &mut setup.backends {
            backend.name = renamed(&backend.name, &names, text);
        }
        setup.reference = setup.backends[0].name.clone();
        let workload = &mut setup.workloads[0];
        (workload.scenario, workload.description) = (text.to_owned(), text.to_owned());
        workload.sites = vec![text.to_owned(); 3];
        workload.left_out = vec![(text.to_owned(), 2.0)];
        for pass in &mut comparison.passes {
            pass.backend = renamed(&pass.backend, &names, text);
            pass.scenario = text.to_owned();
            pass.why = pass.why.take().map(|_| text.to_owned());
        }
        let mut bench = record();
        bench.samples.iter_mut().for_each(|sample| {
            (sample.backend, sample.scenario) = (text.to_owned(), text.to_owned())
        });
        let mut folder = folder(Some(comparison), Some(bench));
        (folder.name, folder.environment.cpu) = (text.to_owned(), text.to_owned());
        let workloads = folder.comparison.as_ref().map(analyse).unwrap_or_default();
        page(&folder, &workloads, &beside(text)).unwrap()
    }

    /// Returns findings with `text` as every name and word.
    fn beside(text: &str) -> Beside {
        let owned = || text.to_owned();
        let bounds = Some(crate::stats::Bounds { low: 0.9, high: 1.1 });
        let compare = crate::stats::Ratio { mean: 1.0, bounds, blocks: 8, machines: None };
        let agreement = Agreement {
            scenario: owned(),
            backend: owned(),
            criterion: 1.0,
            compare,
            accord: Accord::Within,
        };
        let backend = GridBackend { name: owned(), client: owned(), executor: owned() };
        let cell = Cell {
            backend: owned(),
            fault: "stale".to_owned(),
            client: CellVerdict::WrongAnswer,
            checked: CellVerdict::Caught,
            reported: owned(),
            repeats: 1,
        };
        let sent = BackendAudit {
            name: owned(),
            request: format!("GET {text}\r\nhost: {text}\r\n\r\n"),
            http2: None,
            sockets: 2,
            sockets_ideal: 1,
            why: Some(owned()),
        };
        let program = Program {
            backends: vec![format!("{text}0")],
            licence: owned(),
            msrv: Some(owned()),
            released: Some(Release { date: owned(), link: owned() }),
            advisories: vec![Advisory {
                id: owned(),
                against: owned(),
                link: format!("https://{text}"),
            }],
            ..Program::default()
        };
        Beside {
            criterion: Some(vec![agreement]),
            conformance: Some(Grid {
                grid_version: 1,
                deadline_ms: 1,
                network: None,
                backends: vec![backend],
                cells: vec![cell],
            }),
            audit: Some(Audit { backends: vec![sent] }),
            footprint: Some(Footprint { programs: vec![program] }),
        }
    }

    /// Counts the elements of a kind.
    fn elements(page: &str, name: &str) -> usize {
        page.matches(&format!("<{name}")).count()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn no_text_becomes_markup(text in "([<>&\"'=/ a-z]|script|\u{1b}|\u{202e}|\u{0}|\n|\\{\\{|-->){1,20}") {
            let (harmless, page) = (page_of("x"), page_of(&text));
            for element in ["script", "style", "svg", "tr", "a ", "img", "title", "!--", "b>"] {
                prop_assert_eq!(elements(&page, element), elements(&harmless, element), "{}", element);
            }
            let active = page.contains(['\u{1b}', '\u{202e}', '\u{0}']);
            prop_assert!(!active, "a character that acts");
        }
    }

    #[test]
    fn headings_name_the_record() {
        let mut comparison = comparison();
        comparison.setup.workloads[0].scenario = "fan-out".to_owned();
        let folder = folder(Some(comparison), None);
        let workloads = folder.comparison.as_ref().map(analyse).unwrap();
        let page = page(&folder, &workloads, &Beside::default()).unwrap();
        let heading = format!("fan-out on {}, 2026-11-22", folder.environment.cpu);
        for element in [format!("<title>{heading} – fetchbench<"), format!("<h1>{heading}<")] {
            assert!(page.contains(&element), "{element}");
        }
    }

    #[test]
    fn a_page_is_self_contained() {
        let page = page_of("</script><script>alert(1)</script>");
        assert_eq!(elements(&page, "script"), 1);
        let fetching =
            [" src=", "@import", "url(", "<link rel=\"stylesheet", "http-equiv=\"refresh"];
        assert!(!fetching.iter().any(|fetching| page.contains(fetching)), "nothing is fetched");
        assert!(
            !page.contains(" style=") && !page.contains(" onclick="),
            "the policy would refuse it"
        );
        let page = page_of("backend");
        for link in page.split("href=\"").skip(1) {
            let leads = ["#", "data:", "https:"].iter().any(|start| link.starts_with(start));
            assert!(leads, "a file that may be missing: {link:.60}");
        }
        for words in [
            "Times against the reference",
            "Where the time goes",
            "Latency of single fetches",
            "Over concurrency",
            "Agreement with criterion",
            "What it costs",
            "Wrong responses",
            "Requests",
            "Cost of depending on it",
            "backend1",
            "30.48 ms",
            "figures.csv",
        ] {
            assert!(page.contains(words), "{words}");
        }
        assert_eq!(
            page.matches("role=\"img\"").count(),
            page.matches("role=\"img\"><title>").count()
        );
    }
}
