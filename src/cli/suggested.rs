//! Parsers of values that the completions of shells suggest.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};

use crate::backend::Backend;
use crate::scenario::Scenario;
use crate::scenario::fault::{self, Fault};
use crate::scenario::network::{Network, PROFILES};

/// A parser of any value, with the names that completions suggest.
#[derive(Clone)]
pub(super) struct Suggested<P> {
    parser: P,
    names: fn() -> Vec<String>,
}

/// Returns a parser of backends that suggests those that can be opened here.
pub(super) fn backends<P: TypedValueParser>(parser: P) -> Suggested<P> {
    let names = || Backend::set_up().map(|backend| backend.to_string()).collect();
    Suggested { parser, names }
}

/// Returns a parser of scenarios, by name or path, that suggests the built-in ones.
pub(super) fn scenarios() -> Suggested<StringValueParser> {
    let names = || Scenario::names().map(str::to_owned).collect();
    Suggested { parser: StringValueParser::new(), names }
}

/// Returns a parser of faults.
pub(super) fn faults() -> Suggested<impl TypedValueParser<Value = &'static Fault>> {
    let names = || fault::all().map(|fault| fault.name.to_owned()).collect();
    Suggested { parser: Fault::named, names }
}

/// Returns a parser of networks that suggests the profiles.
pub(super) fn networks() -> Suggested<impl TypedValueParser<Value = Network>> {
    let names = || PROFILES.iter().map(|profile| profile.name.to_owned()).collect();
    Suggested { parser: |text: &str| text.parse::<Network>(), names }
}

impl<P: TypedValueParser> TypedValueParser for Suggested<P> {
    type Value = P::Value;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<P::Value, clap::Error> {
        self.parser.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.names)().into_iter().map(PossibleValue::new)))
    }
}
