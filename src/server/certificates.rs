//! Certificates made at the start of a server: an authority, and the valid and invalid certificates
//! that it signs.

use std::sync::Arc;

use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::NoServerSessionStorage;

use super::sessions::SessionStore;
use crate::scenario::fault::Certificate;

/// The most bytes of 0-RTT data that a connection may send: more than any request.
const EARLY_DATA_LIMIT: u32 = 16 << 10;

/// The authority that signs a server's certificates.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// The certificate of the authority. Clients that trust it trust the server.
    pub pem: String,
}

impl Authority {
    /// Creates an authority with a new key.
    ///
    /// # Errors
    ///
    /// The system provides no randomness.
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

    /// Returns the TLS configuration with which a listener at one of `hosts` presents such a
    /// certificate, offers these protocols, and issues tickets if `tickets`.
    ///
    /// # Errors
    ///
    /// A host that is neither a name nor an address.
    pub fn tls_config(
        &self,
        certificate: Certificate,
        hosts: &[String],
        tickets: bool,
        protocols: &[&[u8]],
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
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        if tickets {
            config.session_storage = Arc::<SessionStore>::default();
            config.max_early_data_size = EARLY_DATA_LIMIT;
            // The response to 0-RTT data need not wait for the rest of the handshake.
            config.send_half_rtt_data = true;
        } else {
            // Every connection makes a full handshake, whatever sessions its client has stored.
            // Otherwise clients that resume would be compared with clients that do not.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Arc::new(config))
    }
}
