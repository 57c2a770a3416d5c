//! A fetch in progress.

use std::net::SocketAddr;
use std::vec;

use super::super::job::Fetching;
use super::lookup::LookupId;
use crate::client::floor::Floor;
use crate::fetch::answer::Received;

/// The fetch of a slot.
pub(super) struct Flight<'a> {
    pub fetching: Fetching<'a, Floor>,
    /// The part of the body that has arrived.
    pub body: Received,
    /// The connection in use.
    pub connection: Option<usize>,
    /// The look-up that the fetch waits for.
    pub lookup: Option<LookupId>,
    /// Addresses that have not been tried.
    pub addresses: vec::IntoIter<SocketAddr>,
}

impl<'a> Flight<'a> {
    pub fn new(fetching: Fetching<'a, Floor>, max_body: u64) -> Self {
        let addresses = Vec::new().into_iter();
        Self { fetching, body: Received::new(max_body), connection: None, lookup: None, addresses }
    }
}
