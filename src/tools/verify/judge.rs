//! The verdict on a backend that met a fault.

use std::time::Duration;

use super::{CellVerdict, GRACE};
use crate::fetch::error::ErrorClass;
use crate::fetch::{Fetched, Pass};
use crate::scenario::fault::Right;
use crate::scenario::{Case, Scenario};

/// The result of two passes over a healthy site and a faulty one.
#[derive(Debug)]
pub enum CellResult {
    /// It made both passes.
    Passes([Pass; 2]),
    /// Its process did not answer in time.
    Hung,
    /// Its process ended, or sent an invalid reply.
    Died(String),
}

/// The verdict on a backend that met a fault.
#[derive(Debug)]
pub struct Judgement {
    /// The verdict on the client alone.
    pub client: CellVerdict,
    /// The verdict after fetchbench's checks.
    pub checked: CellVerdict,
    /// A description of the backend's report.
    pub reported: String,
    /// Whether it took too long, which may be the fault of a busy machine.
    pub is_late: bool,
}

impl Judgement {
    /// Returns one verdict as that on the client and that after fetchbench's checks.
    pub fn unanimous(verdict: CellVerdict, reported: impl Into<String>) -> Self {
        let is_late = verdict == CellVerdict::Hung;
        Self { client: verdict, checked: verdict, reported: reported.into(), is_late }
    }
}

/// Judges a backend by its passes.
pub fn judge(
    scenario: &Scenario,
    case: &Case,
    deadline: Duration,
    result: &CellResult,
) -> Judgement {
    let passes = match result {
        CellResult::Hung => {
            return Judgement::unanimous(CellVerdict::Hung, "its process does not respond");
        }
        CellResult::Died(why) => return Judgement::unanimous(CellVerdict::Crashed, why),
        CellResult::Passes(passes) => passes,
    };
    let [first, second] = passes.each_ref().map(|pass| pass.fetched.as_slice());
    let ([before, fault], [after, again]) = (first, second) else {
        let reported = "it reported other fetches than the requested ones";
        return Judgement::unanimous(CellVerdict::Crashed, reported);
    };
    if !is_page(scenario, case.healthy, 0, before) {
        let reported = format!("its healthy fetch failed: {}", describe(before));
        let judgement = Judgement::unanimous(CellVerdict::LeftOut, reported);
        return Judgement { is_late: timed_out(before), ..judgement };
    }
    let judged = [(0, fault), (1, again)]
        .map(|(visit, fetched)| judge_fetch(scenario, case, deadline, visit, fetched));
    let [first, second] = judged;
    let (client, checked) = (first.0.max(second.0), first.1.max(second.1));
    let worse = if second.0 > first.0 { again } else { fault };
    let reported = describe(worse);
    if client < CellVerdict::Hung && !is_page(scenario, case.healthy, 1, after) {
        let reported = format!("{reported}; then from the healthy site: {}", describe(after));
        let judgement = Judgement::unanimous(CellVerdict::Spoiled, reported);
        return Judgement { is_late: timed_out(worse) || timed_out(after), ..judgement };
    }
    let is_late = client == CellVerdict::Hung || timed_out(worse);
    Judgement { client, checked, reported, is_late }
}

fn timed_out(fetched: &Fetched) -> bool {
    fetched.result.as_ref().is_err_and(|error| error.class == ErrorClass::Timeout)
}

/// Judges one fetch of the faulty site.
fn judge_fetch(
    scenario: &Scenario,
    case: &Case,
    deadline: Duration,
    visit: u64,
    fetched: &Fetched,
) -> (CellVerdict, CellVerdict) {
    if fetched.elapsed > deadline + GRACE {
        return (CellVerdict::Hung, CellVerdict::Hung);
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
            // The checks know the programmed page; no client can.
            Some(answer) if answer.content.is_wrong() => (CellVerdict::Right, CellVerdict::Caught),
            Some(_) => (CellVerdict::Right, CellVerdict::Right),
            None if scenario.judge(case.faulty, visit, page).is_ok() => {
                (CellVerdict::WrongAnswer, CellVerdict::WrongAnswer)
            }
            None => (CellVerdict::WrongAnswer, CellVerdict::Caught),
        },
        // A caught panic costs only the one fetch.
        Err(error) if error.class == ErrorClass::Crashed => {
            (CellVerdict::Crashed, CellVerdict::Caught)
        }
        Err(error) if error.accepted => (CellVerdict::WrongAnswer, CellVerdict::Caught),
        Err(error) if classes.contains(&error.class) => (CellVerdict::Right, CellVerdict::Right),
        Err(_) => (CellVerdict::WrongClass, CellVerdict::WrongClass),
    }
}

