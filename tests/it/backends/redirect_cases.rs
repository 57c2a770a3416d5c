//! Redirects, and where each leads.

use fetchbench::fetch::error::ErrorClass;

/// What comes of a redirect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum End {
    /// The page at this path of the same server.
    Page(&'static str),
    /// The redirect is the answer.
    Answer,
    /// The fetch fails.
    Failure(ErrorClass),
}

use End::{Answer, Failure, Page};

pub(super) const PROTOCOL: End = Failure(ErrorClass::Protocol);
pub(super) const UNSUPPORTED: End = Failure(ErrorClass::Unsupported);

/// An answer to `/dir/c/N?q`, where N is the number of the case, and where it leads.
pub(super) struct Case {
    pub(super) status: u16,
    /// The values of its `location` lines; `HOST` stands for the address of the server.
    pub(super) lines: Vec<&'static [u8]>,
    pub(super) end: End,
    /// Clients, and `curl` for the program, that make something else of it, and why.
    pub(super) others: Vec<(&'static str, End, &'static str)>,
}

impl Case {
    pub(super) fn but(mut self, client: &'static str, end: End, why: &'static str) -> Self {
        self.others.push((client, end, why));
        self
    }

    /// The answer, with the address of the server in place of `HOST`.
    pub(super) fn answer(&self, host: &str) -> Vec<u8> {
        // An answer of 304 has no body.
        let body = if self.status == 304 { "" } else { "abc" };
        let mut answer =
            format!("HTTP/1.1 {} Found\r\nContent-Length: {}\r\n", self.status, body.len())
                .into_bytes();
        for line in &self.lines {
            answer.extend(b"Location: ");
            match line.windows(4).position(|window| window == b"HOST") {
                Some(at) => answer.extend([&line[..at], host.as_bytes(), &line[at + 4..]].concat()),
                None => answer.extend(*line),
            }
            answer.extend(b"\r\n");
        }
        answer.extend([b"\r\n", body.as_bytes()].concat());
        answer
    }

    /// Whether `client` may end so.
    pub(super) fn allows(&self, client: &str, end: End) -> bool {
        match self.others.iter().find(|(other, ..)| *other == client) {
            // The version of a program is not ours to choose.
            Some((_, other, _)) => end == *other || (client == "curl" && end == self.end),
            None => end == self.end,
        }
    }
}

pub(super) fn lines(lines: &[&'static [u8]], end: End) -> Case {
    Case { status: 302, lines: lines.to_vec(), end, others: Vec::new() }
}

pub(super) fn line<B: AsRef<[u8]> + ?Sized>(line: &'static B, end: End) -> Case {
    lines(&[line.as_ref()], end)
}

pub(super) fn status(status: u16, end: End) -> Case {
    Case { status, ..line("/a", end) }
}

/// Bytes beyond ASCII, blanks and characters that no url may hold.
pub(super) fn encoded() -> Vec<Case> {
    let crashes = Failure(ErrorClass::Crashed);
    let beyond = |value: &'static [u8], end| {
        let of_surf = if std::str::from_utf8(value).is_ok() { crashes } else { PROTOCOL };
        line(value, end).but("surf", of_surf, "it takes ASCII alone, and panics over UTF-8")
    };
    let raw = "it sends the character raw";
    vec![
        line("/a", Page("/a")),
        beyond("/land/café".as_bytes(), Page("/land/caf%C3%A9")),
        beyond(b"/land/caf\xe9", Page("/land/caf%E9")),
        beyond(b"/\xff\xfe", Page("/%FF%FE")),
        beyond("/caf%C3%A9é".as_bytes(), Page("/caf%C3%A9%C3%A9")),
        beyond("/a?q=café".as_bytes(), Page("/a?q=caf%C3%A9")),
        beyond("/a#café".as_bytes(), Page("/a")),
        line("/a b", Page("/a%20b")),
        line("/a   b", Page("/a%20%20%20b")),
        line("/a b?c d", Page("/a%20b?c+d")),
        line("/a?b=+", Page("/a?b=+")),
        line("/a%20b", Page("/a%20b")),
        line(" \t/lead", Page("/lead")),
        line("/trail \t ", Page("/trail")),
        line("/100%", Page("/100%"))
            .but("requests", Page("/100%25"), "it encodes a percent sign that stands alone")
            .but("niquests", Page("/100%25"), "it encodes a percent sign that stands alone")
            .but("net-http", PROTOCOL, "it reads every location itself"),
        line("/a'b", Page("/a'b")),
        line("/a, /b", Page("/a,%20/b")),
        line("/a\\b", Page("/a%5Cb")).but("curl", Page("/a\\b"), raw),
        line("\\\\b.example\\x", Page("/dir/c/%5C%5Cb.example%5Cx")).but(
            "curl",
            Page("/dir/c/\\\\b.example\\x"),
            raw,
        ),
        line("/a|b^c`d{e}\"<f>", Page("/a%7Cb%5Ec%60d%7Be%7D%22%3Cf%3E")).but(
            "curl",
            Page("/a|b^c`d{e}\"<f>"),
            raw,
        ),
        line("/a\tb", PROTOCOL),
        line("/a\u{1}b", PROTOCOL),
        line("/a\u{7f}b", PROTOCOL),
    ]
}

