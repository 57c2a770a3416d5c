//! Parsing one url.

use std::fmt;

use url::{Host, Url};

use crate::fetch::error::excerpt;

/// The reason why a text is not a url that can be fetched.
///
/// The message names no flag, because the text may come from a file as well as from the command
/// line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlError {
    /// Not a url, with or without a scheme.
    NotUrl {
        /// The text, quoted and cut.
        shown: String,
    },
    /// A url without its scheme.
    NoScheme {
        /// The text, quoted and cut.
        shown: String,
        /// The text with a scheme before it; `None` if it may hold a secret or is too long to
        /// repeat.
        with_scheme: Option<String>,
    },
    /// Any other reason, as a sentence.
    Refused(String),
    /// A blank, which the parser of urls would drop or encode.
    Blank {
        /// The text, quoted and cut.
        shown: String,
    },
    /// A user name or password, which would end in logs and records.
    Credentials {
        /// The host of the url.
        host: String,
    },
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUrl { shown } => {
                write!(f, "{shown} is not a url: write it as https://host/path")
            }
            Self::NoScheme { shown, with_scheme: Some(url) } => {
                write!(f, "url {shown} has no scheme: write {url:?}")
            }
            Self::NoScheme { shown, with_scheme: None } => {
                write!(f, "url {shown} has no scheme: begin it with https://")
            }
            Self::Refused(message) => f.write_str(message),
            Self::Blank { shown } => write!(f, "url {shown} holds a blank: write %20 for a space"),
            Self::Credentials { host } => {
                write!(f, "url of host {host:?} holds a user name or password: remove both")
            }
        }
    }
}

impl std::error::Error for UrlError {}

/// Parses one url.
///
/// # Errors
///
/// The text is not a url, has no scheme or one other than http and https, or holds a password.
pub fn parse_url(text: &str) -> Result<Url, UrlError> {
    let rest = match split_scheme(text) {
        Some((scheme, rest)) if matches!(scheme.as_str(), "http" | "https") => rest,
        Some((scheme, _)) => {
            return refused(format!(
                "url {}: unsupported scheme `{scheme}`; use http or https",
                shown(text)
            ));
        }
        None => return Err(without_scheme(text)),
    };
    // The parser would silently drop or encode these.
    if text.contains(char::is_whitespace) {
        return Err(UrlError::Blank { shown: shown(text) });
    }
    if let Some(hidden) =
        text.chars().find(|c| c.is_control() || matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}'))
    {
        return refused(format!(
            "url {} holds an invisible character, U+{:04X}: remove it",
            shown(text),
            u32::from(hidden)
        ));
    }
    // The parser would insert missing slashes, or take the path for the host.
    let Some(rest) = rest.strip_prefix("//").filter(|rest| !rest.starts_with(['/', '\\'])) else {
        return refused(format!("url {} needs // and a host after its scheme", shown(text)));
    };
    // The parser would take the second scheme for the host.
    if split_scheme(rest).is_some_and(|(_, rest)| rest.starts_with("//"))
        || rest.starts_with("http//")
    {
        return refused(format!("url {} has two schemes: remove one", shown(text)));
    }
    let url: Url = text
        .parse()
        .map_err(|error| UrlError::Refused(format!("bad url {}: {error}", shown(text))))?;
    // The parser drops an empty user name.
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(UrlError::Credentials { host: url.host_str().unwrap_or_default().to_owned() });
    }
    if let Some(Host::Domain(host)) = url.host()
        && let Some(odd) = host.chars().find(|c| !is_host_character(*c))
    {
        return refused(format!("bad url {}: no host name holds {odd:?}", shown(text)));
    }
    Ok(url)
}

fn refused(message: String) -> Result<Url, UrlError> {
    Err(UrlError::Refused(message))
}

/// Returns whether a character may be part of a host name. No standard allows underscores, but real
/// names have them.
pub(super) fn is_host_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')
}

/// Splits a text after its scheme. Returns the scheme in lower case and without its colon.
fn split_scheme(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let may_be = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let scheme = scheme.to_ascii_lowercase();
    // `localhost:8080` and `a.example:b` are hosts, and `me:secret@a.example` names a user.
    let is_scheme = rest.starts_with("//")
        || matches!(scheme.as_str(), "http" | "https")
            && rest.starts_with(|c: char| !c.is_ascii_digit())
        || !scheme.contains('.')
            && rest.starts_with(|c: char| c.is_ascii_alphabetic())
            && !rest.contains('@');
    (may_be && is_scheme).then_some((scheme, rest))
}

