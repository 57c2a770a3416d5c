//! Forms in which people keep urls, and the commands that convert them to one url a line.

use std::net::IpAddr;

use super::parse::{UrlError, is_host_character, parse_url};

/// The form of a line that is not a url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// A host, with or without a path.
    NoScheme,
    /// `1,google.com`; fields count from 1.
    Columns { separator: char, field: usize, quoted: bool, scheme: bool },
    /// `"http://a/"`, which may end in a comma.
    Quoted(char),
    /// `<http://a/>`
    Brackets,
    /// `[A](http://a/)`
    Link,
    /// `1. http://a/` or `- http://a/`
    Item { scheme: bool },
    /// `GET http://a/`
    Target,
    /// `0.0.0.0 a.example`
    Hosts,
    /// Any other text with a url in it.
    Text,
    /// Bytes that are not UTF-8.
    Latin,
}

impl Form {
    /// Recognises a line that failed to parse with `error`, and finds the url in it.
    pub fn recognise(line: &str, error: &UrlError) -> Option<(Self, String)> {
        // A comma in a bad url does not make columns of it.
        let is_url = ["http://", "https://"].iter().any(|scheme| line.starts_with(scheme));
        if is_url && !matches!(error, UrlError::Blank { .. }) {
            return None;
        }
        let others = [quoted, brackets, link, item, target, hosts, columns];
        if let Some(found) = others.iter().find_map(|recognise| recognise(line)) {
            return Some(found);
        }
        match error {
            UrlError::NoScheme { .. } => with_scheme(line).map(|(url, _)| (Self::NoScheme, url)),
            _ => text(line),
        }
    }

