//! Lists of the user's own sites: urls on the command line, in a text file, in a TOML file or on standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use serde::Deserialize;
use toml::Spanned;
use url::Url;

use crate::scenario::Scenario;

/// Longer lists are mistakes.
const SITES_MAX: usize = 1_000_000;

/// The longest line that is read, in bytes: many servers refuse a longer url, and a file that is no list of urls ends
/// here rather than in memory.
const LINE_MAX: usize = 8192;

/// The longest TOML file that is read, in bytes.
const TOML_MAX: u64 = 64 << 20;

/// A site of the user's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSite {
    /// Where it is.
    pub url: Url,
    /// What to call it, where the user says so. Foreign text: escape it where it is printed.
    pub label: Option<String>,
}

impl ListedSite {
    /// What to call it where it is kept: its label, or its url without the values of its query, which may be secrets.
    pub fn public_name(&self) -> String {
        if let Some(label) = &self.label {
            return label.clone();
        }
        public_url(&self.url)
    }
}

/// Returns a url without what may be secret: user name, password, the values of its query and its fragment.
pub fn public_url(url: &Url) -> String {
    let mut url = url.clone();
    // A url that cannot have a user name has none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    let query = url.query().map_or_else(String::new, |query| {
        // Without `=` the whole may be a secret.
        let keys =
            query.split('&').map(|pair| pair.split_once('=').map_or("…".to_owned(), |(key, _)| format!("{key}=…")));
        format!("?{}", keys.collect::<Vec<_>>().join("&"))
    });
    url.set_query(None);
    format!("{url}{query}")
}

/// Reads one url.
///
/// # Errors
///
/// Names the text and the way out: no scheme, a scheme that is not fetched, a password in it, or no url at all.
pub fn parse_url(text: &str) -> anyhow::Result<Url> {
    // A text that may hold a password is not repeated: a message may end in a log.
    let shown = if text.contains('@') { "…@…" } else { text };
    let (scheme, rest) = match text.split_once(':') {
        Some((scheme, rest)) if rest.starts_with("//") => (Some(scheme.to_ascii_lowercase()), rest),
        _ => (None, text),
    };
    match scheme.as_deref() {
        None if Scenario::names().any(|name| name == text) => {
            bail!("{text:?} is a scenario, not a url: write --scenario {text}")
        }
        None if Path::new(text).is_file() => bail!("{text:?} is a file, not a url: write --sites {text}"),
        None if !text.contains(['.', ':', '/']) => bail!("{text:?} is neither a command nor a url: see --help"),
        None if text.contains('@') => bail!("url {shown:?} has no scheme: write https://…"),
        None => bail!("url {text:?} has no scheme: write {:?}", format!("https://{}", rest.trim_start_matches('/'))),
        Some("http" | "https") => {}
        Some(scheme) => bail!("url {shown:?}: {scheme} is not fetched, only http and https are"),
    }
    // The parser would drop or encode these without a word.
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        bail!("url {shown:?} holds a blank: write %20 for a space, and one url a line");
    }
    let url: Url = text.parse().map_err(|error| anyhow!("bad url {shown:?}: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        let host = url.host_str().unwrap_or_default();
        bail!("url of host {host:?} holds a user name or password: send them with -H 'Authorization: …'");
    }
    Ok(url)
}

/// Reads the list at `path`: TOML where the name ends so, else one url a line; `-` is standard input.
///
/// # Errors
///
/// Begins with the file and, where there is one, the line at fault. An empty list is an error.
pub fn read(path: &str) -> anyhow::Result<Vec<ListedSite>> {
    let context = || format!("cannot read the list of sites {path:?}");
    let sites = if path == "-" {
        read_lines("stdin", io::stdin().lock())?
    } else if Path::new(path).extension().is_some_and(|extension| extension == "toml") {
        let mut text = String::new();
        File::open(path).and_then(|file| file.take(TOML_MAX).read_to_string(&mut text)).with_context(context)?;
        parse_toml(path, &text)?
    } else {
        read_lines(path, BufReader::new(File::open(path).with_context(context)?))?
    };
    if sites.is_empty() {
        bail!("the list of sites {path:?} is empty: write one url a line");
    }
    Ok(sites)
}

/// One url a line; blank lines and lines that begin with `#` are skipped.
fn read_lines(name: &str, mut lines: impl BufRead) -> anyhow::Result<Vec<ListedSite>> {
    let mut sites = Vec::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = lines.by_ref().take(LINE_MAX as u64 + 1).read_until(b'\n', &mut line);
        if read.with_context(|| format!("cannot read the list of sites {name:?}"))? == 0 {
            break;
        }
        if sites.len() == SITES_MAX {
            bail!("{name}:{number}: the list is longer than {SITES_MAX} urls");
        }
        let site = parse_line(&line).map_err(|error| anyhow!("{name}:{number}: {error}"))?;
        sites.extend(site);
    }
    Ok(sites)
}

fn parse_line(line: &[u8]) -> anyhow::Result<Option<ListedSite>> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    if line.len() > LINE_MAX {
        bail!("the line is longer than {LINE_MAX} bytes: write one url a line");
    }
    let text = std::str::from_utf8(line).context("the line is not UTF-8: is this a list of urls?")?;
    let text = text.trim_start_matches('\u{FEFF}').trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    Ok(Some(ListedSite { url: parse_url(text)?, label: None }))
}

/// A list of sites as written in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireList {
    #[serde(rename = "site", default)]
    sites: Vec<WireSite>,
}

