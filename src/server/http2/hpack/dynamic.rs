//! The dynamic table (RFC 7541, section 2.3.2).

use std::collections::VecDeque;

use super::TABLE_SIZE;

/// What an entry adds to the length of its name and value.
const ENTRY_OVERHEAD: usize = 32;

/// A dynamic table with its names and values in one buffer, so that insertion allocates nothing.
#[derive(Debug)]
pub(super) struct DynamicTable {
    /// The newest entry first.
    entries: VecDeque<TableEntry>,
    /// The text of the entries, the oldest first, after that of evicted ones.
    text: Vec<u8>,
    size: usize,
    max: usize,
}

#[derive(Debug, Clone, Copy)]
struct TableEntry {
    start: usize,
    name: usize,
    value: usize,
}

impl DynamicTable {
    pub fn new() -> Self {
        Self { entries: VecDeque::new(), text: Vec::new(), size: 0, max: TABLE_SIZE }
    }

    /// Returns the entry with this index, counted from 0.
    pub fn get(&self, index: usize) -> Option<(&[u8], &[u8])> {
        let entry = self.entries.get(index)?;
        Some(self.text[entry.start..entry.start + entry.name + entry.value].split_at(entry.name))
    }

    /// Inserts an entry, and evicts old ones to make room. An entry larger than the table empties
    /// it (section 4.4).
    pub fn insert(&mut self, name: &[u8], value: &[u8]) {
        let size = name.len() + value.len() + ENTRY_OVERHEAD;
        self.shrink(self.max.saturating_sub(size));
        if size > self.max {
            return;
        }
        if self.text.len() + size > 2 * TABLE_SIZE {
            self.drop_evicted();
        }
        let start = self.text.len();
        self.text.extend_from_slice(name);
        self.text.extend_from_slice(value);
        self.entries.push_front(TableEntry { start, name: name.len(), value: value.len() });
        self.size += size;
    }

    /// Sets the maximum size.
    pub fn resize(&mut self, max: usize) {
        self.max = max;
        self.shrink(max);
    }

    pub fn max(&self) -> usize {
        self.max
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Evicts entries until the size is at most `size`.
    fn shrink(&mut self, size: usize) {
        while self.size > size
            && let Some(oldest) = self.entries.pop_back()
        {
            self.size -= oldest.name + oldest.value + ENTRY_OVERHEAD;
        }
    }

    fn drop_evicted(&mut self) {
        let first = self.entries.back().map_or(self.text.len(), |oldest| oldest.start);
        self.text.drain(..first);
        self.entries.iter_mut().for_each(|entry| entry.start -= first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_entries_are_evicted() {
        let mut table = DynamicTable::new();
        for number in 0..1_000_u32 {
            table.insert(b"name", &number.to_be_bytes());
            assert!(table.text.len() <= 2 * TABLE_SIZE);
        }
        assert_eq!(table.len(), TABLE_SIZE / 40);
        for (index, number) in (1_000 - table.len() as u32..1_000).rev().enumerate() {
            assert_eq!(table.get(index), Some((&b"name"[..], &number.to_be_bytes()[..])));
        }
        assert_eq!(table.get(table.len()), None);
        table.resize(80);
        assert_eq!(table.len(), 2);
        table.insert(b"name", &[0; 80 - 32 - 3]);
        assert_eq!((table.len(), table.size), (0, 0), "it is one byte too large");
        table.insert(b"name", &[0; 80 - 32 - 4]);
        assert_eq!((table.len(), table.size), (1, 80));
    }
}
