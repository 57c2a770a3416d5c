//! Requests and their answers.

use super::*;

const SITES: &str = "[[site]]\nlabel = 'a'\nbegins = 'hello'\nbytes = '1kB'\nrepeat = 2\n\
    headers = { x-a = 'b', keep-alive = 'a', proxy-connection = 'b', upgrade = 'c' }\n\
    [[site]]\nlabel = 'empty'\nbytes = '0'\nstatus = 204\n\
    [[site]]\nlabel = 'large'\nbytes = '100kB'\nstatus = 503\n\
    [[site]]\nlabel = 'b'\norigin = 'other'\nbytes = '0'\n";

#[test]
fn replies_hold_nothing_else() {
    let server = Running::new(SITES);
    let mut client = RawClient::new(&server);
    for (number, path) in [(1, "/0/5"), (3, "/1/5"), (5, "/0/6"), (7, "/0/6")] {
        client.send(&get(number, path));
        let answer = client.answer(number);
        let headers = [(":status", "200"), ("content-length", "1000"), ("x-a", "b")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(answer.headers, headers, "{path}");
        let (site, visit) = (usize::from(path.starts_with("/1")), 5 + u64::from(number > 4));
        assert_eq!(answer.body, server.body(site, visit), "{path}");
    }
    let seen = server.witness("/take");
    assert_eq!((seen.requests, seen.connections, seen.bytes, seen.refused), (4, 1, 4_000, 0));
    let counts = seen.http2;
    assert_eq!((counts.connections, counts.streams, counts.peak_streams), (1, 4, 1));
    assert_eq!(counts.header_bytes, 4 * request("GET", "/0/5", &[]).len() as u64);
}

#[test]
fn empty_answers_count_as_open() {
    let server = Running::new(
        "[[site]]\nlabel = 'a'\nbytes = '1'\ndelay = '1h'\n[[site]]\nlabel = 'b'\nbytes = '0'\n",
    );
    let mut client = RawClient::new(&server);
    client.send(&[get(1, "/0/0"), get(3, "/0/1"), get(5, "/1/0")].concat());
    client.ping();
    assert_eq!(server.witness("/take").http2.peak_streams, 3);
}

#[test]
fn repeated_heads_are_short() {
    let server = Running::new(SITES);
    let mut client = RawClient::new(&server);
    let mut lengths = Vec::new();
    for stream in [1, 3, 5] {
        client.send(&get(stream, "/0/0"));
        let head = client.wait_for(&[HEADERS]);
        lengths.push(head.payload.len());
        client.wait_for(&[DATA]);
    }
    assert_eq!(lengths, [1 + 6 + 7, 3, 3]);
}

#[test]
fn other_statuses_are_kept() {
    let server = Running::new(SITES);
    let mut client = RawClient::new(&server);
    client.send(&[get(1, "/2/0"), get(3, "/3/0"), window_update(0, 1 << 20)].concat());
    client.send(&window_update(3, 1 << 20));
    let answers = client.answers(&[1, 3]);
    assert_eq!(answers[&1].headers, [(":status".to_owned(), "204".to_owned())]);
    assert_eq!((answers[&3].status(), &answers[&3].body), ("503", &server.body(3, 0)));
    let head = frame(HEADERS, WHOLE, 5, &request("HEAD", "/0/0", &[("server-timing", "?")]));
    client.send(&head);
    let answer = client.answer(5);
    assert_eq!((answer.header("content-length"), answer.body.len()), (Some("1000"), 0));
    let timing = answer.header("server-timing").unwrap();
    assert!(timing.starts_with("planned;dur=0.000, actual;dur="), "{timing}");
}

#[test]
fn refusals_state_their_reason() {
    let server = Running::new(SITES);
    let mut client = RawClient::new(&server);
    let long = "x".repeat(120);
    let many: Vec<(&str, &str)> = std::iter::repeat_n(("x-long", &*long), 120).collect();
    let cases = [
        (request("GET", "/9/0", &[]), "404", "Not Found"),
        (request("GET", "/4/0", &[]), "404", "Not Found"),
        (request("GET", "/witness", &[]), "404", "Not Found"),
        (request("DELETE", "/0/0", &[]), "405", "Method Not Allowed"),
    ];
    for (stream, (block, status, reason)) in (1..).step_by(2).zip(cases) {
        client.send(&frame(HEADERS, WHOLE, stream, &block));
        let answer = client.answer(stream);
        assert_eq!((answer.status(), &*answer.body), (status, reason.as_bytes()));
        assert_eq!(answer.header("allow").is_some(), status == "405");
        assert_eq!(answer.header("content-length").unwrap(), reason.len().to_string());
    }
    // Longer than the limit of the list, in two frames.
    let block = request("GET", "/0/0", &many);
    client.send(&frame(HEADERS, END_STREAM, 9, &block[..9_000]));
    client.send(&frame(CONTINUATION, END_HEADERS, 9, &block[9_000..]));
    assert_eq!(client.answer(9).status(), "431");
    assert_eq!(server.witness("/witness").refused, 5);
}

#[test]
fn bodies_of_requests_are_dropped() {
    let server = Running::new(SITES);
    let mut client = RawClient::new(&server);
    let post = request("POST", "/0/0", &[("content-length", "5")]);
    client.send(&frame(HEADERS, END_HEADERS, 1, &post));
    client.send(&frame(DATA, 0, 1, b"abc"));
    let returned = client.wait_for(&[WINDOW_UPDATE]);
    assert_eq!((returned.stream, &*returned.payload), (0, &[0, 0, 0, 3][..]));
    client.send(&frame(DATA, END_STREAM, 1, b"de"));
    assert_eq!(client.answer(1).status(), "405");
    // An empty body of a GET is none; any other is refused.
    client.send(&frame(HEADERS, END_HEADERS, 3, &request("GET", "/0/0", &[])));
    client.send(&frame(DATA, END_STREAM, 3, b""));
    assert_eq!(client.answer(3).body, server.body(0, 0));
    client.send(&frame(HEADERS, END_HEADERS, 5, &request("GET", "/0/0", &[])));
    client.send(&frame(DATA, 0, 5, b"a"));
    client.send(&frame(HEADERS, WHOLE, 5, &block(&[("x-trailer", "a")])));
    assert_eq!(client.answer(5).status(), "400");
}

#[test]
fn refused_heads_have_no_body() {
    let server = Running::new(SITES);
    let mut client = RawClient::new(&server);
    client.send(&frame(HEADERS, WHOLE, 1, &request("HEAD", "/9/0", &[])));
    client.send(&frame(HEADERS, END_HEADERS, 3, &request("HEAD", "/0/0", &[])));
    client.send(&frame(DATA, END_STREAM, 3, b"a"));
    let long = "x".repeat(120);
    let many: Vec<(&str, &str)> = std::iter::repeat_n(("x-long", &*long), 120).collect();
    let block = request("HEAD", "/0/0", &many);
    client.send(&frame(HEADERS, END_STREAM, 5, &block[..9_000]));
    client.send(&frame(CONTINUATION, END_HEADERS, 5, &block[9_000..]));
    for (stream, status) in [(1, "404"), (3, "400"), (5, "431")] {
        let answer = client.answer(stream);
        assert_eq!((answer.status(), &*answer.body), (status, &b""[..]));
    }
}

#[test]
fn frames_may_come_bytewise() {
    let server = Running::new(SITES);
    let mut client = RawClient::new(&server);
    for byte in get(1, "/0/0") {
        client.send(&[byte]);
    }
    assert_eq!(client.answer(1).body, server.body(0, 0));
}

#[test]
fn each_witness_counts_anew() {
    let server = Running::new(SITES);
    let mut client = RawClient::new(&server);
    for stream in [1, 3] {
        client.send(&get(stream, "/0/0"));
        client.answer(stream);
        let seen = server.witness("/take");
        // The connection was accepted once, and has carried a stream each time.
        assert_eq!(seen.connections, u64::from(stream == 1));
        let counts = (seen.http2.connections, seen.http2.streams, seen.http2.peak_streams);
        assert_eq!(counts, (1, 1, 1));
    }
}
