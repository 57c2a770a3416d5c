//! The capacity of the mock server on this machine: the raw client sends requests as fast as it
//! can, and then half as fast with delayed replies.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};

use crate::backend::Backend;
use crate::client::UserOptions;
use crate::compare::analysis::FLOOR;
use crate::fetch::Progress;
use crate::record::Capacity;
use crate::scenario::Scenario;
use crate::server::witness::{DelayErrors, Witness};
use crate::server::{Server, Setup};

/// Connections to the server, which is also the number of requests in flight.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(100).expect("it is not 0");

/// Descriptors for all connections: both ends of each are in this process.
pub const CAPACITY_CONNECTIONS: usize = 2 * CONNECTIONS.get();

/// The interval of the moments that a bare loop waits for.
const STEP: Duration = Duration::from_millis(1);

/// Measures the capacity for about three times as long as `time`, with servers made by `setup` in
/// this process.
///
/// # Errors
///
/// Returns an error if a server cannot be started or a fetch fails.
pub fn capacity(
    setup: impl Fn() -> anyhow::Result<Setup>,
    time: Duration,
) -> anyhow::Result<Capacity> {
    let most = load(Scenario::load("keepalive")?, setup()?, time)?;
    // With this delay, the same connections make half as many requests.
    let fan_out = Scenario::load("fan-out")?;
    let delay = CONNECTIONS.get() as f64 / (most.per_s() / 2.0);
    let programmed = fan_out.ideal(0, NonZeroUsize::MAX).as_secs_f64();
    let half = load(fan_out.time_scaled(delay / programmed), setup()?, time)?;
    let bare = bare(time);
    Ok(Capacity {
        requests_per_s: most.per_s(),
        busy: Duration::from_nanos(most.witness.cpu_ns).as_secs_f64() / most.elapsed.as_secs_f64(),
        delayed_per_s: half.per_s(),
        delay_error_median_s: quantile_s(&half.witness.delay_errors, 0.5),
        delay_error_p99_s: quantile_s(&half.witness.delay_errors, 0.99),
        bare_median_s: quantile_s(&bare, 0.5),
        bare_p99_s: quantile_s(&bare, 0.99),
    })
}

fn quantile_s(errors: &DelayErrors, share: f64) -> f64 {
    errors.quantile(share).unwrap_or_default().as_secs_f64()
}

/// The result of passes over a scenario.
struct Load {
    elapsed: Duration,
    witness: Witness,
}

impl Load {
    fn per_s(&self) -> f64 {
        self.witness.requests as f64 / self.elapsed.as_secs_f64()
    }
}

/// Makes passes over a scenario with the raw client for `time`.
fn load(scenario: Scenario, setup: Setup, time: Duration) -> anyhow::Result<Load> {
    let scenario = Arc::new(scenario.with_concurrency(CONNECTIONS));
    let server = Server::bind_as(Arc::clone(&scenario), setup)?;
    let (announcement, stopper) = (server.announcement().clone(), server.stopper());
    let thread = thread::Builder::new().name("server".to_owned()).spawn(move || server.run())?;
    let loaded = passes(&scenario, &announcement, time);
    stopper.stop();
    thread
        .join()
        .map_err(|_| anyhow!("the mock server panicked"))?
        .context("the event loop failed")?;
    loaded
}

fn passes(
    scenario: &Scenario,
    announcement: &crate::server::Announcement,
    time: Duration,
) -> anyhow::Result<Load> {
    let floor: Backend = FLOOR.parse()?;
    let mut session =
        floor.open(&UserOptions::default(), &scenario.limits, &Progress::default())?;
    let urls = scenario.urls(&announcement.origins()?, 0);
    // The first pass opens the connections.
    session.fetch_all(&urls)?;
    announcement.take_witness()?;
    let start = Instant::now();
    while start.elapsed() < time {
        let pass = session.fetch_all(&urls)?;
        scenario.verify(0, urls.len(), &pass).context("the raw client was answered wrongly")?;
    }
    let elapsed = start.elapsed();
    Ok(Load { elapsed, witness: announcement.take_witness()? })
}

/// Returns how late a busy-polling loop sees moments come. It includes all other work of the
/// machine.
fn bare(time: Duration) -> DelayErrors {
    let (mut late, start) = (DelayErrors::default(), Instant::now());
    let mut due = start + STEP;
    while due < start + time {
        if let Some(error) = Instant::now().checked_duration_since(due) {
            late.record(error);
            due = Instant::now() + STEP;
        }
    }
    late
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacities_are_plausible() {
        let capacity = capacity(|| Ok(Setup::default()), Duration::from_millis(30)).unwrap();
        assert!(capacity.requests_per_s > 0.0 && capacity.busy > 0.0, "{capacity:?}");
        assert!(
            capacity.delayed_per_s > 0.0 && capacity.delayed_per_s < capacity.requests_per_s,
            "{capacity:?}"
        );
        assert!(capacity.delay_error_p99_s >= capacity.delay_error_median_s, "{capacity:?}");
    }

    #[test]
    fn bare_loops_see_each_moment_once() {
        let late = bare(10 * STEP);
        assert!((1..=9).contains(&late.count()), "{late:?}");
    }
}
