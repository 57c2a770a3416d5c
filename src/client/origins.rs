//! Numbers origins, because comparing a number is faster than comparing a scheme, a host and a
//! port.

use std::collections::HashMap;
use std::sync::Mutex;

use url::Url;

use super::{Credentials, origin_of};
use crate::fetch::error::FetchError;
use crate::fetch::lock;
use crate::fetch::origin::Origin;

/// The origins of a session, each with its number.
#[derive(Debug, Default)]
pub(super) struct Origins(Mutex<HashMap<Origin, usize>>);

/// A url in the client's form, and the number of its origin.
#[derive(Debug)]
pub struct OriginTarget<U = Url> {
    pub(super) url: U,
    pub(super) origin: usize,
    pub(super) credentials: Credentials,
}

impl Origins {
    /// Returns the number of an origin. Call it outside the measured time.
    pub fn number(&self, origin: Origin) -> usize {
        let mut numbers = lock(&self.0);
        let next = numbers.len();
        *numbers.entry(origin).or_insert(next)
    }

    /// Prepares a url.
    pub fn target(&self, url: &Url, credentials: Credentials) -> Result<OriginTarget, FetchError> {
        Ok(OriginTarget { url: url.clone(), origin: self.number(origin_of(url)?), credentials })
    }
}
