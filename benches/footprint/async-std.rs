// crates: async-std

fn main() {
    async_std::task::block_on(async {
        let fetches = std::env::args().skip(1).map(|url| async_std::task::spawn(fetch(url)));
        for fetch in fetches.collect::<Vec<_>>() {
            println!("{}", fetch.await);
        }
    });
}
