//! HPACK (RFC 7541): the compression of header lists.
//!
//! The decoder is written for this server because the crates that no backend uses build a table
//! of hashes for each Huffman string, or panic. This one allocates nothing per header list.

pub(super) mod decode;
pub(super) mod encode;
#[cfg(any(test, fuzzing))]
pub mod examine;
mod dynamic;
mod huffman;
mod integer;
mod names;

/// The size of a dynamic table unless the settings of its decoder allow another.
pub(super) const TABLE_SIZE: usize = 4096;
