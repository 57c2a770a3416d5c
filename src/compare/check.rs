//! Validates passes: the worker's report, the programmed scenario and the server's witness must
//! agree.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::fetch::Pass;
use crate::fetch::error::{ErrorClass, FetchError};
use crate::record::Validity;
use crate::scenario::Scenario;
use crate::server::witness::Witness;

/// The tolerated difference between the times of worker and server. Both use the clock of the same
/// machine, but reading it takes a while.
const CLOCK_TOLERANCE: Duration = Duration::from_micros(50);

/// The detail in which a failure is described.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// The client's message.
    Message,
    /// The class alone. Messages may contain the URL, and that of a live site may contain a secret.
    Class,
}

/// Returns why a pass is invalid; `None` if it is valid. Live sites have neither programmed replies
/// nor a witness, so only the worker's report is checked.
pub(super) fn fault(
    scenario: &Scenario,
    slots: NonZeroUsize,
    visit: u64,
    pass: &Pass,
    witness: Option<&Witness>,
) -> Option<(Validity, String)> {
    let Some(witness) = witness else {
        return wrong_count(scenario, pass).or_else(|| failed(scenario, pass, Detail::Class));
    };
    wrong_count(scenario, pass)
        .or_else(|| failed(scenario, pass, Detail::Message))
        .or_else(|| wrong_answer(scenario, visit, pass))
        .or_else(|| contradiction(scenario, witness, pass))
        .or_else(|| too_quick(scenario, slots, visit, pass, witness))
        .or_else(|| connections_short(scenario, slots, visit, witness))
}

fn wrong_count(scenario: &Scenario, pass: &Pass) -> Option<(Validity, String)> {
    let (fetches, sites) = (pass.fetched.len(), scenario.sites.len());
    (fetches != sites)
        .then(|| (Validity::WrongAnswer, format!("tells of {fetches} fetches for {sites} sites")))
}

fn failed(scenario: &Scenario, pass: &Pass, detail: Detail) -> Option<(Validity, String)> {
    let failures: Vec<(usize, &FetchError)> = pass
        .fetched
        .iter()
        .enumerate()
        .filter_map(|(index, fetched)| Some((index, fetched.result.as_ref().err()?)))
        .collect();
    let (index, first) = failures.first()?;
    let validity = match first.class {
        ErrorClass::LocalLimit if first.message.contains("os error 99") => Validity::PortsExhausted,
        ErrorClass::LocalLimit => Validity::FdLimit,
        _ => Validity::Errors,
    };
    let label = &scenario.sites[*index].label;
    let description = match detail {
        Detail::Message => first.to_string(),
        Detail::Class => first.class.name().to_owned(),
    };
    Some((
        validity,
        format!(
            "{} of {} failed, first {label}: {description}",
            failures.len(),
            pass.fetched.len()
        ),
    ))
}

fn wrong_answer(scenario: &Scenario, visit: u64, pass: &Pass) -> Option<(Validity, String)> {
    for (index, fetched) in pass.fetched.iter().enumerate() {
        let page = fetched.result.as_ref().ok()?;
        let expected = scenario.page(index, visit);
        let found = (page.status, page.bytes, page.crc32);
        if found != (expected.status, expected.bytes, expected.crc32) {
            let stale = visit > 0 && page.crc32 == scenario.page(index, visit - 1).crc32;
            let hint = if stale { ", the answer of an earlier pass" } else { "" };
            let label = &scenario.sites[index].label;
            return Some((
                Validity::WrongAnswer,
                format!(
                    "{label}: expected status {}, {} bytes, crc32 {:08x}; told {}, {}, \
                     {:08x}{hint}",
                    expected.status, expected.bytes, expected.crc32, found.0, found.1, found.2
                ),
            ));
        }
    }
    None
}

/// Returns how the server's witness contradicts the worker's report.
fn contradiction(
    scenario: &Scenario,
    witness: &Witness,
    pass: &Pass,
) -> Option<(Validity, String)> {
    let sites = scenario.sites.len() as u64;
    if witness.requests != sites || witness.refused > 0 {
        let why = format!(
            "the server saw {} requests and refused {} more, for {sites} fetches",
            witness.requests, witness.refused
        );
        return Some((Validity::Contradicted, why));
    }
    let bytes: u64 = scenario.sites.iter().map(|site| site.reply.bytes).sum();
    if witness.bytes != bytes {
        let why = format!("the server sent {} body bytes, and {bytes} were fetched", witness.bytes);
        return Some((Validity::Contradicted, why));
    }
    let span = Duration::from_nanos(witness.span_ns);
    (pass.elapsed + CLOCK_TOLERANCE < span).then(|| {
        let why = format!("claims {:?} for what took the server {span:?}", pass.elapsed);
        (Validity::Contradicted, why)
    })
}

fn too_quick(
    scenario: &Scenario,
    slots: NonZeroUsize,
    visit: u64,
    pass: &Pass,
    witness: &Witness,
) -> Option<(Validity, String)> {
    // With more requests in flight than slots, the ideal would be meaningless.
    if witness.peak_in_flight > slots.get() as u64 {
        let why =
            format!("had {} requests in flight, {slots} were allowed", witness.peak_in_flight);
        return Some((Validity::Contradicted, why));
    }
    let ideal = scenario.ideal(visit, slots);
    (pass.elapsed + CLOCK_TOLERANCE < ideal).then(|| {
        let why = format!("claims {:?}, less than the ideal {ideal:?}", pass.elapsed);
        (Validity::Contradicted, why)
    })
}

/// Checks that an eighth of the slots were filled, if every site is slow enough for that.
fn connections_short(
    scenario: &Scenario,
    slots: NonZeroUsize,
    visit: u64,
    witness: &Witness,
) -> Option<(Validity, String)> {
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
        (Validity::ConnectionsShort, why)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
