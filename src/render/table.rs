//! Tables with plain columns, and lines that fit a terminal.

use serde::Serialize;

use super::HEADING;

/// A column: its heading and the alignment of its cells.
pub struct Column<'a>(pub &'a str, pub Side);

/// A table in which every cell is a text, for any form of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TextTable {
    /// The names of the columns.
    pub headings: Vec<String>,
    /// The cells.
    pub rows: Vec<Vec<String>>,
}

/// The alignment of the cells of a column.
#[derive(Clone, Copy)]
pub enum Side {
    /// For words.
    Left,
    /// For numbers.
    Right,
    /// For sentences: on the left, and broken into lines if the table would be too wide.
    Wrapped,
}

/// The blanks between two columns.
const GAP: &str = "  ";

/// The width of a terminal that does not report one, in characters.
pub const TERMINAL: usize = 80;

/// The least width for sentences, in characters.
const LEAST_ROOM: usize = 20;

/// Formats rows as a table. Omits columns in which all cells are empty.
pub fn table(columns: &[Column<'_>], rows: &[Vec<String>]) -> String {
    tables(columns, rows, usize::MAX)
}

/// Formats rows as a table of at most `most` characters. If the columns need more, several tables
/// follow one another, each with the first column and as many of the others as fit. A later table
/// omits rows without further cells.
pub fn tables(columns: &[Column<'_>], rows: &[Vec<String>], most: usize) -> String {
    let kept = (0..columns.len()).filter(|&index| rows.iter().any(|row| !row[index].is_empty()));
    let mut parts: Vec<Vec<FittedColumn<'_>>> = Vec::new();
    for index in kept {
        let column = FittedColumn::new(&columns[index], rows, index);
        let Some(part) = parts.last_mut() else {
            parts.push(vec![column]);
            continue;
        };
        if part.len() == 1 || column.least_width() <= room(part, most) {
            part.push(column.within(room(part, most)));
        } else {
            let first = parts[0][0];
            parts.push(vec![first, column.within(room(&[first], most))]);
        }
    }
    let texts = parts.iter().enumerate().map(|(number, part)| {
        let is_shown = |row: &&Vec<String>| {
            number == 0 || part[1..].iter().any(|column| !row[column.index].is_empty())
        };
        part_text(part, rows.iter().filter(is_shown))
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// A column with its width.
#[derive(Clone, Copy)]
struct FittedColumn<'a> {
    column: &'a Column<'a>,
    /// Its index in a row.
    index: usize,
    width: usize,
}

impl<'a> FittedColumn<'a> {
    fn new(column: &'a Column<'a>, rows: &[Vec<String>], index: usize) -> Self {
        let cells = rows.iter().map(|row| width(&row[index]));
        let width = cells.chain([width(column.0)]).max().unwrap_or(0);
        Self { column, index, width }
    }

    /// Returns the width that the column needs at least.
    fn least_width(&self) -> usize {
        match self.column.1 {
            Side::Wrapped => self.width.min(LEAST_ROOM),
            Side::Left | Side::Right => self.width,
        }
    }

    /// Returns the column with at most `room` characters, if its cells can be broken.
    fn within(self, room: usize) -> Self {
        match self.column.1 {
            Side::Wrapped => Self { width: self.width.min(room.max(LEAST_ROOM)), ..self },
            Side::Left | Side::Right => self,
        }
    }

    /// Returns the lines of its cell in a row.
    fn lines(&self, row: &[String]) -> Vec<String> {
        let cell = &row[self.index];
        match self.column.1 {
            Side::Wrapped => wrapped_to(self.width, cell).lines().map(str::to_owned).collect(),
            Side::Left | Side::Right => cell.split('\n').map(str::to_owned).collect(),
        }
    }

    fn padded(&self, text: &str) -> String {
        let blanks = " ".repeat(self.width.saturating_sub(width(text)));
        match self.column.1 {
            Side::Left | Side::Wrapped => format!("{text}{blanks}"),
            Side::Right => format!("{blanks}{text}"),
        }
    }
}

/// Returns the room beside the columns of a table of at most `most` characters.
fn room(part: &[FittedColumn<'_>], most: usize) -> usize {
    let used: usize = part.iter().map(|column| column.width + GAP.len()).sum();
    most.saturating_sub(used)
}

fn part_text<'a>(part: &[FittedColumn<'_>], rows: impl Iterator<Item = &'a Vec<String>>) -> String {
    let heading = line(part.iter().map(|column| column.padded(column.column.0)));
    let mut text = format!("{HEADING}{heading}{HEADING:#}\n");
    for row in rows {
        let cells: Vec<Vec<String>> = part.iter().map(|column| column.lines(row)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for number in 0..height {
            let of_line = cells.iter().map(|lines| lines.get(number).map_or("", String::as_str));
            let padded = part.iter().zip(of_line).map(|(column, cell)| column.padded(cell));
            text.push_str(&(line(padded) + "\n"));
        }
    }
    text
}

/// Joins the cells of a line, without blanks at its end.
fn line(cells: impl Iterator<Item = String>) -> String {
    cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
}

/// Breaks a sentence at blanks into lines of at most `width` characters, and ends the last.
pub fn wrapped(width: usize, sentence: &str) -> String {
    wrapped_to(width, sentence) + "\n"
}

/// Breaks a sentence at blanks into lines of at most `width` characters. A longer word gets a line
/// by itself.
pub fn wrapped_to(width: usize, sentence: &str) -> String {
    let mut text = String::new();
    let mut used = 0;
    for word in sentence.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            text.push('\n');
            used = 0;
        }
        if used > 0 {
            text.push(' ');
            used += 1;
        }
        text.push_str(word);
        used += length;
    }
    text
}

/// Breaks a sentence into lines of at most `most` characters after a prefix, and ends the last. The
/// lines after the first are indented by the width of the prefix.
pub fn hanging(most: usize, prefix: &str, sentence: &str) -> String {
    let indent = width(prefix);
    let room = most.saturating_sub(indent).max(LEAST_ROOM);
    let line_end = format!("\n{}", " ".repeat(indent));
    format!("{prefix}{}\n", wrapped_to(room, sentence).replace('\n', &line_end))
}

/// Returns the width of the widest line of a text, in visible characters.
pub fn width(text: &str) -> usize {
    anstream::adapter::strip_str(text)
        .to_string()
        .lines()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_columns_are_omitted() {
        let columns = [
            Column("word", Side::Left),
            Column("nothing", Side::Left),
            Column("number", Side::Right),
        ];
        let row =
            |word: &str, number: &str| vec![word.to_owned(), String::new(), number.to_owned()];
        let text =
            anstream::adapter::strip_str(&table(&columns, &[row("a", "1"), row("longer", "")]))
                .to_string();
        assert_eq!(text, "word    number\na            1\nlonger\n");
    }

    #[test]
    fn wide_tables_are_split() {
        let columns = ["name", "one", "two", "three"].map(|heading| Column(heading, Side::Left));
        let row = ["x", "1\n1", "2", "3"].map(str::to_owned).to_vec();
        let split = |most| {
            let text = tables(&columns, std::slice::from_ref(&row), most);
            anstream::adapter::strip_str(&text).to_string()
        };
        let whole = "name  one  two  three\nx     1    2    3\n      1\n";
        assert_eq!((split(21), split(usize::MAX)), (whole.to_owned(), whole.to_owned()));
        assert_eq!(split(20), "name  one  two\nx     1    2\n      1\n\nname  three\nx     3\n");
        assert_eq!(split(1).matches("name  ").count(), 3);
    }

    #[test]
    fn sentences_are_wrapped() {
        let columns = [Column("name", Side::Left), Column("note", Side::Wrapped)];
        let row = |name: &str, note: &str| vec![name.to_owned(), note.to_owned()];
        let rows = [row("x", "a sentence of five words"), row("y", "")];
        let plain = |most| anstream::adapter::strip_str(&tables(&columns, &rows, most)).to_string();
        assert_eq!(plain(30), "name  note\nx     a sentence of five words\ny\n");
        assert_eq!(plain(29), "name  note\nx     a sentence of five\n      words\ny\n");
        assert_eq!(plain(1), plain(26), "a sentence has at least 20 characters");
        let three =
            [Column("name", Side::Left), Column("one", Side::Left), Column("note", Side::Wrapped)];
        let rows = [["x", "1", "a sentence of five words"], ["y", "2", ""]]
            .map(|row| row.map(str::to_owned).to_vec());
        let text = anstream::adapter::strip_str(&tables(&three, &rows, 28)).to_string();
        let split =
            "name  one\nx     1\ny     2\n\nname  note\nx     a sentence of five\n      words\n";
        assert_eq!(text, split);
    }

    #[test]
    fn lines_hang_behind_a_prefix() {
        assert_eq!(
            hanging(24, "a: ", "a sentence of five words"),
            "a: a sentence of five\n   words\n"
        );
        assert_eq!(hanging(usize::MAX, "a: ", "one line"), "a: one line\n");
    }

    #[test]
    fn styles_take_no_room() {
        let columns = [Column("word", Side::Left), Column("number", Side::Right)];
        let row = |word: &str| vec![word.to_owned(), "1".to_owned()];
        let text = table(&columns, &[row("\u{1b}[32mfaster\u{1b}[0m"), row("slower")]);
        assert!(text.ends_with("\u{1b}[32mfaster\u{1b}[0m       1\nslower       1\n"), "{text:?}");
    }
}
