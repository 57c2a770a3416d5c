//! The choice of a version of HTTP for the backends of a comparison.

use std::path::Path;

use super::super::run::left_out_note;
use super::chosen::Chosen;
use crate::backend::Backend;
use crate::compare::Participant;
use crate::scenario::versions::HttpVersions;

/// Returns the chosen backends, or those of `usual` that speak a version of HTTP, by default
/// HTTP/1.1. A note names the others, if the user chose the version. Other programs choose it
/// themselves.
///
/// # Errors
///
/// A backend that the user chose does not speak it.
pub(in crate::cli) fn speaking(
    chosen: Vec<Chosen>,
    usual: impl Iterator<Item = Backend>,
    http: Option<HttpVersions>,
) -> anyhow::Result<(Vec<Chosen>, Option<String>)> {
    if !chosen.is_empty() {
        let all = chosen.into_iter().map(|chosen| chosen.speaking(http));
        return Ok((all.collect::<anyhow::Result<_>>()?, None));
    }
    let spoken = http.unwrap_or(HttpVersions::Http1);
    let (able, unable) = Backend::able_to_speak(usual, Some(spoken));
    let lacking = match spoken {
        HttpVersions::Http1 => "speak HTTP/1.1",
        HttpVersions::Http2 | HttpVersions::Auto => "speak HTTP/2",
    };
    let note = left_out_note(lacking, &unable).filter(|_| http.is_some());
    Ok((able.into_iter().map(Chosen::from).collect(), note))
}

/// Returns the usual backends, over HTTP/2 if they speak it.
pub(super) fn usual_over_http2(program: &Path) -> Vec<Participant> {
    let (able, _) = Backend::able_to_speak(Backend::usual(), Some(HttpVersions::Auto));
    able.iter().map(|backend| Participant::of_backend(backend, program)).collect()
}
