//! The page's Content-Security-Policy: it allows the page's style and script, and nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

/// A policy with the digests of the one style and the one script.
#[derive(Debug)]
pub(super) struct Policy {
    style: String,
    script: String,
}

impl Policy {
    pub(super) fn new(style: &str, script: &str) -> Self {
        Self { style: hash(style), script: hash(script) }
    }

    /// Returns the policy as written in the page's head.
    pub(super) fn text(&self) -> String {
        let Self { style, script } = self;
        format!(
            "default-src 'none'; style-src {style}; script-src {script}; img-src data:; base-uri \
             'none'; form-action 'none'"
        )
    }
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, text.as_bytes())))
}

/// Returns a `data:` link that holds the text, for a download. Percent-encoding is shorter here
/// than base64.
pub(super) fn link(media_type: &str, text: &str) -> String {
    let mut link = format!("data:{media_type};charset=utf-8,");
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => link.push(char::from(byte)),
            // Characters that need no encoding in a link and have no meaning in HTML.
            _ if b"-._~!$()*+,;=:@/?[]{}|".contains(&byte) => link.push(char::from(byte)),
            _ => link.push_str(&format!("%{byte:02X}")),
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
    fn links_encode_their_text() {
        assert_eq!(
            link("text/csv", "a,1.5\n\"<&#%'ü"),
            "data:text/csv;charset=utf-8,a,1.5%0A%22%3C%26%23%25%27%C3%BC"
        );
    }
}
