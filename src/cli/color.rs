//! `--color`: when output is coloured.

use std::ffi::OsString;

use clap::ColorChoice;

/// The flag, which every command takes.
#[derive(Debug, clap::Args)]
pub(super) struct ColorFlag {
    /// When to colour the output; auto: on a terminal, unless NO_COLOR is set
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value_t = ColorChoice::Auto,
    )]
    pub(super) color: ColorChoice,
}

/// Sets when output is coloured, on stdout and stderr.
pub(super) fn set(choice: ColorChoice) {
    let choice = match choice {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Returns the choice in a command line that asks for help or is refused; `Auto` without one.
pub(super) fn find(arguments: impl Iterator<Item = OsString>) -> ColorChoice {
    const FLAG: &str = "--color";
    let words = arguments.map(|word| word.to_string_lossy().into_owned());
    let mut words = words.skip_while(|word| word.split('=').next() != Some(FLAG));
    let value = words.next().and_then(|word| match word.split_once('=') {
        Some((_, value)) => Some(value.to_owned()),
        None => words.next(),
    });
    value.and_then(|value| value.parse().ok()).unwrap_or(ColorChoice::Auto)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_lines_have_a_choice() {
        let found = |line: &str| find(line.split(' ').map(OsString::from));
        assert_eq!(found("list --color never --oops"), ColorChoice::Never);
        assert_eq!(found("list --color=always --help"), ColorChoice::Always);
        for none in ["list --oops", "list --color", "list --colors=never", "list --color=oops"] {
            assert_eq!(found(none), ColorChoice::Auto, "{none}");
        }
    }
}
