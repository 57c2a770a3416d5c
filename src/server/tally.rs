//! The counts that become the witness.

use crate::witness::Witness;

/// The counts so far, and how many requests are in work right now.
#[derive(Debug, Default)]
pub(super) struct Tally {
    witness: Witness,
    in_flight: u64,
}

impl Tally {
    /// A connection was accepted.
    pub fn connected(&mut self) {
        self.witness.connections += 1;
    }

    /// A request was read and understood.
    pub fn began(&mut self) {
        self.witness.requests += 1;
        self.in_flight += 1;
        self.witness.peak_in_flight = self.witness.peak_in_flight.max(self.in_flight);
    }

    /// A request that [began](Self::began) was answered to its last byte, or its client has gone.
    pub fn ended(&mut self) {
        self.in_flight -= 1;
    }

    /// Body bytes were handed to the system.
    pub fn sent(&mut self, bytes: u64) {
        self.witness.bytes += bytes;
    }

    /// A request was refused.
    pub fn refused(&mut self) {
        self.witness.refused += 1;
    }

    /// The counts so far.
    pub fn witness(&self) -> Witness {
        self.witness
    }

    /// The counts so far, and starts anew. What is in work now is in work at the start of the new counts too.
    pub fn take(&mut self) -> Witness {
        let anew = Witness { peak_in_flight: self.in_flight, ..Witness::default() };
        std::mem::replace(&mut self.witness, anew)
    }
}
