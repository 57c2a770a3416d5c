//! What is known of a client's defect.

/// A known defect of a client.
#[derive(Debug, Clone, Copy)]
pub struct KnownDefect {
    /// The names of the clients, which share the code that is to blame.
    pub clients: &'static [&'static str],
    /// The names of the faults that reveal it.
    pub faults: &'static [&'static str],
    /// What the client does wrong.
    pub cause: &'static str,
    /// The URL of a report, by anyone; `None` if none was found.
    pub link: Option<&'static str>,
}
