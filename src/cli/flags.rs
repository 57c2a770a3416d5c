//! The flags shared by the commands that fetch, and their parsers.

use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use clap::builder::{OsStringValueParser, TypedValueParser};
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderName, HeaderValue};
use url::Url;

use super::similar_command;
use super::terminal::{print_error, print_warning};
use crate::backend::Backend;
use crate::client::{HEADERS_MAX, UserOptions};
use crate::fetch::error::excerpt;
use crate::fetch::files::read_at_most;
use crate::fetch::roots::{self, Roots};
use crate::fetch::{Limits, similar};
use crate::scenario::Scenario;
use crate::scenario::site_list::{self, ListedSite, SiteList, UrlError};
use crate::scenario::units::{MAX_DEADLINE, parse_bytes, parse_duration};

/// The sites to fetch: urls, or a file of urls.
#[derive(Debug, clap::Args)]
pub(super) struct SiteFlags {
    /// Urls to fetch
    #[arg(value_name = "URL", value_parser = parse_url, conflicts_with = "sites")]
    pub(super) urls: Vec<Url>,
    /// File of urls, one per line, or TOML with `site` tables of `url` and `label`; `-` is stdin
    #[arg(long, value_name = "FILE")]
    pub(super) sites: Option<PathBuf>,
    /// Skip the lines of FILE that are not urls
    #[arg(long, requires = "sites")]
    skip_bad: bool,
}

/// The limits and options of fetches.
#[derive(Debug, clap::Args)]
pub(super) struct FetchFlags {
    /// Maximum number of concurrent fetches [default: the scenario's; for urls, their number, up to
    /// 64]
    #[arg(long, value_name = "N", value_parser = parse_concurrency)]
    pub(super) concurrency: Option<NonZeroUsize>,
    /// Maximum time of a fetch with all its redirects, such as 500ms or 10s [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = parse_timeout)]
    pub(super) timeout: Option<Duration>,
    /// Maximum size of a body, such as 15kB or 2MiB [default: 64MiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    pub(super) max_body: Option<u64>,
    /// Maximum number of redirects to follow [default: 0; 10 for urls given to `run`]
    #[arg(long, value_name = "N", value_parser = parse_redirects)]
    pub(super) redirects: Option<u32>,
    /// Header to send, replacing a default header of the same name; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE",
        value_parser = OsStringValueParser::new().try_map(|text| parse_header(text.as_bytes())))]
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// File of certificates, PEM or DER, to trust instead of the web's roots
    #[arg(long, value_name = "FILE")]
    pub(super) cacert: Option<PathBuf>,
}

/// The flag of the commands that show their progress.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct OutputFlags {
    /// Show only results and errors: no progress, no warnings about the machine, no notes
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// The backends named by one `--backend`.
#[derive(Debug, Clone)]
pub(super) struct Backends(pub(super) Vec<Backend>);

/// Why `--network` and live sites exclude each other.
pub(super) const NO_ROUTE: &str =
    "--network needs a scenario: no route leads from a link to live sites";

/// The format of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

/// The formats of output that may stand in a Markdown page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum PageFormat {
    Text,
    Markdown,
    Json,
}

impl SiteFlags {
    /// Returns the named sites; empty without urls and a file.
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
    /// Returns `limits` with the values of the flags.
    pub(super) fn applied_to(&self, limits: Limits) -> Limits {
        let concurrency = self.concurrency.unwrap_or(limits.concurrency);
        Limits {
            deadline: self.timeout.unwrap_or(limits.deadline),
            max_body: self.max_body.unwrap_or(limits.max_body),
            redirects: self.redirects.unwrap_or(limits.redirects),
            ..limits.with_concurrency(concurrency)
        }
    }

    /// Returns the headers and certificates of the flags.
    pub(super) fn options(&self) -> anyhow::Result<UserOptions> {
        let mut options = UserOptions::default();
        // Each line has a colon, a space and CR LF.
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
/// Returns an error if the list cannot be read, is empty, or has such lines without `skip_bad`.
pub(super) fn read_sites(path: &Path, skip_bad: bool) -> anyhow::Result<Vec<ListedSite>> {
    /// Number of skipped lines to show.
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

/// Parses a url from the command line.
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
            let way_out = similar_name(text).map_or_else(
                || ": see --help".to_owned(),
                |name| format!("; did you mean `{name}`?"),
            );
            anyhow!("{text:?} is neither a command nor a url{way_out}")
        }
        error => error.into(),
    })
}

