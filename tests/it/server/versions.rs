//! Versions of requests: RFC 9110, sections 2.5 and 15.6.6, and RFC 9112, sections 2.3 and 3.

use std::io::Write;
use std::net::Shutdown;

use super::{Running, exchange, expect};

const SITE: &str = "[[site]]\nlabel = 'a'\nbytes = 0\n";

/// What follows the target of a request, and the status line of its answer.
const VERSIONS: [(&str, &str); 22] = [
    (" HTTP/1.0", "HTTP/1.1 200 OK"),
    (" HTTP/1.1", "HTTP/1.1 200 OK"),
    // A higher minor version is read as the highest that the server knows.
    (" HTTP/1.2", "HTTP/1.1 200 OK"),
    (" HTTP/1.9", "HTTP/1.1 200 OK"),
    // Another major version is not.
    (" HTTP/2.0", UNSUPPORTED),
    (" HTTP/2.1", UNSUPPORTED),
    (" HTTP/3.0", UNSUPPORTED),
    (" HTTP/9.9", UNSUPPORTED),
    (" HTTP/0.9", UNSUPPORTED),
    (" HTTP/0.0", UNSUPPORTED),
    // Two digits, a dot between them, and the name in capitals.
    (" HTTP/01.1", MALFORMED),
    (" HTTP/1.01", MALFORMED),
    (" HTTP/1.10", MALFORMED),
    (" HTTP/10.1", MALFORMED),
    (" HTTP/2", MALFORMED),
    (" HTTP/1,2", MALFORMED),
    (" HTTP/1.x", MALFORMED),
    (" http/1.1", MALFORMED),
    (" Http/1.2", MALFORMED),
    (" HTTP/1.1 ", MALFORMED),
    (" HTTP/1.2 ", MALFORMED),
    // A request of HTTP/0.9 has none.
    ("", MALFORMED),
];

const UNSUPPORTED: &str = "HTTP/1.1 505 HTTP Version Not Supported";

const MALFORMED: &str = "HTTP/1.1 400 Bad Request";

#[test]
fn each_version_has_its_status() {
    let server = Running::new(SITE);
    for (version, expected) in VERSIONS {
        let head = format!("GET /0/0{version}\r\nhost: a\r\nconnection: close\r\n\r\n");
        let answer = String::from_utf8(exchange(server.connect(), head.as_bytes())).unwrap();
        assert_eq!(answer.lines().next(), Some(expected), "{version:?}");
        assert!(answer.ends_with("\r\nconnection: close\r\n\r\n"), "{version:?}: {answer}");
    }
}

#[test]
fn later_versions_stay_connected() {
    let server = Running::new(SITE);
    let mut stream = server.connect();
    for version in ["HTTP/1.2", "HTTP/1.1", "HTTP/1.9"] {
        let head = format!("GET /0/0 {version}\r\nhost: a\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        expect(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    }
    // As in HTTP/1.1, a request names its host.
    let answer = exchange(stream, b"GET /0/0 HTTP/1.2\r\n\r\n");
    assert!(answer.starts_with(MALFORMED.as_bytes()), "{}", answer.escape_ascii());
    assert_eq!(server.witness("/witness").connections, 1);
}

#[test]
fn a_version_may_come_in_pieces() {
    let server = Running::new(SITE);
    for (version, expected) in [("HTTP/1.2", "HTTP/1.1 200 OK"), ("HTTP/2.0", UNSUPPORTED)] {
        let mut stream = server.connect();
        for byte in format!("\r\nGET /0/0 {version}\r\nhost: a\r\n\r\n").bytes() {
            // The server answers 505 before the last header has come, but reads on for a while.
            stream.write_all(&[byte]).unwrap();
        }
        stream.shutdown(Shutdown::Write).unwrap();
        expect(&mut stream, expected.as_bytes());
    }
}
