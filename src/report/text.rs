//! The output of `run`: the article's lines and totals, and the table that compares backends.

use std::time::Duration;

use crate::render::escape::{cut, visible};
use crate::render::numbers::decimal_percent;
use crate::render::table::{Column, Side, tables};
use crate::render::{FAILURE, HEADING, NAME};

/// Width of the article's column of sites, in characters.
const LABEL_WIDTH: usize = 30;
/// Width of the article's excerpt of a body, in characters.
const BEGINNING_WIDTH: usize = 10;
/// Width of a failure in the comparison, in characters.
const PROBLEM_WIDTH: usize = 60;

/// Why the article's totals exceed the sum of its delays.
pub const ARTICLE_NOTE: &str = "\
The article reports 12.03 s and 6.95 s, more than its delays imply (5.957 s one after another, 1.480 s at once): \
`elapsed` of Python's requests leaves out redirects and bodies, which the totals include.";

/// The caveat on figures of a single pass.
pub const ONE_PASS_NOTE: &str =
    "Each backend made one pass, connecting included: `compare` and `cargo bench` measure many.";

/// Lines shown of an example; beyond them, only failures are shown.
const MOST_LINES: usize = 20;

/// The caveat on figures from live sites.
pub const NETWORK_NOTE: &str = "\
The network is part of these figures: each backend fetched once, later than the one before, and name look-ups and handshakes \
are counted.";

/// One pass of one backend over all sites; the article calls it an example.
#[derive(Debug, Clone)]
pub struct Example {
    /// The backend's name.
    pub backend: String,
    /// How it fetched.
    pub kind: ExampleKind,
    /// From the first request to the last body byte.
    pub total: Duration,
    /// The time that the programmed delays alone take; `None` without delays.
    pub ideal: Option<Duration>,
    /// One line for each site, in the order of the sites.
    pub lines: Vec<ExampleLine>,
}

/// How an example fetched its sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExampleKind {
    /// One after another.
    Synchronous,
    /// In threads that block.
    Threaded,
    /// In tasks, or with an event loop.
    Asynchronous,
    /// At once in some other way.
    Concurrent,
}

/// The outcome of one site in an example.
#[derive(Debug, Clone)]
pub struct ExampleLine {
    /// The site's label.
    pub label: String,
    /// The url that redirects led to, unless the label shows it.
    pub led_to: Option<String>,
    /// When the fetch ended, from the start of the example.
    pub ended: Duration,
    /// How long the fetch took.
    pub elapsed: Duration,
    /// The status, if it is worth showing.
    pub status: Option<u16>,
    /// The beginning of the body, or the class and message of the failure.
    pub result: Result<String, String>,
}

impl Example {
    /// Returns the number of sites that failed or answered wrongly. Any failure makes the total
    /// meaningless.
    pub fn failures(&self) -> usize {
        self.lines.iter().filter(|line| line.result.is_err()).count()
    }
}

impl ExampleKind {
    fn name(self) -> &'static str {
        match self {
            Self::Synchronous => "Synchronous",
            Self::Threaded => "Threaded",
            Self::Asynchronous => "Asynchronous",
            Self::Concurrent => "Concurrent",
        }
    }
}

/// Returns a line that names the backend of the next example. The article's lines have no room for
/// it.
pub fn backend_name(backend: &str) -> String {
    format!("\n{NAME}{backend}{NAME:#}\n")
}

