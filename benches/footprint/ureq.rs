// crates: ureq
// released: 2026-11-02

fn fetch(url: String) -> String {
    let mut answer = ureq::get(&url).call().unwrap();
    format!("{} {}", answer.status(), answer.body_mut().read_to_vec().unwrap().len())
}
