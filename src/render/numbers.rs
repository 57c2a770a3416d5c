//! Numbers with units, as shown in tables and charts.

/// Formats a time: `5.957 s`, `23.51 ms`, `8.2 µs`, `41 ns`.
pub(crate) fn seconds(seconds: f64) -> String {
    if seconds >= 1.0 {
        format!("{seconds:.3} s")
    } else if seconds >= 1e-3 {
        format!("{:.2} ms", seconds * 1e3)
    } else if seconds >= 1e-6 {
        format!("{:.1} µs", seconds * 1e6)
    } else {
        format!("{:.0} ns", seconds * 1e9)
    }
}

/// Formats a rate: `48,211/s`, `11.7/s`.
pub(crate) fn per_second(rate: f64) -> String {
    if rate < 100.0 {
        return format!("{rate:.1}/s");
    }
    format!("{}/s", grouped(rate.round() as u64))
}

/// Formats a share: `52 %`, and below ten percent `1.2 %`.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 9.95 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

/// Formats a share with one decimal: `52.0 %`, `1.2 %`.
pub(crate) fn decimal_percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Formats a whole number with a comma before every three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Formats a count with its noun: `1 block`, `1,000 fetches`.
pub(crate) fn counted(count: u64, one: &str, several: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { several })
}

/// Rounds a value to six significant digits.
pub(crate) fn significant(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// Formats a factor on a scenario's delays as a clause of a heading; empty if the factor is 1.
pub(crate) fn time_scale(factor: f64) -> String {
    if factor == 1.0 { String::new() } else { format!(", delays × {factor}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_suitable_units() {
        assert_eq!(
            [5.95684, 0.02351, 8.24e-6, 4.1e-8].map(seconds),
            ["5.957 s", "23.51 ms", "8.2 µs", "41 ns"]
        );
    }

    #[test]
    fn small_shares_have_a_decimal() {
        assert_eq!([0.0, 0.0996, 0.52, 1.0].map(percent), ["0.0 %", "10 %", "52 %", "100 %"]);
        assert_eq!(percent(0.012), "1.2 %");
    }

    #[test]
    fn six_digits_remain() {
        assert_eq!(
            [0.029_701_234_5, 1234.0, 0.0, -1e-9 / 3.0].map(significant),
            [0.0297012, 1234.0, 0.0, -3.33333e-10]
        );
    }

    #[test]
    fn rates_are_grouped_by_three() {
        assert_eq!(
            [48_211.4, 1_234_567.0, 100.0, 99.94].map(per_second),
            ["48,211/s", "1,234,567/s", "100/s", "99.9/s"]
        );
    }
}
