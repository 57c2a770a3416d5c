//! The flags that fetching commands share, and what becomes of them.

use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use clap::builder::{OsStringValueParser, TypedValueParser};
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderName, HeaderValue};
use url::Url;

use super::terminal::{print_error, print_warning};
use crate::backend::Row;
use crate::fetch::error::excerpt;
use crate::fetch::files::read_at_most;
use crate::fetch::roots::{self, Roots};
use crate::fetch::{HEADERS_MAX, Limits, Options};
use crate::scenario::Scenario;
use crate::scenario::site_list::{self, ListedSite, SiteList, UrlError};
use crate::scenario::units::{MAX_DEADLINE, parse_bytes, parse_duration};

/// What to fetch: urls, or a file of them.
#[derive(Debug, clap::Args)]
pub(super) struct SiteFlags {
    /// Urls to fetch
    #[arg(value_name = "URL", value_parser = parse_url, conflicts_with = "sites")]
    pub(super) urls: Vec<Url>,
    /// File of urls, one a line, or TOML with `site` tables of `url` and `label`; `-` is stdin
    #[arg(long, value_name = "FILE")]
    pub(super) sites: Option<PathBuf>,
    /// Skip the lines of FILE that are not urls
    #[arg(long, requires = "sites")]
    skip_bad: bool,
}

/// How to fetch it.
#[derive(Debug, clap::Args)]
pub(super) struct FetchFlags {
    /// Most fetches at one moment [default: the scenario's; for urls as many as there are, up to
    /// 64]
    #[arg(long, value_name = "N", value_parser = parse_concurrency)]
    pub(super) concurrency: Option<NonZeroUsize>,
    /// Longest a fetch may take, with all its redirects, such as 500ms or 10s [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = parse_timeout)]
    pub(super) timeout: Option<Duration>,
    /// Longest body that is accepted, such as 15kB or 2MiB [default: 64MiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    pub(super) max_body: Option<u64>,
    /// Redirects to follow [default: 0; 10 when `run` is given urls]
    #[arg(long, value_name = "N", value_parser = parse_redirects)]
    pub(super) redirects: Option<u32>,
    /// Header to send, in place of ours of the same name; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE",
        value_parser = OsStringValueParser::new().try_map(|text| parse_header(text.as_bytes())))]
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// File of certificates, PEM or DER, to trust in place of the web's roots
    #[arg(long, value_name = "FILE")]
    pub(super) cacert: Option<PathBuf>,
}

/// The rows that one `--backend` stands for.
#[derive(Debug, Clone)]
pub(super) struct Rows(pub(super) Vec<Row>);

/// How to write what a program is to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

impl SiteFlags {
    /// The sites named, or none where there is neither a url nor a file.
    pub(super) fn read(&self) -> anyhow::Result<Vec<ListedSite>> {
        match &self.sites {
            Some(path) => read_sites(path, self.skip_bad),
            None => Ok(self
                .urls
                .iter()
                .map(|url| ListedSite { url: url.clone(), label: None })
                .collect()),
        }
    }
}

impl FetchFlags {
    /// `limits` with what the flags say otherwise. The concurrency stands apart, since its default
    /// is the command's.
    pub(super) fn applied_to(&self, limits: Limits) -> Limits {
        Limits {
            concurrency: self.concurrency.unwrap_or(limits.concurrency),
            deadline: self.timeout.unwrap_or(limits.deadline),
            max_body: self.max_body.unwrap_or(limits.max_body),
            redirects: self.redirects.unwrap_or(limits.redirects),
            ..limits
        }
    }

    /// The headers and certificates that the flags name.
    pub(super) fn options(&self) -> anyhow::Result<Options> {
        let mut options = Options::default();
        // Each line has a colon, a space and its end.
        let length: usize =
            self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        ensure!(
            length <= HEADERS_MAX,
            "the headers have {length} bytes: send at most {HEADERS_MAX}"
        );
        for (name, value) in &self.headers {
            options.headers.append(name, value.clone());
        }
        options.roots = self.cacert.as_deref().map(read_certificates).transpose()?;
        Ok(options)
    }
}

