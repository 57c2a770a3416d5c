//! Reports on a record with hostile texts, in every form: the texts are visible and inert.

use super::examine::STYLES;
use super::{comparison as form, html, markdown};
use crate::compare::analysis::analyse;
use crate::fetch::error::ErrorClass;
use crate::record::fixtures::{comparison, folder, record};
use crate::record::{
    BenchRecord, ComparisonRecord, DeadSite, DifferingSite, Ending, LinkSetup, Probe, Validity,
    WorkerSetup, control,
};
use crate::render::escape::{is_active, json_text};
use crate::render::table::TERMINAL;
use crate::scenario::network::Congestion;

/// Begins a formula and a new cell, ends an attribute, a tag, a table and a block of code, colours
/// a terminal, and reverses the line.
const HOSTILE: &str = "=cmd|'/C calc'!A0\",\"+1;\t-2' \
                       onload=x\"onerror=\"x</script></title><script>alert(1)</script>]]>\n| a \
                       |\r\n```\u{1b}[32m\u{9b}31m\u{202e}\u{2028}[x](javascript:x)<!--";

fn rename(name: &mut String) {
    for (old, new) in [("surf@smol", HOSTILE.to_owned()), ("exec:broken", format!("@{HOSTILE}"))] {
        if *name == old {
            name.clone_from(&new);
        } else if *name == control(old) {
            *name = control(&new);
        }
    }
}

fn text() -> String {
    HOSTILE.to_owned()
}

/// Returns a record with hostile text wherever others can write.
fn hostile() -> (ComparisonRecord, BenchRecord) {
    let mut hostile = comparison();
    rename(&mut hostile.setup.reference);
    hostile.setup.backends.iter_mut().for_each(|backend| rename(&mut backend.name));
    for workload in &mut hostile.setup.workloads {
        workload.scenario = format!("-{HOSTILE}");
        workload.description = HOSTILE.to_owned();
        workload.sites = vec![HOSTILE.to_owned(); 3];
        workload.left_out = vec![(HOSTILE.to_owned(), 50.0)];
        workload.without_https = vec![HOSTILE.to_owned()];
        workload.without_version = vec![HOSTILE.to_owned()];
        let (server, clients) = (Congestion::Reno, Congestion::Reno);
        workload.link = Some(LinkSetup { network: text(), server, clients });
        let endings = vec![Ending { status: 200, url: Some(text()), backends: vec![text()] }; 2];
        workload.probe = Some(Probe {
            sites: 9,
            dead: 1,
            first_dead: vec![DeadSite { site: text(), classes: vec![ErrorClass::Dns] }],
            differing: 1,
            first_differing: vec![DifferingSite { site: text(), endings }],
        });
        workload.workers =
            vec![WorkerSetup { backend: text(), client: text(), executor: text(), threads: 1 }];
    }
    for pass in &mut hostile.passes {
        rename(&mut pass.backend);
        pass.scenario = format!("-{HOSTILE}");
        if pass.validity != Validity::Valid {
            pass.why = Some(HOSTILE.to_owned());
        }
    }
    for cost in &mut hostile.costs {
        rename(&mut cost.backend);
        cost.scenario = format!("-{HOSTILE}");
    }
    let mut beside = record();
    for text in [
        &mut beside.environment.cpu,
        &mut beside.environment.command,
        &mut beside.environment.started,
    ] {
        *text = HOSTILE.to_owned();
    }
    for sample in &mut beside.samples {
        (sample.scenario, sample.backend) = (HOSTILE.to_owned(), HOSTILE.to_owned());
    }
    (hostile, beside)
}

/// Asserts that a text holds no characters that act on the program that shows it.
fn assert_inert(text: &str) {
    let active = text.chars().find(|c| is_active(*c) && *c != '\n');
    assert_eq!(active, None, "{}", text.escape_debug());
    assert!(text.contains("calc"), "the hostile text is missing");
}

