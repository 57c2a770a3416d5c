//! The known defects of clients over HTTP/2.

use super::defect::KnownDefect;

/// Clients over the crates hyper and h2.
const HYPER: &[&str] = &["hyper", "hyper-util", "hyper-pool", "reqwest", "cyper"];

/// Every known defect.
pub(super) const KNOWN: &[KnownDefect] = &[
    KnownDefect {
        clients: HYPER,
        faults: &["h2-rst-no-error"],
        cause: "hyper treats a reset with NO_ERROR as the end of the body",
        link: None,
    },
    KnownDefect {
        clients: HYPER,
        faults: &["h2-push-enabled"],
        cause: "h2 accepts SETTINGS_ENABLE_PUSH from a server",
        link: None,
    },
    KnownDefect {
        clients: HYPER,
        faults: &["h2-status-in-trailers"],
        cause: "h2 drops the pseudo-headers of trailers without an error",
        link: None,
    },
    KnownDefect {
        clients: HYPER,
        faults: &["h2-no-settings"],
        cause: "h2 accepts other frames before SETTINGS, and waits",
        link: None,
    },
    KnownDefect {
        clients: &["reqwest", "hyper-util", "httpx"],
        faults: &["h2-tls-without-alpn"],
        cause: "a client for HTTP/2 only does not look at what ALPN agreed on",
        link: None,
    },
    KnownDefect {
        clients: &["httpx"],
        faults: &[
            "h2-upper-case",
            "h2-connection-header",
            "h2-nul-in-value",
            "h2-no-status",
            "h2-two-statuses",
            "h2-status-in-trailers",
        ],
        cause: "httpcore turns off the validation of heads by h2 (validate_inbound_headers)",
        link: None,
    },
    KnownDefect {
        clients: &["httpx"],
        faults: &["h2-goaway-spares", "h2-goaway-twice"],
        cause: "httpcore fails every stream after GOAWAY, also those that the server completes",
        link: None,
    },
    KnownDefect {
        clients: &["net-http"],
        faults: &["h2-data-too-long", "h2-headers-too-long"],
        cause: "x/net reads frames of up to 16 MB, though it announces no SETTINGS_MAX_FRAME_SIZE",
        link: None,
    },
    KnownDefect {
        clients: &["net-http"],
        faults: &["h2-frame-size-low"],
        cause: "x/net accepts any SETTINGS_MAX_FRAME_SIZE",
        link: None,
    },
    KnownDefect {
        clients: &["http2"],
        faults: &[
            "h2-data-too-long",
            "h2-headers-too-long",
            "h2-rst-too-short",
            "h2-priority-too-short",
            "h2-ping-too-short",
            "h2-window-too-short",
            "h2-settings-odd-length",
            "h2-settings-ack-long",
            "h2-padding-too-long",
            "h2-index-zero",
            "h2-index-too-high",
            "h2-block-cut",
            "h2-table-too-large",
            "h2-huffman-end",
            "h2-continuation-alone",
            "h2-continuation-late",
            "h2-data-idle",
            "h2-data-stream-0",
            "h2-data-before-head",
        ],
        cause: "nghttp2 answers an error of the connection by GOAWAY, and Node's session neither \
                fails nor closes",
        link: None,
    },
    KnownDefect {
        clients: &["niquests"],
        faults: &[
            "h2-upper-case",
            "h2-connection-header",
            "h2-nul-in-value",
            "h2-two-statuses",
            "h2-status-in-trailers",
        ],
        cause: "urllib3-future turns off the checks of response headers in jh2",
        link: None,
    },
    KnownDefect {
        clients: &["niquests"],
        faults: &["h2-tls-without-alpn"],
        cause: "urllib3-future speaks HTTP/2 without ALPN if HTTP/1.1 is disabled",
        link: None,
    },
    KnownDefect {
        clients: &["niquests"],
        faults: &["h2-no-streams"],
        cause: "urllib3-future waits for a connection without a free stream, but does not read it",
        link: None,
    },
    KnownDefect {
        clients: &["niquests"],
        faults: &["h2-reset-in-body"],
        cause: "urllib3-future reports a reset as the end of the connection",
        link: None,
    },
    KnownDefect {
        clients: &["niquests"],
        faults: &["h2-stream-overflow"],
        cause: "urllib3-future reports a stream that it reset as reset by the server",
        link: None,
    },
];