fn is_page(scenario: &Scenario, site: usize, visit: u64, fetched: &Fetched) -> bool {
    fetched.result.as_ref().is_ok_and(|page| scenario.judge(site, visit, page).is_ok())
}

/// Describes a fetch, without parts that differ from run to run.
fn describe(fetched: &Fetched) -> String {
    match &fetched.result {
        Ok(page) => format!("status {}, {} bytes", page.status, page.bytes),
        Err(error) if error.accepted => {
            format!("accepted by the client, then {} by the checks", error.class)
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

    /// Judges a backend whose fetches of the faulty site end as `answer` returns. Those of the
    /// healthy site are right, except that the second one is of visit `after` if given.
    fn judged(
        fault: &str,
        answer: impl Fn(&Scenario, &Case) -> Result<Page, FetchError>,
        after: Option<u64>,
    ) -> (CellVerdict, CellVerdict) {
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
        let judgement = judge(&scenario, case, DEADLINE, &CellResult::Passes([pass(0), pass(1)]));
        (judgement.client, judgement.checked)
    }

    fn failed(class: ErrorClass) -> impl Fn(&Scenario, &Case) -> Result<Page, FetchError> {
        move |_, _| Err(FetchError::new(class, "why"))
    }

    #[test]
    fn verdicts_follow_the_fault() {
        let short = |_: &Scenario, _: &Case| {
            Err(FetchError::objection(ErrorClass::BodyShort, "only we noticed"))
        };
        let programmed = |scenario: &Scenario, case: &Case| Ok(scenario.page(case.faulty, 0));
        let both = |verdict| (verdict, verdict);
        assert_eq!(
            judged("close-in-body", failed(ErrorClass::BodyShort), None),
            both(CellVerdict::Right)
        );
        assert_eq!(
            judged("close-in-body", failed(ErrorClass::Timeout), None),
            both(CellVerdict::WrongClass)
        );
        assert_eq!(
            judged("close-in-body", failed(ErrorClass::Crashed), None),
            (CellVerdict::Crashed, CellVerdict::Caught)
        );
        assert_eq!(
            judged("close-in-body", short, None),
            (CellVerdict::WrongAnswer, CellVerdict::Caught)
        );
        assert_eq!(judged("two-lengths", programmed, None), both(CellVerdict::WrongAnswer));
        assert_eq!(
            judged("close-in-body", failed(ErrorClass::BodyShort), Some(0)),
            both(CellVerdict::Spoiled)
        );
    }

    #[test]
    fn checks_catch_plausible_answers() {
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
            judge_fetch(&scenario, case, DEADLINE, 0, &fetched)
        };
        assert_eq!(judged("other-visit"), (CellVerdict::Right, CellVerdict::Caught));
        assert_eq!(judged("surplus"), (CellVerdict::WrongAnswer, CellVerdict::Caught));
    }

    #[test]
    fn silence_hangs_and_exits_crash() {
        let (scenario, cases) = faults();
        let judged = |result| judge(&scenario, &cases[0], DEADLINE, &result).client;
        assert_eq!(judged(CellResult::Hung), CellVerdict::Hung);
        assert_eq!(judged(CellResult::Died("it ended".to_owned())), CellVerdict::Crashed);
        let late = Fetched {
            started: Duration::ZERO,
            elapsed: DEADLINE + GRACE + Duration::from_millis(1),
            final_url: None,
            result: Err(FetchError::timeout(DEADLINE)),
        };
        assert_eq!(judge_fetch(&scenario, &cases[1], DEADLINE, 0, &late).0, CellVerdict::Hung);
    }
}
