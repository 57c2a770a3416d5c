//! Connections that were turned away before anybody could accept them.

use std::fs;

/// How many found the queue of their listener full since the system started, on all listeners of
/// the machine together: it keeps no count of each. 0 where it does not say.
pub(super) fn listen_overflows() -> u64 {
    fs::read_to_string("/proc/net/netstat")
        .ok()
        .and_then(|text| field(&text, "TcpExt:", "ListenOverflows"))
        .unwrap_or(0)
}

/// A field of a table that has a line of names and below it a line of numbers.
fn field(text: &str, table: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter(|line| line.starts_with(table));
    let (names, numbers) = (lines.next()?, lines.next()?);
    let (_, number) = names.split(' ').zip(numbers.split(' ')).find(|(found, _)| *found == name)?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_below_its_name() {
        let text = "IpExt: A B\nIpExt: 1 2\nTcpExt: A ListenOverflows B\nTcpExt: 3 4 5\n";
        assert_eq!(field(text, "TcpExt:", "ListenOverflows"), Some(4));
        assert_eq!(field(text, "TcpExt:", "Nope"), None);
        assert_eq!(field("TcpExt: A\n", "TcpExt:", "A"), None);
    }
}