/// Returns the article's heading of an example, then its lines in the order the fetches ended.
pub fn example(example: &Example) -> String {
    let mut lines: Vec<_> = example.lines.iter().collect();
    lines.sort_by_key(|line| line.ended);
    let kind = example.kind.name().to_lowercase();
    let mut text = format!("{HEADING}Running {kind} example{HEADING:#}\n");
    let mut left_out = 0;
    for (index, line) in lines.iter().enumerate() {
        if index < MOST_LINES || line.result.is_err() {
            text.push_str(&line_text(line));
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        text.push_str(&format!("… and {left_out} more\n"));
    }
    text
}

/// Returns the article's line: `https://www.google.com/       : <!doctype  in 0:00:00.798940s`.
fn line_text(line: &ExampleLine) -> String {
    let label = cut(&line.label, LABEL_WIDTH);
    let elapsed = clock_time(line.elapsed);
    let led_to =
        line.led_to.as_ref().map_or_else(String::new, |url| format!(" -> {}", visible(url)));
    match &line.result {
        Ok(beginning) => {
            let beginning = cut(beginning, BEGINNING_WIDTH);
            let status =
                line.status.map_or_else(String::new, |status| format!(" (status {status})"));
            format!("{label:<LABEL_WIDTH$}: {beginning} in {elapsed}s{status}{led_to}\n")
        }
        Err(problem) => {
            let problem = visible(problem);
            format!("{label:<LABEL_WIDTH$}: {FAILURE}{problem}{FAILURE:#} in {elapsed}s{led_to}\n")
        }
    }
}

/// Formats a duration like Python's `timedelta`: `0:00:00.798940`.
///
/// Python omits a zero fraction. Here it is always written, so that whole seconds are no special
/// case for programs that parse the lines, and the column keeps its width.
pub fn clock_time(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hours}:{minutes:02}:{seconds:02}.{:06}", duration.subsec_micros())
}

/// Returns the article's last lines, one for each example.
pub fn totals(examples: &[Example]) -> String {
    let mut text = String::new();
    for example in examples {
        let (kind, seconds) = (example.kind.name(), example.total.as_secs_f64());
        let invalid = if example.failures() > 0 { ", invalid" } else { "" };
        text.push_str(&format!(
            "{kind} example took {seconds:.6} seconds ({}{invalid})\n",
            example.backend
        ));
    }
    text
}

/// Returns the table of all examples, with speed-ups relative to `baseline`, for a terminal of
/// `width` characters.
pub fn comparison(baseline: &Example, examples: &[Example], width: usize) -> String {
    let columns = [
        Column("backend", Side::Left),
        Column("total", Side::Right),
        Column("speed-up", Side::Right),
        Column("ideal", Side::Right),
        Column("efficiency", Side::Right),
        Column("", Side::Wrapped),
    ];
    let rows: Vec<_> = examples.iter().map(|example| comparison_cells(baseline, example)).collect();
    tables(&columns, &rows, width)
}

/// Returns a row of the comparison. An example with failures shows only its ideal, because
/// other figures would be taken for a result.
fn comparison_cells(baseline: &Example, example: &Example) -> Vec<String> {
    let is_valid = example.failures() == 0;
    // The fake reports a total of zero.
    let takes_time = !example.total.is_zero();
    vec![
        example.backend.clone(),
        if_true(is_valid, seconds(example.total)),
        if_true(
            is_valid && takes_time && baseline.failures() == 0,
            format!("{:.2}x", ratio(baseline.total, example.total)),
        ),
        example.ideal.map_or_else(String::new, seconds),
        example.ideal.map_or_else(String::new, |ideal| {
            if_true(is_valid && takes_time, decimal_percent(ratio(ideal, example.total)))
        }),
        if_true(!is_valid, invalidity(example)),
    ]
}

fn seconds(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}

fn ratio(time: Duration, total: Duration) -> f64 {
    time.as_secs_f64() / total.as_secs_f64()
}

/// Returns `text`, or an empty cell if the condition does not hold.
fn if_true(condition: bool, text: String) -> String {
    if condition { text } else { String::new() }
}