fn without_scheme(text: &str) -> UrlError {
    // A host does not end in a colon, but a misplaced scheme does.
    let host = text.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
    if host.ends_with(':') {
        return UrlError::NotUrl { shown: shown(text) };
    }
    let with_scheme = format!("https://{}", text.trim_start_matches('/'));
    match parse_url(&with_scheme) {
        Ok(_) | Err(UrlError::Credentials { .. }) => UrlError::NoScheme {
            shown: shown(text),
            with_scheme: (shown(text) == format!("{text:?}")).then_some(with_scheme),
        },
        Err(_) => UrlError::NotUrl { shown: shown(text) },
    }
}

/// Quotes a text for a message, without possible secrets, because a message may end in a log.
pub(super) fn shown(text: &str) -> String {
    if text.contains('@') {
        return "\"…@…\"".to_owned();
    }
    let public = match text.split_once(['?', '#']) {
        Some((place, _)) => format!("{place}?…"),
        None => text.to_owned(),
    };
    format!("{:?}", excerpt(&public))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse_url(text).unwrap_err().to_string()
    }

    #[test]
    fn urls_are_parsed_as_given() {
        for text in [
            "http://a.example/",
            "HTTPS://b.example:8443/x?y#z",
            "http://_dmarc.a_b.example./",
            "http://[::1]:80/",
        ] {
            assert!(parse_url(text).is_ok(), "{text}");
        }
        assert_eq!(
            parse_url("http://bücher.example/@me,you").unwrap().as_str(),
            "http://xn--bcher-kva.example/@me,you"
        );
    }

    #[test]
    fn missing_schemes_are_advised() {
        for text in
            ["b.example/x", "b.example:8080/x/http://c.example/", "localhost:8080", "//b.example/x"]
        {
            let advised =
                format!("has no scheme: write \"https://{}\"", text.trim_start_matches('/'));
            assert!(error(text).ends_with(&advised), "{}", error(text));
        }
        assert_eq!(error("me@b.example"), "url \"…@…\" has no scheme: begin it with https://");
    }

    #[test]
    fn misplaced_schemes_are_refused() {
        for text in
            ["https://https://a.example/", "http://HTTP://a.example/", "http://http//a.example/"]
        {
            assert!(error(text).ends_with("has two schemes: remove one"), "{}", error(text));
        }
        for text in ["urls:", "“https://a.example/”", "«http://a.example/»"] {
            assert!(
                error(text).ends_with("is not a url: write it as https://host/path"),
                "{}",
                error(text)
            );
        }
        assert!(parse_url("https://a.example/https://b.example/").is_ok());
    }

    #[test]
    fn other_schemes_are_refused() {
        for (text, scheme) in [
            ("ftp://a.example", "ftp"),
            ("mailto:a.example", "mailto"),
            ("javascript:x()", "javascript"),
        ] {
            let expected =
                format!("url {text:?}: unsupported scheme `{scheme}`; use http or https");
            assert_eq!(error(text), expected);
        }
    }

    #[test]
    fn odd_hosts_are_refused() {
        for (text, odd) in [
            ("https://1,google.com", ','),
            ("http://a!b.example/", '!'),
            ("http://*.example/", '*'),
        ] {
            assert_eq!(error(text), format!("bad url {text:?}: no host name holds {odd:?}"));
        }
        assert_eq!(
            error("1,google.com"),
            "\"1,google.com\" is not a url: write it as https://host/path"
        );
        assert!(error("https://a%2Cb.example").contains("no host name holds ','"));
    }

    #[test]
    fn nothing_is_corrected() {
        for text in [
            "http:/a.example",
            "http:a.example",
            "http:\\\\a.example",
            "http:///a.example",
            "https:///",
        ] {
            assert!(
                error(text).contains("needs // and a host after its scheme"),
                "{}",
                error(text)
            );
        }
        assert!(error("http://a.example b").ends_with("holds a blank: write %20 for a space"));
        assert!(
            error("http://a.example/\u{200b}").contains("holds an invisible character, U+200B")
        );
        assert!(error("http://[::1").starts_with("bad url \"http://[::1\": "));
    }

    #[test]
    fn passwords_are_not_repeated() {
        for text in [
            "http://me:secret@a.example/",
            "me:secret@a.example",
            "http://:secret@a.example:x/",
            "x secret@",
        ] {
            assert!(!error(text).contains("secret"), "{}", error(text));
        }
        assert_eq!(
            error("a.example/?k=secret"),
            "url \"a.example/?…\" has no scheme: begin it with https://"
        );
        assert!(error("ftp://a.example/#secret").starts_with("url \"ftp://a.example/?…\": "));
        assert!(error("http://@a.example/").contains("user name or password"));
    }

    #[test]
    fn long_texts_are_cut() {
        let error = error(&format!("ftp://a.example/{}", "x".repeat(8000)));
        assert!(error.len() < 250 && error.contains("xx… ("), "{error}");
    }
}
