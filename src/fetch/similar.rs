//! Suggestions for misspelt names.

/// The least similarity, by Jaro and Winkler, of a suggested name. `nope` and `node` have 0.87.
const LEAST: f64 = 0.88;

/// Returns the name that `text` most likely stands for, if any is similar.
pub(crate) fn similar<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = names.map(|name| (strsim::jaro_winkler(text, name), name));
    let close = scored.filter(|(score, _)| *score >= LEAST);
    close.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_names_are_found() {
        let names = ["hyper@smol", "hyper@tokio", "ureq@threads"];
        for (text, name) in [
            ("hyper@tokyo", Some("hyper@tokio")),
            ("urek@thread", Some("ureq@threads")),
            ("nope", None),
        ] {
            assert_eq!(similar(text, names.into_iter()), name);
        }
    }
}
