//! Tables with plain columns, and lines that fit a terminal.

use comfy_table::{Cell, CellAlignment, Table, presets};

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

/// Formats rows as a table. Omits columns in which all cells are empty.
pub fn table(columns: &[Column], rows: &[Vec<String>]) -> String {
    let kept: Vec<usize> =
        (0..columns.len()).filter(|&index| rows.iter().any(|row| !row[index].is_empty())).collect();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(kept.iter().map(|&index| cell(&columns[index], columns[index].0)));
    table.add_rows(rows.iter().map(|row| {
        kept.iter().map(|&index| cell(&columns[index], &row[index])).collect::<Vec<_>>()
    }));
    let mut lines = table.lines().map(|line| unpadded(&line).to_owned());
    let heading = lines.next().unwrap_or_default();
    lines.fold(format!("{HEADING}{heading}{HEADING:#}\n"), |text, line| text + &line + "\n")
}

fn cell(column: &Column, text: &str) -> Cell {
    Cell::new(text).set_alignment(match column.1 {
        Side::Left => CellAlignment::Left,
        Side::Right => CellAlignment::Right,
    })
}

/// Removes the library's padding: a blank at the left, and blanks up to the width at the right.
/// Programs that read the table from a pipe do not expect them.
fn unpadded(line: &str) -> &str {
    line.strip_prefix(' ').unwrap_or(line).trim_end()
}

/// The assumed width of a terminal.
pub const TERMINAL: usize = 80;

/// Breaks a sentence at blanks into lines that fit a terminal.
pub fn wrapped(sentence: &str) -> String {
    wrapped_to(TERMINAL, sentence) + "\n"
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
    fn columns_are_aligned_and_empty_ones_omitted() {
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
}
