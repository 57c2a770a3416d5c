//! The verdict and the comparing columns of a scenario, as read from its Markdown.

/// A scenario's sentences and table.
#[derive(Debug)]
pub struct Page {
    pub claims: Claims,
    /// The headings of the comparing columns.
    pub headings: Vec<String>,
    /// The valid backends in the order of the table.
    pub rows: Vec<Row>,
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    pub backend: String,
    /// A cell for each heading.
    pub cells: Vec<Cell>,
}

/// A cell of a comparing column.
#[derive(Debug, Default)]
pub struct Cell {
    /// The word; empty if there is none.
    pub word: String,
    /// The figure, and the notes behind it; empty if there is none.
    pub figure: String,
    /// The ratio.
    pub mean: Option<f64>,
    /// The interval.
    pub ends: Option<Ends>,
    pub is_percent: bool,
}

/// The printed ends of an interval, as ratios.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    pub low: f64,
    pub high: f64,
}

/// The claims of the sentences.
#[derive(Debug, Default)]
pub struct Claims {
    pub fastest: Option<Fastest>,
    pub none_is_faster: bool,
    pub none_is_slower: bool,
    pub faster: Vec<String>,
    pub slower: Vec<String>,
    pub equivalent: Vec<String>,
    /// The largest difference of the equivalents, such as 0.014.
    pub within: f64,
    pub cheapest: Option<String>,
    pub inconclusive: Vec<String>,
    /// Whether there is a verdict.
    pub is_verdict: bool,
}

/// The fastest backend, and the share by which every other takes longer at least.
#[derive(Debug)]
pub struct Fastest {
    pub backend: String,
    pub at_least: f64,
}

impl Page {
    pub fn parse(markdown: &str) -> Self {
        let text = markdown.replace('\\', "");
        let mut lines = text.lines().filter(|line| !line.is_empty());
        lines.next().expect("a heading");
        let claims = Claims::parse(lines.next().expect("a verdict"));
        let is_row = |line: &&str| line.starts_with('|');
        // The tables after the first compare nothing.
        let mut table = lines.skip_while(|line| !is_row(line)).take_while(is_row).map(cells);
        let headings: Vec<String> = table.next().expect("headings").split_off(1);
        let compared = headings.iter().take_while(|one| one.ends_with(" vs reference")).count();
        table.next().expect("a rule");
        let rows = table.map(|mut row| {
            row.truncate(1 + compared);
            let cells = row.split_off(1);
            Row {
                backend: row.remove(0),
                cells: cells.iter().map(|one| Cell::parse(one)).collect(),
            }
        });
        // The reason why a backend is invalid has no figure.
        let rows = rows.filter(|row| !row.cells[0].word.ends_with(':')).collect();
        Self { claims, headings: headings[..compared].to_vec(), rows }
    }
}

fn cells(line: &str) -> Vec<String> {
    line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

impl Cell {
    fn parse(text: &str) -> Self {
        let is_word = |word: &str| word.chars().next().is_some_and(char::is_alphabetic);
        let (word, figure) = match text.split_once(' ') {
            Some((word, figure)) if is_word(word) => (word, figure),
            None if is_word(text) => (text, ""),
            _ => ("", text),
        };
        let is_percent = figure.split('(').next().is_some_and(|mean| mean.contains('%'));
        let ends = figure.split_once('(').and_then(|(_, rest)| rest.split(')').next());
        let ends = ends.and_then(|ends| ends.split_once(" to ")).map(|(low, high)| Ends {
            low: number(low, is_percent).unwrap(),
            high: number(high, is_percent).unwrap(),
        });
        let mean = figure.split([' ', '×']).next().and_then(|mean| number(mean, is_percent));
        Self { word: word.to_owned(), figure: figure.to_owned(), mean, ends, is_percent }
    }
}

/// Returns a printed number as a ratio.
fn number(text: &str, is_percent: bool) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    Some(if is_percent { 1.0 + number / 100.0 } else { number })
}

impl Claims {
    fn parse(line: &str) -> Self {
        let mut claims = Self::default();
        let line = line.strip_prefix("On ").and_then(|line| line.split_once(' ')).unwrap().1;
        for sentence in line.trim_end_matches('.').split(". ") {
            claims.add(sentence);
        }
        claims
    }

    fn add(&mut self, sentence: &str) {
        self.is_verdict = true;
        if let Some((backend, at_least)) = between(
            sentence,
            "",
            " is the fastest: every other backend takes at least ",
            " % longer",
        ) {
            self.fastest = Some(Fastest { backend, at_least: share(&at_least) });
        } else if let Some((_, slower)) =
            between(sentence, "no backend is shown to be faster than ", "; ", " slower")
        {
            self.none_is_faster = true;
            self.slower = names(slower.trim_end_matches(" is").trim_end_matches(" are"));
        } else if sentence.starts_with("no backend is shown to be faster or slower than ") {
            (self.none_is_faster, self.none_is_slower) = (true, true);
        } else if sentence == "no backend is shown to be the fastest" {
            self.none_is_faster = true;
        } else if let Some(cheapest) = sentence.strip_prefix("Choose on cost: ") {
            self.cheapest =
                cheapest.strip_suffix(" takes the least CPU of them").map(str::to_owned);
        } else if let Some(rest) = sentence.strip_prefix("Inconclusive against ") {
            self.inconclusive = names(rest.split_once(": ").unwrap().1);
        } else if let Some((equivalent, rest)) = subject(sentence, "equivalent to") {
            self.equivalent = names(equivalent);
            self.within = share(rest.split_once(": within ").unwrap().1.trim_end_matches(" %"));
        } else if let Some((faster, _)) = subject(sentence, "faster than") {
            self.faster = names(faster);
        } else {
            self.is_verdict = false;
        }
    }
}

/// Returns the text before and after `middle` in a sentence.
fn between(sentence: &str, start: &str, middle: &str, end: &str) -> Option<(String, String)> {
    let (before, after) = sentence.strip_prefix(start)?.strip_suffix(end)?.split_once(middle)?;
    Some((before.to_owned(), after.to_owned()))
}

/// Returns the names in front of `is` or `are` and a phrase, and the rest.
fn subject<'a>(sentence: &'a str, phrase: &str) -> Option<(&'a str, &'a str)> {
    let verbs = ["is", "are"].map(|verb| format!(" {verb} {phrase} "));
    verbs.iter().find_map(|verb| sentence.split_once(verb.as_str()))
}

/// Returns the names of `a, b and c`.
fn names(list: &str) -> Vec<String> {
    list.split(", ").flat_map(|part| part.split(" and ")).map(str::to_owned).collect()
}

/// Returns a printed percentage as a share.
fn share(text: &str) -> f64 {
    text.parse::<f64>().unwrap() / 100.0
}
