//! Known defects of clients, with their causes and reports. They explain cells and change no
//! verdict.

mod defect;
mod http1;
mod http2;

pub use self::defect::KnownDefect;

/// Returns every known defect.
pub fn known_defects() -> impl Iterator<Item = &'static KnownDefect> {
    http1::KNOWN.iter().chain(http2::KNOWN)
}

/// Returns the known defect of a client that a fault reveals.
pub fn known(client: &str, fault: &str) -> Option<&'static KnownDefect> {
    known_defects().find(|known| known.clients.contains(&client) && known.faults.contains(&fault))
}
