//! Parsing durations and sizes such as `50ms`, `1.5s` or `64MiB`.

use std::time::Duration;

use jiff::SignedDuration;

/// Parses a duration such as `50ms`, `1.5s` or `2m`.
///
/// # Errors
///
/// The text is not a duration. A bare number is refused because its unit is unknown.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| format!("bad duration {text:?}: write it as 250ms, 1.5s or 2m"))
}

/// Maximum deadline. Longer deadlines are mistakes.
pub const MAX_DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

/// Parses a factor on delays: a number from 0 to 1000.
///
/// # Errors
///
/// The text is not such a number.
pub fn parse_time_scale(text: &str) -> Result<f64, String> {
    let bad = |_| format!("bad time scale {text:?}: it is a number from 0 to 1000, such as 0.1");
    text.parse()
        .map_err(drop)
        .and_then(|scale| checked_time_scale(scale).map_err(drop))
        .map_err(bad)
}

/// Returns a factor on delays if it lies in its range.
pub(super) fn checked_time_scale(scale: f64) -> Result<f64, String> {
    match (0.0..=1000.0).contains(&scale) {
        true => Ok(scale),
        false => Err(format!("bad time scale {scale}: it is a number from 0 to 1000, such as 0.1")),
    }
}

/// Parses a size in bytes such as `512`, `64kB` (64 × 1,000) or `64MiB` (64 × 1,024 × 1,024).
///
/// # Errors
///
/// The text is not a size.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let unit: u64 = match text[digits.len()..].trim() {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "MiB" => 1 << 20,
        "GB" => 1_000_000_000,
        "GiB" => 1 << 30,
        _ => 0,
    };
    digits
        .parse::<u64>()
        .ok()
        .filter(|_| unit != 0)
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| format!("bad size {text:?}: write it as 512, 64kB or 64MiB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("798.940ms"), Ok(Duration::from_micros(798_940)));
        assert_eq!(parse_duration("1.5s"), Ok(Duration::from_millis(1_500)));
        assert_eq!(parse_duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(parse_duration("0ms"), Ok(Duration::ZERO));
    }

    #[test]
    fn bad_durations_are_refused() {
        for bad in ["", "10", "ms", "-5ms", "1 fortnight", "1e3s"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_take_both_unit_systems() {
        assert_eq!(parse_bytes("0"), Ok(0));
        assert_eq!(parse_bytes("15kB"), Ok(15_000));
        assert_eq!(parse_bytes("64MiB"), Ok(64 << 20));
        for bad in ["", "kB", "1.5MiB", "-1", "1TB?", "99999999999GiB"] {
            assert!(parse_bytes(bad).is_err(), "{bad}");
        }
    }
}
