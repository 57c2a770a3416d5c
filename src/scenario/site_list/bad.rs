//! The lines of a list that are not urls.

use std::collections::HashMap;
use std::fmt;

use super::form::Form;
use super::parse::{UrlError, shown};

/// Maximum number of bad lines that are reported. The others are only counted.
const REPORTED: usize = 10;

/// Quotes a file name for a shell if necessary. Returns an empty word for standard input.
pub(super) fn shell_word(name: &str) -> String {
    match name {
        super::STDIN => String::new(),
        name if name.chars().all(is_plain) && !name.starts_with('-') => name.to_owned(),
        name => format!("'{}'", name.replace('\'', r"'\''")),
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._/-+".contains(c)
}

/// The lines of a list that are not urls: the first ten, and a count.
///
/// Displays as a summary of one line.
#[derive(Debug, Clone)]
pub struct BadLines {
    file: String,
    /// The unit of the counts: lines, or sites in TOML.
    unit: &'static str,
    reported: Vec<String>,
    count: usize,
    /// All lines except blank ones and comments.
    pub(super) lines: usize,
    forms: HashMap<Form, usize>,
}

impl BadLines {
    pub(super) fn new(file: &str, unit: &'static str) -> Self {
        Self {
            file: file.to_owned(),
            unit,
            reported: Vec::new(),
            count: 0,
            lines: 0,
            forms: HashMap::new(),
        }
    }

    /// Returns messages about the first bad lines, each with file and line number.
    pub fn reported(&self) -> &[String] {
        &self.reported
    }

    /// Returns the number of bad lines.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Adds a line. Calls `number` only if the line is reported.
    pub(super) fn push(&mut self, number: impl FnOnce() -> usize, problem: impl fmt::Display) {
        if self.reported.len() < REPORTED {
            self.reported.push(format!("{}:{}: {problem}", self.file, number()));
        }
        self.count += 1;
    }

    /// Adds a line that failed to parse as a url.
    pub(super) fn push_url(
        &mut self,
        number: impl FnOnce() -> usize,
        text: &str,
        error: &UrlError,
    ) {
        match Form::recognise(text, error) {
            Some((form, url)) => {
                *self.forms.entry(form).or_default() += 1;
                match error {
                    UrlError::NoScheme { .. } if form == Form::NoScheme => self.push(number, error),
                    // The url in a line that holds a password may be the password.
                    _ if text.contains('@') || url.contains('@') => {
                        self.push(
                            number,
                            format_args!(
                                "{} is {}: write one url a line",
                                shown(text),
                                form.line_name()
                            ),
                        );
                    }
                    _ => {
                        let (line, name, url) = (shown(text), form.line_name(), shown(&url));
                        self.push(number, format_args!("{line} is {name}: write {url}"));
                    }
                }
            }
            None => self.push(number, error),
        }
    }

    /// Adds a line that is not UTF-8.
    pub(super) fn push_bytes(&mut self, number: usize) {
        *self.forms.entry(Form::Latin).or_default() += 1;
        self.push(|| number, "the line is not UTF-8");
    }

    /// Forgets the forms of the lines, so that no conversion is suggested.
    pub(super) fn forget_forms(&mut self) {
        self.forms.clear();
    }

    /// Returns the form of most lines, and the command that converts the list.
    pub fn conversion(&self) -> Option<String> {
        let (form, count) = self.forms.iter().max_by_key(|(_, count)| **count)?;
        let is_mixed = self.count < self.lines;
        if count * 2 < self.lines + usize::from(is_mixed) || is_mixed && !form.keeps_urls() {
            return None;
        }
        let command = form.command(&shell_word(&self.file));
        Some(format!(
            "this looks like {}: convert it with `{} > urls.txt`",
            form.file_name(),
            command.trim_end()
        ))
    }
}

impl fmt::Display for BadLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let are = if self.count == 1 { "is not a url" } else { "are not urls" };
        write!(f, "{}: {} of {} {} {are}", self.file, self.count, self.lines, self.unit)
    }
}
