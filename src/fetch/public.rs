//! Text without secrets, for errors, logs, records and pages.
//!
//! A secret is the user name or password of a url, a value of its query, its fragment, or the value
//! of a header that authenticates. A `…` takes its place.

use url::Url;

/// The ends of the names of headers that authenticate, with the colon.
const SECRET_HEADERS: [&str; 4] = ["authorization:", "cookie:", "-key:", "-token:"];

/// Returns a url without its secrets.
pub fn public_url(url: &Url) -> String {
    let mut url = url.clone();
    // This fails only for urls that cannot have a user name or password.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    let query = url.query().map_or_else(String::new, public_query);
    url.set_query(None);
    format!("{url}{query}")
}

/// Returns a query with its question mark and without its values.
fn public_query(query: &str) -> String {
    // A pair without `=` may be a secret as a whole.
    let keys = query
        .split('&')
        .map(|pair| pair.split_once('=').map_or("…".to_owned(), |(key, _)| format!("{key}=…")));
    format!("?{}", keys.collect::<Vec<_>>().join("&"))
}

/// Returns a text, such as a message, without the secrets of urls and header lines in it.
pub fn public_text(text: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || "\"<>`".contains(c);
    let words = text.split_inclusive(is_end).map(|part| {
        let word = part.trim_end_matches(is_end);
        public_word(word) + &part[word.len()..]
    });
    without_header_values(&words.collect::<String>())
}

/// Returns a word without the secrets of a url, which may lack its scheme.
fn public_word(word: &str) -> String {
    // The punctuation around a url.
    let text = word.trim_end_matches(['\'', ')', ',', ':', ';', '.', '?']);
    let (scheme, rest) = match text.find("://") {
        Some(at) => text.split_at(at + 3),
        None => ("", text),
    };
    let (rest, fragment) = match rest.split_once('#') {
        Some((rest, _)) if !scheme.is_empty() => (rest, "#…"),
        _ => (rest, ""),
    };
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) if !scheme.is_empty() || query.contains('=') => {
            (place, public_query(query))
        }
        _ => (rest, String::new()),
    };
    let place = without_user(place, !scheme.is_empty());
    format!("{scheme}{place}{query}{fragment}{}", &word[text.len()..])
}

/// Replaces the user name and password before a host. Without a scheme, only a text with a colon is
/// one: `hyper@tokio` is a backend.
fn without_user(place: &str, has_scheme: bool) -> String {
    let end = place.find(['/', '\\']).unwrap_or(place.len());
    let Some(at) = place[..end].rfind('@') else { return place.to_owned() };
    let user = place[..at].rsplit(',').next().unwrap_or_default();
    match (has_scheme, user.contains(':')) {
        (true, _) => format!("…{}", &place[at..]),
        (false, true) => format!("{}…{}", &place[..at - user.len()], &place[at..]),
        (false, false) => place.to_owned(),
    }
}

/// Replaces the values of headers that authenticate, up to the quotation mark that ends the line. A
/// name after the word "header" is one of a sentence, without a value.
fn without_header_values(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut public = String::new();
    let mut done = 0;
    let next = |from: usize| {
        let ends = SECRET_HEADERS
            .iter()
            .filter_map(|name| lower[from..].find(name).map(|start| from + start + name.len()));
        ends.min()
    };
    while let Some(value) = next(done) {
        let name =
            text[..value - 1].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '-');
        let opening = name.chars().next_back().filter(|c| matches!(c, '"' | '\''));
        let is_in_sentence = name.ends_with("header ");
        let length = if is_in_sentence { 0 } else { quoted_length(&text[value..], opening) };
        public.push_str(&text[done..value]);
        public.push_str(if length > 0 { " …" } else { "" });
        done = value + length;
    }
    public + &text[done..]
}

/// Returns the length of a text up to the quotation mark that is not escaped, if there is one.
fn quoted_length(text: &str, mark: Option<char>) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        if Some(c) == mark && !is_escaped {
            return at;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_urls_hold_no_secrets() {
        let public = |url: &str| public_url(&url.parse().unwrap());
        assert_eq!(
            public("https://me:pw@a.example:8443/x?a=1&b=&c#d"),
            "https://a.example:8443/x?a=…&b=…&…"
        );
        // A query without keys may be a secret as a whole.
        assert_eq!(public("http://a.example/?s3cret"), "http://a.example/?…");
        assert_eq!(public("http://a.example"), "http://a.example/");
    }

    #[test]
    fn messages_lose_secrets_of_urls() {
        for (text, public) in [
            ("for url (http://me:s@a.example/?k=s#s)", "for url (http://…@a.example/?k=…#…)"),
            ("bad \"https://a.example/x?s\": no", "bad \"https://a.example/x?…\": no"),
            ("http://me:s,s@a.example", "http://…@a.example"),
            ("'http://s@a.example'; see", "'http://…@a.example'; see"),
            ("bad \"me:s@a.example/\"", "bad \"…@a.example/\""),
            ("write a.example/?k=s, b", "write a.example/?k=…, b"),
        ] {
            assert_eq!(public_text(text), public);
        }
    }

    #[test]
    fn messages_lose_header_values() {
        for (text, public) in [
            ("bad \"Authorization: Basic \\\"s\": see", "bad \"Authorization: …\": see"),
            ("'X-Api-Key: s' for 'N'; no", "'X-Api-Key: …' for 'N'; no"),
            ("it sent cookie: s, then ended", "it sent cookie: …"),
        ] {
            assert_eq!(public_text(text), public);
        }
    }

    #[test]
    fn other_messages_stay() {
        for text in [
            "unknown backend \"hyper@smol:1,surf@smol\"; did you mean `a`?",
            "http://a.example/x: 3 bytes instead of 5",
            "send them with -H 'Authorization: …'",
            "surf@smol cannot send header authorization: choose another backend",
            "time>+5% (os error 2)",
            "",
        ] {
            assert_eq!(public_text(text), text);
        }
    }
}
