//! The values in a scenario's TOML file: delays, deadlines and sizes.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

use crate::scenario::network::Network;
use crate::scenario::site::Delay;
use crate::scenario::units::{MAX_DEADLINE, checked_time_scale, parse_bytes, parse_duration};
use crate::scenario::versions::HttpVersions;

/// Maximum delay. Longer delays are mistakes.
const MAX_DELAY: Duration = Duration::from_secs(3600);

/// A delay as written in TOML: `"50ms"`, `{ uniform = ["10ms", "90ms"] }` or
/// `{ lognormal = { median = "50ms", sigma = 0.8 } }`.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected a delay: \"50ms\", { uniform = [\"10ms\", \"90ms\"] } or { lognormal = \
                 { median = \"50ms\", sigma = 0.8 } }"
)]
enum WireDelay {
    Fixed(String),
    Uniform { uniform: (String, String) },
    LogNormal { lognormal: WireLogNormal },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireLogNormal {
    median: String,
    sigma: f64,
}

pub(super) fn delay<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Delay, D::Error> {
    match WireDelay::deserialize(deserializer)? {
        WireDelay::Fixed(text) => Ok(Delay::Fixed(parse_delay(&text)?)),
        WireDelay::Uniform { uniform: (min, max) } => {
            let (min, max) = (parse_delay(&min)?, parse_delay(&max)?);
            if min > max {
                return Err(de::Error::custom(format!("bad delay: {min:?} is more than {max:?}")));
            }
            Ok(Delay::Uniform { min, max })
        }
        WireDelay::LogNormal { lognormal: WireLogNormal { median, sigma } } => {
            if !(0.0..=5.0).contains(&sigma) {
                return Err(de::Error::custom(format!(
                    "bad sigma {sigma}: it must be between 0 and 5"
                )));
            }
            Ok(Delay::LogNormal { median: parse_delay(&median)?, sigma })
        }
    }
}

fn parse_delay<E: de::Error>(text: &str) -> Result<Duration, E> {
    match parse_duration(text).map_err(E::custom)? {
        delay if delay > MAX_DELAY => {
            Err(E::custom(format!("bad delay {text:?}: {MAX_DELAY:?} at most")))
        }
        delay => Ok(delay),
    }
}

pub(super) fn optional_duration<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    let duration =
        parse_duration(&String::deserialize(deserializer)?).map_err(de::Error::custom)?;
    if duration.is_zero() || duration > MAX_DEADLINE {
        return Err(de::Error::custom("bad deadline: it must be more than 0s and at most a day"));
    }
    Ok(Some(duration))
}

pub(super) fn time_scale<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    checked_time_scale(f64::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// A network as written in TOML: `"4g"`, `"rtt=40ms"` or `{ rtt = "40ms", loss = 0.01 }`.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected a network: \"4g\" or { rtt = \"40ms\", down = \"20Mbit\", loss = 0.01 }"
)]
enum WireNetwork {
    Text(String),
    Table(BTreeMap<String, WireSetting>),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a setting such as \"40ms\" or 0.01")]
enum WireSetting {
    Text(String),
    Whole(i64),
    Share(f64),
}

pub(super) fn network<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Network>, D::Error> {
    let text = match WireNetwork::deserialize(deserializer)? {
        WireNetwork::Text(text) => text,
        WireNetwork::Table(settings) => {
            let settings = settings.iter().map(|(key, value)| match value {
                WireSetting::Text(text) => format!("{key}={text}"),
                WireSetting::Whole(number) => format!("{key}={number}"),
                WireSetting::Share(share) => format!("{key}={share}"),
            });
            settings.collect::<Vec<_>>().join(",")
        }
    };
    text.parse().map(Some).map_err(de::Error::custom)
}

pub(super) fn http<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<HttpVersions>, D::Error> {
    String::deserialize(deserializer)?.parse().map(Some).map_err(de::Error::custom)
}

/// A size as written in TOML: `1000` or `"64kB"`.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a size such as 1000 or \"64kB\"")]
enum WireBytes {
    Number(u64),
    Text(String),
}

pub(super) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match WireBytes::deserialize(deserializer)? {
        WireBytes::Number(bytes) => Ok(bytes),
        WireBytes::Text(text) => parse_bytes(&text).map_err(de::Error::custom),
    }
}

pub(super) fn optional_bytes<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u64>, D::Error> {
    bytes(deserializer).map(Some)
}
