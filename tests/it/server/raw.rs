//! Requests and answers to the byte.

use std::io::{ErrorKind, Read, Write};

use super::{Running, connect, exchange, expect, get};

const SITES: &str = "[[site]]\nlabel = 'a'\nbegins = 'hello'\nbytes = '20'\nrepeat = 2\n\
    [[site]]\nlabel = 'b'\norigin = 'other'\nbytes = '0'\nstatus = 503\nheaders = { X-A = 'b' }\n\
    [[site]]\nlabel = 'c'\nbytes = '0'\nstatus = 204\n";

const NOT_FOUND: &[u8] = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";

#[test]
fn replies_hold_nothing_else() {
    let server = Running::new(SITES);
    let answer =
        exchange(server.connect(), b"GET /1/5 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    let (head, body) = answer.split_at(answer.len() - 20);
    assert_eq!(head, b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\nconnection: close\r\n\r\n");
    assert!(body.starts_with(b"hello"));
    assert_eq!(crc32fast::hash(body), server.scenario.page(1, 5).crc32);
    assert_ne!(body, server.body(1, 6), "each visit has its own");
}

#[test]
fn sites_set_status_and_headers() {
    let server = Running::new(SITES);
    let mut other = connect(&server.origins[1]);
    other.write_all(&get("/2/0")).unwrap();
    expect(&mut other, b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nx-a: b\r\n\r\n");
    let mut first = server.connect();
    first.write_all(&get("/3/0")).unwrap();
    expect(&mut first, b"HTTP/1.1 204 No Content\r\n\r\n");
}

/// A request, and the head of its response to the byte. The timed delay varies and is left out.
const HEADS: [(&str, &str); 12] = [
    ("GET /0/0 HTTP/1.1\r\nhost: a", "200 OK\r\ncontent-length: 20"),
    (
        "GET /0/0 HTTP/1.1\r\nhost: a\r\nconnection: close",
        "200 OK\r\ncontent-length: 20\r\nconnection: close",
    ),
    (
        "GET /0/0 HTTP/1.0\r\nconnection: keep-alive",
        "200 OK\r\ncontent-length: 20\r\nconnection: keep-alive",
    ),
    ("HEAD /0/0 HTTP/1.0", "200 OK\r\ncontent-length: 20\r\nconnection: close"),
    ("GET /3/0 HTTP/1.0", "204 No Content\r\nconnection: close"),
    (
        "HEAD /0/0 HTTP/1.0\r\nserver-timing: ?",
        "200 OK\r\ncontent-length: 20\r\nserver-timing: planned;dur=0.000\r\nconnection: close",
    ),
    ("GET /9/0 HTTP/1.0", "404 Not Found\r\ncontent-length: 0\r\nconnection: close"),
    (
        "GET /9/0 HTTP/1.0\r\nconnection: keep-alive\r\nserver-timing: ?",
        "404 Not Found\r\ncontent-length: 0\r\nconnection: keep-alive",
    ),
    (
        "PUT /0/0 HTTP/1.1\r\nhost: a\r\nconnection: close",
        "405 Method Not Allowed\r\nallow: GET, HEAD\r\ncontent-length: 0\r\nconnection: close",
    ),
    ("GET /0/0 HTTP/1.1", "400 Bad Request\r\ncontent-length: 0\r\nconnection: close"),
    (
        "GET /0/0 HTTP/3.0",
        "505 HTTP Version Not Supported\r\ncontent-length: 0\r\nconnection: close",
    ),
    (
        "GET /0/0 HTTP/1.1\r\nhost: a\r\nhost: b",
        "400 Bad Request\r\ncontent-length: 0\r\nconnection: close",
    ),
];

#[test]
fn heads_are_exact_to_the_byte() {
    let server = Running::new(SITES);
    for (request, expected) in HEADS {
        let mut stream = server.connect();
        stream.write_all(format!("{request}\r\n\r\n").as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let head: Vec<&str> =
            head.split("\r\n").map(|line| line.split(", actual;dur=").next().unwrap()).collect();
        assert_eq!(head.join("\r\n"), format!("HTTP/1.1 {expected}"), "{request}");
        let has_body = request.starts_with("GET /0/0") && expected.starts_with("200");
        assert_eq!(body.as_bytes(), if has_body { server.body(0, 0) } else { Vec::new() });
    }
}

#[test]
fn control_responses_are_exact() {
    let server = Running::new(SITES);
    for (line, announced) in [("", ""), ("connection: close\r\n", "connection: close\r\n")] {
        let request = format!(
            "GET /witness HTTP/1.1\r\nhost: a\r\n{line}\r\n\
             HEAD /witness HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
        );
        let answer = exchange(connect(&server.control), request.as_bytes());
        let answer = String::from_utf8(answer).unwrap();
        let (head, rest) = answer.split_once("\r\n\r\n").unwrap();
        let length = rest.find("HTTP").unwrap_or(rest.len());
        assert_eq!(
            format!("{head}\r\n"),
            format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                 content-length: {length}\r\n{announced}"
            )
        );
        let refused = "HTTP/1.1 405 Method Not Allowed\r\nallow: GET, HEAD\r\n\
                       content-length: 0\r\nconnection: close\r\n\r\n";
        assert_eq!(&rest[length..], if line.is_empty() { refused } else { "" });
    }
}

#[test]
fn pipelined_replies_keep_order() {
    let server = Running::new(SITES);
    let mut stream = server.connect();
    for visit in 0..3 {
        stream.write_all(&get(&format!("/0/{visit}"))).unwrap();
        expect(&mut stream, &server.answer(0, visit));
    }
    let ahead: Vec<u8> = (0..2000).flat_map(|visit| get(&format!("/1/{visit}"))).collect();
    let answers: Vec<u8> = (0..2000).flat_map(|visit| server.answer(1, visit)).collect();
    stream.write_all(&ahead).unwrap();
    expect(&mut stream, &answers);
    assert_eq!(server.witness("/witness").connections, 1);
}

#[test]
fn requests_may_come_bytewise() {
    let server = Running::new(SITES);
    let mut stream = server.connect();
    for byte in get("/0/0") {
        stream.write_all(&[byte]).unwrap();
    }
    expect(&mut stream, &server.answer(0, 0));
}

#[test]
fn head_replies_have_no_body() {
    let server = Running::new(SITES);
    let mut stream = server.connect();
    stream.write_all(b"HEAD /0/0 HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    stream.write_all(&get("/0/0")).unwrap();
    expect(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n");
    expect(&mut stream, &server.answer(0, 0));
    assert_eq!(server.witness("/witness").bytes, 20);
}

#[test]
fn unknown_targets_are_refused() {
    let server = Running::new(SITES);
    let mut stream = server.connect();
    let elsewhere = "/2/0";
    for target in
        ["/", "/0", "/0/0/", "/4/0", "/0/-1", "/0/0?", "/witness", "/take", "*", elsewhere]
    {
        stream.write_all(&get(target)).unwrap();
        expect(&mut stream, NOT_FOUND);
    }
    stream.write_all(b"DELETE /0/0 HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    expect(
        &mut stream,
        b"HTTP/1.1 405 Method Not Allowed\r\nallow: GET, HEAD\r\ncontent-length: 0\r\n\r\n",
    );
    stream.write_all(&get("http://127.0.0.1/0/0")).unwrap();
    expect(&mut stream, &server.answer(0, 0));
    assert_eq!(server.witness("/witness").refused, 11);
}

#[test]
fn malformed_requests_are_refused() {
    let server = Running::new(SITES);
    let refused = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let heads: [&[u8]; 5] = [
        b"\0",
        b"hello\r\n\r\n",
        b"GET /0/0 HTTP/1.1\r\n\r\n",
        b"GET /0/0 HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc",
        b"GET /0/0 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ];
    for head in heads {
        assert_eq!(exchange(server.connect(), head), refused, "{}", head.escape_ascii());
    }
    let with_body = b"POST /0/0 HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc";
    assert!(exchange(server.connect(), with_body).starts_with(b"HTTP/1.1 405 "));
    assert_eq!(server.witness("/witness").refused, 6);
}

#[test]
fn endless_heads_are_refused() {
    let server = Running::new(SITES);
    let mut stream = server.connect();
    stream.write_all(b"GET /0/0 HTTP/1.1\r\nhost: a\r\nx: ").unwrap();
    stream.write_all(&[b'x'; 16 << 10]).unwrap();
    let expected = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: \
                     0\r\nconnection: close\r\n\r\n";
    expect(&mut stream, expected);
    // It reads on a little while, for clients that have not looked yet, but not for ever.
    let filler = [b'x'; 1 << 16];
    let error = loop {
        if let Err(error) = stream.write_all(&filler) {
            break error;
        }
    };
    assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error}");
}

#[test]
fn old_clients_are_closed() {
    let server = Running::new(SITES);
    let told = b"GET /0/0 HTTP/1.0\r\nconnection: keep-alive\r\n\r\nGET /0/0 HTTP/1.0\r\n\r\n";
    let answers = String::from_utf8(exchange(server.connect(), told)).unwrap();
    assert_eq!(answers.matches("connection: keep-alive\r\n\r\n").count(), 1);
    assert_eq!(answers.matches("connection: close\r\n\r\n").count(), 1);

    let mut ahead = b"GET /0/0 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".to_vec();
    ahead.extend(get("/0/1").repeat(2000));
    let answer = exchange(server.connect(), &ahead);
    assert_eq!(
        answer.len(),
        server.answer(0, 0).len() + "connection: close\r\n".len(),
        "and what follows is not"
    );
}

#[test]
fn half_closed_peers_get_replies() {
    let server = Running::new(SITES);
    let mut stream = server.connect();
    stream.write_all(&get("/0/0")).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, server.answer(0, 0));
}

#[test]
fn slow_readers_get_whole_bodies() {
    let server = Running::new("[[site]]\nlabel = 'a'\nbegins = 'hello'\nbytes = '64MiB'\n");
    let mut stream = server.connect();
    stream.write_all(&get("/0/3")).unwrap();
    expect(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 67108864\r\n\r\n");
    let (mut hasher, mut piece, mut left) =
        (crc32fast::Hasher::new(), vec![0; 1 << 20], 64_usize << 20);
    while left > 0 {
        let length = stream.read(&mut piece).unwrap();
        assert_ne!(length, 0, "{left} bytes before the end");
        hasher.update(&piece[..length]);
        left -= length;
        // Slower than the server, so that it finds the socket full.
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert_eq!(hasher.finalize(), server.scenario.page(0, 3).crc32);
    assert_eq!(server.witness("/witness").bytes, 64 << 20);
    // Nothing is left over, and the connection still works.
    stream.write_all(&get("/x")).unwrap();
    expect(&mut stream, NOT_FOUND);
}
