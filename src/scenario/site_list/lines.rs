//! Lists with one url a line.

use std::io::{self, BufRead};
use std::mem;

use anyhow::{Context, bail};

use super::bad::{BadLines, shell_word};
use super::file_kind::{self, FileKind};
use super::parse::parse_url;
use super::{ListedSite, SiteList, cannot_read};

/// Maximum length of a line in bytes. Many servers refuse longer urls.
pub(super) const LINE_MAX: usize = 8192;

/// Reads a list of at most `most` urls. Blank lines and lines that begin with `#` are skipped.
pub(super) fn read(file: &str, mut reader: impl BufRead, most: usize) -> anyhow::Result<SiteList> {
    let head = reader.fill_buf().with_context(|| cannot_read(file))?;
    if let Some(kind) = file_kind::binary(head).or_else(|| file_kind::document(head)) {
        bail!(refusal(file, &kind));
    }
    let mut list = SiteList { sites: Vec::new(), bad: BadLines::new(file, "lines") };
    let mut lines = Lines { reader, after_return: false };
    let mut line = Vec::new();
    for number in 1.. {
        if !lines.next(&mut line).with_context(|| cannot_read(file))? {
            break;
        }
        let Ok(text) = std::str::from_utf8(&line) else {
            list.bad.lines += 1;
            list.bad.push_bytes(number);
            continue;
        };
        let text = text.trim_start_matches('\u{FEFF}').trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        list.bad.lines += 1;
        if line.len() > LINE_MAX {
            list.bad.push(
                || number,
                format_args!("the line is longer than {LINE_MAX} bytes: write one url a line"),
            );
            continue;
        }
        match parse_url(text) {
            Ok(_) if list.sites.len() == most => {
                bail!("{file}:{number}: the list is longer than {most} urls")
            }
            Ok(url) => list.sites.push(ListedSite { url, label: None }),
            Err(error) => list.bad.push_url(|| number, text, &error),
        }
    }
    Ok(list)
}

/// Returns the message for a file that is not a list.
pub(super) fn refusal(file: &str, kind: &FileKind) -> String {
    let command = kind.command(&shell_word(file));
    format!("{file}:1: the file is {}, not a list of urls: convert it with `{command}`", kind.name)
}

/// Splits text into lines, which end with `\n`, `\r\n` or `\r`.
struct Lines<R> {
    reader: R,
    after_return: bool,
}

impl<R: BufRead> Lines<R> {
    /// Reads the next line without its end, up to one byte more than [`LINE_MAX`]. Returns `false`
    /// at the end of the input.
    fn next(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        line.clear();
        let mut found = false;
        loop {
            let mut buffer = match self.reader.fill_buf() {
                Ok([]) => return Ok(found),
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let mut used = 0;
            if mem::take(&mut self.after_return) && buffer[0] == b'\n' {
                (buffer, used) = (&buffer[1..], 1);
            }
            found |= !buffer.is_empty();
            let end = buffer.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let piece = &buffer[..end.unwrap_or(buffer.len())];
            line.extend_from_slice(&piece[..piece.len().min(LINE_MAX + 1 - line.len())]);
            self.after_return = end.is_some_and(|end| buffer[end] == b'\r');
            used += end.map_or(buffer.len(), |end| end + 1);
            self.reader.consume(used);
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: impl AsRef<[u8]>) -> SiteList {
        read("list.txt", text.as_ref(), 3).unwrap()
    }

    fn urls(text: impl AsRef<[u8]>) -> Vec<String> {
        let list = list(text);
        assert_eq!(list.bad.reported(), [""; 0]);
        list.sites.into_iter().map(|site| site.url.to_string()).collect()
    }

    fn bad(text: impl AsRef<[u8]>) -> Vec<String> {
        list(text).bad.reported().to_vec()
    }

    fn refused(text: impl AsRef<[u8]>) -> String {
        read("list.txt", text.as_ref(), 3).unwrap_err().to_string()
    }

    #[test]
    fn blank_lines_are_skipped() {
        let text = "\u{feff}# mine\r\n\n  http://a.example/x#part  \r\nHTTPS://b.example";
        assert_eq!(urls(text), ["http://a.example/x#part", "https://b.example/"]);
        assert_eq!(urls("# nothing\n"), [""; 0]);
    }

    #[test]
    fn lines_end_in_any_way() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("http://a.example{end}{end}http://b.example");
            assert_eq!(urls(&text), ["http://a.example/", "http://b.example/"], "{end:?}");
            assert_eq!(
                bad(format!("{text}{end}ftp://c.example"))[0].split(": ").next(),
                Some("list.txt:4"),
                "{end:?}"
            );
            // A reader may return any piece.
            let pieces = io::BufReader::with_capacity(1, text.as_bytes());
            assert_eq!(read("list.txt", pieces, 3).unwrap().sites.len(), 2, "{end:?}");
        }
    }

