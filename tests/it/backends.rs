//! The contract that every row keeps: what it owes to the trait, whatever its client and executor.

use std::net::{Ipv6Addr, TcpListener};
use std::num::NonZeroUsize;
use std::time::Duration;

use fetchbench::backend::Row;
use fetchbench::error::ErrorClass;
use fetchbench::fetch::{Connections, Fetch, Fetched, Limits, Options, Pass};
use url::Url;

use crate::mock::Mock;
use crate::raw_server::{RawServer, Then, ok, path, raw};

fn limits(concurrency: usize) -> Limits {
    Limits { deadline: Duration::from_secs(10), ..Limits::new(NonZeroUsize::new(concurrency).unwrap()) }
}

fn open(row: Row, limits: &Limits) -> Box<dyn Fetch> {
    row.open(&Options::default(), limits).unwrap()
}

/// Fetches with a fresh session.
fn fetch(row: Row, limits: &Limits, urls: &[Url]) -> Pass {
    open(row, limits).fetch_all(urls).unwrap()
}

/// The class of a failure, or the status and length of a page.
fn outcome(fetched: &Fetched) -> Result<(u16, u64), ErrorClass> {
    fetched.result.as_ref().map(|page| (page.status, page.bytes)).map_err(|error| error.class)
}

fn outcomes(pass: &Pass) -> Vec<Result<(u16, u64), ErrorClass>> {
    pass.fetched.iter().map(outcome).collect()
}

const MIXED: &str = r#"
    description = "sizes and delays of all kinds"
    concurrency = 4
    [[site]]
    label = "empty"
    bytes = "0"
    [[site]]
    label = "small"
    bytes = "10"
    repeat = 5
    delay = { uniform = ["0ms", "5ms"] }
    [[site]]
    label = "not found"
    origin = "other"
    status = 404
    bytes = "100"
    [[site]]
    label = "no content"
    status = 204
    bytes = "0"
    [[site]]
    label = "large"
    bytes = "3MiB"
    begins = "large"
"#;

#[test]
fn every_answer_is_right_and_in_the_order_of_the_urls() {
    let mock = Mock::start(MIXED);
    for row in Row::all() {
        let mut session = open(row, &limits(4));
        for visit in 0..3 {
            let pass = session.fetch_all(&mock.urls(visit)).unwrap();
            assert_eq!(pass.fetched.len(), mock.scenario.sites.len(), "{row}");
            mock.scenario.verify(visit, &pass).unwrap_or_else(|error| panic!("{row}: {error}"));
        }
    }
}

#[test]
fn times_are_those_of_the_fetches() {
    let mock = Mock::start(
        "description = 'd'\nconcurrency = 2\n[[site]]\nlabel = 'a'\nrepeat = 4\nbytes = '1'\ndelay = '50ms'",
    );
    for row in Row::all() {
        let pass = fetch(row, &limits(2), &mock.urls(0));
        let slots = row.slots(&limits(2)).get() as u32;
        assert!(pass.elapsed >= Duration::from_millis(50) * (4 / slots), "{row}: {:?}", pass.elapsed);
        for fetched in &pass.fetched {
            assert!(fetched.elapsed >= Duration::from_millis(50), "{row}: {fetched:?}");
            assert!(fetched.started + fetched.elapsed <= pass.elapsed, "{row}: {fetched:?}");
        }
    }
}

#[test]
fn an_empty_list_is_an_empty_pass() {
    for row in Row::all() {
        assert_eq!(fetch(row, &limits(4), &[]).fetched, [], "{row}");
    }
}

/// Waits long enough for all slots to be taken, whatever else the machine is doing.
fn waiting(sites: usize) -> String {
    format!(
        "description = 'd'\nconcurrency = 1\n[[site]]\nlabel = 'a'\nrepeat = {sites}\nbytes = '1kB'\ndelay = '100ms'"
    )
}

#[test]
fn the_concurrency_is_reached_and_never_exceeded_and_connections_are_kept() {
    let mock = Mock::start(&waiting(12));
    for row in Row::all() {
        let limits = limits(6);
        let slots = row.slots(&limits).get() as u64;
        let mut session = open(row, &limits);
        for (visit, opened) in [(0, slots), (1, 0)] {
            mock.take_witness();
            mock.verified(row, session.as_mut(), visit);
            let seen = mock.take_witness();
            assert_eq!((seen.requests, seen.peak_in_flight, seen.connections), (12, slots, opened), "{row}, {visit}");
        }
    }
}

#[test]
fn more_connections_than_any_client_keeps_by_default() {
    let mock = Mock::start(&waiting(180));
    for row in Row::all().filter(|row| !row.is_sequential()) {
        let mut session = open(row, &limits(120));
        for (visit, opened) in [(0, 120), (1, 0)] {
            mock.take_witness();
            mock.verified(row, session.as_mut(), visit);
            let seen = mock.take_witness();
            assert_eq!((seen.peak_in_flight, seen.connections), (120, opened), "{row}, {visit}");
        }
    }
}

