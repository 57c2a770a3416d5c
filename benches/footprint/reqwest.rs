// crates: reqwest, rustls
// released: 2026-09-08

async fn fetch(url: String) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let answer = reqwest::get(&url).await.unwrap();
    format!("{} {}", answer.status(), answer.bytes().await.unwrap().len())
}
