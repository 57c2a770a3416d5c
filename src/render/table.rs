//! Tables with plain columns, and lines that fit a terminal.

use super::HEADING;

/// A column: its heading and the alignment of its cells.
pub struct Column(pub &'static str, pub Side);

/// The alignment of the cells of a column.
#[derive(Clone, Copy)]
pub enum Side {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// The blanks between two columns.
const GAP: &str = "  ";

/// The width of a terminal that does not report one, in characters.
pub const TERMINAL: usize = 80;

/// Formats rows as a table. Omits columns in which all cells are empty.
pub fn table(columns: &[Column], rows: &[Vec<String>]) -> String {
    tables(columns, rows, usize::MAX)
}

/// Formats rows as a table of at most `most` characters. If the columns need more, several tables
/// follow one another, each with the first column and as many of the others as fit.
pub fn tables(columns: &[Column], rows: &[Vec<String>], most: usize) -> String {
    let kept = (0..columns.len()).filter(|&index| rows.iter().any(|row| !row[index].is_empty()));
    let mut parts: Vec<Vec<FittedColumn<'_>>> = Vec::new();
    for index in kept {
        let column = FittedColumn::new(&columns[index], rows, index);
        match parts.last_mut() {
            None => parts.push(vec![column]),
            Some(part) if part.len() == 1 || total(part) + GAP.len() + column.width <= most => {
                part.push(column);
            }
            Some(_) => parts.push(vec![parts[0][0], column]),
        }
    }
    parts.iter().map(|part| part_text(part, rows)).collect::<Vec<_>>().join("\n")
}

/// A column with its width.
#[derive(Clone, Copy)]
struct FittedColumn<'a> {
    column: &'a Column,
    /// Its index in a row.
    index: usize,
    width: usize,
}

impl<'a> FittedColumn<'a> {
    fn new(column: &'a Column, rows: &[Vec<String>], index: usize) -> Self {
        let cells = rows.iter().map(|row| width(&row[index]));
        let width = cells.chain([width(column.0)]).max().unwrap_or(0);
        Self { column, index, width }
    }

    fn padded(&self, text: &str) -> String {
        let blanks = " ".repeat(self.width.saturating_sub(width(text)));
        match self.column.1 {
            Side::Left => format!("{text}{blanks}"),
            Side::Right => format!("{blanks}{text}"),
        }
    }
}

fn total(part: &[FittedColumn<'_>]) -> usize {
    part.iter().map(|column| column.width).sum::<usize>() + GAP.len() * (part.len() - 1)
}

fn part_text(part: &[FittedColumn<'_>], rows: &[Vec<String>]) -> String {
    let heading = line(part.iter().map(|column| column.padded(column.column.0)));
    let mut text = format!("{HEADING}{heading}{HEADING:#}\n");
    for row in rows {
        let cells: Vec<Vec<&str>> =
            part.iter().map(|column| row[column.index].split('\n').collect()).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for number in 0..height {
            let of_line = cells.iter().map(|lines| lines.get(number).copied().unwrap_or_default());
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
    fn styles_take_no_room() {
        let columns = [Column("word", Side::Left), Column("number", Side::Right)];
        let row = |word: &str| vec![word.to_owned(), "1".to_owned()];
        let text = table(&columns, &[row("\u{1b}[32mfaster\u{1b}[0m"), row("slower")]);
        assert!(text.ends_with("\u{1b}[32mfaster\u{1b}[0m       1\nslower       1\n"), "{text:?}");
    }
}
