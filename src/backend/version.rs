//! The choice of a version of HTTP for backends that are named without one.

use anyhow::ensure;

use super::options::BackendOptions;
use super::spec::Backend;
use super::spelling::{check_connections, speakers};
use crate::scenario::versions::HttpVersions;

impl Backend {
    /// Returns the backend with a version of HTTP: `auto` is HTTP/2 if it speaks that. `None` keeps
    /// that of its name.
    ///
    /// # Errors
    ///
    /// It has no HTTP/2 or nothing else, or no choice of connections over HTTP/2.
    pub fn speaking(self, versions: Option<HttpVersions>) -> anyhow::Result<Self> {
        let http2 = match versions {
            None => self.options.http2,
            Some(HttpVersions::Http1) => false,
            Some(HttpVersions::Http2) => true,
            Some(HttpVersions::Auto) => self.entry.http2.is_some(),
        };
        let (name, options) = (self.entry.name(), BackendOptions { http2, ..self.options });
        let is_able = !http2 || self.entry.http2.is_some();
        ensure!(is_able, "{name} has no HTTP/2: {}", speakers("--http 2"));
        let is_able = http2 || !self.entry.is_only_http2();
        ensure!(is_able, "{name} speaks HTTP/2 only: leave out --http 1");
        check_connections(&options, self.entry)?;
        Ok(Self { options, ..self })
    }

    /// Returns the backends that can speak a version of HTTP, with that version, and the others.
    pub fn able_to_speak(
        backends: impl Iterator<Item = Self>,
        versions: Option<HttpVersions>,
    ) -> (Vec<Self>, Vec<Self>) {
        let (mut able, mut unable) = (Vec::new(), Vec::new());
        for backend in backends {
            match backend.speaking(versions) {
                Ok(speaking) => able.push(speaking),
                Err(_) => unable.push(backend),
            }
        }
        (able, unable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_change_names() {
        use HttpVersions::{Auto, Http1, Http2};
        let speaking = |name: &str, versions| {
            let spoken = name.parse::<Backend>().unwrap().speaking(versions);
            spoken.map(|backend| backend.to_string()).map_err(|error| error.to_string())
        };
        for (name, versions, expected) in [
            ("hyper@tokio", None, "hyper@tokio"),
            ("hyper@tokio+h2", None, "hyper@tokio+h2"),
            ("hyper@tokio+h2+conns=2", Some(Http1), "hyper@tokio+conns=2"),
            ("hyper@tokio:1", Some(Http2), "hyper@tokio:1+h2"),
            ("hyper@tokio", Some(Auto), "hyper@tokio+h2"),
            ("ureq@threads", Some(Auto), "ureq@threads"),
            ("http2@node", None, "http2@node+h2"),
        ] {
            assert_eq!(speaking(name, versions), Ok(expected.to_owned()));
        }
        for (name, why) in [
            ("ureq@threads", "ureq@threads has no HTTP/2: leave out --http 2, or use one of "),
            ("reqwest@tokio+conns=2", "reqwest@tokio chooses its connections itself over HTTP/2"),
        ] {
            let error = speaking(name, Some(Http2)).unwrap_err();
            assert!(error.starts_with(why), "{error}");
        }
        let error = speaking("http2@node", Some(Http1)).unwrap_err();
        assert_eq!(error, "http2@node speaks HTTP/2 only: leave out --http 1");
    }
}
