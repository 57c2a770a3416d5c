//! The list of all records, and the links that it consists of.

use std::path::{Component, Path};

use serde::Serialize;

use crate::record::Environment;

/// A record in the list of all.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// The name of its folder.
    pub name: String,
    /// A link to its Markdown.
    pub report: String,
    /// A link to its page, if it has one.
    pub page: Option<String>,
    /// The machine and the software.
    pub environment: Environment,
    /// The command that measured it.
    pub command: String,
    /// Its results, one sentence for each compared scenario.
    pub verdicts: Vec<String>,
    /// The main result of each compared scenario, with its name.
    pub results: Vec<(String, String)>,
}

/// Puts the newest records first.
pub fn newest_first(records: &mut [Listed]) {
    records
        .sort_by(|a, b| (&b.environment.started, &b.name).cmp(&(&a.environment.started, &a.name)));
}

/// Returns the relative link from a folder to a file. Both paths are absolute, without `.` and
/// `..`.
pub fn relative(folder: &Path, file: &Path) -> String {
    let common = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(common).map(|_| "..".to_owned());
    let down = file.components().skip(common).map(|part| match part {
        Component::Normal(name) => percent_encoded(&name.to_string_lossy()),
        _ => String::new(),
    });
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// Encodes a name for a link.
fn percent_encoded(name: &str) -> String {
    name.bytes().fold(String::new(), |link, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            link + char::from(byte).encode_utf8(&mut [0])
        }
        byte => format!("{link}%{byte:02X}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(folder: &str, file: &str) -> String {
        relative(Path::new(folder), Path::new(file))
    }

    #[test]
    fn links_lead_from_folder_to_file() {
        assert_eq!(link("/p", "/p/results/r 1/report.md"), "results/r%201/report.md");
        assert_eq!(link("/p/results", "/p/results/r/report.md"), "r/report.md");
        assert_eq!(link("/p/a/b", "/p/results/r"), "../../results/r");
    }
}