#[test]
fn connections_are_opened_as_often_as_the_policy_says() {
    let mock = Mock::start(&waiting(8));
    for row in Row::all() {
        let slots = row.slots(&limits(4)).get() as u64;
        for (connections, each_pass) in [(Connections::PerFetch, 8), (Connections::Cold, slots)] {
            let mut session = open(row, &Limits { connections, ..limits(4) });
            for visit in 0..2 {
                mock.take_witness();
                mock.verified(row, session.as_mut(), visit);
                assert_eq!(mock.take_witness().connections, each_pass, "{row}, {connections:?}");
            }
        }
    }
}

/// Answers by path; see the tests that use it.
fn faulty() -> RawServer {
    RawServer::start(|head| match path(head) {
        "/reset" => raw("", Then::Reset),
        "/reset-in-body" => raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", Then::Reset),
        "/close" => raw("", Then::Close),
        "/close-in-head" => raw("HTTP/1.1 200 OK\r\nContent-Le", Then::Close),
        "/short" => raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", Then::Close),
        "/short-chunks" => raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n", Then::Close),
        "/chunks" => {
            raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n", Then::Go)
        }
        "/garbage" => raw("this is not HTTP\r\n\r\n", Then::Close),
        "/silent" => raw("", Then::Silence),
        "/silent-in-body" => raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", Then::Silence),
        "/drip" => raw("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", Then::Drip),
        "/drip-head" => raw("HTTP/1.1 200 OK\r\nX: ", Then::Drip),
        "/endless" => raw("HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", Then::Flood),
        "/until-close" => raw("HTTP/1.1 200 OK\r\n\r\nabcdef", Then::Close),
        other => ok(other),
    })
}

#[test]
fn each_failure_has_the_class_that_all_rows_share() {
    let server = faulty();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused: Url = format!("http://{nobody}/").parse().unwrap();
    let cases = [
        (refused, ErrorClass::Refused),
        (server.url("/reset"), ErrorClass::Reset),
        (server.url("/reset-in-body"), ErrorClass::Reset),
        (server.url("/close"), ErrorClass::ClosedEarly),
        (server.url("/close-in-head"), ErrorClass::ClosedEarly),
        (server.url("/short"), ErrorClass::BodyShort),
        (server.url("/short-chunks"), ErrorClass::BodyShort),
        (server.url("/garbage"), ErrorClass::Protocol),
    ];
    for row in Row::all() {
        for (url, class) in &cases {
            // ureq takes a reset in the body for its end, and then finds it too short.
            let blind = row.backend().client == "ureq" && url.path() == "/reset-in-body";
            let class = if blind { ErrorClass::BodyShort } else { *class };
            let pass = fetch(row, &limits(1), std::slice::from_ref(url));
            assert_eq!(outcomes(&pass), [Err(class)], "{row}: {url}: {:?}", pass.fetched[0].result);
        }
    }
}

#[test]
fn chunks_are_joined_and_a_body_until_the_end_of_the_connection_is_read_or_refused() {
    let server = faulty();
    for row in Row::all() {
        let pass = fetch(row, &limits(1), &[server.url("/chunks"), server.url("/until-close"), server.url("/chunks")]);
        let until_close = if row.backend().client == "surf" { Err(ErrorClass::Unsupported) } else { Ok((200, 6)) };
        assert_eq!(outcomes(&pass), [Ok((200, 8)), until_close, Ok((200, 8))], "{row}");
    }
}

#[test]
fn a_deadline_ends_a_fetch_wherever_it_stands() {
    let server = faulty();
    let urls = ["/silent", "/silent-in-body", "/drip", "/drip-head"].map(|path| server.url(path));
    for row in Row::all() {
        let limits = Limits { deadline: Duration::from_millis(300), ..limits(4) };
        let pass = fetch(row, &limits, &urls);
        for (url, fetched) in urls.iter().zip(&pass.fetched) {
            assert_eq!(outcome(fetched), Err(ErrorClass::Timeout), "{row}: {url}: {:?}", fetched.result);
            assert!(fetched.elapsed >= limits.deadline.mul_f64(0.99), "{row}: {url} after {:?}", fetched.elapsed);
            // The server would go on for a minute.
            assert!(fetched.elapsed < Duration::from_secs(5), "{row}: {url} after {:?}", fetched.elapsed);
        }
    }
}

#[test]
fn a_deadline_begins_anew_with_each_fetch() {
    let mock = Mock::start(&waiting(6));
    for row in Row::all() {
        // Six fetches of 100 ms, one after another, take longer than the deadline of each.
        let limits = Limits { deadline: Duration::from_millis(400), ..limits(1) };
        mock.verified(row, open(row, &limits).as_mut(), 0);
    }
}

