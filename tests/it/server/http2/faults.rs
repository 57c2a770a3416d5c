//! The faults of HTTP/2, frame by frame: each sends what its name states.

use std::time::{Duration, Instant};

use fetchbench::scenario::fault::{self, End, Fault, Listening, Made, Step};

use super::*;
use crate::server::{PATIENCE, connect, exchange};

/// Every script, frame by frame: type, flags, stream and payload, the short ones in hexadecimal
/// digits. The request is on stream 3. `head`, `half` and `body` are those of a correct response.
const SENT: &str = "\
h2-data-too-long: head DATA+1@3:[16385]
h2-headers-too-long: HEADERS+4@3:[16407] body
h2-rst-too-short: RST_STREAM@3:000000 head body
h2-priority-too-short: PRIORITY@3:00000000 head body
h2-ping-too-short: PING@0:736978627974 head body
h2-window-too-short: WINDOW_UPDATE@0:000001 head body
h2-settings-odd-length: SETTINGS@0:0003000001 head body
h2-settings-ack-long: SETTINGS+1@0:000300000100 head body
h2-padding-too-long: head DATA+8@3:ff30313233343536373839 body
h2-padding: HEADERS+12@3:05880000000000 DATA+9@3:[276]
h2-unknown-frames: 250+255@0:3f 251@3: head 252+1@3:3f body
h2-priority: PRIORITY@3:000000000f PRIORITY@1003:000000000f HEADERS+36@3:000000000f88 body
h2-byte-frames: head DATA@3:?x19 DATA+1@3:?
h2-index-zero: HEADERS+4@3:8880 body
h2-index-too-high: HEADERS+4@3:88ff49 body
h2-block-cut: HEADERS+4@3:88000a616263 body
h2-table-too-large: HEADERS+4@3:3fe1ff3f88 body
h2-huffman-end: HEADERS+4@3:8800017884ffffffff body
h2-bomb: HEADERS+4@3:[15907] body end
h2-many-fields: HEADERS@3:[15001] CONTINUATION@3:[15000]x2 CONTINUATION+4@3:[15000] body
h2-continued: HEADERS@3: CONTINUATION@3:88000378 CONTINUATION+4@3:2d610162 body
h2-continuation-alone: head CONTINUATION+4@3:0003782d610162 body
h2-continuation-late: HEADERS@3:88 PING@0:6665746368696e67 CONTINUATION+4@3:0003782d610162 body
h2-data-idle: DATA@1003:BODY head body
h2-headers-even: HEADERS+4@2:88 head body
h2-data-stream-0: DATA@0:BODY head body
h2-settings-on-stream: SETTINGS@3: head body
h2-ping-on-stream: PING@3:6665746368696e67 head body
h2-push: PUSH_PROMISE+4@3:00000002828684010161 head body
h2-data-after-end: head body DATA@3:737572706c7573
h2-rst-after-end: head body RST_STREAM@3:00000000
h2-rst-before-head: RST_STREAM@3:00000002
h2-rst-in-body: head half RST_STREAM@3:00000008
h2-rst-no-error: head half RST_STREAM@3:00000000
h2-refused: RST_STREAM@3:00000007
h2-always-refused: RST_STREAM@3:00000007
h2-data-before-head: DATA@3:6561726c79 head body
h2-ping: PING@0:6665746368696e67 head body
h2-push-enabled: SETTINGS@0:000200000001 head body
h2-window-too-large: SETTINGS@0:000480000000 head body
h2-frame-size-low: SETTINGS@0:000500003fff head body
h2-no-streams: SETTINGS@0:000300000000 head body SETTINGS@0:000300000064
h2-one-stream: SETTINGS@0:000300000001 head body
h2-zero-window: SETTINGS@0:000400000000 head body
h2-window-update-zero: WINDOW_UPDATE@0:00000000 head body
h2-stream-update-zero: WINDOW_UPDATE@3:00000000 head body
h2-window-overflow: WINDOW_UPDATE@0:7fffffff head body
h2-stream-overflow: WINDOW_UPDATE@3:7fffffff head body
h2-goaway-spares: GOAWAY@0:0000000300000000 head body
h2-goaway-twice: GOAWAY@0:7fffffff00000000 head GOAWAY@0:0000000300000000 body
h2-goaway-refuses: GOAWAY@0:0000000100000000 end
h2-goaway-error: GOAWAY@0:0000000300000002 end
h2-close-in-body: head half end
h2-reset-in-body: head half reset
h2-silence:
h2-stall-in-body: head half
h2-upper-case: HEADERS+4@3:880003582d610162 body
h2-connection-header: HEADERS+4@3:connection=keep-alive body
h2-nul-in-value: HEADERS+4@3:880003782d6103620063 body
h2-no-status: HEADERS+4@3:0003782d610162 body
h2-two-statuses: HEADERS+4@3:8889 body
h2-interim: HEADERS+4@3:0803313030 HEADERS+4@3:link=</a> head body
h2-interim-ends: HEADERS+5@3:0803313033
h2-trailers: head DATA@3:BODY HEADERS+5@3:0003782d610162
h2-status-in-trailers: head DATA@3:BODY HEADERS+5@3:88
h2-length-too-small: HEADERS+4@3:content-length=10 body
h2-length-too-large: HEADERS+4@3:content-length=30 body
h2-ping-flood: PING@0:6665746368696e67…
h2-settings-flood: SETTINGS@0:…
h2-empty-data-flood: head DATA@3:…
h2-rst-flood: RST_STREAM@3:00000008…
h2-endless-fields: HEADERS@3:88 CONTINUATION@3:0003782d610162…
h2-endless-nothing: HEADERS@3:88 CONTINUATION@3:…
h2-endless-interims: HEADERS+4@3:0803313033…
h2-endless-body: head DATA@3:[1024]…
";

