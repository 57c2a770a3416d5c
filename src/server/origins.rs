//! The origins of a scenario as sockets, which listen in different ways, or not at all.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use anyhow::Context;
use mio::net::TcpListener;
use rustls::ServerConfig;

use super::certificates::Authority;
use super::endpoint::{Endpoint, Entrance};
use super::listen::{listen, occupy};
use super::setup::Setup;
use crate::fetch::origin::Origin;
use crate::scenario::Scenario;
use crate::scenario::fault::{Certificate, Listening};

/// The origins of a scenario, bound to their ports.
pub(super) struct BoundOrigins {
    /// The address of each origin.
    pub addresses: Vec<Origin>,
    /// The entrance of each origin.
    pub entrances: Vec<Entrance>,
    /// The sockets of the origins that listen.
    pub listeners: Vec<TcpListener>,
    /// The endpoint of each listener.
    pub endpoints: Vec<Endpoint>,
    /// The sockets of the origins that do not listen.
    pub refusing: Vec<OwnedFd>,
    /// The certificate to trust, as PEM text, if any origin speaks TLS.
    pub cacert: Option<String>,
}

impl BoundOrigins {
    /// Binds every origin of a scenario.
    ///
    /// # Errors
    ///
    /// Most likely too few file descriptors, or ports in use by other programs.
    pub fn bind(scenario: &Scenario, setup: &Setup) -> anyhow::Result<Self> {
        let hosts = [setup.address.to_string(), "localhost".to_owned()];
        let mut identities = Identities {
            hosts: &hosts,
            tickets: scenario.tickets,
            authority: None,
            made: HashMap::new(),
        };
        let versions = scenario.versions();
        let mut origins = Self {
            addresses: Vec::new(),
            entrances: Vec::new(),
            listeners: Vec::new(),
            endpoints: Vec::new(),
            refusing: Vec::new(),
            cacert: None,
        };
        for (number, &listening) in scenario.origins.iter().enumerate() {
            let port = origins.socket(number, listening, setup);
            let port = port.with_context(|| {
                format!("cannot listen at origin {} of {}", number + 1, scenario.origins.len())
            })?;
            origins.addresses.push(setup.origin(listening.scheme(), port));
            origins.entrances.push(match listening {
                Listening::Plain | Listening::Refuses => Entrance::Plain,
                Listening::Tls(certificate) => {
                    Entrance::Tls(identities.tls_config(certificate, versions[number].protocols())?)
                }
                Listening::Disagrees(protocols, _) => {
                    Entrance::Tls(identities.tls_config(Certificate::Valid, protocols)?)
                }
                Listening::Greets(says, end) | Listening::Starts(says, end) => {
                    Entrance::Greets(says, end)
                }
            });
        }
        origins.cacert = identities.authority.map(|authority| authority.pem);
        Ok(origins)
    }

    /// Binds a socket, and returns its port.
    fn socket(
        &mut self,
        number: usize,
        listening: Listening,
        setup: &Setup,
    ) -> anyhow::Result<u16> {
        let address = setup.socket_address(number)?;
        if listening == Listening::Refuses {
            let (socket, port) = occupy(address)?;
            self.refusing.push(socket);
            return Ok(port);
        }
        let listener = listen(address, setup.congestion)?;
        let port = listener.local_addr()?.port();
        self.listeners.push(listener);
        self.endpoints.push(Endpoint::Origin(number));
        Ok(port)
    }
}

/// The TLS identities of the origins, created on first use.
struct Identities<'a> {
    /// The names and addresses that certificates are for.
    hosts: &'a [String],
    /// Whether listeners issue tickets.
    tickets: bool,
    authority: Option<Authority>,
    /// Those made so far, by their certificate and the protocols that they offer.
    made: HashMap<(Certificate, &'static [&'static [u8]]), Arc<ServerConfig>>,
}

impl Identities<'_> {
    fn tls_config(
        &mut self,
        certificate: Certificate,
        protocols: &'static [&'static [u8]],
    ) -> anyhow::Result<Arc<ServerConfig>> {
        if let Some(made) = self.made.get(&(certificate, protocols)) {
            return Ok(Arc::clone(made));
        }
        let authority = match self.authority.take() {
            Some(authority) => authority,
            None => Authority::new().context("cannot make certificates")?,
        };
        let authority = self.authority.insert(authority);
        let made = authority.tls_config(certificate, self.hosts, self.tickets, protocols)?;
        self.made.insert((certificate, protocols), Arc::clone(&made));
        Ok(made)
    }
}
