//! Known defects of clients, with their causes and reports. They explain cells and change no
//! verdict.

/// A known defect of a client.
#[derive(Debug, Clone, Copy)]
pub struct KnownDefect {
    /// The name of the client.
    pub client: &'static str,
    /// The names of the faults that reveal it.
    pub faults: &'static [&'static str],
    /// What the client does wrong.
    pub cause: &'static str,
    /// The URL of a report, by anyone; `None` if none was found.
    pub link: Option<&'static str>,
}

/// Every known defect.
pub const KNOWN: &[KnownDefect] = &[
    KnownDefect {
        client: "surf",
        faults: &["close-in-body", "length-too-large"],
        cause: "async-h1 takes the end of the connection for the end of the body",
        link: None,
    },
    KnownDefect {
        client: "surf",
        faults: &["http-1.0"],
        cause: "async-h1 reads HTTP/1.1 alone",
        link: Some("https://github.com/http-rs/surf/issues/287"),
    },
    KnownDefect {
        client: "surf",
        faults: &["utf8-in-header"],
        cause: "http-types panics over header values that are not ASCII",
        link: Some("https://github.com/http-rs/surf/issues/284"),
    },
    KnownDefect {
        client: "surf",
        faults: &["latin1-in-header"],
        cause: "async-h1 reads header values as UTF-8",
        link: Some("https://github.com/http-rs/http-types/issues/519"),
    },
    KnownDefect {
        client: "surf",
        faults: &["interim", "endless-interims"],
        cause: "async-h1 takes an interim answer for the final one",
        link: None,
    },
    KnownDefect {
        client: "surf",
        faults: &["two-lengths"],
        cause: "async-h1 takes the last length that is said",
        link: None,
    },
    KnownDefect {
        client: "surf",
        faults: &["signed-length"],
        cause: "async-h1 reads lengths as Rust reads integers, which may have a plus",
        link: None,
    },
    KnownDefect {
        client: "surf",
        faults: &["odd-coding", "unknown-coding"],
        cause: "async-h1 knows a coding only where it is spelt `chunked`, and takes any other \
                body for an empty one",
        link: None,
    },
    KnownDefect {
        client: "surf",
        faults: &["until-close", "until-reset", "tls-cut"],
        cause: "async-h1 takes a body without a length for an empty one",
        link: Some("https://github.com/http-rs/async-h1/issues/191"),
    },
    KnownDefect {
        client: "surf",
        faults: &["chunk-extension"],
        cause: "async-h1 does not read all that may follow the last chunk",
        link: Some("https://github.com/http-rs/async-h1/issues/91"),
    },
    KnownDefect {
        client: "surf",
        faults: &["no-content-with-body", "not-modified-with-length", "not-modified-with-body"],
        cause: "async-h1 reads a body wherever a length is said, as it does behind HEAD",
        link: Some("https://github.com/http-rs/surf/issues/321"),
    },
    KnownDefect {
        client: "ureq",
        faults: &["until-reset", "tls-cut"],
        cause: "ureq takes a reset, and an end of TLS without its goodbye, for the end of a body \
                that has no length",
        link: None,
    },
    KnownDefect {
        client: "isahc",
        faults: &["refuse"],
        cause: "isahc tells a refused connection as one that failed, whatever the reason",
        link: None,
    },
    KnownDefect { client: "isahc", faults: &["close-in-head"], cause: CURL_HEAD, link: None },
    KnownDefect { client: "curl-multi", faults: &["close-in-head"], cause: CURL_HEAD, link: None },
    KnownDefect {
        client: "isahc",
        faults: &["endless-interims", "bad-chunk-size", "huge-chunk-size"],
        cause: CURL_RECEIVE,
        link: None,
    },
    KnownDefect {
        client: "curl-multi",
        faults: &["endless-interims", "bad-chunk-size", "huge-chunk-size"],
        cause: CURL_RECEIVE,
        link: None,
    },
    KnownDefect {
        client: "attohttpc",
        faults: &["bare-lf", "long-header", "endless-line"],
        cause: "attohttpc tells a line that it cannot read as an unexpected end",
        link: None,
    },
    KnownDefect {
        client: "attohttpc",
        faults: &["close-in-body", "length-too-large"],
        cause: "attohttpc takes the end of the connection for the end of the body",
        link: None,
    },
    KnownDefect {
        client: "attohttpc",
        faults: &["interim", "endless-interims"],
        cause: "attohttpc takes an interim answer for the final one",
        link: None,
    },
    KnownDefect {
        client: "attohttpc",
        faults: &["signed-length"],
        cause: "attohttpc reads lengths as Rust reads integers, which may have a plus",
        link: None,
    },
    KnownDefect {
        client: "attohttpc",
        faults: &["chunk-extension"],
        cause: "attohttpc refuses what may stand behind a chunk's size or behind the last chunk",
        link: None,
    },
    KnownDefect {
        client: "attohttpc",
        faults: &["no-content-with-body", "not-modified-with-body"],
        cause: "attohttpc reads a body wherever a length is said",
        link: Some("https://github.com/sbstp/attohttpc/issues/201"),
    },
    KnownDefect {
        client: "requests",
        faults: &["close-in-head"],
        cause: "http.client takes the end of the connection for that of the head",
        link: None,
    },
    KnownDefect {
        client: "requests",
        faults: &["interim", "endless-interims"],
        cause: "http.client takes any interim answer but 100 for the final one",
        link: Some("https://github.com/python/cpython/issues/42550"),
    },
    KnownDefect {
        client: "requests",
        faults: &["negative-length", "signed-length"],
        cause: "http.client reads lengths as Python reads integers, and takes a negative one for \
                none",
        link: None,
    },
    KnownDefect {
        client: "requests",
        faults: &["unknown-coding"],
        cause: "http.client takes what is not `chunked` alone for a body that ends with the \
                connection",
        link: None,
    },
    KnownDefect {
        client: "requests",
        faults: &["bad-chunk-size"],
        cause: "http.client tells a size that it cannot read as a body that was cut short",
        link: None,
    },
    KnownDefect {
        client: "httpx",
        faults: &[
            "length-too-small",
            "no-content-with-body",
            "not-modified-with-body",
            "surplus",
            "surplus-answer",
        ],
        cause: "httpcore keeps a connection with what follows an answer, and takes that for the \
                next answer",
        link: Some("https://github.com/encode/httpx/issues/1474"),
    },
    KnownDefect {
        client: "aiohttp",
        faults: &["no-content-with-body", "not-modified-with-body", "surplus"],
        cause: "aiohttp parses what follows an answer as a part of it",
        link: None,
    },
    KnownDefect {
        client: "fetch",
        faults: &["interim"],
        cause: "undici takes an answer of 100 that was not asked for to be none",
        link: None,
    },
    KnownDefect {
        client: "fetch",
        faults: &["tls-wrong-name"],
        cause: "undici, the second time that an address shows the certificate of another, \
                connects again and again",
        link: None,
    },
    KnownDefect {
        client: "aiohttp",
        faults: &["until-reset"],
        cause: "aiohttp takes a reset for the end of a body that has no length",
        link: None,
    },
    KnownDefect {
        client: "fetch",
        faults: &["until-reset"],
        cause: "undici takes a reset for the end of a body that has no length",
        link: None,
    },
    KnownDefect {
        client: "net-http",
        faults: &["reset-in-head", "close-in-head"],
        cause: "net/http tells a line of the head that was cut off as a malformed one",
        link: None,
    },
    KnownDefect { client: "curl", faults: &["close-in-head"], cause: CURL_HEAD, link: None },
    KnownDefect {
        client: "curl",
        faults: &["two-lengths", "signed-length"],
        cause: "curl takes the last of several lengths, and one with a plus before it",
        link: None,
    },
    KnownDefect {
        client: "curl",
        faults: &["endless-chunks"],
        cause: "curl holds only bodies of a known length to its cap, up to 8.3",
        link: Some("https://github.com/curl/curl/issues/11810"),
    },
    KnownDefect { client: "requests", faults: &["tls-cut"], cause: TLS_CUT, link: None },
    KnownDefect { client: "httpx", faults: &["tls-cut"], cause: TLS_CUT, link: None },
    KnownDefect { client: "aiohttp", faults: &["tls-cut"], cause: TLS_CUT, link: None },
    KnownDefect { client: "fetch", faults: &["tls-cut"], cause: TLS_CUT, link: None },
    KnownDefect { client: "net-http", faults: &["tls-cut"], cause: TLS_CUT, link: None },
    KnownDefect { client: "curl", faults: &["tls-cut"], cause: TLS_CUT, link: None },
];

const CURL_HEAD: &str = "libcurl takes a head that is cut off for a whole one";
const TLS_CUT: &str =
    "the end of TLS without its goodbye is taken for the end of a body that has no length";
const CURL_RECEIVE: &str = "libcurl tells it as a failed receive (56), as it does a reset";

/// Returns the known defect of a client that a fault reveals.
pub fn known(client: &str, fault: &str) -> Option<&'static KnownDefect> {
    KNOWN.iter().find(|known| known.client == client && known.faults.contains(&fault))
}
