//! The settings of a link: `rtt=40ms,up=5Mbit,down=20Mbit,loss=0.005`, or the name of a profile.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fetch::similar;
use crate::scenario::units::parse_duration;

/// The largest packet of a link, in bytes, with its IP header.
pub const MTU: usize = 1_500;

/// The longest round trip, jitter and queue. Longer ones are mistakes.
const LONGEST: Duration = Duration::from_secs(10);

/// The lowest and the highest rate, in bits per second.
const RATES: (f64, f64) = (10e3, 100e9);

/// The queue of a rate, unless the settings name another.
const USUAL_QUEUE: Duration = Duration::from_millis(100);

/// The seed of losses and jitter, unless the settings name another.
const USUAL_SEED: u64 = 1;

/// The settings of a link. Both directions have half of the round trip each, the same loss and the
/// same queue.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    /// The least time of a round trip, without the time to send the bits.
    pub rtt: Duration,
    /// The most that a round trip takes longer, uniformly distributed. Packets stay in order.
    pub jitter: Duration,
    /// Bits per second from the client to the server; `None` if unlimited.
    pub up: Option<f64>,
    /// Bits per second from the server to the client; `None` if unlimited.
    pub down: Option<f64>,
    /// The share of packets that are lost in each direction.
    pub loss: f64,
    /// The longest time that a packet may wait for its turn to be sent; later packets are dropped.
    pub queue: Duration,
    /// The seed of losses and jitter.
    pub seed: u64,
    /// The congestion control of the server.
    pub congestion: Congestion,
}

/// A congestion control of TCP. Clients always have reno.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Congestion {
    /// RFC 5681, built into every Linux.
    #[default]
    Reno,
    /// RFC 9438, the default of most systems.
    Cubic,
}

/// A network with a name.
#[derive(Debug)]
pub struct Profile {
    /// The name.
    pub name: &'static str,
    /// The settings.
    pub settings: &'static str,
    /// Where they come from.
    pub source: &'static str,
}

/// The networks with names.
pub const PROFILES: [Profile; 5] = [
    Profile {
        name: "lan",
        settings: "rtt=1ms,up=1Gbit,down=1Gbit,queue=10ms",
        source: "1000BASE-T (IEEE 802.3ab) behind a switch or two",
    },
    Profile {
        name: "datacenter",
        settings: "rtt=500us",
        source: "\"round trip within same datacenter\", J. Dean's latency numbers, 2009",
    },
    Profile {
        name: "cable",
        settings: "rtt=28ms,up=1Mbit,down=5Mbit",
        source: "Cable of WebPageTest's connectivity.ini",
    },
    Profile {
        name: "4g",
        settings: "rtt=170ms,up=9Mbit,down=9Mbit",
        source: "4G of WebPageTest's connectivity.ini",
    },
    Profile {
        name: "satellite",
        settings: "rtt=558ms,up=3Mbit,down=25Mbit,queue=500ms",
        source: "the least round trip of RFC 2488; a geostationary access of 25/3 Mbit/s",
    },
];

impl Congestion {
    /// Returns the name by which Linux knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reno => "reno",
            Self::Cubic => "cubic",
        }
    }
}

impl Network {
    /// Returns the name of the profile with these settings, if any.
    pub fn profile(&self) -> Option<&'static str> {
        let is_same = |profile: &&Profile| profile.settings.parse().as_ref() == Ok(self);
        PROFILES.iter().find(is_same).map(|profile| profile.name)
    }

    /// Returns the name of its profile, or else its settings.
    pub fn label(&self) -> String {
        self.profile().map_or_else(|| self.to_string(), str::to_owned)
    }

    /// Returns the settings, or an error if one lies out of its range.
    fn checked(self) -> Result<Self, String> {
        for (key, time) in [("rtt", self.rtt), ("jitter", self.jitter), ("queue", self.queue)] {
            if time > LONGEST {
                return Err(format!("bad {key} {time:?}: {LONGEST:?} at most"));
            }
        }
        let Some(slowest) = self.up.into_iter().chain(self.down).reduce(f64::min) else {
            return Ok(self);
        };
        let packet = transmission(MTU, slowest);
        if self.queue < packet {
            return Err(format!(
                "bad queue {:?}: it must hold a packet, which takes {packet:.1?} at {}",
                self.queue,
                Rate(slowest)
            ));
        }
        Ok(self)
    }
}

