//! Reports: pure functions from values to text. Nothing here measures or prints.
//!
//! Texts for people are styled with ANSI codes, which the printer takes out again where no terminal shows them.

use anstyle::{AnsiColor, Style};

pub mod escape;
pub mod table;
pub mod text;
pub mod fetched;

/// The style of headings.
const HEADING: Style = Style::new().bold();
/// The style of row names.
const NAME: Style = AnsiColor::Cyan.on_default();
/// The style of what went wrong.
const FAILURE: Style = AnsiColor::Red.on_default();
