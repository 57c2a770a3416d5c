//! What the page may do, by its Content-Security-Policy: its own style, its own script, and nothing
//! else.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

/// A policy that names the digests of the one style and the one script.
#[derive(Debug)]
pub(super) struct Policy {
    style: String,
    script: String,
}

impl Policy {
    pub(super) fn new(style: &str, script: &str) -> Self {
        let hash =
            |text: &str| format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, text.as_bytes())));
        Self { style: hash(style), script: hash(script) }
    }

    /// The policy, as it stands in the page's head.
    pub(super) fn text(&self) -> String {
        let Self { style, script } = self;
        format!(
            "default-src 'none'; style-src {style}; script-src {script}; img-src data:; base-uri \
             'none'; form-action 'none'"
        )
    }
}

/// JSON that may stand in a script element: nothing in it ends the element, and nothing steers a
/// reader of the source.
pub(super) fn json_for_page(value: &serde_json::Value) -> String {
    crate::render::escape::json(&value.to_string().replace('<', "\\u003c"))
}

/// A text as a link to itself, so that a page can hand it out as a file. Percent signs take less
/// room here than base64.
pub(super) fn link(media_type: &str, text: &str) -> String {
    let mut link = format!("data:{media_type};charset=utf-8,");
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => link.push(char::from(byte)),
            // What a link may hold as it is, but for what means something to HTML.
            _ if b"-._~!$()*+,;=:@/?[]{}|".contains(&byte) => link.push(char::from(byte)),
            _ => write!(link, "%{byte:02X}").expect("a string takes everything"),
        }
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_the_digests() {
        // printf %s abc | openssl dgst -sha256 -binary | base64
        let policy = Policy::new("abc", "").text();
        assert!(
            policy.contains("style-src 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='"),
            "{policy}"
        );
        assert!(
            policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"),
            "{policy}"
        );
    }

    #[test]
    fn a_link_holds_its_text_and_nothing_that_ends_it() {
        assert_eq!(
            link("text/csv", "a,1.5\n\"<&#%'ü"),
            "data:text/csv;charset=utf-8,a,1.5%0A%22%3C%26%23%25%27%C3%BC"
        );
    }

    #[test]
    fn no_text_ends_the_element_that_holds_it() {
        let value = serde_json::json!({ "a": "</script><!--\u{202e}" });
        let text = json_for_page(&value);
        assert!(!text.contains('<') && !text.contains('\u{202e}'), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
