//! Where redirects lead every backend, and the installed curl beside them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fetchbench::backend::Backend;
use fetchbench::client::UserOptions;
use fetchbench::fetch::error::ErrorClass;
use fetchbench::fetch::{Fetched, Limits, Progress};
use url::Url;

use super::redirect_cases::{
    Case,
    End::{self, Answer, Failure, Page},
    PROTOCOL, UNSUPPORTED, counted, encoded, referred, refused, statuses,
};
use super::{backends, fetch, limits, outcomes};
use crate::peers::{run_or_skip, say};
use crate::raw_server::{RawServer, Then, ok, path, raw};

/// The cases on a server that counts its redirects.
struct Table {
    cases: Arc<Vec<Case>>,
    server: RawServer,
    redirects: Arc<AtomicUsize>,
}

impl Table {
    fn start(ip: IpAddr) -> Self {
        let cases = [encoded(), counted(), referred(), refused(), statuses()];
        let cases = Arc::new(cases.into_iter().flatten().collect::<Vec<_>>());
        let redirects = Arc::<AtomicUsize>::default();
        let (known, counted) = (Arc::clone(&cases), Arc::clone(&redirects));
        let server = RawServer::start_on(ip, move |head| {
            let number =
                path(head).strip_prefix("/dir/c/").and_then(|rest| rest.strip_suffix("?q"));
            match number.and_then(|number| number.parse::<usize>().ok()) {
                Some(number) => {
                    counted.fetch_add(1, Ordering::Relaxed);
                    (known[number].answer(host(head)), Then::Go)
                }
                None => ok(path(head)),
            }
        });
        Self { cases, server, redirects }
    }

    fn urls(&self) -> Vec<Url> {
        (0..self.cases.len()).map(|number| self.server.url(&format!("/dir/c/{number}?q"))).collect()
    }

    /// Returns what is wrong if a client came to the page of this path, or else to `otherwise`.
    fn objection(
        &self,
        client: &str,
        number: usize,
        page: Option<&str>,
        otherwise: End,
    ) -> Option<String> {
        let case = &self.cases[number];
        let host =
            self.server.url("/")[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
        // An encoded byte is the same in digits of either case.
        let page = page.map(|path| {
            path.replace(&host, "HOST")
                .replace(&format!("/dir/c/{number}"), "/dir/c/N")
                .to_lowercase()
        });
        let is_page = |end: &End| matches!((end, &page), (Page(path), Some(page)) if path.to_lowercase() == *page);
        let mut known = case.others.iter().map(|(_, end, _)| *end).chain([case.end]);
        let found = if page.is_some() { known.find(is_page) } else { Some(otherwise) };
        let shown: Vec<_> = case.lines.iter().map(|line| String::from_utf8_lossy(line)).collect();
        let is_allowed = found.is_some_and(|found| case.allows(client, found));
        (!is_allowed).then(|| format!("{} {shown:?}: {otherwise:?} {page:?}", case.status))
    }
}

/// The value of `host` in a head.
fn host(head: &str) -> &str {
    let is_host =
        |line: &&str| line.get(..5).is_some_and(|name| name.eq_ignore_ascii_case("host:"));
    head.lines().find(is_host).map_or("", |line| line[5..].trim())
}

/// 127.0.0.1, and ::1 where the machine has it.
fn addresses() -> Vec<IpAddr> {
    let mut addresses = vec![Ipv4Addr::LOCALHOST.into()];
    match TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
        Ok(_) => addresses.push(Ipv6Addr::LOCALHOST.into()),
        Err(_) => say("skipped: this machine has no ::1"),
    }
    addresses
}

/// The end of a fetch: the path that was requested at last, or what else came of it.
fn ended(fetched: &Fetched) -> (Option<String>, End) {
    match (&fetched.result, &fetched.final_url) {
        (Err(error), _) => (None, Failure(error.class)),
        (Ok(_), None) => (None, Answer),
        (Ok(page), Some(url)) => {
            let sent = page.beginning.text().into_owned();
            let parsed = format!("http://a.example{sent}").parse().unwrap();
            (
                Some(if path_of(url) == path_of(&parsed) {
                    sent
                } else {
                    format!("{sent}, reported as {url}")
                }),
                Answer,
            )
        }
    }
}

/// The path and query of a url in lower case, without the sign of an empty query.
fn path_of(url: &Url) -> String {
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    path.strip_suffix('?').unwrap_or(path).to_lowercase()
}

