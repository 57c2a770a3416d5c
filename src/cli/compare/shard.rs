//! The flags of shards: which replica of a comparison to measure, and when its record is there
//! already.

use std::env;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, anyhow, bail, ensure};

use crate::cli::terminal::print_note;
use crate::cli::{unwritable, usage};
use crate::compare::Plan;
use crate::record::{ComparisonRecord, Environment, Shard, set_aside};
use crate::tools::merge::{build_properties, differences, setup_properties};

/// Which replica of a comparison to measure, and when not to.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ShardFlags {
    /// Measure replica K of N, with K added to the seed, into DIR-KofN for --record DIR. /N takes K
    /// from JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID or CI_NODE_INDEX. No backend stops early,
    /// because `fetchbench merge` decides
    #[arg(long, value_name = "K/N", requires = "record", value_parser = ShardNumber::from_str)]
    shard: Option<ShardNumber>,
    /// End at once if the directory holds a complete record of this comparison. An incomplete one
    /// is moved to DIR-interrupted, and measured again
    #[arg(long, requires = "record", conflicts_with = "force")]
    skip_complete: bool,
}

/// The value of `--shard`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ShardNumber {
    Given(Shard),
    /// The number is in the environment; this is the number of shards.
    FromEnvironment(u32),
}

impl FromStr for ShardNumber {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let wrong = || format!("bad --shard {text:?}: write 3/8, or /8 for a job's own number");
        let (number, count) = text.split_once('/').with_context(wrong)?;
        let count = count.parse().with_context(wrong)?;
        let parsed = match number {
            "" => Shard::new(1, count).map(|_| Self::FromEnvironment(count)),
            number => Shard::new(number.parse().with_context(wrong)?, count).map(Self::Given),
        };
        parsed.map_err(|why| anyhow!("bad --shard {text:?}: {why}"))
    }
}

impl ShardFlags {
    /// Returns the shard to measure, if any. A number from the environment is shown with its
    /// variable, unless the user wants quiet.
    pub(super) fn shard(&self, quiet: bool) -> anyhow::Result<Option<Shard>> {
        match self.shard {
            None => Ok(None),
            Some(ShardNumber::Given(shard)) => Ok(Some(shard)),
            Some(ShardNumber::FromEnvironment(count)) => {
                let named = named_by(count, |name| env::var(name).ok()).map_err(usage)?;
                if !quiet {
                    print_note(&format!("shard {}, from {}", named.shard, named.source));
                }
                Ok(Some(named.shard))
            }
        }
    }

    /// Returns whether there is nothing to measure, because a folder holds the complete record of
    /// the plan.
    ///
    /// # Errors
    ///
    /// The folder holds a complete record of another comparison, or of another build.
    pub(super) fn skips(&self, plan: &Plan, folder: &Path) -> anyhow::Result<bool> {
        if !self.skip_complete || !ComparisonRecord::is_in(folder) {
            return Ok(false);
        }
        let found = ComparisonRecord::read(folder)?;
        if !found.setup.complete {
            return Ok(false);
        }
        let (environment, now) = (Environment::read(folder)?, Environment::capture(""));
        let found = [setup_properties(&found.setup), build_properties(&environment)].concat();
        let wanted = [setup_properties(&plan.setup(String::new())), build_properties(&now)];
        let other = differences(&found, &wanted.concat());
        if let Some(other) = other.first() {
            bail!(
                "{} holds a complete record of another comparison ({}: {}, now {}): name another \
                 directory",
                folder.display(),
                other.name,
                other.value,
                other.other
            );
        }
        Ok(true)
    }

    /// Moves an incomplete record out of the way.
    pub(super) fn make_room(&self, folder: &Path, quiet: bool) -> anyhow::Result<()> {
        if !self.skip_complete {
            return Ok(());
        }
        let aside = set_aside(folder).map_err(unwritable)?;
        if let (Some(aside), false) = (aside, quiet) {
            print_note(&format!("The interrupted record is now {}", aside.display()));
        }
        Ok(())
    }
}

/// A shard that a job's environment names.
#[derive(Debug, PartialEq, Eq)]
struct NamedShard {
    shard: Shard,
    /// The variable and its value.
    source: String,
}