    #[test]
    fn a_full_list_may_end_blank() {
        let full = "http://a.example\n".repeat(3);
        assert_eq!(urls(format!("{full}\n# end\n\n")).len(), 3);
        assert_eq!(
            refused(full + "\nhttp://a.example"),
            "list.txt:5: the list is longer than 3 urls"
        );
    }

    #[test]
    fn bad_lines_are_numbered() {
        let one = |text: &str| bad(text).swap_remove(0);
        assert_eq!(
            one("http://a.example\n\nb.example/x"),
            r#"list.txt:3: url "b.example/x" has no scheme: write "https://b.example/x""#
        );
        assert_eq!(
            one("1,google.com"),
            r#"list.txt:1: "1,google.com" is a row of columns: write "https://google.com""#
        );
        assert_eq!(bad(b"\n\xff\n"), ["list.txt:2: the line is not UTF-8"]);
        assert!(one("http://a.example b").contains("write \"http://a.example\""));
    }

    #[test]
    fn all_bad_lines_are_counted() {
        let list = list("http://a.example\n".to_owned() + &"bad,line\n".repeat(12));
        assert_eq!((list.sites.len(), list.bad.count(), list.bad.reported().len()), (1, 12, 10));
        assert_eq!(list.bad.to_string(), "list.txt: 12 of 13 lines are not urls");
        assert_eq!(list.bad.conversion(), None);
    }

    #[test]
    fn most_lines_name_the_form() {
        let converted = |text: &str| list(text).bad.conversion();
        assert_eq!(
            converted("rank,host\n1,a.example\n2,b.example\n").unwrap(),
            "this looks like comma-separated columns: \
             convert it with `cut -d, -f2 list.txt | sed -n '/\\./ s|^|https://|p' > urls.txt`"
        );
        assert_eq!(converted("http://a.example\n1,b.example\n"), None);
    }

    #[test]
    fn other_kinds_are_named() {
        assert_eq!(
            refused(b"\xff\xfeh\0"),
            "list.txt:1: the file is UTF-16, not a list of urls: \
             convert it with `iconv -f UTF-16 -t UTF-8 list.txt > urls.txt`"
        );
    }

    #[test]
    fn lines_have_a_longest_length() {
        let url = |length: usize| {
            format!("http://a.example/{}", "x".repeat(length - "http://a.example/".len()))
        };
        assert_eq!(urls(format!("{}\r\n", url(LINE_MAX))).len(), 1);
        let list = list(format!("{}\nhttp://b.example", url(LINE_MAX + 1)));
        assert_eq!(
            list.bad.reported(),
            ["list.txt:1: the line is longer than 8192 bytes: write one url a line"]
        );
        assert_eq!(list.sites.len(), 1, "the rest of the line is not another one");
        assert_eq!(bad(vec![b'x'; 100 * LINE_MAX]).len(), 1);
    }

    #[test]
    fn passwords_are_not_repeated() {
        for line in [
            "http://me:secret@a.example/",
            "GET http://me:secret@a.example/",
            "1,me:secret@a.example",
            "\"secret@",
        ] {
            assert!(!bad(line)[0].contains("secret"), "{}", bad(line)[0]);
        }
    }
}