/// Returns the command, or the flag with a scenario, that a text most likely stands for.
fn similar_name(text: &str) -> Option<String> {
    let scenario = || similar(text, Scenario::names()).map(|name| format!("--scenario {name}"));
    similar_command(text).or_else(scenario)
}

/// Maximum size of a file of certificates, in bytes. All of the web's roots need a fiftieth of it.
const CACERT_MAX: u64 = 16 << 20;

/// Reads the certificates of a file and checks that they can be roots.
fn read_certificates(path: &Path) -> anyhow::Result<Roots> {
    let name = path.display();
    let text =
        read_at_most(path, CACERT_MAX).with_context(|| format!("cannot read --cacert {name}"))?;
    roots::read(&text).map_err(|error| anyhow!("bad --cacert {name}: {error:#}"))
}

/// Parses `--backend`.
pub(super) fn parse_backends(text: &str) -> anyhow::Result<Backends> {
    Backend::matching(text).map(Backends)
}

/// Parses the name of one backend.
pub(super) fn parse_backend(text: &str) -> anyhow::Result<Backend> {
    let backends = Backend::matching(text)?;
    if let [backend] = backends[..] {
        return Ok(backend);
    }
    let names: Vec<_> = backends.iter().map(ToString::to_string).collect();
    bail!("{text} stands for several backends: name one (choose from {})", names.join(", "))
}

fn parse_concurrency(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| format!("bad concurrency {text:?}: must be a whole number, at least 1"))
}

fn parse_redirects(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("bad number of redirects {text:?}: must be a whole number"))
}

/// Parses a margin such as `2%`.
pub(super) fn parse_margin(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    let percent = number.parse().ok().filter(|percent| (0.1..=50.0).contains(percent));
    let bad = || format!("bad --equivalence {text:?}: write 2%; it is a percentage from 0.1 to 50");
    percent.map(|percent: f64| percent / 100.0).ok_or_else(bad)
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err(format!("bad timeout {text:?}: it must be longer than nothing")),
        timeout if timeout > MAX_DEADLINE => Err(format!("bad timeout {text:?}: a day at most")),
        timeout => Ok(timeout),
    }
}

/// Quotes the beginning of foreign bytes for an error.
fn quoted(text: &[u8]) -> String {
    format!("{:?}", excerpt(&String::from_utf8_lossy(text)))
}

/// Parses `Name: value`. The value may hold bytes beyond ASCII.
fn parse_header(text: &[u8]) -> Result<(HeaderName, HeaderValue), String> {
    let colon = text.iter().position(|byte| *byte == b':');
    let colon = colon.ok_or("bad header without a colon: write it as 'Name: value'")?;
    let (name, value) = (&text[..colon], text[colon + 1..].trim_ascii());
    // Errors show only the name: the value may be a secret.
    let name = HeaderName::from_bytes(name)
        .map_err(|_| format!("bad header name {}: write 'Name: value'", quoted(name)))?;
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
    fn headers_split_at_first_colon() {
        let (name, value) = parse_header(b"X-When: 10:30").unwrap();
        assert_eq!((name.as_str(), value.as_bytes()), ("x-when", &b"10:30"[..]));
        assert_eq!(parse_header(b"X-Empty:").unwrap().1, "");
        assert_eq!(parse_header(b"X: \xa0caf\xe9 ").unwrap().1.as_bytes(), b"\xa0caf\xe9");
        for bad in ["", "X-When", ": 1", "X When: 1", "X: a\nb", "Host: elsewhere"] {
            assert!(parse_header(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn refused_values_stay_secret() {
        assert!(!parse_header(b"Authorization: secret\x07").unwrap_err().contains("secret"));
        assert!(!parse_header(b"Bad Name: secret").unwrap_err().contains("secret"));
    }
}
