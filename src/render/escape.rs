//! Escapes for foreign text. Labels, bodies, urls and messages from outside must not control the
//! terminal, break lines, or display their characters in another order.

use std::fmt::Write;

use serde::Serialize;

/// Replaces each control or invisible character by a visible one.
///
/// The number of characters stays the same, so cutting and padding work before and after.
pub fn visible(text: &str) -> String {
    text.chars().map(visible_char).collect()
}

/// Returns the first `count` characters, each made visible.
pub fn cut(text: &str, count: usize) -> String {
    text.chars().take(count).map(visible_char).collect()
}

/// Escapes the characters of a JSON text that a terminal would act on. Parsers read the same value.
///
/// Such characters appear only inside JSON strings, because the syntax of JSON is ASCII. The
/// serializer has already escaped those below U+0020; the remaining line breaks are layout.
pub fn json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c >= ' ' && is_active(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(escaped, "\\u{unit:04x}").expect("a string takes everything");
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Returns a value as indented JSON that no terminal acts on.
///
/// # Panics
///
/// Panics if the value is not JSON, such as a map with keys other than strings.
pub fn json_text(value: &impl Serialize) -> String {
    json(&(serde_json::to_string_pretty(value).expect("plain values are JSON") + "\n"))
}

/// Converts a text to ASCII: characters that fetchbench prints become similar ones, and all others
/// a question mark.
pub fn ascii(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut plain, c| {
        match c {
            '█' => plain.push('#'),
            'µ' => plain.push('u'),
            '×' => plain.push('x'),
            '–' => plain.push('-'),
            '…' => plain.push_str("..."),
            c if c.is_ascii() => plain.push(c),
            _ => plain.push('?'),
        }
        plain
    })
}

fn visible_char(c: char) -> char {
    match c {
        // Unicode has a picture for each of these, 0x2400 above it: ␊ for a line feed, ␛ for an
        // escape.
        '\0'..='\u{1F}' => {
            char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        '\u{7F}' => '␡',
        c if is_active(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// Returns whether a terminal or a text renderer may act on the character instead of showing it.
pub(crate) fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Direction.
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
            // Line and paragraph separators.
            | '\u{2028}' | '\u{2029}'
            // Invisible characters.
            | '\u{00AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2065}' | '\u{FEFF}'
            // Deprecated characters, annotations and tags.
            | '\u{206A}'..='\u{206F}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}'
            | '\u{E0000}'..='\u{E007F}')
}

/// Escapes foreign text inside an element of XML or a quoted attribute. XML 1.0 has no way to write
/// most control characters, so they become visible ones.
pub fn xml(text: &str) -> String {
    visible(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Escapes foreign text for Markdown. It stays in its line and its cell, without any markup.
pub fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible(text).chars() {
        if "\\`*_{}[]<>#|~&!$".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_become_visible() {
        assert_eq!(visible("a\nb\r\t\0\u{1b}[31m\u{7f}"), "a␊b␍␉␀␛[31m␡");
        assert_eq!(
            visible("\u{9b}31m \u{202e}cba \u{2066}x\u{2069} \u{2028}"),
            "\u{fffd}31m \u{fffd}cba \u{fffd}x\u{fffd} \u{fffd}"
        );
        assert_eq!(
            visible("zero\u{200b}width\u{feff} tag\u{e0041}"),
            "zero\u{fffd}width\u{fffd} tag\u{fffd}"
        );
    }

    #[test]
    fn unusual_text_stays() {
        for text in ["", "<!doctype ", "Grüße, 世界 🦀", "e\u{301}", "עברית العربية"]
        {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn cuts_count_characters() {
        assert_eq!(cut("🦀\n🦀🦀", 3), "🦀␊🦀");
        assert_eq!(cut("ab", 3), "ab");
    }

    #[test]
    fn ascii_replaces_the_rest() {
        assert_eq!(
            ascii("█ 8.2 µs – 2 × \u{1b}[1mü\u{1b}[0m…"),
            "# 8.2 us - 2 x \u{1b}[1m?\u{1b}[0m..."
        );
    }

    #[test]
    fn json_keeps_value_and_layout() {
        let value = serde_json::json!({ "a": "\u{1b}\u{9b}\u{202e}\u{e0041}\u{7f}\nö" });
        let escaped = json(&serde_json::to_string_pretty(&value).unwrap());
        assert_eq!(escaped, "{\n  \"a\": \"\\u001b\\u009b\\u202e\\udb40\\udc41\\u007f\\nö\"\n}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
    }
}