/// Reads the list of `--sites`, and reports the lines that are not urls.
///
/// # Errors
///
/// The list cannot be read, has such lines without `skip_bad`, or is empty.
pub(super) fn read_sites(path: &Path, skip_bad: bool) -> anyhow::Result<Vec<ListedSite>> {
    /// Skipped lines that are shown.
    const SHOWN: usize = 3;
    let SiteList { sites, bad } = site_list::read(path)?;
    if bad.count() > 0 && skip_bad {
        for line in bad.reported().iter().take(SHOWN) {
            print_warning(line);
        }
        print_warning(&format!("skipped: {bad}"));
    } else if let [line] = bad.reported() {
        bail!(
            "{}",
            [Some(line.clone()), bad.conversion()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("; ")
        );
    } else if bad.count() > 0 {
        for line in bad.reported() {
            print_error(line);
        }
        let way_out =
            bad.conversion().unwrap_or_else(|| "correct them, or add --skip-bad".to_owned());
        bail!("{bad}; {way_out}");
    }
    if sites.is_empty() {
        let left = if bad.count() > 0 { "has no url left" } else { "is empty" };
        bail!("the list of sites {:?} {left}: write one url a line", path.display().to_string());
    }
    Ok(sites)
}

/// Parses a url of the command line.
fn parse_url(text: &str) -> anyhow::Result<Url> {
    let error = match site_list::parse_url(text) {
        Ok(url) => return Ok(url),
        Err(error) => error,
    };
    let has_scheme = !matches!(error, UrlError::NotUrl { .. } | UrlError::NoScheme { .. });
    Err(match error {
        UrlError::Credentials { host } => {
            anyhow!(
                "url of host {host:?} holds a user name or password: send them with -H \
                 'Authorization: …'"
            )
        }
        error if has_scheme => error.into(),
        _ if Scenario::names().any(|name| name == text) => {
            anyhow!("{text:?} is a scenario, not a url: write --scenario {text}")
        }
        _ if Path::new(text).is_file() => {
            anyhow!("{text:?} is a file, not a url: write --sites {text}")
        }
        _ if !text.contains(['.', ':', '/']) => {
            anyhow!("{text:?} is neither a command nor a url: see --help")
        }
        error => error.into(),
    })
}

/// The longest file of certificates that is read, in bytes: all of the web's roots are a fiftieth
/// of it.
const CACERT_MAX: u64 = 16 << 20;

/// Reads the certificates of a file and makes sure that they can be trusted as roots.
fn read_certificates(path: &Path) -> anyhow::Result<Roots> {
    let name = path.display();
    let text =
        read_at_most(path, CACERT_MAX).with_context(|| format!("cannot read --cacert {name}"))?;
    roots::read(&text).map_err(|error| anyhow!("bad --cacert {name}: {error:#}"))
}

/// Reads `--backend`.
pub(super) fn parse_rows(text: &str) -> anyhow::Result<Rows> {
    Row::matching(text).map(Rows)
}

fn parse_concurrency(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| format!("bad concurrency {text:?}: it is a whole number from 1 on"))
}

fn parse_redirects(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| format!("bad number of redirects {text:?}: it is a whole number from 0 on"))
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err(format!("bad timeout {text:?}: it must be longer than nothing")),
        timeout if timeout > MAX_DEADLINE => Err(format!("bad timeout {text:?}: a day at most")),
        timeout => Ok(timeout),
    }
}

/// Reads `Name: value`. The value may hold bytes beyond ASCII.
fn parse_header(text: &[u8]) -> Result<(HeaderName, HeaderValue), String> {
    let shown = |text: &[u8]| format!("{:?}", excerpt(&String::from_utf8_lossy(text)));
    let colon = text.iter().position(|byte| *byte == b':');
    let colon =
        colon.ok_or_else(|| format!("bad header {}: write it as 'Name: value'", shown(text)))?;
    let (name, value) = (&text[..colon], text[colon + 1..].trim_ascii());
    // Only the name is repeated from here on: the value may be a secret.
    let name = HeaderName::from_bytes(name)
        .map_err(|_| format!("bad header name {}: write 'Name: value'", shown(name)))?;
    if [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, TE, UPGRADE].contains(&name) {
        return Err(format!(
            "header {name} cannot be chosen: it follows from the url and the connection"
        ));
    }
    let value = HeaderValue::from_bytes(value)
        .map_err(|_| format!("bad value of header {name}: it holds control characters"))?;
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_split_at_their_first_colon() {
        let (name, value) = parse_header(b"X-When: 10:30").unwrap();
        assert_eq!((name.as_str(), value.as_bytes()), ("x-when", &b"10:30"[..]));
        assert_eq!(parse_header(b"X-Empty:").unwrap().1, "");
        assert_eq!(parse_header(b"X: \xa0caf\xe9 ").unwrap().1.as_bytes(), b"\xa0caf\xe9");
        for bad in ["", "X-When", ": 1", "X When: 1", "X: a\nb", "Host: elsewhere"] {
            assert!(parse_header(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_refused_header_does_not_show_its_value() {
        assert!(!parse_header(b"Authorization: secret\x07").unwrap_err().contains("secret"));
        assert!(!parse_header(b"Bad Name: secret").unwrap_err().contains("secret"));
    }
}
