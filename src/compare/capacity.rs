//! What the mock server can do here: the raw client asks as fast as it can, and then half as fast
//! for answers with a delay.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};

use crate::backend::Row;
use crate::compare::analysis::FLOOR;
use crate::fetch::Options;
use crate::record::Capacity;
use crate::scenario::Scenario;
use crate::server::witness::{DelayErrors, Witness};
use crate::server::{Server, Setup};

/// Connections to the server, and so requests in flight.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(100).expect("it is not 0");

/// The descriptors of all connections: both ends of each are in this process.
pub const CAPACITY_CONNECTIONS: usize = 2 * CONNECTIONS.get();

/// The moments that a bare loop waits for lie so far apart.
const STEP: Duration = Duration::from_millis(1);

/// Measures for about three times as long as `time`, against servers made by `setup` in this
/// process.
///
/// # Errors
///
/// A server cannot be started, or a fetch fails.
pub fn capacity(
    setup: impl Fn() -> anyhow::Result<Setup>,
    time: Duration,
) -> anyhow::Result<Capacity> {
    let most = load(Scenario::load("keepalive")?, setup()?, time)?;
    // So long a delay that as many connections make half as many requests.
    let fan_out = Scenario::load("fan-out")?;
    let delay = CONNECTIONS.get() as f64 / (most.per_s() / 2.0);
    let programmed = fan_out.ideal(0, NonZeroUsize::MAX).as_secs_f64();
    let half = load(fan_out.time_scaled(delay / programmed), setup()?, time)?;
    let bare = bare(time);
    let quantile =
        |errors: &DelayErrors, share| errors.quantile(share).unwrap_or_default().as_secs_f64();
    Ok(Capacity {
        requests_per_s: most.per_s(),
        busy: Duration::from_nanos(most.witness.cpu_ns).as_secs_f64() / most.elapsed.as_secs_f64(),
        delayed_per_s: half.per_s(),
        delay_error_median_s: quantile(&half.witness.delay_errors, 0.5),
        delay_error_p99_s: quantile(&half.witness.delay_errors, 0.99),
        bare_median_s: quantile(&bare, 0.5),
        bare_p99_s: quantile(&bare, 0.99),
    })
}

/// What passes over a scenario came to.
struct Load {
    elapsed: Duration,
    witness: Witness,
}

impl Load {
    fn per_s(&self) -> f64 {
        self.witness.requests as f64 / self.elapsed.as_secs_f64()
    }
}

/// Has the raw client make passes over a scenario for so long.
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
    let floor: Row = FLOOR.parse()?;
    let mut session = floor.open(&Options::default(), &scenario.limits)?;
    let urls = scenario.urls(&announcement.origins()?, 0);
    // The first pass connects.
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

/// How late a loop that does nothing else sees moments come: whatever else the machine does is in
/// it.
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
    fn a_capacity_is_made_of_what_was_asked_and_answered() {
        let capacity = capacity(|| Ok(Setup::default()), Duration::from_millis(30)).unwrap();
        assert!(capacity.requests_per_s > 0.0 && capacity.busy > 0.0, "{capacity:?}");
        assert!(
            capacity.delayed_per_s > 0.0 && capacity.delayed_per_s < capacity.requests_per_s,
            "{capacity:?}"
        );
        assert!(capacity.delay_error_p99_s >= capacity.delay_error_median_s, "{capacity:?}");
    }

    #[test]
    fn a_bare_loop_sees_each_moment_once_and_none_early() {
        let late = bare(10 * STEP);
        assert!((1..=9).contains(&late.count()), "{late:?}");
    }
}
