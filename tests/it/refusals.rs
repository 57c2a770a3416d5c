//! Command lines and files that are refused: one line, with the way out.

use std::process::Command;

use crate::cli::{file, refusal, text};

#[test]
fn errors_are_one_line() {
    let url = "http://a.example";
    let cases: &[(&[&str], &str)] = &[
        (&["fetch"], "nothing to fetch: name urls"),
        (&["fetch", "ftp://a.example"], "unsupported scheme `ftp`; use http or https"),
        (&["fetch", "a.example"], r#"write "https://a.example""#),
        (&["fetch", "http://[::1"], r#"bad url "http://[::1""#),
        (&["fetch", url, "--concurrency", "0"], r#"bad concurrency "0""#),
        (&["fetch", url, "--timeout", "10"], "write it as 250ms"),
        (&["fetch", url, "--timeout", "0s"], "longer than nothing"),
        (&["fetch", url, "--max-body", "1TB"], "write it as 512"),
        (&["fetch", url, "--redirects", "many"], "bad number of redirects"),
        (&["fetch", url, "-H", "Name value"], "write it as 'Name: value'"),
        (&["fetch", url, "--backend", "nope"], r#"unknown backend "nope": take one of"#),
        (&["fetch", url, "--backend", "ureq"], "choose from ureq@sequential, ureq@threads"),
        (&["fetch", url, "--cacert", "/nowhere.pem"], "cannot read --cacert /nowhere.pem"),
        (&["fetch", "--sites", "/nowhere.txt"], r#"cannot read the list of sites "/nowhere.txt""#),
        (&["fetch", url, "--no-such-flag"], "see --help"),
        (&["fetch", url, "--bakend", "fake"], "did you mean `--backend`?"),
        (&["fetch", url, "--format", "jsn"], "did you mean `json`?"),
        (&["cmopare"], "\"cmopare\" is neither a command nor a url; did you mean `compare`?"),
        (&["keepalve"], "did you mean `--scenario keepalive`?"),
        (&["help", "compar"], "did you mean `compare`?"),
        (&["compare", "fanout"], "did you mean \"fan-out\"?"),
        (&["verify", "--fault", "stal"], "did you mean \"stale\"?"),
        (&["run", "--scenario", "nope"], r#"unknown scenario "nope": take one of article"#),
        (&["run", "--scenario", "nowhere.toml"], "cannot read scenario nowhere.toml"),
        (&["run", "--scenario", "article", url], "cannot be used with"),
        (&["run", "--time-scale", "nan"], r#"bad time scale "nan""#),
        (&["--backend", "fake", "--concurrency", "0"], r#"bad concurrency "0""#),
    ];
    for (args, expected) in cases {
        let line = refusal(args);
        assert!(line.contains(expected), "{args:?}: {line}");
    }
}

#[test]
fn file_errors_name_the_line() {
    let cases = [
        (
            "list.txt",
            "--sites",
            "http://a.example\nb.example\n",
            "list.txt:2: url \"b.example\" has no scheme",
        ),
        ("list.txt", "--sites", "# nothing\n\n", "is empty"),
        (
            "list.toml",
            "--sites",
            "[[site]]\nurl = 'http://a.example'\nlable = 'A'",
            "list.toml:3: unknown field `lable`",
        ),
        ("list.toml", "--sites", "\n[[site]\n", "list.toml:2: "),
        ("course.toml", "--scenario", "description = 'd'\nconcurrency = 0\n", "course.toml:2: "),
        (
            "course.toml",
            "--scenario",
            "description = 'd'\ncolour = 1\n",
            "course.toml:2: unknown field `colour`",
        ),
        (
            "course.toml",
            "--scenario",
            "description = 'd'\nconcurrency = 1\n",
            "list of sites is empty",
        ),
        ("no.pem", "--cacert", "not a certificate", "no certificate in it"),
        (
            "bad.pem",
            "--cacert",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "bad certificate 1",
        ),
    ];
    for (name, flag, content, expected) in cases {
        let (_directory, path) = file(name, content);
        let line = refusal(&["run", "--backend", "fake", flag, path.to_str().unwrap()]);
        assert!(line.contains(expected), "{content:?}: {line}");
    }
}

#[test]
fn refusals_show_no_secrets() {
    for hostile in
        ["a.example/\u{1b}[31m\u{202e}", "http://a.example/\u{9b}31m", "--no\u{1b}[31m\u{9b}"]
    {
        let line = refusal(&["fetch", hostile]);
        assert!(!line.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{line:?}");
    }
    assert!(
        !refusal(&["fetch", "http://a.example", "-H", "Authorization: sec\u{7}ret"])
            .contains("ret")
    );
}

#[test]
fn few_descriptors_are_refused() {
    let limited = |limit: &str, concurrency: &str| {
        let script = format!("ulimit -{limit} && exec \"$0\" \"$@\"");
        let program = env!("CARGO_BIN_EXE_fetchbench");
        let args = ["fetch", "--backend", "fake", "http://a.example", "--concurrency", concurrency];
        Command::new("sh").args(["-c", &script, program]).args(args).output().unwrap()
    };
    let refused = limited("n 100", "200");
    assert_eq!(refused.status.code(), Some(2));
    let stderr = text(&refused.stderr);
    assert!(
        stderr.contains("concurrency 200 needs 232 file descriptors and at most 100"),
        "{stderr}"
    );
    assert!(stderr.contains("ulimit -n 232"), "{stderr}");
    assert_eq!(limited("n 100", "68").status.code(), Some(0), "68 and the 32 in reserve");
    assert_eq!(limited("Sn 100", "200").status.code(), Some(0), "a soft limit is raised");
}
