//! Certificates made when a server starts: an authority of its own, and what it signs, rightly and
//! wrongly.

use std::sync::Arc;

use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::NoServerSessionStorage;

use crate::scenario::fault::Certificate;

/// Whoever signs a server's certificates.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate: who trusts it trusts the server.
    pub pem: String,
}

impl Authority {
    /// A new one.
    ///
    /// # Errors
    ///
    /// There is no randomness to be had.
    pub fn new() -> anyhow::Result<Self> {
        let key = KeyPair::generate().context("cannot make a key")?;
        let mut params = CertificateParams::new([])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "fetchbench, for one run of its mock server");
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// What a listener at one of `hosts` needs to show a certificate of that kind.
    ///
    /// # Errors
    ///
    /// A host that is neither a name nor an address.
    pub fn show(
        &self,
        certificate: Certificate,
        hosts: &[String],
    ) -> anyhow::Result<Arc<ServerConfig>> {
        let hosts = match certificate {
            Certificate::WrongName => vec!["elsewhere.invalid".to_owned()],
            _ => hosts.to_vec(),
        };
        let mut params = CertificateParams::new(hosts)?;
        if certificate == Certificate::Expired {
            (params.not_before, params.not_after) =
                (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
        }
        let key = KeyPair::generate().context("cannot make a key")?;
        let signed = match certificate {
            Certificate::UnknownRoot => params.signed_by(&key, &Self::new()?.issuer)?,
            _ => params.signed_by(&key, &self.issuer)?,
        };
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![signed.into()], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Every connection makes a full handshake, whatever its client remembers: else clients that
        // resume would be compared with clients that do not.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }
}
