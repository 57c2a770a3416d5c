//! The findings of the probe of live sites, in words. Foreign text in them is not escaped yet.

use crate::record::{DeadSite, DifferingSite, Ending, Probe};

/// Returns the lines on a probe: the sites left out, then those on which backends ended
/// differently.
pub fn lines(probe: &Probe) -> Vec<String> {
    left_out(probe).into_iter().chain(differences(probe)).collect()
}

fn left_out(probe: &Probe) -> Option<String> {
    let Probe { sites, dead, first_dead, .. } = probe;
    let named: Vec<String> = first_dead.iter().map(dead_site).collect();
    let more = dead.saturating_sub(named.len() as u64);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    (*dead > 0).then(|| {
        format!(
            "Left out: {dead} of {sites} sites failed for every backend: {}{more}.",
            named.join(", ")
        )
    })
}

fn dead_site(DeadSite { site, classes }: &DeadSite) -> String {
    let classes: Vec<&str> = classes.iter().map(|class| class.name()).collect();
    format!("{site} ({})", classes.join(", "))
}

/// Returns a line for each site on which backends ended differently, and the number of those not
/// named.
pub fn differences(probe: &Probe) -> Vec<String> {
    let mut lines: Vec<String> = probe.first_differing.iter().map(differing_site).collect();
    match probe.differing.saturating_sub(lines.len() as u64) {
        0 => {}
        1 => lines.push("1 more site ended differently.".to_owned()),
        more => lines.push(format!("{more} more sites ended differently.")),
    }
    lines
}

fn differing_site(DifferingSite { site, endings }: &DifferingSite) -> String {
    let endings: Vec<String> = endings.iter().map(ending).collect();
    format!("{site} ended differently: {}.", endings.join("; "))
}

fn ending(Ending { status, url, backends }: &Ending) -> String {
    let url = url.as_ref().map_or_else(String::new, |url| format!(" at {url}"));
    format!("{status}{url} ({})", backends.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::error::ErrorClass::{self, Dns, Refused};

    fn dead(site: &str, classes: &[ErrorClass]) -> DeadSite {
        DeadSite { site: site.to_owned(), classes: classes.to_vec() }
    }

    fn ending(status: u16, url: Option<&str>, backends: &[&str]) -> Ending {
        let backends = backends.iter().map(|backend| (*backend).to_owned()).collect();
        Ending { status, url: url.map(str::to_owned), backends }
    }

    #[test]
    fn a_probe_reads_as_sentences() {
        let probe = Probe {
            sites: 20,
            dead: 5,
            first_dead: vec![dead("http://a/", &[Refused]), dead("http://b/", &[Dns, Refused])],
            differing: 3,
            first_differing: vec![DifferingSite {
                site: "http://c/".to_owned(),
                endings: vec![
                    ending(200, Some("http://c/x"), &["x", "y"]),
                    ending(302, None, &["z"]),
                ],
            }],
        };
        insta::assert_snapshot!(lines(&probe).join("\n"), @r"
        Left out: 5 of 20 sites failed for every backend: http://a/ (refused), http://b/ (dns, refused), and 3 more.
        http://c/ ended differently: 200 at http://c/x (x, y); 302 (z).
        2 more sites ended differently.
        ");
        assert_eq!(lines(&Probe { sites: 20, ..Probe::default() }), [""; 0]);
    }
}
