// crates: cyper
// released: 2026-06-01

async fn fetch(url: String) -> String {
    let answer = cyper::Client::new().unwrap().get(&url).unwrap().send().await.unwrap();
    format!("{} {}", answer.status(), answer.bytes().await.unwrap().len())
}
