//! The output of `fetch`: a line for each url and a summary, or JSON.

use serde::Serialize;
use url::Url;

use crate::fetch::answer::Page;
use crate::fetch::error::ErrorClass;
use crate::fetch::public::public_url;
use crate::fetch::{Fetched, Pass};
use crate::render::escape::{json_text, visible};
use crate::render::{FAILURE, HEADING};

/// Returns a line for each url in the given order, then the number fetched.
pub fn text(backend: &str, urls: &[Url], pass: &Pass) -> String {
    let mut text = format!(
        "{HEADING}{:<6} {:>12} {:>8} {:>11}  url{HEADING:#}\n",
        "status", "bytes", "crc32", "elapsed"
    );
    for (url, fetched) in urls.iter().zip(&pass.fetched) {
        text.push_str(&line_text(url, fetched));
    }
    let (all, failed) = (urls.len(), failures(pass));
    let seconds = pass.elapsed.as_secs_f64();
    let failures =
        if failed == 0 { String::new() } else { format!(", {FAILURE}{failed} failed{FAILURE:#}") };
    text.push_str(&format!(
        "{} of {all} fetched in {seconds:.6} s by {backend}{failures}\n",
        all - failed
    ));
    text
}

fn line_text(url: &Url, fetched: &Fetched) -> String {
    let seconds = fetched.elapsed.as_secs_f64();
    let final_url = fetched.final_url.as_deref();
    let led_to = final_url.map_or_else(String::new, |url| format!(" -> {}", public_url(url)));
    let url = visible(&(public_url(url) + &led_to));
    match &fetched.result {
        Ok(Page { status, bytes, crc32, .. }) => {
            format!("{status:<6} {bytes:>12} {crc32:08x} {seconds:>9.6} s  {url}\n")
        }
        Err(error) => {
            // The class replaces the three columns of figures, which a failed fetch does not have.
            let (class, message) = (error.class, visible(&error.message));
            format!("{FAILURE}{class:<28}{FAILURE:#} {seconds:>9.6} s  {url}: {message}\n")
        }
    }
}

/// The JSON form of a pass.
#[derive(Serialize)]
struct WirePass<'a> {
    backend: &'a str,
    elapsed_s: f64,
    fetched: Vec<WireFetched<'a>>,
}

/// The JSON form of the outcome of one url.
#[derive(Serialize)]
struct WireFetched<'a> {
    url: String,
    final_url: String,
    status: Option<u16>,
    bytes: Option<u64>,
    crc32: Option<String>,
    started_s: f64,
    elapsed_s: f64,
    error: Option<WireError<'a>>,
}

/// The JSON form of a failure.
#[derive(Serialize)]
struct WireError<'a> {
    class: ErrorClass,
    message: &'a str,
}

/// Returns the pass as JSON, in the order of the urls.
pub fn to_json(backend: &str, urls: &[Url], pass: &Pass) -> String {
    let fetched = urls.iter().zip(&pass.fetched).map(|(url, fetched)| wire(url, fetched)).collect();
    let pass = WirePass { backend, elapsed_s: pass.elapsed.as_secs_f64(), fetched };
    json_text(&pass)
}

fn wire<'a>(url: &Url, fetched: &'a Fetched) -> WireFetched<'a> {
    let page = fetched.result.as_ref().ok();
    let error = fetched.result.as_ref().err();
    WireFetched {
        url: public_url(url),
        final_url: public_url(fetched.final_url.as_deref().unwrap_or(url)),
        status: page.map(|page| page.status),
        bytes: page.map(|page| page.bytes),
        crc32: page.map(|page| format!("{:08x}", page.crc32)),
        started_s: fetched.started.as_secs_f64(),
        elapsed_s: fetched.elapsed.as_secs_f64(),
        error: error.map(|error| WireError { class: error.class, message: &error.message }),
    }
}

/// Returns the number of failed fetches of the pass.
pub fn failures(pass: &Pass) -> usize {
    pass.fetched.iter().filter(|fetched| fetched.result.is_err()).count()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fetch::answer::{Beginning, Page};
    use crate::fetch::error::FetchError;

    fn urls() -> Vec<Url> {
        ["http://a.example/", "http://b.example/"].map(|url| url.parse().unwrap()).to_vec()
    }

    fn pass() -> Pass {
        let ms = Duration::from_millis;
        let page =
            Page { status: 404, bytes: 50_000, crc32: 0xBEEF, beginning: Beginning::default() };
        let final_url = Some(Box::new("https://a.example/home".parse().unwrap()));
        let error = FetchError::new(ErrorClass::BodyTooLarge, "more than\n\u{9b}enough");
        let fetched = vec![
            Fetched { started: ms(0), elapsed: ms(250), final_url, result: Ok(page) },
            Fetched { started: ms(1), elapsed: ms(500), final_url: None, result: Err(error) },
        ];
        Pass { elapsed: ms(501), fetched }
    }

    #[test]
    fn text_has_a_line_for_each_url() {
        let text = anstream::adapter::strip_str(&text("hyper@smol", &urls(), &pass())).to_string();
        insta::assert_snapshot!(text, @r"
        status        bytes    crc32     elapsed  url
        404           50000 0000beef  0.250000 s  http://a.example/ -> https://a.example/home
        body-too-large                0.500000 s  http://b.example/: more than␊�enough
        1 of 2 fetched in 0.501000 s by hyper@smol, 1 failed
        ");
    }

    #[test]
    fn json_keys_are_stable() {
        insta::assert_snapshot!(to_json("hyper@smol", &urls(), &pass()), @r#"
        {
          "backend": "hyper@smol",
          "elapsed_s": 0.501,
          "fetched": [
            {
              "url": "http://a.example/",
              "final_url": "https://a.example/home",
              "status": 404,
              "bytes": 50000,
              "crc32": "0000beef",
              "started_s": 0.0,
              "elapsed_s": 0.25,
              "error": null
            },
            {
              "url": "http://b.example/",
              "final_url": "http://b.example/",
              "status": null,
              "bytes": null,
              "crc32": null,
              "started_s": 0.001,
              "elapsed_s": 0.5,
              "error": {
                "class": "body-too-large",
                "message": "more than\n\u009benough"
              }
            }
          ]
        }
        "#);
    }
}
