//! Warns of a machine that is busy before anything is measured.

use std::thread;
use std::time::Duration;

use crate::compare::fitness::{CoreMeter, CoreShares};
use crate::record::{Unfit, machine};
use crate::render::numbers;

/// How long the use of the cores is watched.
const WATCHED: Duration = Duration::from_millis(300);

/// Watches the machine for a moment and returns a warning if it is busy.
pub(super) fn warning_now() -> Option<String> {
    let meter = CoreMeter::start();
    thread::sleep(WATCHED);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    warning(meter.shares(), machine::load(), cores)
}

fn warning(shares: CoreShares, load: Option<[f64; 3]>, cores: usize) -> Option<String> {
    let percent = |share: Option<f64>| numbers::percent(share.unwrap_or_default());
    let (cause, advice) = match shares.unfit() {
        Some(Unfit::Steal) => {
            (format!("the host takes {} of the cores", percent(shares.steal)), "measure later")
        }
        Some(_) => {
            (format!("other programs use {} of the cores", percent(shares.others)), "end them")
        }
        None if shares.others.is_some() => return None,
        // The load is of the last minute, in which another comparison may have ended.
        None => {
            let load = load.map(|[minute, ..]| minute).filter(|minute| *minute > cores as f64)?;
            (format!("the load average on {cores} cores is {load:.1}"), "end other programs")
        }
    };
    Some(format!("{cause}: {advice}, or expect no verdict; see `fetchbench doctor`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_machines_warn() {
        let shares =
            |steal, others| CoreShares { steal: Some(steal), others: Some(others), tick: 0.0 };
        let load = |minute| Some([minute, 9.0, 9.0]);
        for (shares, load, expected) in [
            (shares(0.01, 0.05), load(1.9), None),
            (CoreShares { steal: None, others: None, tick: 0.0 }, None, None),
            (
                shares(0.01, 0.48),
                load(9.0),
                Some(
                    "other programs use 48 % of the cores: end them, or expect no verdict; \
                     see `fetchbench doctor`",
                ),
            ),
            (
                shares(0.17, 0.48),
                None,
                Some(
                    "the host takes 17 % of the cores: measure later, or expect no verdict; \
                     see `fetchbench doctor`",
                ),
            ),
            (shares(0.0, 0.0), load(23.7), None),
            (
                CoreShares { steal: None, others: None, tick: 0.0 },
                load(2.3),
                Some(
                    "the load average on 2 cores is 2.3: end other programs, or expect no verdict; \
                     see `fetchbench doctor`",
                ),
            ),
        ] {
            assert_eq!(warning(shares, load, 2).as_deref(), expected);
        }
    }
}