/// A site as written in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSite {
    url: Spanned<String>,
    label: Option<String>,
}

fn parse_toml(name: &str, text: &str) -> anyhow::Result<Vec<ListedSite>> {
    let at = |byte: usize| format!("{name}:{}", text[..byte].matches('\n').count() + 1);
    let list: WireList = toml::from_str(text).map_err(|error| {
        anyhow!("{}: {}", at(error.span().map_or(0, |span| span.start)), error.message().replace('\n', ", "))
    })?;
    let listed = |site: WireSite| {
        let url = parse_url(site.url.get_ref()).map_err(|error| anyhow!("{}: {error}", at(site.url.span().start)))?;
        Ok(ListedSite { url, label: site.label })
    };
    list.sites.into_iter().map(listed).collect()
}

/// Takes any bytes for a list of sites, of either form: tried on mutants in the tests, and on more in `fuzz/`.
///
/// # Panics
///
/// A site is none, or an error does not say where it is.
#[doc(hidden)]
pub fn examine(bytes: &[u8]) {
    let toml = std::str::from_utf8(bytes).ok().map(|text| parse_toml("list", text));
    for read in [read_lines("list", bytes)].into_iter().chain(toml) {
        match read {
            Ok(sites) => {
                for ListedSite { url, .. } in sites {
                    assert!(matches!(url.scheme(), "http" | "https") && url.has_host(), "{url}");
                    assert!(url.username().is_empty() && url.password().is_none(), "{url}");
                }
            }
            Err(error) => {
                let error = error.to_string();
                let line = error.strip_prefix("list:").and_then(|rest| rest.split(':').next()?.parse().ok());
                assert!(line.is_some_and(|line: usize| line > 0), "{error}");
                assert!(!error.contains('\n'), "{error}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation;

    #[test]
    fn a_mutant_of_a_list_is_read_or_its_line_is_named() {
        mutation::each("sites", 300, examine);
    }

    fn lines(text: impl AsRef<[u8]>) -> Result<Vec<String>, String> {
        let sites = read_lines("list.txt", text.as_ref()).map_err(|error| error.to_string())?;
        Ok(sites.into_iter().map(|site| site.url.to_string()).collect())
    }

    #[test]
    fn blank_lines_and_comments_are_skipped() {
        let text = "\u{feff}# mine\r\n\n  http://a.example/x#part  \r\nHTTPS://b.example";
        assert_eq!(lines(text).unwrap(), ["http://a.example/x#part", "https://b.example/"]);
        assert_eq!(lines("# nothing\n").unwrap(), [""; 0]);
    }

    #[test]
    fn a_line_at_fault_is_named_with_its_number() {
        let error = |text: &str| lines(text).unwrap_err();
        assert_eq!(
            error("http://a.example\n\nb.example/x"),
            r#"list.txt:3: url "b.example/x" has no scheme: write "https://b.example/x""#
        );
        assert_eq!(
            error("ftp://a.example"),
            r#"list.txt:1: url "ftp://a.example": ftp is not fetched, only http and https are"#
        );
        assert!(error("http://a.example b").contains("holds a blank"));
        assert!(error("http://[::1").starts_with("list.txt:1: bad url \"http://[::1\": "));
        assert!(lines(b"\n\xff\n").unwrap_err().starts_with("list.txt:2: the line is not UTF-8"));
    }

    #[test]
    fn a_password_in_a_url_is_refused_and_not_repeated() {
        let error = parse_url("http://me:secret@a.example/").unwrap_err().to_string();
        assert!(error.contains("user name or password") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn public_urls_hold_no_secrets() {
        let public = |url: &str| public_url(&url.parse().unwrap());
        assert_eq!(public("https://me:pw@a.example:8443/x?a=1&b=&c#d"), "https://a.example:8443/x?a=…&b=…&…");
        // A query without keys may be a secret as a whole.
        assert_eq!(public("http://a.example/?s3cret"), "http://a.example/?…");
        assert_eq!(public("http://a.example"), "http://a.example/");
    }

    #[test]
    fn a_line_has_a_longest_length() {
        let url = |length: usize| format!("http://a.example/{}", "x".repeat(length - "http://a.example/".len()));
        assert_eq!(lines(format!("{}\n", url(LINE_MAX))).unwrap().len(), 1);
        assert!(lines(url(LINE_MAX + 1)).unwrap_err().contains("longer than 8192 bytes"));
        assert!(lines(vec![b'x'; 100 * LINE_MAX]).unwrap_err().starts_with("list.txt:1: "));
    }

    #[test]
    fn toml_may_give_labels_and_nothing_unknown() {
        let parse = |text| parse_toml("list.toml", text).map_err(|error| error.to_string());
        let sites =
            parse("[[site]]\nurl = 'http://a.example'\nlabel = 'A'\n[[site]]\nurl = 'http://b.example'").unwrap();
        assert_eq!((sites[0].label.as_deref(), sites[1].label.as_deref()), (Some("A"), None));
        let error = |text| parse(text).unwrap_err();
        assert!(
            error("[[site]]\nurl = 'http://a.example'\nlable = 'A'").starts_with("list.toml:3: unknown field `lable`")
        );
        assert!(error("\n[[site]]\nurl = 'a.example'").starts_with("list.toml:3: url \"a.example\" has no scheme"));
        assert!(error("[[site]]\nlabel = 'A'").starts_with("list.toml:1: missing field `url`"));
        assert!(error("[[site]\n").starts_with("list.toml:1: "));
    }
}
