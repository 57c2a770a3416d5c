//! What must hold of the reader of scenarios, whatever it is given: tried on mutants here, and on
//! more in `fuzz/`.

use super::{Scenario, file};
use crate::fetch::origin::Origin;

/// Beyond these a scenario takes too long to go through for every mutant.
const SITES: usize = 1_000;
const BYTES: u64 = 1 << 20;

/// Takes any bytes for the text of a scenario.
///
/// # Panics
///
/// What was read makes no sense, or an error does not say where it is.
pub fn examine(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match file::parse("any", text) {
        Ok(scenario) => go_through(&scenario),
        Err(error) => {
            let error = error.to_string();
            let line = error.split(':').next().and_then(|line| line.parse().ok());
            let lines = text.matches('\n').count() + 1;
            assert!(line.is_some_and(|line: usize| (1..=lines).contains(&line)), "{error}");
        }
    }
}

fn go_through(scenario: &Scenario) {
    assert!(!scenario.sites.is_empty() && !scenario.origins.is_empty());
    if scenario.sites.len() > SITES {
        return;
    }
    let origin =
        |number| Origin { scheme: "http".into(), host: "127.0.0.1".into(), port: number as u16 };
    let origins: Vec<Origin> = (0..scenario.origins.len()).map(origin).collect();
    assert_eq!(scenario.urls(&origins, u64::MAX).len(), scenario.sites.len());
    assert!(
        scenario.ideal(u64::MAX, scenario.limits.concurrency)
            >= scenario.times(u64::MAX).max().unwrap_or_default()
    );
    for (index, site) in
        scenario.sites.iter().enumerate().filter(|(_, site)| site.reply.bytes <= BYTES)
    {
        assert_eq!(scenario.page(index, u64::MAX).bytes, site.reply.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::examine;
    use crate::stats::mutation;

    #[test]
    fn a_mutant_of_a_scenario_is_read_or_its_line_is_named() {
        mutation::each("scenarios", 200, examine);
    }
}
