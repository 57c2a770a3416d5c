// crates: attohttpc
// released: 2026-05-25

fn fetch(url: String) -> String {
    let answer = attohttpc::get(&url).send().unwrap();
    format!("{} {}", answer.status(), answer.bytes().unwrap().len())
}
