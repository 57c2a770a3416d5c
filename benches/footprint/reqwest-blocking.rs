// crates: reqwest, rustls
// features: blocking
// released: 2026-09-08

fn fetch(url: String) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let answer = reqwest::blocking::get(&url).unwrap();
    format!("{} {}", answer.status(), answer.bytes().unwrap().len())
}