#[test]
fn all_follow_one_rule() {
    for ip in addresses() {
        let table = Table::start(ip);
        for backend in backends() {
            table.redirects.store(0, Ordering::Relaxed);
            let pass = fetch(backend, &Limits { redirects: 10, ..limits(4) }, &table.urls());
            let objections = pass.fetched.iter().enumerate().filter_map(|(number, fetched)| {
                let (page, end) = ended(fetched);
                table.objection(backend.entry().client, number, page.as_deref(), end)
            });
            assert_eq!(objections.collect::<Vec<_>>(), [""; 0], "{backend}");
            // One case is a loop, which takes ten more.
            let visits = table.redirects.load(Ordering::Relaxed);
            assert!(visits <= table.cases.len() + 10, "{backend}: {visits} visits");
        }
    }
}

#[test]
fn curl_follows_the_same_rule() {
    for ip in addresses() {
        let table = Table::start(ip);
        for (number, url) in table.urls().iter().enumerate() {
            let mut curl = Command::new("curl");
            curl.args(["--disable", "--silent", "--globoff", "--noproxy", "*", "--max-time", "10"]);
            curl.args(["--location", "--max-redirs", "10", "--proto-redir", "=http,https"]);
            curl.args(["--write-out", "\n%{http_code}", url.as_str()]);
            let Some(output) = run_or_skip("curl", curl) else { return };
            let text = String::from_utf8_lossy(&output.stdout);
            let (body, status) = text.rsplit_once('\n').unwrap();
            let end = match output.status.code() {
                Some(0) => Answer,
                Some(1) => UNSUPPORTED,
                Some(7) => Failure(ErrorClass::Refused),
                Some(47) => Failure(ErrorClass::RedirectLoop),
                Some(3 | 8) => PROTOCOL,
                code => panic!("case {number}: curl ended with {code:?}"),
            };
            let is_page = end == Answer && status == "200" && body != "abc";
            assert_eq!(table.objection("curl", number, is_page.then_some(body), end), None);
        }
    }
}

/// `/hop/N` leads to `/hop/N-1`, and `/hop/0` to no further place.
fn redirecting() -> RawServer {
    RawServer::start(|head| {
        let to = |location: &str| {
            raw(
                &format!(
                    "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 3\r\n\r\nabc"
                ),
                Then::Go,
            )
        };
        match path(head).strip_prefix("/hop/").map(|number| number.parse::<u32>().unwrap()) {
            Some(0) => ok("arrived"),
            Some(number) => to(&format!("{}", number - 1)),
            None if path(head) == "/loop" => to("/loop"),
            None if path(head) == "/file" => to("file:///etc/passwd"),
            None => raw("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", Then::Go),
        }
    })
}

#[test]
fn redirects_follow_one_rule() {
    let server = redirecting();
    let urls = ["/hop/3", "/hop/4", "/loop", "/file", "/nowhere"].map(|path| server.url(path));
    for backend in backends() {
        let pass = fetch(backend, &limits(2), &urls);
        let found = Ok((302, 3));
        assert_eq!(
            outcomes(&pass),
            [found, found, found, found, Ok((302, 0))],
            "{backend}: none asked for"
        );

        let pass = fetch(backend, &Limits { redirects: 3, ..limits(2) }, &urls);
        let (endless, unsupported) = (Err(ErrorClass::RedirectLoop), Err(ErrorClass::Unsupported));
        assert_eq!(
            outcomes(&pass),
            [Ok((200, 7)), endless, endless, unsupported, Ok((302, 0))],
            "{backend}"
        );
        assert_eq!(pass.fetched[0].final_url.as_deref(), Some(&server.url("/hop/0")), "{backend}");
        assert_eq!(pass.fetched[4].final_url, None, "{backend}");
    }
}

#[test]
fn credentials_keep_their_origin() {
    let elsewhere = RawServer::start(|head| ok(&head.to_ascii_lowercase()));
    let away = elsewhere.url("/").to_string();
    let here = RawServer::start(move |head| match path(head) {
        "/away" => raw(
            &format!("HTTP/1.1 302 Found\r\nLocation: {away}\r\nContent-Length: 0\r\n\r\n"),
            Then::Go,
        ),
        "/stay" => raw("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", Then::Go),
        _ => ok(&head.to_ascii_lowercase()),
    });
    let mut options = UserOptions::default();
    options.headers.insert("authorization", "secret".parse().unwrap());
    let length = |head: &str| head.len() as u64;
    for backend in Backend::all() {
        let limits = Limits { redirects: 1, ..limits(1) };
        let mut session = backend.open(&options, &limits, &Progress::default()).unwrap();
        let pass = session.fetch_all(&[here.url("/stay"), here.url("/away")]).unwrap();
        let bytes: Vec<u64> =
            pass.fetched.iter().map(|fetched| fetched.result.as_ref().unwrap().bytes).collect();
        assert_eq!(
            bytes[0] - bytes[1],
            length("authorization: secret\n"),
            "{backend}: ports are of the same length"
        );
    }
}
