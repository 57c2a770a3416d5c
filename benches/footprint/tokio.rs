// crates: tokio

fn main() {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let fetches = std::env::args().skip(1).map(|url| tokio::spawn(fetch(url)));
        for fetch in fetches.collect::<Vec<_>>() {
            println!("{}", fetch.await.unwrap());
        }
    });
}
