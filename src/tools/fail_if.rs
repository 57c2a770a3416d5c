//! Limits on the ratios of a comparison, for `--fail-if`.

use std::fmt;
use std::str::FromStr;

use anyhow::anyhow;

use crate::compare::analysis::{BackendAnalysis, WorkloadAnalysis};
use crate::stats::{Limit, Ratio};

/// The figures that a limit applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limited {
    Time,
    Cpu,
}

/// A limit on a ratio to the reference, such as `time>+2%`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioLimit {
    limited: Limited,
    limit: Limit,
}

impl RatioLimit {
    fn ratio(self, backend: &BackendAnalysis) -> Option<Ratio> {
        match self.limited {
            Limited::Time => backend.compared.time,
            Limited::Cpu => backend.compared.cpu,
        }
    }

    /// Returns whether any backend has an interval to test against the limit.
    pub fn tests(self, workloads: &[WorkloadAnalysis]) -> bool {
        let mut ratios = workloads
            .iter()
            .flat_map(WorkloadAnalysis::valid)
            .filter_map(|backend| self.ratio(backend));
        ratios.any(|ratio| ratio.bounds.is_some())
    }

    /// Returns a phrase for each backend that is shown to exceed the limit: `new on keepalive: time
    /// +4.1 % (+3.0 to +5.2) against old, limit >+2%`.
    pub fn exceeded(self, workloads: &[WorkloadAnalysis]) -> Vec<String> {
        let backends = workloads
            .iter()
            .flat_map(|workload| workload.valid().map(move |backend| (workload, backend)));
        let phrases = backends.filter_map(|(workload, backend)| {
            let ratio = self.ratio(backend)?;
            let phrase = || {
                let name = match self.limited {
                    Limited::Time => "time",
                    Limited::Cpu => "CPU",
                };
                format!(
                    "{} on {}: {name} {} against {}, limit {}",
                    backend.name,
                    workload.setup.scenario,
                    ratio.interval_text(),
                    workload.reference,
                    self.limit
                )
            };
            self.limit.is_exceeded_by(ratio).then(phrase)
        });
        phrases.collect()
    }
}

impl fmt::Display for RatioLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.limited {
            Limited::Time => "time",
            Limited::Cpu => "cpu",
        };
        write!(f, "{name}{}", self.limit)
    }
}

impl FromStr for RatioLimit {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let wrong = || anyhow!("bad limit {text:?}: write '>+2%' or 'cpu>+2%'");
        let (name, limit) = text.split_at(text.find('>').ok_or_else(wrong)?);
        let limited = match name.trim() {
            "" | "time" => Limited::Time,
            "cpu" => Limited::Cpu,
            _ => return Err(wrong()),
        };
        Ok(Self { limited, limit: limit.parse().map_err(|_| wrong())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    fn limit(text: &str) -> RatioLimit {
        text.parse().unwrap()
    }

    #[test]
    fn limits_round_trip() {
        assert_eq!(limit(">+2%"), limit("time > 2 %"));
        assert_eq!(limit("cpu>+5%").to_string(), "cpu>+5%");
        for bad in ["", "2%", "median>2%", "cpu>", "time<+2%"] {
            let error = bad.parse::<RatioLimit>().unwrap_err().to_string();
            assert!(error.starts_with("bad limit") && error.contains("'>+2%'"), "{error}");
        }
    }

    #[test]
    fn slower_backends_exceed() {
        let workloads = analyse(&comparison());
        assert!(limit(">+2%").tests(&workloads));
        let exceeded = limit(">+2%").exceeded(&workloads);
        assert!(exceeded[0].starts_with("ureq@sequential on article: time "), "{exceeded:?}");
        assert!(exceeded[0].ends_with(" against surf@smol, limit >+2%"), "{exceeded:?}");
        assert_eq!(limit(">+900%").exceeded(&workloads), Vec::<String>::new());
        assert!(!limit(">+2%").tests(&[]));
    }
}
