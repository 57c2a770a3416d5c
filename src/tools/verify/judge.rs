//! The verdict on a backend that met a fault.

use std::time::Duration;

use super::{GRACE, Verdict};
use crate::fetch::error::ErrorClass;
use crate::fetch::{Fetched, Pass};
use crate::scenario::fault::Right;
use crate::scenario::{Case, Scenario};

/// What a backend did in two passes over a healthy site and a faulty one.
#[derive(Debug)]
pub enum Seen {
    /// It made both.
    Passes([Pass; 2]),
    /// Its process did not answer in time.
    Hung,
    /// Its process ended, or sent an invalid reply.
    Died(String),
}

/// Returns the verdict on the client alone, the one with the checks here, and what the backend
/// reported.
pub fn judge(
    scenario: &Scenario,
    case: &Case,
    deadline: Duration,
    seen: &Seen,
) -> (Verdict, Verdict, String) {
    let both = |verdict, told: &str| (verdict, verdict, told.to_owned());
    let passes = match seen {
        Seen::Hung => return both(Verdict::Hung, "its process does not answer"),
        Seen::Died(why) => return both(Verdict::Crashed, why),
        Seen::Passes(passes) => passes,
    };
    let [first, second] = passes.each_ref().map(|pass| pass.fetched.as_slice());
    let ([before, fault], [after, again]) = (first, second) else {
        return both(Verdict::Crashed, "tells of other fetches than it was asked for");
    };
    if !is_page(scenario, case.healthy, 0, before) {
        return both(Verdict::LeftOut, &format!("its healthy fetch failed: {}", told(before)));
    }
    let judged = [(0, fault), (1, again)]
        .map(|(visit, fetched)| one(scenario, case, deadline, visit, fetched));
    let [first, second] = judged;
    let (client, checked) = (first.0.max(second.0), first.1.max(second.1));
    let what = if second.0 > first.0 { told(again) } else { told(fault) };
    if client < Verdict::Hung && !is_page(scenario, case.healthy, 1, after) {
        let next = format!("{what}; and then of the healthy site: {}", told(after));
        return (Verdict::Spoiled, Verdict::Spoiled, next);
    }
    (client, checked, what)
}

/// Judges one fetch of the faulty site.
fn one(
    scenario: &Scenario,
    case: &Case,
    deadline: Duration,
    visit: u64,
    fetched: &Fetched,
) -> (Verdict, Verdict) {
    if fetched.elapsed > deadline + GRACE {
        return (Verdict::Hung, Verdict::Hung);
    }
    let (answer, classes): (_, &[ErrorClass]) = match case.fault.right {
        Right::Answer(answer) => (Some(answer), &[]),
        Right::Fail(classes) => (None, classes),
        Right::Either(answer, classes) => (Some(answer), classes),
    };
    match &fetched.result {
        Ok(page) => match answer
            .filter(|answer| page.agrees_with(&scenario.page_of(case, *answer, visit)))
        {
            // The checks know which page was programmed, and so more than any client can.
            Some(answer) if answer.content.is_wrong() => (Verdict::Right, Verdict::Caught),
            Some(_) => (Verdict::Right, Verdict::Right),
            None if page.agrees_with(&scenario.page(case.faulty, visit)) => {
                (Verdict::WrongAnswer, Verdict::WrongAnswer)
            }
            None => (Verdict::WrongAnswer, Verdict::Caught),
        },
        // A panic that is caught costs the one fetch.
        Err(error) if error.class == ErrorClass::Crashed => (Verdict::Crashed, Verdict::Caught),
        Err(error) if error.accepted => (Verdict::WrongAnswer, Verdict::Caught),
        Err(error) if classes.contains(&error.class) => (Verdict::Right, Verdict::Right),
        Err(_) => (Verdict::WrongClass, Verdict::WrongClass),
    }
}

fn is_page(scenario: &Scenario, site: usize, visit: u64, fetched: &Fetched) -> bool {
    fetched.result.as_ref().is_ok_and(|page| page.agrees_with(&scenario.page(site, visit)))
}

