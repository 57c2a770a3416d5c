//! The client ureq: blocking, with one agent and pool for all threads of a session.

use std::io::{self, Read};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderName, HeaderValue, Method, Request, Uri};
use ureq::Agent;
use ureq::config::{Config, ConfigBuilder};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use url::Url;

use super::{
    BlockingClient, Choice, Client, ClientOptions, Credentials, RequestHeaders, bad_url,
    has_text_credentials, tls_error, tuned,
};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::origin::without_brackets;
use crate::fetch::{Capabilities, Capability, Connections, Limits};

/// Size of the read buffer in bytes. It is on the stack, because a thread runs one fetch at a time.
const PIECE_BYTES: usize = 16 << 10;

/// Size of ureq's two buffers in bytes. The longest url and the longest head of a response have to
/// fit: 64 KiB each.
const BUFFER_BYTES: usize = 72 << 10;

/// An agent, and the headers of its requests.
#[derive(Debug)]
pub struct Ureq {
    agent: Agent,
    headers: RequestHeaders,
    deadline: Duration,
}

impl Client for Ureq {
    const NAME: &'static str = "ureq";
    const CAPABILITIES: Capabilities =
        Capabilities::of(&[Capability::Https, Capability::KeepAlive]);
    const USUAL: bool = true;
    const TUNED: &'static [Choice<Builder>] = TUNED;

    type Builder = Builder;
    type Target = (Uri, Credentials);

    fn can_send(name: &HeaderName, value: &HeaderValue) -> bool {
        has_text_credentials(name, value)
    }

    fn open(options: &ClientOptions, limits: &Limits) -> anyhow::Result<Self> {
        let config = config(options, limits);
        Ok(Self {
            agent: Agent::with_parts(
                config,
                DefaultConnector::default(),
                LiteralResolver::default(),
            ),
            headers: RequestHeaders::new(options, limits),
            deadline: limits.deadline,
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<Self::Target, FetchError> {
        let uri = url.as_str().parse();
        let uri = uri.map_err(|error| bad_url(url, &error))?;
        Ok((uri, credentials))
    }
}

type Builder = ConfigBuilder<AgentScope>;

const TUNED: &[Choice<Builder>] = &[
    Choice {
        option: "max_idle_connections, max_idle_connections_per_host: the connection budget",
        why: "ureq keeps 10 idle connections, 3 per host, and opens new ones for all other fetches",
        set: |builder, limits| {
            let idle = limits.max_connections.get();
            builder.max_idle_connections(idle).max_idle_connections_per_host(idle)
        },
    },
    Choice {
        option: "max_idle_age: an hour",
        why: "ureq closes a connection after 15 idle seconds, and the passes of other backends may \
              take longer",
        set: |builder, _| builder.max_idle_age(Duration::from_secs(3600)),
    },
    Choice {
        option: "input_buffer_size, output_buffer_size: 72 KiB",
        why: "ureq fills two buffers of 128 KiB for each new connection; much smaller ones slow \
              large bodies down",
        set: |builder, _| builder.input_buffer_size(BUFFER_BYTES).output_buffer_size(BUFFER_BYTES),
    },
    Choice {
        option: "max_redirects: 0",
        why: "the harness follows redirects, by the same rules for every backend",
        set: |builder, _| builder.max_redirects(0).max_redirects_will_error(false),
    },
    Choice {
        option: "proxy: none",
        why: "ureq would use a proxy from the environment",
        set: |builder, _| builder.proxy(None),
    },
];

/// Returns the configuration that all fetches share.
fn config(options: &ClientOptions, limits: &Limits) -> Config {
    let mut tls = TlsConfig::builder();
    if let Some(roots) = &options.user.roots {
        let certificates =
            roots.iter().map(|certificate| Certificate::from_der(certificate).to_owned());
        tls = tls.root_certs(RootCerts::Specific(Arc::new(certificates.collect())));
    }
    let mut builder = tuned::<Ureq>(Agent::config_builder(), options, limits)
        .http_status_as_error(false)
        // fetchbench's deadline starts before the request and ureq's starts with it. They differ by
        // the time of a function call.
        .timeout_global(Some(limits.deadline))
        .tls_config(tls.build());
    if limits.connections == Connections::PerFetch {
        builder = builder.max_idle_connections(0).max_idle_connections_per_host(0);
    }
    builder.build()
}

impl BlockingClient for Ureq {
    fn get(
        &self,
        (uri, credentials): &Self::Target,
        deadline: Instant,
        body: &mut Received,
    ) -> Result<Head, FetchError> {
        let mut request = Request::new(());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = self.headers.select(*credentials).clone();
        // The remaining time is below the agent's time-out only after a redirect. A configuration
        // for one request copies the agent's, so the first request avoids it.
        let left = deadline.saturating_duration_since(Instant::now());
        if left + Duration::from_millis(1) < self.deadline {
            let left = left.max(Duration::from_millis(1));
            request = self.agent.configure_request(request).timeout_global(Some(left)).build();
        }
        let mut response =
            self.agent.run(request).map_err(|error| self.failed(error, Phase::Head))?;
        let head = Head::of(response.status().as_u16(), response.headers());
        let mut reader = response.body_mut().as_reader();
        let mut piece = [0; PIECE_BYTES];
        loop {
            match reader.read(&mut piece) {
                Ok(0) => return Ok(head),
                Ok(length) => body.push(&piece[..length])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error.into(), Phase::Body)),
            }
        }
    }
}

/// The part of a response in which a fetch failed.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Head,
    Body,
}

impl Ureq {
    /// Classifies ureq's error.
    fn failed(&self, error: ureq::Error, phase: Phase) -> FetchError {
        let class = match &error {
            ureq::Error::Timeout(_) => return FetchError::timeout(self.deadline),
            ureq::Error::HostNotFound => ErrorClass::Dns,
            ureq::Error::Rustls(error) => {
                return FetchError::new(ErrorClass::Tls, tls_error::sentence(error));
            }
            ureq::Error::Tls(_) | ureq::Error::Pem(_) => ErrorClass::Tls,
            ureq::Error::ConnectionFailed => ErrorClass::Connect,
            ureq::Error::BadUri(_) => ErrorClass::Unsupported,
            ureq::Error::Io(error) => return io_failed(error, phase),
            _ => ErrorClass::Protocol,
        };
        FetchError::new(class, error.to_string())
    }
}

fn io_failed(error: &io::Error, phase: Phase) -> FetchError {
    match (error.kind(), phase) {
        (io::ErrorKind::UnexpectedEof, Phase::Body) => {
            FetchError::new(ErrorClass::BodyShort, error.to_string())
        }
        (io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput, _) | (_, Phase::Body) => {
            tls_error::io_failed(error, ErrorClass::Protocol)
        }
        (_, Phase::Head) => tls_error::io_failed(error, ErrorClass::Connect),
    }
}

/// Resolves address literals without ureq's resolver, which starts a thread for each lookup that
/// has a time-out.
#[derive(Debug, Default)]
struct LiteralResolver(DefaultResolver);

impl Resolver for LiteralResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = without_brackets(uri.host().unwrap_or_default());
        if let Ok(address) = host.parse::<IpAddr>() {
            let port =
                uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
            let mut addresses = self.0.empty();
            addresses.push((address, port).into());
            return Ok(addresses);
        }
        self.0.resolve(uri, config, timeout).map_err(|error| match error {
            // The system resolver's error has no distinct kind, so it would look like a failed
            // connect later.
            ureq::Error::Io(_) => ureq::Error::HostNotFound,
            other => other,
        })
    }
}
