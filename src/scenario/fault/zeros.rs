//! A gzip bomb.

use std::io::{self, Read};
use std::sync::LazyLock;

use flate2::Compression;
use flate2::read::GzEncoder;

/// Length of the decoded body: a thousand times that of a large page, and small for any memory.
const ZEROS: u64 = 10_000_000;

/// The gzip file. It is made once, because making it would block the server's other clients.
static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut file = Vec::new();
    let zeros = io::repeat(0).take(ZEROS);
    // This cannot fail: it reads a constant and writes to memory.
    let _ = GzEncoder::new(zeros, Compression::fast()).read_to_end(&mut file);
    file
});

/// Returns ten million zeros as a gzip file.
pub fn zeros() -> &'static [u8] {
    &FILE
}

#[cfg(test)]
mod tests {
    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn zeros_are_ten_million() {
        let mut decoded = Vec::new();
        let file = zeros();
        GzDecoder::new(file).read_to_end(&mut decoded).unwrap();
        assert!(decoded == vec![0; ZEROS as usize]);
        assert!(file.len() < decoded.len() / 100, "{} bytes", file.len());
    }
}