/// Describes a fetch without what differs from run to run.
fn told(fetched: &Fetched) -> String {
    match &fetched.result {
        Ok(page) => format!("status {}, {} bytes", page.status, page.bytes),
        Err(error) if error.accepted => {
            format!("accepted, then {} by the checks here", error.class)
        }
        Err(error) => error.class.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::answer::Page;
    use crate::fetch::error::FetchError;
    use crate::scenario::faults;

    const DEADLINE: Duration = Duration::from_secs(1);

    /// What is judged of a row that answers so to the faulty site, and rightly to the healthy one
    /// but for `after`.
    fn judged(
        fault: &str,
        answer: impl Fn(&Scenario, &Case) -> Result<Page, FetchError>,
        after: Option<u64>,
    ) -> (Verdict, Verdict) {
        let (scenario, cases) = faults();
        let case = cases.iter().find(|case| case.fault.name == fault).unwrap();
        let fetched =
            |elapsed, result| Fetched { started: Duration::ZERO, elapsed, final_url: None, result };
        let pass = |visit| {
            let healthy = Ok(scenario
                .page(case.healthy, if visit == 1 { after.unwrap_or(visit) } else { visit }));
            let fetched = vec![
                fetched(Duration::ZERO, healthy),
                fetched(Duration::ZERO, answer(&scenario, case)),
            ];
            Pass { elapsed: Duration::ZERO, fetched }
        };
        let (client, checked, _) =
            judge(&scenario, case, DEADLINE, &Seen::Passes([pass(0), pass(1)]));
        (client, checked)
    }

    fn failed(class: ErrorClass) -> impl Fn(&Scenario, &Case) -> Result<Page, FetchError> {
        move |_, _| Err(FetchError::new(class, "why"))
    }

    #[test]
    fn a_client_is_judged_by_what_the_fault_asks_for() {
        let short = |_: &Scenario, _: &Case| {
            Err(FetchError::objection(ErrorClass::BodyShort, "only we noticed"))
        };
        let programmed = |scenario: &Scenario, case: &Case| Ok(scenario.page(case.faulty, 0));
        let both = |verdict| (verdict, verdict);
        assert_eq!(
            judged("close-in-body", failed(ErrorClass::BodyShort), None),
            both(Verdict::Right)
        );
        assert_eq!(
            judged("close-in-body", failed(ErrorClass::Timeout), None),
            both(Verdict::WrongClass)
        );
        assert_eq!(
            judged("close-in-body", failed(ErrorClass::Crashed), None),
            (Verdict::Crashed, Verdict::Caught)
        );
        assert_eq!(judged("close-in-body", short, None), (Verdict::WrongAnswer, Verdict::Caught));
        assert_eq!(judged("two-lengths", programmed, None), both(Verdict::WrongAnswer));
        assert_eq!(
            judged("close-in-body", failed(ErrorClass::BodyShort), Some(0)),
            both(Verdict::Spoiled)
        );
    }

    #[test]
    fn an_answer_that_only_its_reader_can_doubt_is_right_of_the_client_and_caught_by_the_checks() {
        let (scenario, cases) = faults();
        let judged = |fault: &str| {
            let case = cases.iter().find(|case| case.fault.name == fault).unwrap();
            let result = Ok(scenario.page(case.faulty, 1));
            let fetched = Fetched {
                started: Duration::ZERO,
                elapsed: Duration::ZERO,
                final_url: None,
                result,
            };
            one(&scenario, case, DEADLINE, 0, &fetched)
        };
        assert_eq!(judged("other-visit"), (Verdict::Right, Verdict::Caught));
        assert_eq!(judged("surplus"), (Verdict::WrongAnswer, Verdict::Caught));
    }

    #[test]
    fn who_does_not_answer_hangs_and_who_ends_has_crashed() {
        let (scenario, cases) = faults();
        let judged = |seen| judge(&scenario, &cases[0], DEADLINE, &seen).0;
        assert_eq!(judged(Seen::Hung), Verdict::Hung);
        assert_eq!(judged(Seen::Died("it ended".to_owned())), Verdict::Crashed);
        let late = Fetched {
            started: Duration::ZERO,
            elapsed: DEADLINE + GRACE + Duration::from_millis(1),
            final_url: None,
            result: Err(FetchError::timeout(DEADLINE)),
        };
        assert_eq!(one(&scenario, &cases[1], DEADLINE, 0, &late).0, Verdict::Hung);
    }
}
