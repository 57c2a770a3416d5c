//! Kinds of file that are not lists, recognised by their first bytes.

/// A kind of file, and the command that prints its urls.
pub(super) struct FileKind {
    /// The name with its article.
    pub name: &'static str,
    /// The command, with `FILE` in place of the file.
    command: &'static str,
}

impl FileKind {
    const fn new(name: &'static str, command: &'static str) -> Self {
        Self { name, command }
    }

    /// Returns the shell command that makes a list of `file`.
    pub fn command(&self, file: &str) -> String {
        self.command.replace("FILE", file)
    }
}

const PACKED: [(&[u8], FileKind); 5] = [
    (b"\x1f\x8b", FileKind::new("a gzip file", "gunzip -c FILE > urls.txt")),
    (b"PK\x03\x04", FileKind::new("a zip archive or a spreadsheet", "unzip -p FILE > urls.txt")),
    (b"\xfd7zXZ", FileKind::new("an xz file", "xz -dc FILE > urls.txt")),
    (b"BZh", FileKind::new("a bzip2 file", "bzip2 -dc FILE > urls.txt")),
    (b"\x28\xb5\x2f\xfd", FileKind::new("a Zstandard file", "zstd -dc FILE > urls.txt")),
];

const UTF_16: FileKind = FileKind::new("UTF-16", "iconv -f UTF-16 -t UTF-8 FILE > urls.txt");
const UTF_16_LE: FileKind = FileKind::new("UTF-16", "iconv -f UTF-16LE -t UTF-8 FILE > urls.txt");
const UTF_16_BE: FileKind = FileKind::new("UTF-16", "iconv -f UTF-16BE -t UTF-8 FILE > urls.txt");

const NUL_SEPARATED: FileKind =
    FileKind::new("urls with NUL between them", "tr '\\0' '\\n' <FILE > urls.txt");

const TOML: FileKind =
    FileKind::new("TOML in a file without the ending .toml", "cat FILE > urls.toml");
const HAR: FileKind =
    FileKind::new("a HAR file", "jq -r '.log.entries[].request.url' FILE > urls.txt");
const JSON: FileKind =
    FileKind::new("JSON", "jq -r '.. | strings | select(test(\"^https?://\"))' FILE > urls.txt");
const SITEMAP: FileKind = FileKind::new(
    "a sitemap",
    "grep -oE '<loc>[^<]+' FILE | sed 's|<loc>||; s|&amp;|\\&|g' > urls.txt",
);
const MARKUP: FileKind =
    FileKind::new("an HTML or XML page", "grep -oE 'https?://[^[:space:]\"<>]+' FILE > urls.txt");

/// Recognises packed files, UTF-16 and lists separated by NUL.
pub(super) fn binary(head: &[u8]) -> Option<FileKind> {
    if let Some((_, kind)) = PACKED.into_iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(kind);
    }
    match head {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some(UTF_16),
        [1..=u8::MAX, 0, 1..=u8::MAX, 0, ..] => Some(UTF_16_LE),
        [0, 1..=u8::MAX, 0, 1..=u8::MAX, ..] => Some(UTF_16_BE),
        _ if head.starts_with(b"http") && head.contains(&0) => Some(NUL_SEPARATED),
        _ => None,
    }
}

/// Recognises a document. No url and no comment begins like one.
pub(super) fn document(head: &[u8]) -> Option<FileKind> {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    if text.starts_with("[[") && text[2..].starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Some(TOML);
    }
    if let Some(rest) = text.strip_prefix(['[', '{']) {
        let is_json = rest.trim_start().starts_with(['"', '{', '[', ']', '}']);
        let is_har = text.starts_with('{') && rest.trim_start().starts_with("\"log\"");
        return is_json.then_some(if is_har { HAR } else { JSON });
    }
    let rest = text.strip_prefix('<')?;
    let name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    let is_tag = name.len() < rest.len()
        && name.starts_with(|c: char| c.is_whitespace() || matches!(c, '>' | '/'));
    let is_sitemap = ["<urlset", "<sitemapindex", "<loc>"].iter().any(|tag| text.contains(tag));
    (is_tag || rest.starts_with(['?', '!'])).then_some(if is_sitemap { SITEMAP } else { MARKUP })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(head: impl AsRef<[u8]>) -> Option<&'static str> {
        binary(head.as_ref()).or_else(|| document(head.as_ref())).map(|kind| kind.name)
    }

    #[test]
    fn kinds_are_recognised() {
        assert_eq!(name(b"\x1f\x8b\x08"), Some("a gzip file"));
        for utf_16 in [&b"\xff\xfeh\0"[..], b"\xfe\xff\0h", b"h\0t\0", b"\0h\0t"] {
            assert_eq!(name(utf_16), Some("UTF-16"), "{utf_16:?}");
        }
        assert_eq!(name(b"http://a.example/\0http://b.example/\0"), Some(NUL_SEPARATED.name));
        for json in ["[\"http://a\"]", "\u{feff}[\n  {", "{\"url\": 1}", "[]"] {
            assert_eq!(name(json), Some("JSON"), "{json}");
        }
        assert_eq!(name("{\n\"log\": {"), Some("a HAR file"));
        assert_eq!(name("<?xml version=\"1.0\"?>\n<urlset>"), Some("a sitemap"));
        for page in ["<!DOCTYPE html>", "<html lang='en'>", "<rss>"] {
            assert_eq!(name(page), Some("an HTML or XML page"), "{page}");
        }
        assert_eq!(name("[[site]]\nurl = 'http://a'"), Some(TOML.name));
    }

    #[test]
    fn lists_are_no_other_kind() {
        for list in [
            "",
            "http://a.example",
            "# mine\n",
            "<http://a.example>",
            "[A](http://a)",
            "[::1]",
            "\0",
            "a\0",
        ] {
            assert_eq!(name(list), None, "{list:?}");
        }
    }
}
