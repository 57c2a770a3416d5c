//! Connections that were dropped before they could be accepted.

use std::fs;

/// Returns how many connections found the queue of their listener full since the system started,
/// over all listeners of the machine: the system has no count for each. 0 if it reports none.
pub(super) fn listen_overflows() -> u64 {
    fs::read_to_string("/proc/net/netstat")
        .ok()
        .and_then(|text| field(&text, "TcpExt:", "ListenOverflows"))
        .unwrap_or(0)
}

/// Returns a field of a table that has a line of names above a line of numbers.
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
    fn fields_are_found() {
        let text = "IpExt: A B\nIpExt: 1 2\nTcpExt: A ListenOverflows B\nTcpExt: 3 4 5\n";
        assert_eq!(field(text, "TcpExt:", "ListenOverflows"), Some(4));
        assert_eq!(field(text, "TcpExt:", "Nope"), None);
        assert_eq!(field("TcpExt: A\n", "TcpExt:", "A"), None);
    }
}