const KINDS: [&str; 10] = [
    "DATA",
    "HEADERS",
    "PRIORITY",
    "RST_STREAM",
    "SETTINGS",
    "PUSH_PROMISE",
    "PING",
    "GOAWAY",
    "WINDOW_UPDATE",
    "CONTINUATION",
];

/// The faults of HTTP/2 that have a script.
fn scripts() -> impl Iterator<Item = &'static Fault> {
    fault::all().filter(|fault| fault.is_http2() && fault.script().is_some())
}

/// A server with a healthy site, and one for each of these faults.
fn faulty(faults: impl Iterator<Item = &'static Fault>) -> Running {
    let site = |Fault { name, .. }: &Fault| {
        format!("[[site]]\nlabel = '{name}'\nbytes = 20\nfault = '{name}'\n")
    };
    let sites: String = faults.map(site).collect();
    Running::new(&format!("[[site]]\nlabel = 'a'\nbytes = 20\n{sites}"))
}

/// Describes the payload of a frame.
fn describe_payload(kind: u8, payload: &[u8], body: &[u8]) -> String {
    let hex = || -> String { payload.iter().map(|byte| format!("{byte:02x}")).collect() };
    match payload.len() {
        1 if kind == DATA => "?".to_owned(),
        _ if payload == body => "BODY".to_owned(),
        length if kind == HEADERS && (13..=100).contains(&length) => {
            let fields = hpack_patched::Decoder::new().decode(payload).unwrap();
            let fields = fields.iter().filter(|(name, _)| name != b":status");
            let texts = fields.map(|(name, value)| [name, &b"="[..], value].concat());
            let texts: Vec<String> = texts.map(|text| String::from_utf8(text).unwrap()).collect();
            texts.join(",")
        }
        0..=100 => hex(),
        length => format!("[{length}]"),
    }
}

/// Describes the first frame, and returns what follows; `None` if it is not complete.
fn describe_frame<'a>(bytes: &'a [u8], body: &[u8]) -> Option<(String, &'a [u8])> {
    let (&[a, b, c, kind, flags, d, e, f, g], rest) = bytes.split_first_chunk()?;
    let (payload, rest) = rest.split_at_checked(u32::from_be_bytes([0, a, b, c]) as usize)?;
    let number = u32::from_be_bytes([d, e, f, g]);
    let word = match (kind, flags, number, payload) {
        (HEADERS, 4, 3, [0x88]) => "head".to_owned(),
        (DATA, 1, 3, _) if payload == body => "body".to_owned(),
        (DATA, 0, 3, _) if payload == &body[..10] => "half".to_owned(),
        _ => {
            let kind_name = KINDS.get(usize::from(kind)).map(|name| (*name).to_owned());
            let kind_name = kind_name.unwrap_or_else(|| kind.to_string());
            let flags = if flags == 0 { String::new() } else { format!("+{flags}") };
            let payload = describe_payload(kind, payload, body);
            format!("{kind_name}{flags}@{number}:{payload}")
        }
    };
    Some((word, rest))
}

/// Describes all frames. Equal ones are counted, unless they have no end.
fn describe(mut bytes: &[u8], body: &[u8], is_endless: bool) -> String {
    let mut words: Vec<(String, usize)> = Vec::new();
    while let Some((word, rest)) = describe_frame(bytes, body) {
        match words.last_mut() {
            Some((last, count)) if *last == word => *count += 1,
            _ => words.push((word, 1)),
        }
        bytes = rest;
    }
    let last = words.len();
    let words = words.into_iter().enumerate().map(|(index, (word, count))| match count {
        2.. if is_endless && index + 1 == last => format!("{word}…"),
        1 => word,
        count => format!("{word}x{count}"),
    });
    assert!(is_endless || bytes.is_empty(), "not a frame: {}", bytes.escape_ascii());
    words.collect::<Vec<_>>().join(" ")
}

