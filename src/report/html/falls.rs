//! The waterfalls of a scenario for the page's template.

use serde::Serialize;

use crate::compare::analysis::WorkloadAnalysis;
use crate::record::ComparisonRecord;
use crate::report::chart::waterfall::{Waterfall, picture, waterfalls};

/// Widths of the pictures, for screens and for phones.
const WIDE: i32 = 1000;
const NARROW: i32 = 340;

/// Beyond this many waterfalls, only some are shown at first, because those of concurrent backends
/// look alike.
const MOST_SHOWN: usize = 4;

/// The waterfalls to show at first, and the others.
#[derive(Debug, Default, Serialize)]
pub(super) struct FallsView {
    shown: Vec<FallView>,
    others: Vec<FallView>,
}

/// The waterfall of a backend.
#[derive(Debug, Serialize)]
struct FallView {
    backend: String,
    wide: String,
    narrow: String,
}

/// Returns the waterfalls. Of many, it shows those of the first backend, of the last concurrent one
/// and of all sequential ones.
pub(super) fn view(
    comparison: &ComparisonRecord,
    workload: &WorkloadAnalysis,
) -> anyhow::Result<FallsView> {
    let all = waterfalls(comparison, workload);
    let longest =
        all.iter().flat_map(|one| &one.fetches).map(|fetch| fetch.end_s).fold(0.0, f64::max);
    let last_concurrent = all.iter().rposition(|fall| !is_sequential(workload, fall));
    let mut view = FallsView::default();
    for (number, fall) in all.iter().enumerate() {
        let wide = picture(fall, longest, WIDE)?;
        let one = FallView {
            backend: fall.backend.clone(),
            wide,
            narrow: picture(fall, longest, NARROW)?,
        };
        let stands_out =
            number == 0 || Some(number) == last_concurrent || is_sequential(workload, fall);
        if stands_out || all.len() <= MOST_SHOWN { &mut view.shown } else { &mut view.others }
            .push(one);
    }
    Ok(view)
}

fn is_sequential(workload: &WorkloadAnalysis, fall: &Waterfall) -> bool {
    workload.backends.iter().any(|backend| backend.name == fall.backend && backend.sequential)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    fn names(falls: &[FallView]) -> Vec<String> {
        falls.iter().map(|fall| fall.backend.clone()).collect()
    }

    #[test]
    fn notable_waterfalls_are_shown() {
        let mut comparison = comparison();
        let few = view(&comparison, &analyse(&comparison)[0]).unwrap();
        assert_eq!((names(&few.shown).len(), few.others.len()), (3, 0));
        for (number, backend) in ["b@x", "c@x"].into_iter().enumerate() {
            let mut setup = comparison.setup.backends[1].clone();
            setup.name = backend.to_owned();
            comparison.setup.backends.push(setup);
            let own = comparison.passes.iter().filter(|pass| pass.backend == "hyper@smol").cloned();
            let slower = own.map(|mut pass| {
                backend.clone_into(&mut pass.backend);
                pass.elapsed_s =
                    pass.elapsed_s.map(|elapsed| elapsed * (1.1 + number as f64 / 10.0));
                pass
            });
            comparison.passes.extend(slower.collect::<Vec<_>>());
        }
        let many = view(&comparison, &analyse(&comparison)[0]).unwrap();
        assert_eq!(names(&many.shown), ["surf@smol", "c@x", "ureq@sequential"]);
        assert_eq!(names(&many.others), ["hyper@smol", "b@x"]);
    }
}
