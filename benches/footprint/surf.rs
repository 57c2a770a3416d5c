// crates: surf, http-client
// released: 2021-11-01
// https: no

async fn fetch(url: String) -> String {
    let client = surf::Client::with_http_client(http_client::h1::H1Client::new());
    let mut answer = client.get(&url).await.unwrap();
    format!("{} {}", answer.status(), answer.body_bytes().await.unwrap().len())
}
