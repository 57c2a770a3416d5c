//! Lists of sites as people have them.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use crate::cli::{fetchbench, text};

const TWO: [&str; 2] = ["http://a.example/x?y=1&z=2", "https://b.example/"];

/// [`TWO`] as outputs show them.
const SHOWN: [&str; 2] = ["http://a.example/x?y=…&z=…", "https://b.example/"];

/// Lists of [`TWO`], and what each is called.
fn kinds() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let plain = TWO.join("\n") + "\n";
    let utf_16: Vec<u16> = plain.encode_utf16().collect();
    let (mut gzip, plain) = (GzEncoder::new(Vec::new(), Compression::fast()), plain.as_bytes());
    gzip.write_all(plain).unwrap();
    let each = |form: fn(&str) -> String| TWO.map(form).concat().into_bytes();
    vec![
        (
            "hosts.txt",
            b"a.example/x?y=1&z=2\nb.example\n\n# mine\n".to_vec(),
            "hosts without a scheme",
        ),
        (
            "ranks.csv",
            b"rank,host\r\n1,a.example\r\n2,b.example\r\n".to_vec(),
            "comma-separated columns",
        ),
        ("quoted.csv", each(|url| format!("\"7\",\"{url}\"\n")), "comma-separated columns"),
        ("tabs.tsv", each(|url| format!("A site\t{url}\t200\n")), "tab-separated columns"),
        ("codes.log", each(|url| format!("{url} 200\n")), "columns"),
        ("quotes.txt", each(|url| format!("\"{url}\",\r\n")), "quoted urls"),
        ("it's.txt", each(|url| format!("'{url}'\n")), "quoted urls"),
        ("brackets.txt", each(|url| format!("<{url}>\n")), "urls in brackets"),
        ("links.md", each(|url| format!("* [A]({url})\n")), "Markdown links"),
        ("numbers.txt", each(|url| format!("1. {url}\n")), "a numbered or bulleted list"),
        ("targets.txt", each(|url| format!("GET {url}\nAccept: text/html\n\n")), "vegeta targets"),
        ("access.log", each(|url| format!("[12:00:01] url=\"{url}\" ok\n")), "text around urls"),
        ("list.json", serde_json::to_vec(&TWO).unwrap(), "JSON"),
        (
            "lines.json",
            each(|url| serde_json::json!({"url": url, "status": 200}).to_string() + "\n"),
            "JSON",
        ),
        ("site.har", har(), "a HAR file"),
        ("sitemap.xml", sitemap(), "a sitemap"),
        ("page.html", each(|url| format!("<a href=\"{url}\">A</a>\n")), "an HTML or XML page"),
        ("packed.txt.gz", gzip.finish().unwrap(), "a gzip file"),
        ("little.txt", utf_16.iter().flat_map(|unit| unit.to_le_bytes()).collect(), "UTF-16"),
        ("big.txt", utf_16.iter().flat_map(|unit| unit.to_be_bytes()).collect(), "UTF-16"),
        (
            "marked.txt",
            [0xFEFF].iter().chain(&utf_16).flat_map(|unit| unit.to_le_bytes()).collect(),
            "UTF-16",
        ),
        ("list.txt", each(|url| format!("[[site]]\nurl = '{url}'\n")), "TOML"),
    ]
}

fn har() -> Vec<u8> {
    let entries = TWO.map(|url| serde_json::json!({"request": {"url": url}, "response": {"url": "http://no.example"}}));
    serde_json::to_vec_pretty(&serde_json::json!({"log": {"entries": entries}})).unwrap()
}

fn sitemap() -> Vec<u8> {
    let urls =
        TWO.map(|url| format!("<url><loc>{}</loc></url>", url.replace('&', "&amp;"))).concat();
    let begins =
        r#"<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">"#;
    format!("{begins}{urls}</urlset>").into_bytes()
}

/// Fetches a list in a folder, by the backend that answers everything.
fn fetch(folder: &Path, list: &str, flags: &[&str]) -> Output {
    let args = ["fetch", "--backend", "fake", "--format", "json", "--sites", list];
    fetchbench(&[&args[..], flags].concat()).current_dir(folder).output().unwrap()
}

/// The urls that were fetched.
fn fetched(output: &Output) -> Vec<String> {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    json["fetched"]
        .as_array()
        .unwrap()
        .iter()
        .map(|site| site["url"].as_str().unwrap().to_owned())
        .collect()
}

/// The error lines that refuse a list.
fn refusal(output: &Output) -> Vec<String> {
    let stderr = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()), "{stderr}");
    stderr
        .lines()
        .map(|line| line.strip_prefix("error: ").unwrap_or_else(|| panic!("{stderr}")).to_owned())
        .collect()
}

fn folder(name: &str, content: impl AsRef<[u8]>) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(name), content).unwrap();
    folder
}

