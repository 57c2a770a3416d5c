//! Redirects: one rule for every backend.
//!
//! [`Location`] keeps the `location` lines of an answer as they arrived, and [`Location::target`]
//! turns them into a url. The peers follow the same rule in `benches/peers`;
//! `tests/it/backends/redirects.rs` runs every backend and the installed `curl --location` over one
//! table of cases.
//!
//! The rule is curl's. It differs from the curl of Debian 12 as follows:
//!
//! * Lines that differ from each other are a protocol error. `location` holds one value (RFC 9110,
//!   sections 5.5 and 10.2.2), and the newer curl in isahc and `curl-multi` refuses such an answer.
//!   Older versions follow the first line.
//! * A user name and a password are dropped. Some clients would send them as credentials, others
//!   would not.
//! * Only http and https are followed: no client here speaks ftp.
//! * The fragment of the url fetched is inherited (RFC 9110, section 10.2.2), and `#x` alone stays
//!   on the page (RFC 3986, section 5.4). curl drops the last segment of the path.
//! * Characters that no url may hold, such as `"`, `<` and `\`, are percent-encoded (RFC 3986,
//!   appendix A). curl sends them raw.
//! * `%2e` counts as a dot (RFC 3986, section 6.2.2.2), and an empty query keeps its `?` (section
//!   6.2.3).
//! * An IPv6 address with a zone is a protocol error: the crate url rejects it as a host.

use url::Url;

use crate::fetch::error::{ErrorClass, FetchError, excerpt};

/// The `location` lines of an answer, at least one of them not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The first line that is not blank.
    value: Box<[u8]>,
    /// Whether another line has a different value.
    is_ambiguous: bool,
}

impl Location {
    /// Reads the values of all `location` lines. Returns `None` if all are blank: to curl, that is
    /// not a redirect.
    pub fn from_lines<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let mut values =
            lines.into_iter().map(<[u8]>::trim_ascii).filter(|value| !value.is_empty());
        let value = values.next()?;
        Some(Self { value: value.into(), is_ambiguous: values.any(|other| other != value) })
    }

    /// Resolves the location against the url fetched (RFC 9110, section 10.2.2).
    ///
    /// # Errors
    ///
    /// A location that is not a url is a protocol error. A scheme other than http and https is
    /// unsupported.
    pub fn target(&self, from: &Url) -> Result<Url, FetchError> {
        if self.is_ambiguous {
            return Err(self.invalid("another location line differs"));
        }
        let text =
            encoded(&self.value).ok_or_else(|| self.invalid("it holds a control character"))?;
        let (scheme, rest) = split_scheme(&text);
        let scheme = scheme.map(str::to_ascii_lowercase);
        if scheme.as_ref().is_some_and(|scheme| !matches!(&**scheme, "http" | "https")) {
            return Err(self.error(ErrorClass::Unsupported, "only http and https are followed"));
        }
        let path = rest.trim_start_matches('/');
        let joined = match (&scheme, rest.len() - path.len()) {
            (None, 0 | 1) => from.join(&text),
            (scheme, 1..=3) => {
                format!("{}://{path}", scheme.as_deref().unwrap_or(from.scheme())).parse()
            }
            _ => return Err(self.invalid("the host must follow two slashes")),
        };
        let mut target: Url =
            joined.map_err(|error| self.invalid(&format!("not a url: {error}")))?;
        // Neither can fail, because the url has a host.
        let _ = target.set_username("");
        let _ = target.set_password(None);
        if target.fragment().is_none() {
            target.set_fragment(from.fragment());
        }
        Ok(target)
    }

    fn invalid(&self, why: &str) -> FetchError {
        self.error(ErrorClass::Protocol, why)
    }

    fn error(&self, class: ErrorClass, why: &str) -> FetchError {
        let shown = String::from_utf8_lossy(&self.value);
        FetchError::new(class, format!("redirected to {:?}: {why}", excerpt(&shown)))
    }
}

/// Percent-encodes the characters that a url may not hold; in a query, a space becomes `+`. Returns
/// `None` if there is a control character.
fn encoded(value: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(value.len());
    let mut in_query = false;
    for &byte in value {
        in_query |= byte == b'?';
        match byte {
            b' ' if in_query => text.push('+'),
            b'\'' if in_query => text.push_str("%27"),
            b' ' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0x80.. => {
                text.push_str(&format!("%{byte:02X}"));
            }
            byte if byte.is_ascii_control() => return None,
            byte => text.push(byte.into()),
        }
    }
    Some(text)
}

/// Splits off the scheme, if there is one.
fn split_scheme(text: &str) -> (Option<&str>, &str) {
    match text.split_once(':') {
        Some((scheme, rest)) if !scheme.is_empty() && scheme.chars().all(may_be_in_scheme) => {
            (Some(scheme), rest)
        }
        _ => (None, text),
    }
}

fn may_be_in_scheme(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(lines: &[&[u8]]) -> Option<Result<String, ErrorClass>> {
        let from: Url = "http://a.example/x/y?z#here".parse().unwrap();
        let location = Location::from_lines(lines.iter().copied())?;
        Some(location.target(&from).map(String::from).map_err(|error| error.class))
    }

    #[test]
    fn bytes_beyond_ascii_are_encoded() {
        for (location, expected) in [
            ("/café".as_bytes(), "http://a.example/caf%C3%A9#here"),
            (b"/caf\xe9", "http://a.example/caf%E9#here"),
            ("//café.example/".as_bytes(), "http://xn--caf-dma.example/#here"),
        ] {
            assert_eq!(target(&[location]), Some(Ok(expected.to_owned())));
        }
    }

    #[test]
    fn blank_lines_are_no_redirect() {
        assert_eq!(target(&[]), None);
        assert_eq!(target(&[b"", b" \t"]), None);
        assert_eq!(target(&[b" ", b"z", b"z "]), Some(Ok("http://a.example/x/z#here".to_owned())));
        assert_eq!(target(&[b"z", b"y"]), Some(Err(ErrorClass::Protocol)));
    }

    #[test]
    fn long_locations_are_cut() {
        let location =
            Location::from_lines([format!("foo:{}", "x".repeat(66_000)).as_bytes()]).unwrap();
        let error = location.target(&"http://a.example/".parse().unwrap()).unwrap_err();
        assert!(error.message.starts_with("redirected to \"foo:xxx"), "{error}");
        assert!(error.message.ends_with("only http and https are followed"), "{error}");
        assert!(error.message.len() < 300, "{error}");
    }
}
