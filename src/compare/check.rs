//! Validates passes: the worker's report, the programmed scenario and the server's witness must
//! agree.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::Workload;
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::{Fetched, Pass};
use crate::record::Validity;
use crate::scenario::Scenario;
use crate::server::witness::Witness;

/// The tolerated difference between the times of worker and server. Both use the clock of the same
/// machine, but reading it takes a while.
const CLOCK_TOLERANCE: Duration = Duration::from_micros(50);

/// Why a pass or a backend does not count.
#[derive(Debug, Clone)]
pub(super) struct Rejection {
    pub(super) validity: Validity,
    pub(super) why: String,
}

impl Rejection {
    pub(super) fn new(validity: Validity, why: impl Into<String>) -> Self {
        Self { validity, why: why.into() }
    }

    fn contradicted(why: String) -> Self {
        Self::new(Validity::Contradicted, why)
    }
}

/// Returns why a pass is invalid; `None` if it is valid. Live sites have neither programmed replies
/// nor a witness, so only the worker's report is checked.
pub(super) fn rejection(
    workload: &Workload,
    slots: NonZeroUsize,
    visit: u64,
    pass: &Pass,
    witness: Option<&Witness>,
) -> Option<Rejection> {
    let reported = wrong_count(workload, pass).or_else(|| failed(workload, pass));
    let (Workload::Mock { scenario, .. }, Some(witness)) = (workload, witness) else {
        return reported;
    };
    reported
        .or_else(|| wrong_answer(scenario, visit, pass))
        .or_else(|| contradiction(scenario, witness, pass))
        .or_else(|| outlasting_fetch(pass))
        .or_else(|| too_quick(scenario, slots, visit, pass, witness))
        .or_else(|| connections_short(scenario, slots, visit, witness))
}

fn wrong_count(workload: &Workload, pass: &Pass) -> Option<Rejection> {
    let (fetches, sites) = (pass.fetched.len(), workload.outline().sites);
    (fetches != sites).then(|| {
        let why = format!("reported {fetches} fetches for {sites} sites");
        Rejection::new(Validity::WrongAnswer, why)
    })
}

fn failed(workload: &Workload, pass: &Pass) -> Option<Rejection> {
    let failures: Vec<(usize, &FetchError)> = pass
        .fetched
        .iter()
        .enumerate()
        .filter_map(|(index, fetched)| Some((index, fetched.result.as_ref().err()?)))
        .collect();
    let (index, first) = failures.first()?;
    let validity = match first.class {
        ErrorClass::LocalLimit if first.is_out_of_ports() => Validity::PortsExhausted,
        ErrorClass::LocalLimit => Validity::FdLimit,
        _ => Validity::Errors,
    };
    let description = match workload {
        Workload::Mock { .. } => first.to_string(),
        // The message may contain the URL, and that of a live site may contain a secret.
        Workload::Live(_) => first.class.name().to_owned(),
    };
    let label = workload.label(*index);
    let (failures, fetches) = (failures.len(), pass.fetched.len());
    let why = format!("{failures} of {fetches} failed, first {label}: {description}");
    Some(Rejection::new(validity, why))
}

fn wrong_answer(scenario: &Scenario, visit: u64, pass: &Pass) -> Option<Rejection> {
    let mut answers = pass.fetched.iter().enumerate();
    answers.find_map(|(site, fetched)| {
        let wrong = scenario.judge(site, visit, fetched.result.as_ref().ok()?).err()?;
        let why = format!("{}: {wrong}", scenario.sites[site].label);
        Some(Rejection::new(Validity::WrongAnswer, why))
    })
}

/// Returns how the server's witness contradicts the worker's report.
fn contradiction(scenario: &Scenario, witness: &Witness, pass: &Pass) -> Option<Rejection> {
    let sites = scenario.sites.len() as u64;
    if witness.requests != sites || witness.refused > 0 {
        let why = format!(
            "the server saw {} requests and refused {} more, for {sites} fetches",
            witness.requests, witness.refused
        );
        return Some(Rejection::contradicted(why));
    }
    let bytes: u64 = scenario.sites.iter().map(|site| site.reply.bytes).sum();
    if witness.bytes != bytes {
        let why = format!("the server sent {} body bytes, and {bytes} were fetched", witness.bytes);
        return Some(Rejection::contradicted(why));
    }
    let span = Duration::from_nanos(witness.span_ns);
    (pass.elapsed + CLOCK_TOLERANCE < span).then(|| {
        let why = format!("reported {:?}, but the server was busy for {span:?}", pass.elapsed);
        Rejection::contradicted(why)
    })
}

