//! The choice of a version of HTTP for the backends of a comparison.

use std::path::Path;

use super::chosen::Chosen;
use crate::backend::Backend;
use crate::compare::Participant;
use crate::scenario::versions::HttpVersions;

/// Returns the chosen backends, or the usual ones, with a version of HTTP. A note names the usual
/// ones that do not speak it. Other programs choose it themselves.
///
/// # Errors
///
/// A backend that the user chose does not speak it.
pub(in crate::cli) fn speaking(
    chosen: Vec<Chosen>,
    http: Option<HttpVersions>,
) -> anyhow::Result<(Vec<Chosen>, Option<String>)> {
    if !chosen.is_empty() {
        let all = chosen.into_iter().map(|chosen| chosen.speaking(http));
        return Ok((all.collect::<anyhow::Result<_>>()?, None));
    }
    let (able, unable): (Vec<Backend>, Vec<Backend>) =
        Backend::usual().partition(|backend| backend.speaking(http).is_ok());
    let able: anyhow::Result<Vec<Backend>> =
        able.into_iter().map(|backend| backend.speaking(http)).collect();
    let names: Vec<String> = unable.iter().map(Backend::to_string).collect();
    let note = format!("Left out, since they cannot speak HTTP/2: {}.", names.join(", "));
    let chosen = able?.into_iter().map(Chosen::from).collect();
    Ok((chosen, (!names.is_empty()).then_some(note)))
}

/// Returns the usual backends, over HTTP/2 if they speak it.
pub(super) fn usual_over_http2(program: &Path) -> anyhow::Result<Vec<Participant>> {
    let backends = Backend::usual().map(|backend| backend.speaking(Some(HttpVersions::Auto)));
    backends.map(|backend| Ok(Participant::of_backend(&backend?, program))).collect()
}
