//! The difference between two records, as Markdown.

use std::fmt::Write;

use super::{DiffView, Figure, invalidities};
use crate::render::escape::markdown as escape;
use crate::render::numbers::decimal_percent;

/// Returns a table for each scenario, then the other differences.
pub fn markdown(view: &DiffView<'_>) -> String {
    let mut text = String::new();
    for scenario in view.scenarios() {
        writeln!(
            text,
            "## {}\n\n\
             | backend | figure | old | new | verdict | change | smallest difference found |\n\
             |---|---|--:|--:|---|---|--:|",
            escape(scenario)
        )
        .expect("a string");
        let notation = view.notation(scenario, &Figure::ALL);
        for backend in view.backends(scenario) {
            for change in &backend.changes {
                writeln!(
                    text,
                    "| {} | {} | {} | {} | {} | {} | {} |",
                    escape(&backend.name),
                    change.figure.heading(),
                    change.figure.level_text(change.levels.old),
                    change.figure.level_text(change.levels.new),
                    view.word(change).unwrap_or_default(),
                    change.interval_text(notation),
                    view.smallest_difference(change).map_or_else(String::new, decimal_percent),
                )
                .expect("a string");
            }
        }
        text.push('\n');
        for line in view.backends(scenario).flat_map(invalidities) {
            writeln!(text, "{}\n", escape(&line)).expect("a string");
        }
    }
    let left_out = view.difference.left_out.iter().cloned();
    for line in view.without_verdicts().into_iter().chain(view.reversals()).chain(left_out) {
        writeln!(text, "{}\n", escape(&line)).expect("a string");
    }
    if !view.conditions.is_empty() {
        text.push_str("Other differences:\n\n");
    }
    for line in view.conditions {
        writeln!(text, "* {}", escape(line)).expect("a string");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::diff::view::tests::with_view;

    #[test]
    fn tables_have_every_change() {
        with_view(&[], |view| {
            insta::assert_snapshot!(markdown(view), @r"
## keepalive

| backend | figure | old | new | verdict | change | smallest difference found |
|---|---|--:|--:|---|---|--:|
| hyper@tokio | median pass | 120.41 ms | 120.41 ms | equivalent | 1.000× (0.995 to 1.005) | 0.6 % |
| hyper@tokio | CPU per fetch | 20.0 µs | 18.0 µs | less | 0.900× (0.890 to 0.910) | 1.2 % |
| ureq@sequential | median pass | 120.41 ms | 410.88 ms | slower | 3.412× (2.831 to 4.124) | 85.3 % |
| ureq@sequential | pass relative to the reference | 1.000× | 3.412× | slower | 3.412× (2.831 to 4.124) | 85.3 % |
| ureq@sequential | CPU per fetch | 30.0 µs | 33.0 µs | more | 1.100× (1.050 to 1.150) | 6.0 % |
| surf@async-std | median pass | 120.41 ms | 114.39 ms | faster | 0.950× (0.901 to 0.999) | 5.8 % |
| surf@async-std | pass relative to the reference | 1.310× | 1.336× | inconclusive | 1.020× (0.951 to 1.095) | 9.0 % |
| surf@async-std | CPU per fetch | 40.0 µs | 40.0 µs |  | 3 blocks are too few |  |

surf@smol was faster than hyper@smol on keepalive, and is slower now.

fan-out is only in the new record.

Other differences:

* kernel: Linux 6.18.0 -\> Linux 6.19.0
");
        });
    }
}
