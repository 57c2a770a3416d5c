//! Decodes Huffman strings (RFC 7541, section 5.2 and appendix B), four bits at a time.

use std::sync::LazyLock;

/// The length of each symbol's code in bits; the last is the end of string. Codes are canonical:
/// numbered in order of length, then of symbol.
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
    28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5,
    5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6,
    6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22,
    23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22,
    21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20,
    22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19,
    21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22,
    22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];

const END_OF_STRING: usize = 256;

/// A step of the decoder: four bits lead from one inner node of the code's tree to another.
#[derive(Debug, Clone, Copy)]
enum Step {
    Node(u8),
    /// A symbol ends within the four bits, and the rest lead to this node.
    Symbol(u8, u8),
    /// The end of string, which no string may contain.
    Invalid,
}

/// The decoder's states: the inner nodes of the code's tree, the root first.
#[derive(Debug)]
pub(super) struct Decoder {
    steps: Vec<[Step; 16]>,
    /// Whether a string may end at the node: the bits since the last symbol are padding.
    is_end: Vec<bool>,
}

pub(super) static DECODER: LazyLock<Decoder> = LazyLock::new(Decoder::new);

/// A child in the tree.
#[derive(Clone, Copy)]
enum Child {
    None,
    Inner(u8),
    Leaf(usize),
}

impl Decoder {
    fn new() -> Self {
        let tree = tree();
        let steps =
            (0..tree.len()).map(|node| std::array::from_fn(|bits| walk(&tree, node as u8, bits)));
        let mut is_end = vec![false; tree.len()];
        // Padding is at most seven bits, all ones (RFC 7541, section 5.2).
        let mut node = 0;
        for _ in 0..8 {
            is_end[node] = true;
            if let Child::Inner(next) = tree[node][1] {
                node = usize::from(next);
            }
        }
        Self { steps: steps.collect(), is_end }
    }

    /// Appends the decoded string to `out`; `None` if it is invalid.
    pub fn decode(&self, bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let mut node = 0;
        for &byte in bytes {
            for bits in [byte >> 4, byte & 0xf] {
                node = match self.steps[usize::from(node)][usize::from(bits)] {
                    Step::Node(next) => next,
                    Step::Symbol(symbol, next) => {
                        out.push(symbol);
                        next
                    }
                    Step::Invalid => return None,
                };
            }
        }
        self.is_end[usize::from(node)].then_some(())
    }
}

/// Builds the tree of the code. It has 256 inner nodes.
fn tree() -> Vec<[Child; 2]> {
    let mut symbols: Vec<usize> = (0..LENGTHS.len()).collect();
    symbols.sort_by_key(|&symbol| LENGTHS[symbol]);
    let mut nodes = vec![[Child::None; 2]];
    let (mut code, mut length) = (0_u32, LENGTHS[symbols[0]]);
    for symbol in symbols {
        code <<= LENGTHS[symbol] - length;
        length = LENGTHS[symbol];
        let mut node = 0;
        for bit in (1..length).rev() {
            let side = (code >> bit & 1) as usize;
            if let Child::Inner(next) = nodes[node][side] {
                node = usize::from(next);
            } else {
                let next = nodes.len();
                nodes[node][side] = Child::Inner(next as u8);
                nodes.push([Child::None; 2]);
                node = next;
            }
        }
        nodes[node][(code & 1) as usize] = Child::Leaf(symbol);
        code += 1;
    }
    nodes
}

/// Follows four bits from a node. No code is shorter than five, so at most one symbol ends.
fn walk(tree: &[[Child; 2]], mut node: u8, bits: usize) -> Step {
    let mut ended = None;
    for bit in (0..4).rev() {
        node = match tree[usize::from(node)][bits >> bit & 1] {
            Child::Inner(next) => next,
            Child::Leaf(END_OF_STRING) | Child::None => return Step::Invalid,
            Child::Leaf(symbol) => {
                ended = Some(symbol as u8);
                0
            }
        };
    }
    ended.map_or(Step::Node(node), |symbol| Step::Symbol(symbol, node))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Option<String> {
        let mut out = Vec::new();
        DECODER.decode(bytes, &mut out)?;
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn strings_are_those_of_rfc_7541() {
        // Appendices C.4.1, C.4.2 and C.6.1.
        let domain = b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";
        assert_eq!(decode(domain).unwrap(), "www.example.com");
        assert_eq!(decode(b"\xa8\xeb\x10\x64\x9c\xbf").unwrap(), "no-cache");
        let date = b"\xd0\x7a\xbe\x94\x10\x54\xd4\x44\xa8\x20\x05\x95\x04\x0b\x81\x66\xe0\x82\xa6\
                     \x2d\x1b\xff";
        assert_eq!(decode(date).unwrap(), "Mon, 21 Oct 2013 20:13:21 GMT");
        assert_eq!(DECODER.steps.len(), 256);
    }

    #[test]
    fn bad_padding_is_refused() {
        // "0" is 00000 and "a" is 00011.
        assert_eq!(decode(b"\x07").unwrap(), "0");
        assert_eq!(decode(b"\x1f").unwrap(), "a");
        assert_eq!(decode(b"\x06"), None, "a zero");
        assert_eq!(decode(b"\x07\xff"), None, "more than seven bits");
        assert_eq!(decode(b"\xff\xff\xff\xff"), None, "an end of string");
        assert_eq!(decode(b"\xff\xff\xff\xfc"), None, "the end of string itself");
    }
}