/// Returns how the report contradicts itself: a fetch ended after the pass.
fn outlasting_fetch(pass: &Pass) -> Option<Rejection> {
    let last = pass.fetched.iter().map(Fetched::ended).max()?;
    let late = last.checked_sub(pass.elapsed).filter(|late| *late > CLOCK_TOLERANCE)?;
    let why = format!("reported a fetch that ended {late:?} after the pass");
    Some(Rejection::contradicted(why))
}

fn too_quick(
    scenario: &Scenario,
    slots: NonZeroUsize,
    visit: u64,
    pass: &Pass,
    witness: &Witness,
) -> Option<Rejection> {
    // With more requests in flight than slots, the ideal would be meaningless.
    if witness.peak_in_flight > slots.get() as u64 {
        let why = format!("had {} requests in flight (limit: {slots})", witness.peak_in_flight);
        return Some(Rejection::contradicted(why));
    }
    let ideal = scenario.ideal(visit, slots);
    (pass.elapsed + CLOCK_TOLERANCE < ideal).then(|| {
        let why = format!("reported {:?}, less than the ideal {ideal:?}", pass.elapsed);
        Rejection::contradicted(why)
    })
}

/// Checks that an eighth of the slots were filled, if every site is slow enough for that. Over a
/// network, requests arrive as it lets them.
fn connections_short(
    scenario: &Scenario,
    slots: NonZeroUsize,
    visit: u64,
    witness: &Witness,
) -> Option<Rejection> {
    if scenario.network.is_some() {
        return None;
    }
    const SLOW: Duration = Duration::from_millis(20);
    const BEGINNING: Duration = Duration::from_micros(200);
    let wanted = slots.get().min(scenario.sites.len()) as u64;
    // Fetches may end before the last one has started, because starting thousands takes longer than
    // a delay.
    let least = wanted.div_ceil(8);
    let slow = SLOW.max(BEGINNING.saturating_mul(u32::try_from(least).unwrap_or(u32::MAX)));
    let all_slow = scenario.times(visit).take(slots.get()).all(|time| time >= slow);
    (all_slow && witness.peak_in_flight < least).then(|| {
        let why = format!(
            "had {} requests in flight at most, {wanted} were to be",
            witness.peak_in_flight
        );
        Rejection::new(Validity::ConnectionsShort, why)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_long_fetches_are_found() {
        let fetched = |started_ms, elapsed_ms| Fetched {
            started: Duration::from_millis(started_ms),
            elapsed: Duration::from_millis(elapsed_ms),
            final_url: None,
            result: Err(FetchError::new(ErrorClass::Dns, "")),
        };
        let outlasts = |elapsed_ms| {
            let pass = Pass {
                elapsed: Duration::from_millis(elapsed_ms),
                fetched: vec![fetched(0, 7), fetched(5, 5)],
            };
            outlasting_fetch(&pass).map(|rejection| rejection.why)
        };
        assert_eq!((outlasts(10), outlasts(11)), (None, None));
        assert_eq!(outlasts(8).unwrap(), "reported a fetch that ended 2ms after the pass");
    }

    #[test]
    fn unfilled_slots_are_found() {
        let is_short = |sites: usize, peak_in_flight| {
            let mut scenario = Scenario::load("fan-out").expect("it is built in");
            scenario.sites = scenario.sites.iter().cycle().take(sites).cloned().collect();
            let slots = NonZeroUsize::new(sites).expect("there are sites");
            let witness = Witness { peak_in_flight, ..Witness::default() };
            connections_short(&scenario, slots, 0, &witness).is_some()
        };
        assert!(is_short(1_000, 124) && !is_short(1_000, 125));
        // Not every client starts an eighth of five thousand fetches in 50 ms.
        assert!(!is_short(5_000, 400));
    }
}
