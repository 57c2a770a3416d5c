//! Certificates to trust in place of the web's roots, as PEM text has them.

use std::sync::Arc;

use anyhow::{Context, bail};
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
