//! The known defects of clients over HTTP/1.1.

use super::defect::KnownDefect;

/// Every known defect.
pub(super) const KNOWN: &[KnownDefect] = &[
    KnownDefect {
        clients: &["surf"],
        faults: &["close-in-body", "length-too-large"],
        cause: "async-h1 treats the end of the connection as the end of the body",
        link: None,
    },
    KnownDefect {
        clients: &["surf"],
        faults: &["http-1.0"],
        cause: "async-h1 supports only HTTP/1.1",
        link: Some("https://github.com/http-rs/surf/issues/287"),
    },
    KnownDefect {
        clients: &["surf"],
        faults: &["utf8-in-header"],
        cause: "http-types panics on non-ASCII header values",
        link: Some("https://github.com/http-rs/surf/issues/284"),
    },
    KnownDefect {
        clients: &["surf"],
        faults: &["latin1-in-header"],
        cause: "async-h1 reads header values as UTF-8",
        link: Some("https://github.com/http-rs/http-types/issues/519"),
    },
    KnownDefect {
        clients: &["surf"],
        faults: &["interim", "endless-interims"],
        cause: "async-h1 treats an interim response as the final one",
        link: None,
    },
    KnownDefect {
        clients: &["surf"],
        faults: &["two-lengths"],
        cause: "async-h1 uses the last of several lengths",
        link: None,
    },
    KnownDefect {
        clients: &["surf"],
        faults: &["signed-length"],
        cause: "async-h1 parses lengths as Rust integers, which may have a plus sign",
        link: None,
    },
    KnownDefect {
        clients: &["surf"],
        faults: &["odd-coding", "unknown-coding"],
        cause: "async-h1 recognises a coding only if it is spelt `chunked`, and treats any other \
                body as empty",
        link: None,
    },
    KnownDefect {
        clients: &["surf"],
        faults: &["until-close", "until-reset", "tls-cut"],
        cause: "async-h1 treats a body without a length as empty",
        link: Some("https://github.com/http-rs/async-h1/issues/191"),
    },
    KnownDefect {
        clients: &["surf"],
        faults: &["chunk-extension"],
        cause: "async-h1 does not read everything that may follow the last chunk",
        link: Some("https://github.com/http-rs/async-h1/issues/91"),
    },
    KnownDefect {
        clients: &["surf"],
        faults: &["no-content-with-body", "not-modified-with-length", "not-modified-with-body"],
        cause: "async-h1 reads a body after every length, also after HEAD",
        link: Some("https://github.com/http-rs/surf/issues/321"),
    },
    KnownDefect {
        clients: &["ureq"],
        faults: &["until-reset", "tls-cut"],
        cause: "ureq treats a reset, and the end of TLS without close_notify, as the end of a body \
                without a length",
        link: None,
    },
    KnownDefect {
        clients: &["isahc"],
        faults: &["refuse"],
        cause: "isahc reports a refused connection as a failed one, without the reason",
        link: None,
    },
    KnownDefect {
        clients: &["isahc", "curl-multi", "curl"],
        faults: &["close-in-head"],
        cause: "libcurl treats a truncated head as complete",
        link: None,
    },
    KnownDefect {
        clients: &["isahc", "curl-multi"],
        faults: &["endless-interims", "bad-chunk-size", "huge-chunk-size"],
        cause: "libcurl reports a failed receive (56), as for a reset",
        link: None,
    },
    KnownDefect {
        clients: &["attohttpc"],
        faults: &["bare-lf", "long-header", "endless-line"],
        cause: "attohttpc reports an unreadable line as an unexpected end",
        link: None,
    },
    KnownDefect {
        clients: &["attohttpc"],
        faults: &["close-in-body", "length-too-large"],
        cause: "attohttpc treats the end of the connection as the end of the body",
        link: None,
    },
    KnownDefect {
        clients: &["attohttpc"],
        faults: &["interim", "endless-interims"],
        cause: "attohttpc treats an interim response as the final one",
        link: None,
    },
    KnownDefect {
        clients: &["attohttpc"],
        faults: &["signed-length"],
        cause: "attohttpc parses lengths as Rust integers, which may have a plus sign",
        link: None,
    },
    KnownDefect {
        clients: &["attohttpc"],
        faults: &["chunk-extension"],
        cause: "attohttpc rejects chunk extensions and trailers",
        link: None,
    },
    KnownDefect {
        clients: &["attohttpc"],
        faults: &["no-content-with-body", "not-modified-with-body"],
        cause: "attohttpc reads a body after every length",
        link: Some("https://github.com/sbstp/attohttpc/issues/201"),
    },
    KnownDefect {
        clients: &["requests"],
        faults: &["close-in-head"],
        cause: "http.client treats the end of the connection as the end of the head",
        link: None,
    },
    KnownDefect {
        clients: &["requests"],
        faults: &["interim", "endless-interims"],
        cause: "http.client treats every interim response except 100 as the final one",
        link: Some("https://github.com/python/cpython/issues/42550"),
    },
    KnownDefect {
        clients: &["requests"],
        faults: &["negative-length", "signed-length"],
        cause: "http.client parses lengths as Python integers, and ignores negative ones",
        link: None,
    },
    KnownDefect {
        clients: &["requests"],
        faults: &["unknown-coding"],
        cause: "http.client reads any coding other than exactly `chunked` until the connection \
                ends",
        link: None,
    },
    KnownDefect {
        clients: &["requests"],
        faults: &["bad-chunk-size"],
        cause: "http.client reports an unreadable size as a truncated body",
        link: None,
    },
    KnownDefect {
        clients: &["httpx"],
        faults: &[
            "length-too-small",
            "no-content-with-body",
            "not-modified-with-body",
            "surplus",
            "surplus-answer",
        ],
        cause: "httpcore reuses a connection with extra bytes, and reads them as the next response",
        link: Some("https://github.com/encode/httpx/issues/1474"),
    },
    KnownDefect {
        clients: &["aiohttp"],
        faults: &["no-content-with-body", "not-modified-with-body", "surplus"],
        cause: "aiohttp parses bytes after a response as part of it",
        link: None,
    },
    KnownDefect {
        clients: &["fetch"],
        faults: &["interim"],
        cause: "undici rejects an unrequested 100 as an invalid response",
        link: None,
    },
    KnownDefect {
        clients: &["fetch"],
        faults: &["tls-wrong-name"],
        cause: "undici reconnects endlessly the second time that a host presents another host's \
                certificate",
        link: None,
    },
    KnownDefect {
        clients: &["aiohttp"],
        faults: &["until-reset"],
        cause: "aiohttp treats a reset as the end of a body without a length",
        link: None,
    },
    KnownDefect {
        clients: &["fetch"],
        faults: &["until-reset"],
        cause: "undici treats a reset as the end of a body without a length",
        link: None,
    },
    KnownDefect {
        clients: &["net-http"],
        faults: &["reset-in-head", "close-in-head"],
        cause: "net/http reports a truncated line of the head as malformed",
        link: None,
    },
    KnownDefect {
        clients: &["curl"],
        faults: &["two-lengths", "signed-length"],
        cause: "curl uses the last of several lengths, and accepts a plus sign",
        link: None,
    },
    KnownDefect {
        clients: &["curl"],
        faults: &["endless-chunks"],
        cause: "curl before 8.4 limits only bodies of a known length",
        link: Some("https://github.com/curl/curl/issues/11810"),
    },
    KnownDefect {
        clients: &["niquests"],
        faults: &[
            "length-too-small",
            "no-content-with-body",
            "not-modified-with-body",
            "surplus",
            "surplus-answer",
        ],
        cause: "urllib3-future keeps a connection with extra bytes; the next fetch fails, or waits \
                for it in vain",
        link: None,
    },
    KnownDefect {
        clients: &["niquests"],
        faults: &["bad-chunk-size"],
        cause: "urllib3-future loses an error of the body that arrives with the head, and waits \
                for more",
        link: None,
    },
    KnownDefect {
        clients: &["niquests"],
        faults: &["until-reset"],
        cause: "urllib3-future treats a reset as the end of a body without a length",
        link: None,
    },
    KnownDefect {
        clients: &["niquests"],
        faults: &["tls-reset"],
        cause: "urllib3-future waits a second after a failed handshake for the connection to close",
        link: None,
    },
    KnownDefect {
        clients: &["requests", "httpx", "niquests", "aiohttp", "fetch", "net-http", "curl"],
        faults: &["tls-cut"],
        cause: "the end of TLS without close_notify is treated as the end of a body without a length",
        link: None,
    },
];