/// Returns the time to send bytes at a rate in bits per second.
pub fn transmission(bytes: usize, rate: f64) -> Duration {
    Duration::from_secs_f64(bytes as f64 * 8.0 / rate)
}

impl Default for Network {
    fn default() -> Self {
        Self {
            rtt: Duration::ZERO,
            jitter: Duration::ZERO,
            up: None,
            down: None,
            loss: 0.0,
            queue: USUAL_QUEUE,
            seed: USUAL_SEED,
            congestion: Congestion::default(),
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(profile) = PROFILES.iter().find(|profile| profile.name == text) {
            return profile.settings.parse();
        }
        if !text.contains('=') {
            return Err(unknown(text));
        }
        let mut network = Self::default();
        let mut keys = Vec::new();
        for setting in text.split(',') {
            let (key, value) = setting.split_once('=').ok_or_else(|| unknown(setting))?;
            let (key, value) = (key.trim(), value.trim());
            if keys.contains(&key) {
                return Err(format!("bad network {text:?}: it names {key} twice"));
            }
            network.set(key, value)?;
            keys.push(key);
        }
        if keys.contains(&"queue") && network.up.is_none() && network.down.is_none() {
            return Err("bad queue: nothing waits without a rate: add up or down".to_owned());
        }
        network.checked()
    }
}

impl Network {
    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "rtt" => self.rtt = parse_duration(value)?,
            "jitter" => self.jitter = parse_duration(value)?,
            "up" => self.up = Some(parse_rate(value)?),
            "down" => self.down = Some(parse_rate(value)?),
            "loss" => self.loss = parse_loss(value)?,
            "queue" => self.queue = parse_duration(value)?,
            "seed" => {
                let bad = |_| format!("bad seed {value:?}: it is a whole number from 0 on");
                self.seed = value.parse().map_err(bad)?;
            }
            "congestion" => {
                let all = [Congestion::Reno, Congestion::Cubic];
                let named = all.into_iter().find(|congestion| congestion.name() == value);
                self.congestion = named
                    .ok_or_else(|| format!("bad congestion {value:?}: it is reno or cubic"))?;
            }
            _ => return Err(unknown(key)),
        }
        Ok(())
    }
}

const KEYS: [&str; 8] = ["rtt", "jitter", "up", "down", "loss", "queue", "seed", "congestion"];

fn unknown(text: &str) -> String {
    let names = || PROFILES.iter().map(|profile| profile.name);
    if let Some(name) = similar(text, names().chain(KEYS)) {
        return format!("bad network {text:?}; did you mean {name:?}?");
    }
    let names = names().collect::<Vec<_>>().join(", ");
    format!("bad network {text:?}: take one of {names}, or write it as rtt=40ms,down=20Mbit")
}

/// A rate in bits per second, as text.
struct Rate(f64);

/// The units of rates, from the largest.
const UNITS: [(&str, f64); 3] = [("Gbit", 1e9), ("Mbit", 1e6), ("kbit", 1e3)];

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, unit) = UNITS.into_iter().find(|(_, unit)| self.0 >= *unit).unwrap_or(UNITS[2]);
        write!(f, "{}{name}", self.0 / unit)
    }
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate = UNITS.into_iter().find_map(|(name, unit)| {
        let number = text.strip_suffix(name)?.trim_end();
        let is_plain = number.chars().all(|c| c.is_ascii_digit() || c == '.');
        number.parse::<f64>().ok().filter(|_| is_plain).map(|number| number * unit)
    });
    rate.filter(|rate| (RATES.0..=RATES.1).contains(rate)).ok_or_else(|| {
        format!(
            "bad rate {text:?}: write it as 500kbit, 20Mbit or 1Gbit, from {} to {}",
            Rate(RATES.0),
            Rate(RATES.1)
        )
    })
}

