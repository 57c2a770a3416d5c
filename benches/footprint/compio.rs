// crates: compio

fn main() {
    compio::runtime::Runtime::new().unwrap().block_on(async {
        let fetches = std::env::args().skip(1).map(|url| compio::runtime::spawn(fetch(url)));
        for fetch in fetches.collect::<Vec<_>>() {
            println!("{}", fetch.await.unwrap());
        }
    });
}
