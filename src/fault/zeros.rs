//! A gzip bomb, made by hand: no compressor is needed for zeros.

/// How many zeros: a thousand times more than an answer has any need for, and little enough for any memory.
const ZEROS: usize = 10_000_000;

/// The longest that one back-reference of DEFLATE stands for.
const LONGEST_MATCH: usize = 258;

/// Ten million zeros as a gzip file (RFC 1952): one block of fixed Huffman codes (RFC 1951, section 3.2.6), a zero and then
/// nothing but "the 258 bytes from one byte ago once more".
pub fn zeros() -> Vec<u8> {
    let mut bits = Bits { bytes: vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], pending: 0, count: 0 };
    bits.push(0b1, 1); // the last block,
    bits.push(0b01, 2); // of fixed codes
    bits.push_code(0b0011_0000, 8); // the literal 0
    let mut left = ZEROS - 1;
    while left >= LONGEST_MATCH {
        bits.push_code(0b1100_0101, 8); // length 258
        bits.push_code(0, 5); // distance 1
        left -= LONGEST_MATCH;
    }
    for _ in 0..left {
        bits.push_code(0b0011_0000, 8);
    }
    bits.push_code(0, 7); // the end of the block
    let mut file = bits.finish();
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&vec![0; ZEROS]);
    file.extend_from_slice(&hasher.finalize().to_le_bytes());
    file.extend_from_slice(&(ZEROS as u32).to_le_bytes());
    file
}

/// Bits on their way into bytes, the lowest first.
struct Bits {
    bytes: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    /// Numbers go in with their lowest bit first.
    fn push(&mut self, value: u32, count: u32) {
        self.pending |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    /// Huffman codes go in with their highest bit first.
    fn push_code(&mut self, code: u32, count: u32) {
        self.push(code.reverse_bits() >> (32 - count), count);
    }

    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.bytes.push(self.pending as u8);
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn gzip_reads_the_zeros() {
        let mut gzip = Command::new("gzip");
        let mut gzip = gzip.arg("-dc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = gzip.stdin.take().unwrap();
        let writer = std::thread::spawn(move || stdin.write_all(&zeros()));
        let output = gzip.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert!(output.status.success());
        assert!(output.stdout == vec![0; ZEROS]);
        assert!(zeros().len() < ZEROS / 100);
    }
}
