//! Known defects: what is behind a finding, and where it is reported. They explain cells, and change none.

/// What is behind findings of a client.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// The client.
    client: &'static str,
    /// The faults that show it.
    faults: &'static [&'static str],
    /// What it does.
    pub cause: &'static str,
    /// The report of others, or of us; `None` where none was found.
    pub link: Option<&'static str>,
}

const KNOWN: &[Known] = &[
    Known {
        client: "surf",
        faults: &["close-in-body", "length-too-large"],
        cause: "async-h1 takes the end of the connection for the end of the body",
        link: None,
    },
    Known {
        client: "surf",
        faults: &["http-1.0"],
        cause: "async-h1 reads HTTP/1.1 alone",
        link: Some("https://github.com/http-rs/surf/issues/287"),
    },
    Known {
        client: "surf",
        faults: &["utf8-in-header"],
        cause: "http-types panics over header values that are not ASCII",
        link: Some("https://github.com/http-rs/surf/issues/284"),
    },
    Known {
        client: "surf",
        faults: &["latin1-in-header"],
        cause: "async-h1 reads header values as UTF-8",
        link: Some("https://github.com/http-rs/http-types/issues/519"),
    },
    Known {
        client: "surf",
        faults: &["interim", "endless-interims"],
        cause: "async-h1 takes an interim answer for the final one",
        link: None,
    },
    Known {
        client: "surf",
        faults: &["two-lengths"],
        cause: "async-h1 takes the last length that is said",
        link: None,
    },
    Known {
        client: "surf",
        faults: &["signed-length"],
        cause: "async-h1 reads lengths as Rust reads integers, which may have a plus",
        link: None,
    },
    Known {
        client: "surf",
        faults: &["odd-coding", "unknown-coding"],
        cause: "async-h1 knows a coding only where it is spelt `chunked`, and takes any other body for an empty one",
        link: None,
    },
    Known {
        client: "surf",
        faults: &["until-close", "until-reset"],
        cause: "async-h1 takes a body without a length for an empty one",
        link: Some("https://github.com/http-rs/async-h1/issues/191"),
    },
    Known {
        client: "surf",
        faults: &["chunk-extension"],
        cause: "async-h1 does not read all that may follow the last chunk",
        link: Some("https://github.com/http-rs/async-h1/issues/91"),
    },
    Known {
        client: "surf",
        faults: &["no-content-with-body", "not-modified-with-length", "not-modified-with-body"],
        cause: "async-h1 reads a body wherever a length is said, as it does behind HEAD",
        link: Some("https://github.com/http-rs/surf/issues/321"),
    },
    Known {
        client: "ureq",
        faults: &["until-reset", "tls-cut"],
        cause: "ureq takes a reset, and an end of TLS without its goodbye, for the end of a body that has no length",
        link: None,
    },
];

/// What is known of a client's finding.
pub fn known(client: &str, fault: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.client == client && known.faults.contains(&fault))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend;
    use crate::fault::Fault;

    #[test]
    fn what_is_known_is_known_of_clients_and_faults_that_there_are() {
        for known in KNOWN {
            assert!(backend::ALL.iter().any(|backend| backend.client == known.client), "{}", known.client);
            assert!(known.faults.iter().all(|name| Fault::named(name).is_ok()), "{:?}", known.faults);
        }
        assert!(known("surf", "http-1.0").is_some_and(|known| known.link.is_some()));
        assert!(known("hyper", "http-1.0").is_none());
    }
}
