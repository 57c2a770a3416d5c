//! The parts that all views share: escapes, numbers, tables, styles and the words of verdicts.

use anstyle::{AnsiColor, Style};

pub mod escape;
pub(crate) mod numbers;
pub mod table;
pub(crate) mod verdict;

pub(crate) const HEADING: Style = Style::new().bold();
/// The style of the names of backends.
pub(crate) const NAME: Style = AnsiColor::Cyan.on_default();
pub(crate) const FAILURE: Style = AnsiColor::Red.on_default();
/// The styles of verdicts.
pub(crate) const BETTER: Style = AnsiColor::Green.on_default();
pub(crate) const WORSE: Style = AnsiColor::Red.on_default();
pub(crate) const UNKNOWN: Style = Style::new().dimmed();
