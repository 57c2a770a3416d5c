//! Certificates to trust in place of the web's roots, as PEM text has them.

use std::sync::Arc;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Certificates that a session trusts, shared by all who open one.
pub type Roots = Arc<[CertificateDer<'static>]>;

/// Reads PEM text and makes sure that what it holds can be trusted as roots.
///
/// # Errors
///
/// There is no certificate, or one is none.
pub fn read(pem: &[u8]) -> anyhow::Result<Roots> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>()?;
    if certificates.is_empty() {
        bail!("no certificate in it: it takes PEM text, which begins with -----BEGIN CERTIFICATE-----");
    }
    let mut store = RootCertStore::empty();
    for (number, certificate) in certificates.iter().enumerate() {
        store.add(certificate.clone()).with_context(|| format!("bad certificate {}", number + 1))?;
    }
    Ok(certificates.into())
}

/// Certificates as PEM text.
pub fn pem(roots: &Roots) -> String {
    let block = |certificate: &CertificateDer<'_>| {
        let encoded = STANDARD.encode(certificate);
        let lines: Vec<&str> =
            encoded.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    };
    roots.iter().map(block).collect()
}