/// None, several, and blank lines.
pub(super) fn counted() -> Vec<Case> {
    let joined = |values: &[&'static [u8]], end, path| {
        lines(values, end).but("fetch", Page(path), "it joins the lines")
    };
    vec![
        lines(&[], Answer),
        line("", Answer),
        line("   ", Answer),
        line("\t", Answer),
        joined(&[b"", b""], Answer, "/dir/c/,"),
        joined(&[b"", b"/a"], Page("/a"), "/dir/c/,%20/a"),
        joined(&[b"/a", b""], Page("/a"), "/a,"),
        joined(&[b"/a", b"/a"], Page("/a"), "/a,%20/a"),
        joined(&[b"/a", b"/b"], PROTOCOL, "/a,%20/b").but(
            "curl",
            Page("/a"),
            "older versions follow the first",
        ),
    ]
}

/// References of all kinds (RFC 3986, section 4).
pub(super) fn referred() -> Vec<Case> {
    let loops = Failure(ErrorClass::RedirectLoop);
    let no_query = |case: Case, path| {
        let dropping = ["curl", "requests", "niquests", "aiohttp", "fetch"];
        dropping
            .into_iter()
            .fold(case, |case, client| case.but(client, Page(path), "it drops an empty query"))
    };
    vec![
        line("http://HOST/x", Page("/x")),
        line("HTTP://HOST/x", Page("/x")),
        line("http://HOST", Page("/")),
        line("http://HOST?q", Page("/?q")),
        line("http://HOST#f", Page("/")),
        line("http://HOST//x", Page("//x")),
        line("http:/HOST/x", Page("/x")),
        line("http:///HOST/x", Page("/x")),
        line("http:x", PROTOCOL).but("httpx", UNSUPPORTED, "it reads every location itself"),
        line("http:", PROTOCOL),
        line("http://", PROTOCOL),
        line("http:////HOST/x", PROTOCOL),
        line("//HOST/x", Page("/x")),
        line("///HOST/x", Page("/x")),
        line("////HOST/x", PROTOCOL),
        line("//", PROTOCOL),
        line("/", Page("/")),
        line("x/y", Page("/dir/c/x/y")),
        line("a/x:y", Page("/dir/c/a/x:y")),
        line(";x", Page("/dir/c/;x")),
        line("./x", Page("/dir/c/x")),
        line("../x", Page("/dir/x")),
        line("..", Page("/dir/")),
        line(".", Page("/dir/c/")),
        line("/a/../b", Page("/b")),
        line("/a/%2e%2e/b", Page("/b")).but(
            "curl",
            Page("/a/%2e%2e/b"),
            "older versions see no dots in it",
        ),
        line("http://HOST/../../x", Page("/x")),
        line("/a//b", Page("/a//b")),
        line("?r", Page("/dir/c/N?r")),
        no_query(line("?", Page("/dir/c/N?")), "/dir/c/N"),
        no_query(line("/x?", Page("/x?")), "/x"),
        line("#f", loops).but("curl", Page("/dir/c/"), "it drops the last segment"),
        line("http://joe:secret@HOST/x", Page("/x")),
        line("http://@HOST/x", Page("/x")),
        line("//joe@HOST/x", Page("/x")),
        line("<http://b.example/>", Page("/dir/c/%3Chttp://b.example/%3E"))
            .but("curl", Page("/dir/c/<http://b.example/>"), "it sends the character raw")
            .but("net-http", PROTOCOL, "it reads every location itself"),
    ]
}

/// Schemes and hosts that are not fetched.
pub(super) fn refused() -> Vec<Case> {
    vec![
        line("file:///etc/passwd", UNSUPPORTED),
        line("ftp://HOST/", UNSUPPORTED),
        line("foo://HOST/", UNSUPPORTED),
        line("mailto:a@b", UNSUPPORTED),
        line("javascript:1", UNSUPPORTED),
        line("data:,x", UNSUPPORTED),
        line("1:2", UNSUPPORTED).but("net-http", PROTOCOL, "it reads every location itself"),
        line("http://[", PROTOCOL),
        line("http://[::1/", PROTOCOL),
        line("http://[fe80::1%25lo]:2/", PROTOCOL).but(
            "curl",
            Failure(ErrorClass::Refused),
            "it knows zones",
        ),
        line("http://:80/x", PROTOCOL),
        line("http://exa mple.invalid/", PROTOCOL),
        line("http://127.0.0.1:99999/", PROTOCOL),
        line("http://127.0.0.1:abc/", PROTOCOL),
        line("http://127.0.0.1:80\\x", PROTOCOL),
    ]
}

/// Every status of 3xx is a redirect, and no other.
pub(super) fn statuses() -> Vec<Case> {
    let followed = [300, 301, 302, 303, 304, 307, 308].map(|code| status(code, Page("/a")));
    let unknown = [305, 399]
        .map(|code| status(code, Page("/a")).but("surf", PROTOCOL, "it does not know the status"));
    let answers = [200, 201, 404].map(|code| status(code, Answer));
    followed.into_iter().chain(unknown).chain(answers).collect()
}