#[test]
fn json_acts_on_no_terminal() {
    let (hostile, _) = hostile();
    let text = json_text(&form::json(&hostile.setup, &analyse(&hostile)));
    assert_inert(&text);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["scenarios"][0]["probe"]["first_dead"][0]["site"], HOSTILE);
}

/// Returns the cells of a CSV text, line by line, as in RFC 4180.
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut lines, mut cell, mut quoted) = (vec![vec![]], String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => lines.last_mut().unwrap().push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                lines.last_mut().unwrap().push(std::mem::take(&mut cell));
                lines.push(Vec::new());
            }
            c => cell.push(c),
        }
    }
    assert_eq!((lines.pop(), quoted), (Some(Vec::new()), false), "it ends with a line");
    lines
}

#[test]
fn csv_holds_no_formula() {
    let (hostile, _) = hostile();
    let text = form::csv(&analyse(&hostile));
    assert_inert(&text);
    let cells = cells(&text);
    assert_eq!(cells.len(), 1 + hostile.setup.backends.len());
    for line in &cells {
        assert_eq!(line.len(), cells[0].len(), "{line:?}");
        assert_eq!(line.iter().find(|cell| is_formula(cell)), None);
    }
}

fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@']) && cell.parse::<f64>().is_err()
}

#[test]
fn markdown_has_only_tables() {
    let (hostile, beside) = hostile();
    let workloads = analyse(&hostile);
    for text in
        [markdown::folder(&folder(Some(hostile), None), &workloads), markdown::report(&beside)]
    {
        assert_inert(&text);
        // Escaped characters are text.
        let bare = text
            .replace("\\\\", "")
            .replace("\\|", "")
            .replace("\\[", "")
            .replace("\\<", "")
            .replace("\\`", "");
        for active in ["<script", "<!--", "[x](", "```"] {
            assert!(!bare.contains(active), "{active}: {text}");
        }
        let mut previous = 0;
        for line in bare.lines() {
            let columns = line.matches('|').count();
            assert!(columns == 0 || previous == 0 || columns == previous, "{line}");
            previous = columns;
        }
    }
}

#[test]
fn html_has_no_foreign_markup() {
    let (hostile, beside) = hostile();
    let workloads = analyse(&hostile);
    let page =
        html::page(&folder(Some(hostile), Some(beside)), &workloads, &html::Beside::default())
            .unwrap();
    assert_inert(&page);
    // The code is not foreign, and only its end tag ends it.
    let pieces: Vec<&str> = page.split("<script>").collect();
    let [before, code] = pieces.as_slice() else { panic!("{} scripts", pieces.len() - 1) };
    let (code, after) = code.split_once("</script>").unwrap();
    assert!(!code.contains("calc"), "{code}");
    let markup = format!("{before}{after}");
    for active in ["<script", "<!--", "href=\"javascript"] {
        assert!(!markup.contains(active), "{active}");
    }
    // Downloads are percent-encoded.
    assert!(markup.matches("calc").count() > 1, "the foreign text is there");
    let tags = tags(&markup);
    let hostile = tags
        .iter()
        .find(|tag| ["calc", "onload", "onerror", "alert"].iter().any(|word| tag.contains(word)));
    assert!(tags.len() > 100 && hostile.is_none(), "{hostile:?}");
}

/// Returns the tags of a page, without the values of their attributes.
fn tags(markup: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for tag in markup.split('<').skip(1) {
        let mut quoted = false;
        let unquoted = tag.chars().filter(|c| {
            quoted ^= *c == '"';
            !quoted
        });
        tags.push(unquoted.take_while(|c| *c != '>').collect());
    }
    tags
}

#[test]
fn foreign_styles_are_escaped() {
    let (hostile, _) = hostile();
    let text = form::text(&hostile.setup, &analyse(&hostile), TERMINAL);
    assert_inert(&STYLES.iter().fold(text, |text, style| text.replace(style, "")));
}
