//! The TLS configuration of every client that accepts one: rustls with ring, and the web's roots
//! unless the options name others.

use std::io;
use std::sync::Arc;

use anyhow::Context;
use futures_rustls::TlsConnector;
use futures_rustls::client::TlsStream;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::{ClientOptions, Protocol, Stream, tls_error};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::origin::Origin;

/// The names of the versions in ALPN.
const HTTP1: &[u8] = b"http/1.1";
const HTTP2: &[u8] = b"h2";

/// Returns the configuration of a client, which offers the server one version of HTTP.
///
/// The provider is named here and not installed for the process, because benches and tests do not
/// run fetchbench's `main`.
///
/// # Errors
///
/// A root certificate is malformed.
pub(super) fn config(options: &ClientOptions) -> anyhow::Result<Arc<ClientConfig>> {
    let roots = match &options.user.roots {
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        Some(certificates) => {
            let mut store = RootCertStore::empty();
            for certificate in certificates.iter() {
                store.add(certificate.clone()).context("a certificate to trust is malformed")?;
            }
            store
        }
    };
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .context("ring supports no TLS version")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = match options.protocol {
        Protocol::Http1 => vec![HTTP1.to_vec()],
        Protocol::Http2 { .. } => vec![HTTP2.to_vec()],
    };
    Ok(Arc::new(config))
}

/// Returns the configuration of a client that offers both versions of HTTP, and prefers HTTP/2.
///
/// # Errors
///
/// A root certificate is malformed.
#[cfg(feature = "reqwest")]
pub(super) fn config_for_both(options: &ClientOptions) -> anyhow::Result<Arc<ClientConfig>> {
    let mut config = Arc::unwrap_or_clone(config(options)?);
    config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
    Ok(Arc::new(config))
}

/// Starts TLS on a connection to an origin.
pub(super) async fn encrypt<S: Stream>(
    tls: &TlsConnector,
    stream: S,
    origin: &Origin,
) -> Result<TlsStream<S>, FetchError> {
    let host = origin.bare_host();
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| FetchError::new(ErrorClass::Tls, format!("{host}: {error}")))?;
    tls.connect(name, stream).await.map_err(|error| match error.kind() {
        // The peer hung up or did not answer in TLS: in a handshake both are TLS failures.
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => {
            FetchError { class: ErrorClass::Tls, ..tls_error::io_failed(&error, ErrorClass::Tls) }
        }
        _ => tls_error::io_failed(&error, ErrorClass::Tls),
    })
}

/// Checks that a server agreed to HTTP/2.
pub(super) fn agreed_http2(
    connection: &ClientConnection,
    origin: &Origin,
) -> Result<(), FetchError> {
    match connection.alpn_protocol() {
        Some(HTTP2) => Ok(()),
        _ => Err(FetchError::new(ErrorClass::Tls, format!("{origin} does not agree to HTTP/2"))),
    }
}
