// crates: isahc, libz-sys
// released: 2026-10-21

use isahc::AsyncReadResponseExt;

async fn fetch(url: String) -> String {
    let mut answer = isahc::get_async(&url).await.unwrap();
    format!("{} {}", answer.status(), answer.bytes().await.unwrap().len())
}