#[test]
fn a_body_is_held_to_its_cap() {
    let server = faulty();
    for row in Row::all() {
        let limits = Limits { max_body: 5, ..limits(2) };
        let pass = fetch(row, &limits, &[server.url("/endless"), server.url("/1234"), server.url("/12345")]);
        let too_large = Err(ErrorClass::BodyTooLarge);
        assert_eq!(outcomes(&pass), [too_large, Ok((200, 5)), too_large], "{row}");
    }
}

#[test]
fn a_failed_fetch_spoils_neither_its_neighbours_nor_the_next_pass() {
    let server = faulty();
    let faults = ["/silent", "/short", "/garbage", "/drip", "/endless", "/close", "/reset", "/short-chunks"];
    let mixed: Vec<Url> = faults
        .iter()
        .enumerate()
        .flat_map(|(index, fault)| [server.url(fault), server.url(&format!("/{}", "n".repeat(10 + index)))])
        .collect();
    let good: Vec<Url> = (0..20).map(|index| server.url(&format!("/{}", "g".repeat(30 + index)))).collect();
    for row in Row::all() {
        let limits = Limits { deadline: Duration::from_millis(300), max_body: 1 << 20, ..limits(4) };
        let mut session = open(row, &limits);
        for round in 0..2 {
            let pass = session.fetch_all(&mixed).unwrap();
            for (index, pair) in pass.fetched.chunks(2).enumerate() {
                assert!(pair[0].result.is_err(), "{row}, {round}: {}", faults[index]);
                assert_eq!(outcome(&pair[1]), Ok((200, 11 + index as u64)), "{row}, {round}: beside {}", faults[index]);
            }
            let pass = session.fetch_all(&good).unwrap();
            for (index, fetched) in pass.fetched.iter().enumerate() {
                assert_eq!(outcome(fetched), Ok((200, 31 + index as u64)), "{row}, {round}: {:?}", fetched.result);
            }
        }
    }
}

#[test]
fn a_connection_that_the_server_closed_between_two_passes_is_not_used_again() {
    let server = RawServer::start(|head| (ok(path(head)).0, Then::Close));
    for row in Row::all() {
        let mut session = open(row, &limits(1));
        for _ in 0..5 {
            let pass = session.fetch_all(&[server.url("/abc")]).unwrap();
            assert_eq!(outcomes(&pass), [Ok((200, 4))], "{row}: {:?}", pass.fetched[0].result);
            // The server's FIN is on its way.
            std::thread::sleep(Duration::from_millis(30));
        }
    }
}

#[test]
fn every_row_sends_the_same_request_as_far_as_its_client_allows() {
    let server = RawServer::start(|head| ok(&head.to_ascii_lowercase()));
    for row in Row::all() {
        for connections in [Connections::Warm, Connections::PerFetch] {
            let heads = RawServer::start(move |head| {
                let head = head.to_ascii_lowercase();
                assert!(head.starts_with("get /path?query=1 http/1.1\n"), "{row}: {head}");
                for line in [
                    "accept: */*",
                    "accept-encoding: identity",
                    concat!("user-agent: fetchbench/", env!("CARGO_PKG_VERSION")),
                ] {
                    assert_eq!(head.matches(line).count(), 1, "{row}: {line} in {head}");
                }
                assert_eq!(head.matches("\nhost: 127.0.0.1:").count(), 1, "{row}: {head}");
                // surf's h1 client says keep-alive whatever it is told.
                let close = connections == Connections::PerFetch && row.backend().client != "surf";
                assert_eq!(head.contains("\nconnection: close"), close, "{row}: {head}");
                ok("")
            });
            let pass = fetch(row, &Limits { connections, ..limits(1) }, &[heads.url("/path?query=1#fragment")]);
            assert_eq!(outcomes(&pass), [Ok((200, 0))], "{row}: a panic of the server shows as a closed connection");
        }
    }
    assert_eq!(server.connections(), 0);
}

