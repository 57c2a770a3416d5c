//! The waterfalls of a scenario as the page's template takes them.

use serde::Serialize;

use crate::compare::analysis::WorkloadAnalysis;
use crate::record::Comparison;
use crate::report::chart::waterfall::{Waterfall, picture, waterfalls};

/// How wide the pictures are: for screens and for phones.
const WIDE: i32 = 1000;
const NARROW: i32 = 340;

/// More waterfalls than these are not all shown at once: those of rows that fetch at once look much
/// alike.
const MOST_SHOWN: usize = 4;

/// The waterfalls: those that show all that there is to see, and the others.
#[derive(Debug, Default, Serialize)]
pub(super) struct FallsView {
    shown: Vec<FallView>,
    others: Vec<FallView>,
}

/// A row's.
#[derive(Debug, Serialize)]
struct FallView {
    row: String,
    wide: String,
    narrow: String,
}

/// Of many, the first row's is shown, the last one's of those that fetch at once, and those of the
/// rows that fetch one after another.
pub(super) fn view(
    comparison: &Comparison,
    workload: &WorkloadAnalysis,
) -> anyhow::Result<FallsView> {
    let all = waterfalls(comparison, workload);
    let longest =
        all.iter().flat_map(|one| &one.fetches).map(|fetch| fetch.end_s).fold(0.0, f64::max);
    let is_sequential =
        |fall: &Waterfall| workload.rows.iter().any(|row| row.name == fall.row && row.sequential);
    let last_at_once = all.iter().rposition(|fall| !is_sequential(fall));
    let mut view = FallsView::default();
    for (number, fall) in all.iter().enumerate() {
        let wide = picture(fall, longest, WIDE)?;
        let one = FallView { row: fall.row.clone(), wide, narrow: picture(fall, longest, NARROW)? };
        let stands_out = number == 0 || Some(number) == last_at_once || is_sequential(fall);
        if stands_out || all.len() <= MOST_SHOWN { &mut view.shown } else { &mut view.others }
            .push(one);
    }
    Ok(view)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    #[test]
    fn of_many_rows_those_that_stand_out_are_shown() {
        let mut comparison = comparison();
        let names =
            |falls: &[FallView]| falls.iter().map(|fall| fall.row.clone()).collect::<Vec<_>>();
        let few = view(&comparison, &analyse(&comparison)[0]).unwrap();
        assert_eq!((names(&few.shown).len(), few.others.len()), (3, 0));
        for (number, row) in ["b@x", "c@x"].into_iter().enumerate() {
            let mut setup = comparison.setup.rows[1].clone();
            setup.name = row.to_owned();
            comparison.setup.rows.push(setup);
            let own = comparison.passes.iter().filter(|pass| pass.row == "hyper@smol").cloned();
            let slower = own.map(|mut pass| {
                row.clone_into(&mut pass.row);
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