#[test]
fn conversions_convert() {
    for (name, content, kind) in kinds() {
        let folder = folder(name, content);
        let refused = refusal(&fetch(folder.path(), name, &[]));
        let last = refused.last().unwrap();
        let command = last.split('`').nth(1).unwrap_or_else(|| panic!("{name}: {refused:?}"));
        assert!(last.contains(kind) && last.contains("convert it with"), "{name}: {last}");
        let program = command.split(' ').next().unwrap();
        if !Command::new("sh")
            .args(["-c", &format!("command -v {program}")])
            .output()
            .unwrap()
            .status
            .success()
        {
            eprintln!("{program} is not installed: `{command}` is not tried");
            continue;
        }
        assert!(
            Command::new("sh")
                .args(["-c", command])
                .current_dir(&folder)
                .status()
                .unwrap()
                .success()
        );
        let list = if kind == "TOML" { "urls.toml" } else { "urls.txt" };
        let urls = fetched(&fetch(folder.path(), list, &[]));
        let expected = match name {
            "hosts.txt" => vec!["https://a.example/x?y=…&z=…", SHOWN[1]],
            "ranks.csv" => vec!["https://a.example/", SHOWN[1]],
            _ => SHOWN.to_vec(),
        };
        assert_eq!(urls, expected, "{name}: {command}");
    }
}

#[test]
fn bad_lines_are_counted() {
    let list = format!("{}\n{}", TWO[0], "not a url\n".repeat(12));
    let folder = folder("list.txt", list);
    let refused = refusal(&fetch(folder.path(), "list.txt", &[]));
    assert_eq!(refused.len(), 11, "ten lines and a count: {refused:?}");
    for (number, line) in (2..).zip(&refused[..10]) {
        let expected =
            format!("list.txt:{number}: \"not a url\" is not a url: write it as https://host/path");
        assert_eq!(*line, expected);
    }
    assert_eq!(
        refused[10],
        "list.txt: 12 of 13 lines are not urls; correct them, or add --skip-bad"
    );
}

#[test]
fn ranked_hosts_get_advice() {
    let folder = folder("top.csv", "1,google.com\n");
    let refused = refusal(&fetch(folder.path(), "top.csv", &[]));
    assert_eq!(
        refused,
        ["top.csv:1: \"1,google.com\" is a row of columns: write \"https://google.com\"; \
          this looks like comma-separated columns: convert it with \
          `cut -d, -f2 top.csv | sed -n '/\\./ s|^|https://|p' > urls.txt`"]
    );
    fs::write(folder.path().join("top.csv"), "https://1,google.com\n").unwrap();
    let refused = refusal(&fetch(folder.path(), "top.csv", &[]));
    assert_eq!(refused, ["top.csv:1: bad url \"https://1,google.com\": no host name holds ','"]);
    for url in ["1,google.com", "https://1,google.com"] {
        let refused = refusal(&fetchbench(&["fetch", "--backend", "fake", url]).output().unwrap());
        assert!(!refused[0].contains("write \"https://1"), "{refused:?}");
    }
}

#[test]
fn skip_bad_goes_on() {
    let folder = folder("list.txt", format!("{}\nb.example\n\n1,c.example\n{}\n", TWO[0], TWO[1]));
    let output = fetch(folder.path(), "list.txt", &["--skip-bad"]);
    assert_eq!(fetched(&output), SHOWN);
    let warnings = text(&output.stderr);
    assert!(
        warnings.starts_with("warning: list.txt:2: url \"b.example\" has no scheme"),
        "{warnings}"
    );
    assert!(
        warnings.ends_with("warning: skipped: list.txt: 2 of 4 lines are not urls\n"),
        "{warnings}"
    );
    for command in ["run", "compare"] {
        let args = [command, "--backend", "nope", "--sites", "list.txt", "--skip-bad"];
        let output = fetchbench(&args).current_dir(&folder).output().unwrap();
        assert!(
            text(&output.stderr).contains("unknown backend \"nope\""),
            "{command} knows the flag"
        );
    }
}

#[test]
fn nothing_left_is_an_error() {
    let folder = folder("list.txt", "b.example\n");
    let output = fetch(folder.path(), "list.txt", &["--skip-bad"]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.ends_with(
            "error: the list of sites \"list.txt\" has no url left: write one url a line\n"
        ),
        "{stderr}"
    );
}

#[test]
fn lists_do_not_speak_of_flags() {
    let folder = folder("article", "http://a.example");
    for line in [
        "article",
        "fan-out",
        "hello",
        "me:secret@a.example",
        "http://me:secret@a.example",
        "http://a.example/ b",
    ] {
        fs::write(folder.path().join("list.txt"), line).unwrap();
        let refused = refusal(&fetch(folder.path(), "list.txt", &[])).join("\n");
        assert!(refused.starts_with("list.txt:1: "), "{refused}");
        for word in [" -", "secret", "command", "scenario", "is a file"] {
            assert!(!refused.replace("sed -E", "").contains(word), "{refused}");
        }
    }
}

#[test]
fn long_toml_is_refused_whole() {
    let folder = folder("list.toml", "[[site]]\nurl = 'http://a.example'\n");
    let file = fs::OpenOptions::new().append(true).open(folder.path().join("list.toml")).unwrap();
    // A comment takes it beyond what is read, and another site stands behind that.
    let comment = vec![b'#'; 64 << 20];
    (&file).write_all(&comment).unwrap();
    (&file).write_all(b"\n[[site]]\nurl = 'http://b.example'\n").unwrap();
    let refused = refusal(&fetch(folder.path(), "list.toml", &[]));
    assert!(
        refused[0].contains("it is longer than 64 MiB: write a list of one url a line"),
        "{refused:?}"
    );
}