/// `/hop/N` leads to `/hop/N-1`, and `/hop/0` to no further place.
fn redirecting() -> RawServer {
    RawServer::start(|head| {
        let to = |location: &str| {
            raw(&format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 3\r\n\r\nabc"), Then::Go)
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
fn redirects_are_followed_as_far_as_asked_by_the_same_rules_for_all() {
    let server = redirecting();
    let urls = ["/hop/3", "/hop/4", "/loop", "/file", "/nowhere"].map(|path| server.url(path));
    for row in Row::all() {
        let pass = fetch(row, &limits(2), &urls);
        let found = Ok((302, 3));
        assert_eq!(outcomes(&pass), [found, found, found, found, Ok((302, 0))], "{row}: none asked for");

        let pass = fetch(row, &Limits { redirects: 3, ..limits(2) }, &urls);
        let (endless, unsupported) = (Err(ErrorClass::RedirectLoop), Err(ErrorClass::Unsupported));
        assert_eq!(outcomes(&pass), [Ok((200, 7)), endless, endless, unsupported, Ok((302, 0))], "{row}");
        assert_eq!(pass.fetched[0].final_url.as_deref(), Some(&server.url("/hop/0")), "{row}");
        assert_eq!(pass.fetched[4].final_url, None, "{row}");
    }
}

#[test]
fn credentials_do_not_follow_a_redirect_to_another_origin() {
    let elsewhere = RawServer::start(|head| ok(&head.to_ascii_lowercase()));
    let away = elsewhere.url("/").to_string();
    let here = RawServer::start(move |head| match path(head) {
        "/away" => raw(&format!("HTTP/1.1 302 Found\r\nLocation: {away}\r\nContent-Length: 0\r\n\r\n"), Then::Go),
        "/stay" => raw("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", Then::Go),
        _ => ok(&head.to_ascii_lowercase()),
    });
    let mut options = Options::default();
    options.headers.insert("authorization", "secret".parse().unwrap());
    let length = |head: &str| head.len() as u64;
    for row in Row::all() {
        let mut session = row.open(&options, &Limits { redirects: 1, ..limits(1) }).unwrap();
        let pass = session.fetch_all(&[here.url("/stay"), here.url("/away")]).unwrap();
        let bytes: Vec<u64> = pass.fetched.iter().map(|fetched| fetched.result.as_ref().unwrap().bytes).collect();
        assert_eq!(bytes[0] - bytes[1], length("authorization: secret\n"), "{row}: ports are of the same length");
    }
}

#[test]
fn names_are_looked_up_and_a_name_without_an_address_has_its_class() {
    let server =
        RawServer::start(|head| ok(head.lines().find(|line| line.to_ascii_lowercase().starts_with("host:")).unwrap()));
    let named: Url = format!("http://localhost:{}/", server.port()).parse().unwrap();
    let unknown: Url = "http://no-such-name.invalid/".parse().unwrap();
    for row in Row::all() {
        let pass = fetch(row, &limits(1), &[named.clone(), unknown.clone()]);
        let page = pass.fetched[0].result.as_ref().unwrap_or_else(|error| panic!("{row}: {error}"));
        let host = format!("host: localhost:{}", server.port());
        assert!(page.beginning.text().eq_ignore_ascii_case(&host), "{row}: {:?}", page.beginning);
        assert_eq!(outcome(&pass.fetched[1]), Err(ErrorClass::Dns), "{row}: {:?}", pass.fetched[1].result);
    }
}

#[test]
fn addresses_of_ipv6_are_fetched() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        println!("skipped: this machine has no ::1");
        return;
    }
    let server = RawServer::start_on(Ipv6Addr::LOCALHOST.into(), |head| ok(path(head)));
    for row in Row::all() {
        let pass = fetch(row, &limits(1), &[server.url("/six")]);
        assert_eq!(outcomes(&pass), [Ok((200, 4))], "{row}: {:?}", pass.fetched[0].result);
    }
}

#[test]
fn a_row_without_tls_refuses_https_and_names_one_that_has_it() {
    let url: Url = "https://127.0.0.1:1/".parse().unwrap();
    for row in Row::all() {
        let pass = fetch(row, &limits(1), std::slice::from_ref(&url));
        let error = pass.fetched[0].result.as_ref().unwrap_err();
        if row.backend().https {
            assert_eq!(error.class, ErrorClass::Refused, "{row}");
        } else {
            assert_eq!(error.class, ErrorClass::Unsupported, "{row}");
            assert!(error.message.contains("hyper@smol"), "{row}: {error}");
        }
    }
}

#[test]
fn progress_counts_every_fetch() {
    let mock = Mock::start(MIXED);
    for row in Row::all() {
        let limits = limits(3);
        mock.verified(row, open(row, &limits).as_mut(), 0);
        let progress = limits.progress.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(progress, mock.scenario.sites.len(), "{row}");
    }
}

#[test]
fn the_threads_that_a_row_asks_for_are_started() {
    let count = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        tasks.map(name).filter(|name| name.starts_with("smol-")).count()
    };
    // Other tests open sessions of smol too, so this one asks for more threads than they all have.
    let row: Row = "hyper@smol:60".parse().unwrap();
    let _session = open(row, &limits(1));
    // A thread takes its name when it first runs.
    let tries = (0..500).take_while(|_| {
        std::thread::sleep(Duration::from_millis(10));
        count() < 60
    });
    assert!(tries.count() < 500, "{} threads", count());
}
