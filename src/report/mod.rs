//! Reports: pure functions from values to text. Nothing here measures or prints.
//!
//! Texts for people are styled with ANSI codes. The printer removes them if stdout is not a
//! terminal.

pub mod text;
pub mod conclusion;
pub mod fetched;
mod environment;
pub mod probe;
pub mod markdown;
pub mod agreement;
pub mod comparison;
pub mod chart;
pub mod picture;
pub mod index;
pub mod snippet;
pub mod html;
#[cfg(any(test, fuzzing))]
mod examine;
#[cfg(test)]
mod hostile;

#[cfg(any(test, fuzzing))]
pub use self::examine::examine;
