//! `fetchbench run`: the article's experiment, once for each backend.

use std::process::ExitCode;

use anyhow::anyhow;

pub(super) use self::args::{EXAMPLES, RunArgs};
pub(super) use self::entrants::left_out_note;
use super::flags::NO_ROUTE;
use super::{interrupt, usage};

mod args;
mod entrants;
pub(super) mod live;
mod mock;
mod passes;

pub(super) fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    interrupt::end_on_signals()?;
    let is_live = args.sites.sites.is_some() || !args.sites.urls.is_empty();
    if is_live && args.network.is_some() {
        return Err(usage(anyhow!(NO_ROUTE)));
    }
    if is_live { live::run(&args) } else { mock::run(&args) }
}