/// Reads what was sent before the answer to a PING.
fn read_to_pong(client: &mut RawClient) -> Vec<u8> {
    client.send(&frame(PING, 0, 0, b"the end!"));
    let pong = frame(PING, 1, 0, b"the end!");
    read_until(client, |bytes| bytes.ends_with(&pong)).strip_suffix(&pong[..]).unwrap().to_vec()
}

fn read_until(client: &mut RawClient, is_enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    while !is_enough(&bytes) {
        let length = client.stream.read(&mut piece).unwrap();
        assert!(length > 0, "the connection ended: {}", bytes.escape_ascii());
        bytes.extend_from_slice(&piece[..length]);
    }
    bytes
}

/// Asks for a site with this fault, and describes the answer.
fn sent(server: &Running, site: usize, fault: &Fault) -> String {
    let script = fault.script().unwrap();
    let body = server.body(site, 0);
    let mut client = RawClient::new(server);
    client.send(&get(1, "/0/0"));
    client.answer(1);
    client.send(&get(3, &format!("/{site}/0")));
    match script.end {
        End::Forever(..) => {
            describe(&read_until(&mut client, |bytes| bytes.len() > 3_000), &body, true)
        }
        End::Close | End::Cut | End::Reset => {
            let mut bytes = Vec::new();
            let end = if client.stream.read_to_end(&mut bytes).is_err() { "reset" } else { "end" };
            format!("{} {end}", describe(&bytes, &body, false))
        }
        End::Keep | End::Stay => {
            if script.steps.iter().any(|step| matches!(step, Step::Wait(_))) {
                std::thread::sleep(Duration::from_millis(200));
            }
            let mut bytes = read_to_pong(&mut client);
            if script.steps.contains(&Step::Pong) {
                assert_eq!(bytes, frame(PING, 0, 0, b"fetching"), "it waits");
                client.send(&frame(PING, 1, 0, b"fetching"));
                bytes.extend(read_to_pong(&mut client));
            }
            describe(&bytes, &body, false)
        }
    }
}

#[test]
fn scripts_send_what_they_state() {
    let server = faulty(scripts());
    let mut lines = SENT.lines();
    for (index, fault) in scripts().enumerate() {
        let sent = format!("{}: {}", fault.name, sent(&server, index + 1, fault).trim());
        assert_eq!(Some(sent.trim_end()), lines.next());
    }
    assert_eq!(lines.next(), None);
    // Whatever clients leave behind ends with them.
    let until = Instant::now() + PATIENCE;
    while server.witness("/take").peak_in_flight > 0 {
        assert!(Instant::now() < until, "a script goes on");
    }
}

#[test]
fn bad_blocks_cannot_be_decoded() {
    let decodes = |name: &str| {
        let line = SENT.lines().find(|line| line.starts_with(&format!("{name}: "))).unwrap();
        let hex = line.split("HEADERS+4@3:").nth(1).unwrap().split(' ').next().unwrap();
        let digits = hex.as_bytes().chunks(2).map(|two| str::from_utf8(two).unwrap());
        let bytes: Vec<u8> = digits.map(|two| u8::from_str_radix(two, 16).unwrap()).collect();
        hpack_patched::Decoder::new().decode(&bytes).is_ok()
    };
    for name in ["index-zero", "index-too-high", "block-cut", "huffman-end"] {
        assert!(!decodes(&format!("h2-{name}")), "{name}");
    }
    // What is malformed beyond its block can be decoded.
    for name in ["upper-case", "nul-in-value", "no-status", "two-statuses"] {
        assert!(decodes(&format!("h2-{name}")), "{name}");
    }
}

#[test]
fn refusals_occur_once() {
    let server = faulty(scripts().filter(|fault| fault.name == "h2-refused"));
    let mut client = RawClient::new(&server);
    for (stream, visit) in [(1, 0), (5, 1)] {
        let path = format!("/1/{visit}");
        client.send(&get(stream, &path));
        assert_eq!(client.wait_for(&[HEADERS, RST_STREAM]).code(), 7);
        client.send(&get(stream + 2, &path));
        assert_eq!(client.answer(stream + 2).body, server.body(1, visit));
    }
}

#[test]
fn listeners_greet_the_preface() {
    let is_greeting = |fault: &&Fault| matches!(fault.made, Made::Listener(Listening::Starts(..)));
    let faults: Vec<_> = fault::all().filter(is_greeting).collect();
    let names: Vec<_> = faults.iter().map(|fault| fault.name).collect();
    assert_eq!(names, ["h2-speaks-http1", "h2-no-settings"]);
    let server = faulty(faults.into_iter());
    let answer = exchange(connect(&server.origins[1]), PREFACE);
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{}", answer.escape_ascii());
    let mut stream = connect(&server.origins[2]);
    stream.write_all(PREFACE).unwrap();
    let mut answer = [0; 17];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer[..], frame(PING, 0, 0, b"fetching"));
}