/// Returns how many sites failed and the first failure.
fn invalidity(example: &Example) -> String {
    let first =
        example.lines.iter().find_map(|line| line.result.as_ref().err()).map_or("", String::as_str);
    let (failures, all) = (example.failures(), example.lines.len());
    format!("invalid: {failures} of {all} failed, first {}", cut(first, PROBLEM_WIDTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn line(label: &str, ended: Duration, result: Result<&str, &str>) -> ExampleLine {
        ExampleLine {
            label: label.to_owned(),
            led_to: None,
            ended,
            elapsed: ended,
            status: None,
            result: result.map(str::to_owned).map_err(str::to_owned),
        }
    }

    fn passed(backend: &str, total: Duration, lines: Vec<ExampleLine>) -> Example {
        Example {
            backend: backend.to_owned(),
            kind: if backend == "one" {
                ExampleKind::Synchronous
            } else {
                ExampleKind::Asynchronous
            },
            total,
            ideal: Some(10 * MS),
            lines,
        }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn lines_look_like_the_article() {
        let article = Duration::from_micros(798_940);
        let lines = vec![
            line("http://slow.example/", 2 * article, Ok("<html>")),
            line("https://en.wikipedia.org/wiki/Main_Page", article, Ok("<!doctype html>")),
        ];
        insta::assert_snapshot!(plain(&example(&passed("one", article, lines))), @r"
        Running synchronous example
        https://en.wikipedia.org/wiki/: <!doctype  in 0:00:00.798940s
        http://slow.example/          : <html> in 0:00:01.597880s
        ");
    }

    #[test]
    fn foreign_text_is_inert() {
        let mut hostile =
            line("\u{1b}]0;title\u{7} \u{202e}evil\nRunning", MS, Ok("a\nb\r\u{1b}[2Jcdefghijk"));
        hostile.led_to = Some("http://a.example/\u{9b}2J".to_owned());
        let failed = line("failed", 2 * MS, Err("protocol: \u{1b}[31mred\nline"));
        let text = example(&passed("many", MS, vec![hostile, failed]));
        insta::assert_snapshot!(plain(&text), @r"
        Running asynchronous example
        ␛]0;title␇ �evil␊Running      : a␊b␍␛[2Jcd in 0:00:00.001000s -> http://a.example/�2J
        failed                        : protocol: ␛[31mred␊line in 0:00:00.002000s
        ");
    }

    #[test]
    fn clock_times_have_six_digits() {
        assert_eq!(clock_time(Duration::from_nanos(798_940_999)), "0:00:00.798940");
        assert_eq!(clock_time(Duration::from_secs(1)), "0:00:01.000000");
        assert_eq!(clock_time(Duration::ZERO), "0:00:00.000000");
        assert_eq!(clock_time(Duration::from_secs(36_000 + 62)), "10:01:02.000000");
    }

    #[test]
    fn totals_name_their_backend() {
        let examples = [
            passed("one", 40 * MS, vec![line("a", MS, Ok(""))]),
            passed("many", 12 * MS, vec![line("a", MS, Err("timeout: late"))]),
        ];
        insta::assert_snapshot!(plain(&totals(&examples)), @r"
        Synchronous example took 0.040000 seconds (one)
        Asynchronous example took 0.012000 seconds (many, invalid)
        ");
    }

    #[test]
    fn failures_have_no_figures() {
        let good = vec![line("a", MS, Ok(""))];
        let bad =
            vec![line("a", MS, Ok("")), line("b", MS, Err("timeout: not finished after 12ms"))];
        let examples = [
            passed("one", 40 * MS, good.clone()),
            passed("many", Duration::from_micros(12_500), good),
            passed("broken", 12 * MS, bad),
        ];
        insta::assert_snapshot!(plain(&comparison(&examples[0], &examples, 80)), @r"
        backend    total  speed-up    ideal  efficiency
        one      0.040 s     1.00x  0.010 s      25.0 %
        many     0.013 s     3.20x  0.010 s      80.0 %
        broken                      0.010 s              invalid: 1 of 2 failed, first
                                                         timeout: not finished after
                                                         12ms
        ");
        insta::assert_snapshot!(plain(&comparison(&examples[2], &examples[1..], 80)), @r"
        backend    total    ideal  efficiency
        many     0.013 s  0.010 s      80.0 %
        broken            0.010 s              invalid: 1 of 2 failed, first timeout:
                                               not finished after 12ms
        ");
    }

    #[test]
    fn empty_columns_are_left_out() {
        let example =
            Example { ideal: None, ..passed("one", 40 * MS, vec![line("a", MS, Ok(""))]) };
        insta::assert_snapshot!(plain(&comparison(&example, std::slice::from_ref(&example), 80)), @r"
        backend    total  speed-up
        one      0.040 s     1.00x
        ");
    }
}
