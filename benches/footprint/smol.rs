// crates: smol

fn main() {
    smol::block_on(async {
        let fetches = std::env::args().skip(1).map(|url| smol::spawn(fetch(url)));
        for fetch in fetches.collect::<Vec<_>>() {
            println!("{}", fetch.await);
        }
    });
}
