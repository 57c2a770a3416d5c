//! Invariants of the scenario parser for any input. Tests check them on mutants, and `fuzz/` on
//! more inputs.

use super::{Scenario, file};
use crate::fetch::origin::Origin;

/// Larger scenarios would take too long to check for every mutant.
const SITES: usize = 1_000;
const BYTES: u64 = 1 << 20;

/// Parses any bytes as a scenario.
///
/// # Panics
///
/// Panics if the scenario is inconsistent, or if an error does not name its line.
pub fn examine(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match file::parse("any", text) {
        Ok(scenario) => check(&scenario),
        Err(error) => {
            let error = error.to_string();
            let line = error.split(':').next().and_then(|line| line.parse().ok());
            let lines = text.matches('\n').count() + 1;
            assert!(line.is_some_and(|line: usize| (1..=lines).contains(&line)), "{error}");
        }
    }
}

fn check(scenario: &Scenario) {
    assert!(!scenario.sites.is_empty() && !scenario.origins.is_empty());
    if scenario.sites.len() > SITES {
        return;
    }
    let origins: Vec<Origin> = (0..scenario.origins.len())
        .map(|number| Origin {
            scheme: "http".into(),
            host: "127.0.0.1".into(),
            port: number as u16,
        })
        .collect();
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
    fn mutants_parse_or_name_lines() {
        mutation::each("scenarios", 200, examine);
    }
}
