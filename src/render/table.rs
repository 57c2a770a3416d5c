//! Tables in plain columns.

use comfy_table::{Cell, CellAlignment, Table, presets};

use super::HEADING;

/// A column's heading and the side its cells keep to.
pub struct Column(pub &'static str, pub Side);

/// The side that the cells of a column keep to: words to the left, numbers to the right.
#[derive(Clone, Copy)]
pub enum Side {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// Lays rows out under their columns. A column that no row has anything to say in is left out.
pub fn table(columns: &[Column], rows: &[Vec<String>]) -> String {
    let kept = |index: &usize| rows.iter().any(|row| !row[*index].is_empty());
    let kept: Vec<usize> = (0..columns.len()).filter(kept).collect();
    let cell = |index: usize, text: &str| {
        Cell::new(text).set_alignment(match columns[index].1 {
            Side::Left => CellAlignment::Left,
            Side::Right => CellAlignment::Right,
        })
    };
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(kept.iter().map(|&index| cell(index, columns[index].0)));
    table.add_rows(
        rows.iter()
            .map(|row| kept.iter().map(|&index| cell(index, &row[index])).collect::<Vec<_>>()),
    );
    // The library pads the left edge by a blank and the right one up to the width, which is not
    // wanted in a pipe.
    let line = |line: String| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned();
    let mut lines = table.lines().map(line);
    let heading = lines.next().unwrap_or_default();
    lines.fold(format!("{HEADING}{heading}{HEADING:#}\n"), |text, line| text + &line + "\n")
}

/// How wide a terminal is taken to be: the width that everybody has.
pub const TERMINAL: usize = 80;

/// A sentence in lines that fit a terminal, broken at blanks.
pub fn wrapped(sentence: &str) -> String {
    wrapped_to(TERMINAL, sentence) + "\n"
}

/// A sentence in lines of at most so many characters, broken at blanks: a longer word has a line to
/// itself.
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

/// How wide the widest line of a text is, in characters as shown.
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
    fn columns_keep_to_their_side_and_empty_ones_are_left_out() {
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