/// Returns the shard that the environment names.
///
/// # Errors
///
/// It names no shard, two different ones, or one of another number of shards.
fn named_by(count: u32, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<NamedShard> {
    let variables = Variables(&variable);
    let kubernetes = variables.number("JOB_COMPLETION_INDEX")?.map(|index| index + 1);
    let numbers = [
        ("JOB_COMPLETION_INDEX", kubernetes),
        ("SLURM_ARRAY_TASK_ID", variables.slurm(count)?),
        ("CI_NODE_INDEX", variables.ci(count)?),
    ];
    let mut named = Vec::new();
    for (name, number) in numbers {
        let Some(number) = number else { continue };
        let source = format!("{name}={}", variable(name).unwrap_or_default());
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let shard = Shard::new(number, count).with_context(|| source.clone())?;
        named.push(NamedShard { shard, source });
    }
    if let Some(other) = named.iter().find(|other| other.shard != named[0].shard) {
        bail!(
            "{} is shard {}, but {} is shard {}: write it, as in --shard {}",
            named[0].source,
            named[0].shard,
            other.source,
            other.shard,
            named[0].shard
        );
    }
    named.into_iter().next().with_context(|| {
        format!(
            "--shard /{count} needs JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID or CI_NODE_INDEX: \
             write the number, as in --shard 1/{count}"
        )
    })
}

/// The variables of the environment.
struct Variables<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    /// Returns the number in a variable; `None` if it is not set, or empty.
    fn number(&self, name: &str) -> anyhow::Result<Option<u64>> {
        let Some(text) = (self.0)(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        let number: u32 =
            text.parse().map_err(|_| anyhow!("{name} is {text:?}, and not a number"))?;
        Ok(Some(number.into()))
    }

    /// Checks that the total in a variable, if it is set, is the number of shards.
    fn check_total(&self, name: &str, count: u32) -> anyhow::Result<()> {
        let total = self.number(name)?;
        let is_count = total.is_none_or(|total| total == u64::from(count));
        ensure!(is_count, "{name} is {}, but --shard is of {count}", total.unwrap_or_default());
        Ok(())
    }

    /// Returns the number of a task in an array of Slurm, from 1.
    fn slurm(&self, count: u32) -> anyhow::Result<Option<u64>> {
        let Some(task) = self.number("SLURM_ARRAY_TASK_ID")? else { return Ok(None) };
        let step = self.number("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1);
        ensure!(step == 1, "SLURM_ARRAY_TASK_STEP is {step}: number the tasks without gaps");
        self.check_total("SLURM_ARRAY_TASK_COUNT", count)?;
        let first = self.number("SLURM_ARRAY_TASK_MIN")?;
        let first = first.context("SLURM_ARRAY_TASK_ID is set without SLURM_ARRAY_TASK_MIN")?;
        let number = (task + 1).checked_sub(first);
        let below = || format!("SLURM_ARRAY_TASK_ID is {task}, below SLURM_ARRAY_TASK_MIN {first}");
        Ok(Some(number.with_context(below)?))
    }

    /// Returns the number of a parallel job of GitLab, which counts from 1.
    fn ci(&self, count: u32) -> anyhow::Result<Option<u64>> {
        let Some(index) = self.number("CI_NODE_INDEX")? else { return Ok(None) };
        self.check_total("CI_NODE_TOTAL", count)?;
        Ok(Some(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(variables: &[(&str, &str)]) -> Result<String, String> {
        let value = |name: &str| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let named = named_by(8, value).map_err(|error| format!("{error:#}"))?;
        Ok(format!("{} from {}", named.shard, named.source))
    }

    #[test]
    fn engines_number_their_jobs() {
        let slurm = |id, min| [("SLURM_ARRAY_TASK_ID", id), ("SLURM_ARRAY_TASK_MIN", min)];
        for (variables, expected) in [
            (&[("JOB_COMPLETION_INDEX", "0")][..], "1/8 from JOB_COMPLETION_INDEX=0"),
            (&[("JOB_COMPLETION_INDEX", "7")], "8/8 from JOB_COMPLETION_INDEX=7"),
            (&slurm("3", "1"), "3/8 from SLURM_ARRAY_TASK_ID=3"),
            (&slurm("0", "0"), "1/8 from SLURM_ARRAY_TASK_ID=0"),
            (&[("CI_NODE_INDEX", "3"), ("CI_NODE_TOTAL", "8")], "3/8 from CI_NODE_INDEX=3"),
            (
                &[("CI_NODE_INDEX", "3"), ("JOB_COMPLETION_INDEX", "2")],
                "3/8 from JOB_COMPLETION_INDEX=2",
            ),
            (&[("CI_NODE_INDEX", "3"), ("JOB_COMPLETION_INDEX", "")], "3/8 from CI_NODE_INDEX=3"),
        ] {
            assert_eq!(named(variables).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn wrong_numbers_are_refused() {
        let task = [("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_MIN", "1")];
        let slurm = |name, value| [task[0], task[1], (name, value)];
        for (variables, part) in [
            (
                &[][..],
                "--shard /8 needs JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID or CI_NODE_INDEX",
            ),
            (&[("JOB_COMPLETION_INDEX", "8")], "JOB_COMPLETION_INDEX=8: there is no shard 9 of 8"),
            (&[("JOB_COMPLETION_INDEX", "x")], "JOB_COMPLETION_INDEX is \"x\", and not a number"),
            (&[("CI_NODE_INDEX", "0")], "CI_NODE_INDEX=0: there is no shard 0 of 8"),
            (
                &[("CI_NODE_INDEX", "3"), ("CI_NODE_TOTAL", "4")],
                "CI_NODE_TOTAL is 4, but --shard is of 8",
            ),
            (&slurm("SLURM_ARRAY_TASK_STEP", "2"), "SLURM_ARRAY_TASK_STEP is 2"),
            (&slurm("SLURM_ARRAY_TASK_COUNT", "9"), "SLURM_ARRAY_TASK_COUNT is 9, but --shard is"),
            (&[task[0]], "without SLURM_ARRAY_TASK_MIN"),
            (&[task[0], ("SLURM_ARRAY_TASK_MIN", "5")], "below SLURM_ARRAY_TASK_MIN 5"),
            (
                &[("JOB_COMPLETION_INDEX", "2"), ("CI_NODE_INDEX", "2")],
                "JOB_COMPLETION_INDEX=2 is shard 3/8, but CI_NODE_INDEX=2 is shard 2/8",
            ),
        ] {
            let error = named(variables).unwrap_err();
            assert!(error.contains(part), "{variables:?}: {error}");
        }
    }

    #[test]
    fn flags_count_from_one() {
        let given = |number, count| ShardNumber::Given(Shard { number, count });
        assert_eq!("3/8".parse::<ShardNumber>().unwrap(), given(3, 8));
        assert_eq!("/8".parse::<ShardNumber>().unwrap(), ShardNumber::FromEnvironment(8));
        for bad in ["0/8", "9/8", "/0", "3", "3/", "a/8", "-1/8", "3/8/9", "1/1001"] {
            let error = bad.parse::<ShardNumber>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("bad --shard {bad:?}: ")), "{error}");
        }
    }
}
