//! What a backend can do beyond plain requests of HTTP/1.1.

/// Something that not every backend can do. Its name is also that in a worker's `speaks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Fetches `https` urls.
    Https,
    /// Keeps connections between fetches.
    KeepAlive,
    /// Speaks HTTP/2, if the backend's options ask for it.
    Http2,
}

impl Capability {
    /// Every capability.
    pub const ALL: [Self; 3] = [Self::Https, Self::KeepAlive, Self::Http2];

    /// Returns the name, as in the line protocol and in lists.
    pub fn name(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::KeepAlive => "keep-alive",
            Self::Http2 => "h2",
        }
    }
}

/// A set of capabilities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Capabilities(u32);

impl Capabilities {
    /// Creates the set of these.
    pub const fn of(capabilities: &[Capability]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < capabilities.len() {
            bits |= 1 << capabilities[index] as u32;
            index += 1;
        }
        Self(bits)
    }

    /// Returns the set with one more.
    #[must_use]
    pub const fn with(self, capability: Capability) -> Self {
        Self(self.0 | 1 << capability as u32)
    }

    /// Returns the set without one.
    #[must_use]
    pub const fn without(self, capability: Capability) -> Self {
        Self(self.0 & !(1 << capability as u32))
    }

    /// Parses names. Unknown ones belong to a later version and are ignored.
    pub fn parse(names: &[String]) -> Self {
        let is_named = |capability: &Capability| names.iter().any(|name| name == capability.name());
        Self::of(&Capability::ALL.into_iter().filter(is_named).collect::<Vec<_>>())
    }

    /// Returns whether the set contains `capability`.
    pub const fn has(self, capability: Capability) -> bool {
        self.0 & (1 << capability as u32) != 0
    }

    /// Returns the names of all in the set.
    pub fn names(self) -> Vec<&'static str> {
        let all = Capability::ALL.into_iter();
        all.filter(|capability| self.has(*capability)).map(Capability::name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_survive_their_names() {
        for set in [&[][..], &[Capability::KeepAlive], &Capability::ALL] {
            let set = Capabilities::of(set);
            let names: Vec<String> = set.names().into_iter().map(str::to_owned).collect();
            assert_eq!(Capabilities::parse(&names), set);
            let less = set.without(Capability::KeepAlive);
            assert!(!less.has(Capability::KeepAlive));
            assert_eq!(less.has(Capability::Https), set.has(Capability::Https));
        }
        assert_eq!(Capabilities::parse(&["h9".to_owned()]), Capabilities::default());
    }
}
