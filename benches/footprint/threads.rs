fn main() {
    let fetches = std::env::args().skip(1).map(|url| std::thread::spawn(move || println!("{}", fetch(url))));
    for fetch in fetches.collect::<Vec<_>>() {
        fetch.join().unwrap();
    }
}