fn parse_loss(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share: &f64| (0.0..1.0).contains(share));
    share.ok_or_else(|| {
        format!("bad loss {text:?}: it is the share of packets lost, from 0 to below 1, e.g. 0.01")
    })
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = Self::default();
        write!(f, "rtt={:?}", self.rtt)?;
        if self.jitter != usual.jitter {
            write!(f, ",jitter={:?}", self.jitter)?;
        }
        for (key, rate) in [("up", self.up), ("down", self.down)] {
            rate.map_or(Ok(()), |rate| write!(f, ",{key}={}", Rate(rate)))?;
        }
        if self.loss > 0.0 {
            write!(f, ",loss={}", self.loss)?;
        }
        if self.queue != usual.queue {
            write!(f, ",queue={:?}", self.queue)?;
        }
        if self.seed != usual.seed {
            write!(f, ",seed={}", self.seed)?;
        }
        if self.congestion != usual.congestion {
            write!(f, ",congestion={}", self.congestion.name())?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        text.parse::<Network>().unwrap_err()
    }

    #[test]
    fn settings_are_read_and_written() {
        let text = "rtt=40ms,jitter=2ms,up=5Mbit,down=20Mbit,loss=0.005,queue=200ms,seed=7";
        let network: Network = text.parse().unwrap();
        assert_eq!((network.up, network.down), (Some(5e6), Some(20e6)));
        assert_eq!((network.loss, network.seed), (0.005, 7));
        assert_eq!(network.to_string(), text);
        assert_eq!(network.label(), text);
        let cubic: Network = " rtt = 1.5ms , congestion=cubic".parse().unwrap();
        assert_eq!(cubic.to_string(), "rtt=1.5ms,congestion=cubic");
        assert_eq!(cubic.to_string().parse(), Ok(cubic));
    }

    #[test]
    fn profiles_have_names() {
        for profile in PROFILES {
            let network: Network = profile.name.parse().unwrap();
            assert_eq!(network.label(), profile.name);
            assert_eq!(network.to_string().parse(), Ok(network), "{}", profile.name);
        }
    }

    #[test]
    fn bad_settings_are_refused() {
        for (text, expected) in [
            ("", "take one of lan, datacenter"),
            ("4gg", "did you mean \"4g\"?"),
            ("rtt=40", "bad duration \"40\": write it as 250ms"),
            ("rtt=-1ms", "bad duration \"-1ms\""),
            ("rtt=11s", "bad rtt 11s: 10s at most"),
            ("delay=40ms", "take one of lan"),
            ("rtt=1ms,rtt=2ms", "names rtt twice"),
            ("rtt=1ms,", "bad network \"\""),
            ("loss=1.1", "bad loss \"1.1\""),
            ("loss=1", "from 0 to below 1"),
            ("loss=-0.1", "bad loss"),
            ("loss=nan", "bad loss"),
            ("up=5", "write it as 500kbit"),
            ("up=-5Mbit", "bad rate"),
            ("up=infMbit", "bad rate"),
            ("up=0Mbit", "from 10kbit to 100Gbit"),
            ("down=5Mbit,queue=0s", "must hold a packet, which takes 2.4ms at 5Mbit"),
            ("rtt=1ms,queue=50ms", "add up or down"),
            ("seed=-1", "bad seed"),
            ("congestion=bbr", "it is reno or cubic"),
        ] {
            let refused = refusal(text);
            assert!(refused.contains(expected), "{text}: {refused}");
        }
    }
}