    /// Returns the name of one line of this form.
    pub fn line_name(self) -> &'static str {
        match self {
            Self::NoScheme => "a host",
            Self::Columns { .. } => "a row of columns",
            Self::Quoted(_) => "a quoted url",
            Self::Brackets => "a url in brackets",
            Self::Link => "a Markdown link",
            Self::Item { .. } => "an item of a list",
            Self::Target => "a vegeta target",
            Self::Hosts => "a line of a hosts file",
            Self::Text => "text around a url",
            Self::Latin => "not UTF-8",
        }
    }

    /// Returns the name of a file of such lines.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::NoScheme => "hosts without a scheme",
            Self::Columns { separator: ',', .. } => "comma-separated columns",
            Self::Columns { separator: '\t', .. } => "tab-separated columns",
            Self::Columns { .. } => "columns",
            Self::Quoted(_) => "quoted urls",
            Self::Brackets => "urls in brackets",
            Self::Link => "Markdown links",
            Self::Item { .. } => "a numbered or bulleted list",
            Self::Target => "vegeta targets",
            Self::Hosts => "a hosts file",
            Self::Text => "text around urls",
            Self::Latin => "text in another encoding than UTF-8",
        }
    }

    /// Returns whether the command keeps lines that are urls.
    pub fn keeps_urls(self) -> bool {
        !matches!(self, Self::Columns { .. } | Self::Link | Self::Target | Self::Hosts)
    }

    /// Returns the shell command that prints the urls of `file`.
    pub fn command(self, file: &str) -> String {
        // The heading of a column has no dot.
        const ADD_SCHEME: &str = r" | sed -n '/\./ s|^|https://|p'";
        match self {
            Self::NoScheme => {
                format!("sed -E '/^(https?:|#|[[:space:]]*$)/! s|^(//)?|https://|' {file}")
            }
            Self::Columns { separator, field, quoted, scheme } => {
                let fields = match separator {
                    '\t' => format!("cut -f{field} {file}"),
                    ' ' => format!("awk '{{print ${field}}}' {file}"),
                    ',' => format!("cut -d, -f{field} {file}"),
                    other => format!("cut -d'{other}' -f{field} {file}"),
                };
                let unquoted = if quoted { " | tr -d '\"'" } else { "" };
                fields + unquoted + if scheme { "" } else { ADD_SCHEME }
            }
            Self::Quoted('"') => format!(r#"sed -E 's/^ *"([^"]*)".*/\1/' {file}"#),
            Self::Quoted(_) => format!(r#"sed -E "s/^ *'([^']*)'.*/\1/" {file}"#),
            Self::Brackets => format!(r"sed -E 's/^ *<([^>]*)>.*/\1/' {file}"),
            Self::Link => format!(r"sed -nE 's/.*\]\((https?:[^ ]*)\).*/\1/p' {file}"),
            Self::Item { scheme } => {
                let scheme = if scheme { "" } else { "https://" };
                format!("sed -E 's,^ *([0-9]+[.)]|[-*+]) +,{scheme},' {file}")
            }
            Self::Target => format!("awk '/^[A-Z]+ +http/ {{print $2}}' {file}"),
            Self::Hosts => format!("awk '!/^#/ && NF > 1 {{print \"https://\" $2}}' {file}"),
            Self::Text => format!("grep -oE 'https?://[^[:space:]\"<>()“”‘’«»]+' {file}"),
            Self::Latin => format!("iconv -f ISO-8859-1 -t UTF-8 {file}"),
        }
    }
}

/// Returns the text as a url, and whether it had a scheme.
fn with_scheme(text: &str) -> Option<(String, bool)> {
    match parse_url(text) {
        Ok(_) => Some((text.to_owned(), true)),
        Err(UrlError::NoScheme { with_scheme, .. }) => with_scheme.map(|url| (url, false)),
        Err(_) => None,
    }
}

fn quoted(line: &str) -> Option<(Form, String)> {
    let quote = line.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (inner, rest) = line[1..].split_once(quote)?;
    (parse_url(inner).is_ok() && matches!(rest, "" | "," | ";"))
        .then(|| (Form::Quoted(quote), inner.to_owned()))
}

fn brackets(line: &str) -> Option<(Form, String)> {
    let (inner, _) = line.strip_prefix('<')?.split_once('>')?;
    parse_url(inner).is_ok().then(|| (Form::Brackets, inner.to_owned()))
}

fn link(line: &str) -> Option<(Form, String)> {
    let (_, rest) = line.split_once("](")?;
    let (inner, _) = rest.rsplit_once(')')?;
    parse_url(inner).is_ok().then(|| (Form::Link, inner.to_owned()))
}

fn item(line: &str) -> Option<(Form, String)> {
    let (mark, rest) = line.split_once(' ')?;
    let digits = mark.strip_suffix(['.', ')']).unwrap_or_default();
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    let (url, scheme) =
        with_scheme(rest.trim_start()).filter(|_| is_number || matches!(mark, "-" | "*" | "+"))?;
    Some((Form::Item { scheme }, url))
}

fn target(line: &str) -> Option<(Form, String)> {
    let mut words = line.split_whitespace();
    let method =
        words.next().filter(|word| word.len() > 2 && word.chars().all(|c| c.is_ascii_uppercase()));
    let url = method.and(words.next()).filter(|url| parse_url(url).is_ok());
    url.map(|url| (Form::Target, url.to_owned()))
}

fn hosts(line: &str) -> Option<(Form, String)> {
    let mut words = line.split_whitespace();
    words.next()?.parse::<IpAddr>().ok()?;
    let host = words.next().filter(|word| word.starts_with(|c: char| c.is_ascii_alphanumeric()));
    host.and_then(with_scheme).map(|(url, _)| (Form::Hosts, url))
}

/// Finds a url among columns, or else a host.
fn columns(line: &str) -> Option<(Form, String)> {
    ['\t', ',', ';', '|', ' '].into_iter().find_map(|separator| {
        let fields: Vec<&str> = match separator {
            ' ' => line.split_whitespace().collect(),
            separator => line.split(separator).map(str::trim).collect(),
        };
        if fields.iter().filter(|field| !field.is_empty()).count() < 2 {
            return None;
        }
        find_column(separator, &fields, true).or_else(|| find_column(separator, &fields, false))
    })
}

/// Finds the first field that is a url, or the first that is a host if `scheme` is `false`.
fn find_column(separator: char, fields: &[&str], scheme: bool) -> Option<(Form, String)> {
    fields.iter().enumerate().find_map(|(index, field)| {
        let plain = field.trim_matches('"');
        let is_url = if scheme { parse_url(plain).is_ok() } else { is_host(plain) };
        let url = if scheme { plain.to_owned() } else { format!("https://{plain}") };
        let quoted = plain.len() < field.len();
        is_url.then(|| (Form::Columns { separator, field: index + 1, quoted, scheme }, url))
    })
}

/// Returns whether a text is a host name of several labels, the last of which is a word.
fn is_host(text: &str) -> bool {
    text.chars().all(is_host_character)
        && !text.starts_with('.')
        && text.trim_end_matches('.').rsplit_once('.').is_some_and(|(_, last)| is_word(last))
}

fn is_word(label: &str) -> bool {
    label.len() > 1 && label.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn text(line: &str) -> Option<(Form, String)> {
    let start = line.find("http://").or_else(|| line.find("https://"))?;
    let rest = &line[start..];
    let end =
        rest.find(|c: char| c.is_whitespace() || "\"<>()“”‘’«»".contains(c)).unwrap_or(rest.len());
    (end < line.len() && parse_url(&rest[..end]).is_ok())
        .then(|| (Form::Text, rest[..end].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_recognised() {
        let columns =
            |separator, field, quoted, scheme| Form::Columns { separator, field, quoted, scheme };
        let cases = [
            ("b.example/x", Form::NoScheme, "https://b.example/x"),
            ("1,google.com", columns(',', 2, false, false), "https://google.com"),
            ("1,1,google.com,com", columns(',', 3, false, false), "https://google.com"),
            ("google.com,1", columns(',', 1, false, false), "https://google.com"),
            ("1\thttp://a.example/\tA b", columns('\t', 2, false, true), "http://a.example/"),
            ("http://a.example/\tA", columns('\t', 1, false, true), "http://a.example/"),
            (r#""1","http://a.example/""#, columns(',', 2, true, true), "http://a.example/"),
            ("7;a.example", columns(';', 2, false, false), "https://a.example"),
            ("http://a.example/ 200", columns(' ', 1, false, true), "http://a.example/"),
            ("1 a.example", columns(' ', 2, false, false), "https://a.example"),
            (r#""http://a.example/","#, Form::Quoted('"'), "http://a.example/"),
            ("'http://a.example/'", Form::Quoted('\''), "http://a.example/"),
            ("<http://a.example/>", Form::Brackets, "http://a.example/"),
            ("- [A](http://a.example/b_(c))", Form::Link, "http://a.example/b_(c)"),
            ("1. http://a.example/", Form::Item { scheme: true }, "http://a.example/"),
            ("* a.example", Form::Item { scheme: false }, "https://a.example"),
            ("GET http://a.example/", Form::Target, "http://a.example/"),
            ("0.0.0.0 a.example", Form::Hosts, "https://a.example"),
            ("url=http://a.example/ ok", Form::Text, "http://a.example/"),
            ("“http://a.example/”", Form::Text, "http://a.example/"),
        ];
        for (line, form, url) in cases {
            let error = parse_url(line).unwrap_err();
            assert_eq!(Form::recognise(line, &error), Some((form, url.to_owned())), "{line}");
        }
    }

    #[test]
    fn prose_has_no_form() {
        for line in [
            "hello world",
            "rank,domain",
            "127.0.0.1 - - \"GET / HTTP/1.1\" 200 2",
            "urls:",
            "ftp://a.example/",
            "http://",
            "3.14 2.71",
            "::1",
            "https://1,google.com",
        ] {
            let error = parse_url(line).unwrap_err();
            assert_eq!(Form::recognise(line, &error), None, "{line}");
        }
    }
}
