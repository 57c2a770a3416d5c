//! The tables of figures that only some scenarios have.

use super::cell;
use crate::compare::analysis::WorkloadAnalysis;
use crate::compare::metric::MetricGroup;
use crate::render::table::TextTable;

/// A table with its title.
#[derive(Debug)]
pub(in crate::report) struct ExtraTable {
    pub title: &'static str,
    pub table: TextTable,
}

/// Returns a table for each group of figures that some backend of a scenario has.
pub(in crate::report) fn extra_tables(workload: &WorkloadAnalysis) -> Vec<ExtraTable> {
    let groups = MetricGroup::EXTRA.into_iter();
    let known = groups.filter(|(group, _)| group.is_known(&workload.backends));
    known.map(|(group, title)| ExtraTable { title, table: table(workload, group) }).collect()
}

fn table(workload: &WorkloadAnalysis, group: MetricGroup) -> TextTable {
    let headings = group.metrics().map(|metric| metric.heading.to_owned());
    let rows = workload.valid().map(|backend| {
        let cells = group.metrics().map(|metric| cell(metric, backend));
        std::iter::once(backend.name.clone()).chain(cells).collect()
    });
    let headings = std::iter::once("backend".to_owned()).chain(headings).collect();
    let rows = rows.collect();
    TextTable { headings, rows }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::{comparison, phases};
    use crate::report::comparison::footnotes;
    use crate::server::witness::{Http2Counts, Witness};

    #[test]
    fn phases_have_a_table() {
        let mut comparison = comparison();
        assert!(extra_tables(&analyse(&comparison)[0]).is_empty());
        let measured = comparison.costs.iter_mut().filter(|cost| cost.backend == "surf@smol");
        measured.for_each(|cost| cost.phases = Some(phases(1.0)));
        comparison.setup.workloads[0].fresh_session = true;
        let tables = extra_tables(&analyse(&comparison)[0]);
        let [ExtraTable { title, table }] = &tables[..] else { panic!("{tables:?}") };
        assert_eq!(*title, "Where the time goes, per fetch");
        assert_eq!(table.headings[1..4], ["connect", "TLS", "first request"]);
        assert_eq!(table.rows[0][..3], ["surf@smol", "1.00 ms", "2.00 ms"]);
        let notes = footnotes(&analyse(&comparison)[0]).join(" ");
        assert!(notes.contains("No phases of hyper@smol and ureq@sequential: "), "{notes}");
        assert!(notes.contains("Each pass opens a fresh session"), "{notes}");
    }

    #[test]
    fn streams_have_a_table() {
        let mut comparison = comparison();
        for pass in comparison.passes.iter_mut().filter(|pass| pass.backend == "surf@smol") {
            // Two connections, opened in the first pass of each block.
            let connections = if pass.round == Some(0) { 2 } else { 0 };
            let http2 = Http2Counts { connections: 2, streams: 3, ..Http2Counts::default() };
            pass.witness = Some(Witness { connections, http2, ..Witness::default() });
        }
        let tables = extra_tables(&analyse(&comparison)[0]);
        let [ExtraTable { title, table }] = &tables[..] else { panic!("{tables:?}") };
        assert_eq!(*title, "Sockets and streams");
        assert_eq!(table.headings, ["backend", "sockets", "streams/socket"]);
        let known = |name: &str| table.rows.iter().find(|cells| cells[0] == name).unwrap();
        assert_eq!(known("surf@smol")[1..], ["2", "1.50"]);
        assert_eq!(known("hyper@smol")[1..], ["0", ""]);
    }
}
