//! Lists in TOML, with optional labels.

use anyhow::{anyhow, bail};
use serde::Deserialize;
use toml::Spanned;

use super::bad::BadLines;
use super::lines::refusal;
use super::parse::parse_url;
use super::{ListedSite, SiteList, file_kind};

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

/// Parses a list of at most `most` sites.
pub(super) fn parse(file: &str, bytes: &[u8], most: usize) -> anyhow::Result<SiteList> {
    if let Some(kind) = file_kind::binary(bytes) {
        bail!(refusal(file, &kind));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        anyhow!("{file}:{}: the line is not UTF-8", line(bytes, error.valid_up_to()))
    })?;
    let parsed: WireList = toml::from_str(text).map_err(|error| {
        let number = line(bytes, error.span().map_or(0, |span| span.start));
        if let Some(number) = first_url(text) {
            return anyhow!("{file}:{number}: one url a line is not TOML: name the file urls.txt");
        }
        anyhow!("{file}:{number}: {}", error.message().replace('\n', ", "))
    })?;
    if let Some(site) = parsed.sites.get(most) {
        bail!("{file}:{}: the list is longer than {most} urls", line(bytes, site.url.span().start));
    }
    let mut list = SiteList { sites: Vec::new(), bad: BadLines::new(file, "sites") };
    for site in parsed.sites {
        list.bad.lines += 1;
        match parse_url(site.url.get_ref()) {
            Ok(url) => list.sites.push(ListedSite { url, label: site.label }),
            Err(error) => {
                let number = || line(bytes, site.url.span().start);
                list.bad.push_url(number, site.url.get_ref(), &error)
            }
        }
    }
    // The commands convert lines, not TOML.
    list.bad.forget_forms();
    Ok(list)
}

/// Returns the number of the line that holds a byte, counted from 1.
fn line(bytes: &[u8], index: usize) -> usize {
    bytes[..index].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Returns the number of the first line that is neither blank nor a comment, if it begins with a
/// url.
fn first_url(text: &str) -> Option<usize> {
    let mut lines = text.trim_start_matches('\u{FEFF}').lines().map(str::trim_start).zip(1..);
    let (line, number) = lines.find(|(line, _)| !line.is_empty() && !line.starts_with('#'))?;
    ["http://", "https://"].iter().any(|scheme| line.starts_with(scheme)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Result<SiteList, String> {
        parse("list.toml", text.as_bytes(), 3).map_err(|error| error.to_string())
    }

    #[test]
    fn unknown_keys_are_refused() {
        let text =
            "[[site]]\nurl = 'http://a.example'\nlabel = 'A'\n[[site]]\nurl = 'http://b.example'";
        for text in [text.to_owned(), format!("\u{feff}{text}"), text.replace('\n', "\r\n")] {
            let sites = list(&text).unwrap().sites;
            assert_eq!((sites[0].label.as_deref(), sites[1].label.as_deref()), (Some("A"), None));
        }
        let error = |text| list(text).err().unwrap();
        assert!(
            error("[[site]]\nurl = 'http://a.example'\nlable = 'A'")
                .starts_with("list.toml:3: unknown field `lable`")
        );
        assert!(error("[[site]]\nlabel = 'A'").starts_with("list.toml:1: missing field `url`"));
        assert!(error("[[site]\n").starts_with("list.toml:1: "));
    }

    #[test]
    fn all_bad_sites_are_named() {
        let list = list("\n[[site]]\nurl = 'a.example'\n[[site]]\nurl = '1,b.example'").unwrap();
        assert_eq!(
            list.bad.reported(),
            [
                r#"list.toml:3: url "a.example" has no scheme: write "https://a.example""#,
                r#"list.toml:5: "1,b.example" is a row of columns: write "https://b.example""#
            ]
        );
        assert_eq!(list.bad.conversion(), None);
    }

    #[test]
    fn long_lists_are_refused() {
        let site = "[[site]]\nurl = 'http://a.example'\n";
        assert_eq!(list(&site.repeat(3)).unwrap().sites.len(), 3);
        assert_eq!(
            list(&site.repeat(4)).err().unwrap(),
            "list.toml:8: the list is longer than 3 urls"
        );
    }

    #[test]
    fn other_kinds_are_named() {
        let error = list("# mine\nhttp://a.example\n").err().unwrap();
        assert_eq!(error, "list.toml:2: one url a line is not TOML: name the file urls.txt");
        let error = parse("list.toml", b"\n\xff", 3).err().unwrap().to_string();
        assert_eq!(error, "list.toml:2: the line is not UTF-8");
        assert!(
            parse("list.toml", b"\x1f\x8b", 3)
                .err()
                .unwrap()
                .to_string()
                .contains("gunzip -c list.toml")
        );
    }
}
