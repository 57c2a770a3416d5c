//! The TLS sessions that clients can resume.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use rustls::server::StoresServerSessions;

use crate::fetch::lock;

/// The most sessions that are kept. A backend with 5,000 connections leaves 10,000 at once.
const MOST: usize = 100_000;

/// The sessions of all clients: over TLS 1.3, each until it is resumed. If there are too many, the
/// oldest goes. To take one, rustls's `ServerSessionMemoryCache` would search all of them.
#[derive(Debug, Default)]
pub(super) struct SessionStore(Mutex<Sessions>);

#[derive(Debug, Default)]
struct Sessions {
    values: HashMap<Vec<u8>, Vec<u8>>,
    /// The keys in the order of their arrival, also those that are taken already.
    order: VecDeque<Vec<u8>>,
}

impl StoresServerSessions for SessionStore {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        let mut sessions = lock(&self.0);
        if sessions.order.len() >= MOST
            && let Some(oldest) = sessions.order.pop_front()
        {
            sessions.values.remove(&oldest);
        }
        sessions.order.push_back(key.clone());
        sessions.values.insert(key, value);
        true
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        lock(&self.0).values.get(key).cloned()
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        lock(&self.0).values.remove(key)
    }

    fn can_cache(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_taken_once() {
        let store = SessionStore::default();
        assert!(store.put(vec![1], vec![2]));
        assert_eq!(store.get(&[1]), Some(vec![2]));
        assert_eq!(store.take(&[1]), Some(vec![2]));
        assert_eq!(store.take(&[1]), None);
    }

    #[test]
    fn old_sessions_make_room() {
        let store = SessionStore::default();
        let key = |number: usize| number.to_ne_bytes().to_vec();
        for number in 0..=MOST {
            store.put(key(number), Vec::new());
        }
        assert_eq!(store.get(&key(0)), None);
        assert_eq!(store.get(&key(1)), Some(Vec::new()));
        assert_eq!(lock(&store.0).order.len(), MOST);
    }
}
