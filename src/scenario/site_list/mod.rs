//! Lists of live sites: a text file, a TOML file or standard input.
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("urls.txt");
//! std::fs::write(&path, "http://a.example/\n# one url a line\nb.example\n")?;
//! let list = fetchbench::scenario::site_list::read(&path)?;
//! assert_eq!(list.sites.len(), 1);
//! assert!(list.bad.reported()[0].ends_with(r#"write "https://b.example""#));
//! # Ok(())
//! # }
//! ```

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use anyhow::{Context, anyhow};
use url::Url;

pub use self::bad::BadLines;
pub use self::parse::{UrlError, parse_url};
use crate::fetch::files::read_at_most;
use crate::fetch::public::public_url;

mod bad;
mod file_kind;
mod form;
mod lines;
mod parse;
mod toml_list;

/// Maximum number of sites. Longer lists are mistakes.
const SITES_MAX: usize = 1_000_000;

/// Maximum length of a TOML file in bytes.
const TOML_MAX: u64 = 64 << 20;

/// The name of standard input in messages.
const STDIN: &str = "stdin";

/// A live site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSite {
    /// The url to fetch.
    pub url: Url,
    /// The label, if the list gives one. Foreign text: escape it before printing.
    pub label: Option<String>,
}

impl ListedSite {
    /// Returns the name for records: the label, or the [public url](public_url).
    pub fn public_name(&self) -> String {
        if let Some(label) = &self.label {
            return label.clone();
        }
        public_url(&self.url)
    }
}

/// A list of sites as read, with the lines that are not urls.
#[derive(Debug, Clone)]
pub struct SiteList {
    /// The sites, in the order of the list.
    pub sites: Vec<ListedSite>,
    /// The lines that are not urls.
    pub bad: BadLines,
}

/// Reads the list at `path`: TOML if the name ends in `.toml`, or else one url a line. `-` is
/// standard input.
///
/// # Errors
///
/// The list cannot be read, is too long, or is another kind of file. The message begins with the
/// file and line.
pub fn read(path: &Path) -> anyhow::Result<SiteList> {
    if path == Path::new("-") {
        return lines::read(STDIN, io::stdin().lock(), SITES_MAX);
    }
    let name = path.display().to_string();
    if path.extension().is_some_and(|extension| extension == "toml") {
        let bytes = read_at_most(path, TOML_MAX).map_err(|error| match error.kind() {
            io::ErrorKind::FileTooLarge => {
                anyhow!(
                    "{}: {error}: write a list of one url a line, which may be longer",
                    cannot_read(&name)
                )
            }
            _ => anyhow::Error::new(error).context(cannot_read(&name)),
        })?;
        return toml_list::parse(&name, &bytes, SITES_MAX);
    }
    let file = File::open(path).with_context(|| cannot_read(&name))?;
    lines::read(&name, BufReader::new(file), SITES_MAX)
}

/// Returns the message of a list that cannot be read.
fn cannot_read(name: &str) -> String {
    format!("cannot read the list of sites {name:?}")
}

/// Reads any bytes as a list of either form. Tests call this with mutants of a corpus, and `fuzz/`
/// with more.
///
/// # Panics
///
/// A site is not a url, or an error does not name its line.
#[cfg(any(test, fuzzing))]
pub fn examine(bytes: &[u8]) {
    for read in [lines::read("list", bytes, SITES_MAX), toml_list::parse("list", bytes, SITES_MAX)]
    {
        let errors = match read {
            Ok(SiteList { sites, bad }) => {
                for ListedSite { url, .. } in sites {
                    assert!(matches!(url.scheme(), "http" | "https") && url.has_host(), "{url}");
                    assert!(url.username().is_empty() && url.password().is_none(), "{url}");
                }
                assert_eq!(bad.reported().len(), bad.count().min(10));
                bad.reported().to_vec()
            }
            Err(error) => vec![error.to_string()],
        };
        for error in errors {
            let line =
                error.strip_prefix("list:").and_then(|rest| rest.split(':').next()?.parse().ok());
            assert!(line.is_some_and(|line: usize| line > 0), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::mutation;

    #[test]
    fn a_million_may_end_blank() {
        let list = "http://a\n".repeat(1_000_000) + "\n";
        assert_eq!(lines::read("list", list.as_bytes(), SITES_MAX).unwrap().sites.len(), 1_000_000);
    }

    #[test]
    fn mutants_are_read_or_named() {
        mutation::each("sites", 300, examine);
    }
}
