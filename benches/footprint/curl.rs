// crates: curl, libz-sys
// released: 2026-10-08

use curl::easy::{Easy2, Handler, WriteError};
use curl::multi::Multi;

struct Body(usize);

impl Handler for Body {
    fn write(&mut self, piece: &[u8]) -> Result<usize, WriteError> {
        self.0 += piece.len();
        Ok(piece.len())
    }
}

fn main() {
    let multi = Multi::new();
    let fetch = |url: String| {
        let mut easy = Easy2::new(Body(0));
        easy.url(&url).unwrap();
        multi.add2(easy).unwrap()
    };
    let fetches: Vec<_> = std::env::args().skip(1).map(fetch).collect();
    while multi.perform().unwrap() > 0 {
        multi.wait(&mut [], std::time::Duration::from_secs(1)).unwrap();
    }
    for mut fetch in fetches {
        println!("{} {}", fetch.response_code().unwrap(), fetch.get_ref().0);
    }
}
