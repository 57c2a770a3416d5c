//! The client attohttpc: blocking, with a new connection for every fetch under any option. It shows
//! the cost of having no pool.

use std::io::{self, Read};
use std::net::ToSocketAddrs;
use std::time::{Duration, Instant};

use attohttpc::{Error, ErrorKind, ProxySettings, Session};
use url::Url;

use super::{
    BlockingClient, Choice, Client, ClientOptions, Credentials, RequestHeaders, refuse_interim,
    tuned,
};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::origin::Origin;
use crate::fetch::{Capabilities, Limits};

/// Size of the read buffer in bytes.
const PIECE_BYTES: usize = 16 << 10;

/// The session and headers that all requests share.
#[derive(Debug)]
pub struct Attohttpc {
    session: Session,
    headers: RequestHeaders,
    limits: Limits,
}

impl Client for Attohttpc {
    const NAME: &'static str = "attohttpc";
    /// No https: it trusts the roots of the options in addition to the web's, not instead of them.
    const CAPABILITIES: Capabilities = Capabilities::of(&[]);
    const NOTE: &'static str = "keeps no connections";
    const USUAL: bool = false;
    /// The thread that watches the deadline holds a copy of the socket.
    const DESCRIPTORS: usize = 2;
    const TUNED: &'static [Choice<Session>] = TUNED;

    type Builder = Session;
    type Target = (Url, Credentials);

    fn open(options: &ClientOptions, limits: &Limits) -> anyhow::Result<Self> {
        Ok(Self {
            session: tuned::<Self>(Session::new(), options, limits),
            headers: RequestHeaders::new(options, limits),
            limits: limits.clone(),
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<Self::Target, FetchError> {
        Ok((url.clone(), credentials))
    }
}

const TUNED: &[Choice<Session>] = &[
    Choice {
        option: "follow_redirects: false",
        why: "the harness follows redirects, by the same rules for every backend",
        set: |mut session, _| {
            session.follow_redirects(false);
            session
        },
    },
    Choice {
        option: "proxy_settings: none",
        why: "attohttpc would use a proxy from the environment",
        set: |mut session, _| {
            session.proxy_settings(ProxySettings::builder().build());
            session
        },
    },
];

impl BlockingClient for Attohttpc {
    fn get(
        &self,
        (url, credentials): &Self::Target,
        deadline: Instant,
        body: &mut Received,
    ) -> Result<Head, FetchError> {
        // A deadline costs a thread, which shuts down the connection when it expires. Read
        // time-outs cost nothing, but would let a slowly dripping peer go on forever.
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let mut request =
            self.session.get(url.as_str()).timeout(left).connect_timeout(left).read_timeout(left);
        request.headers_mut().extend(self.headers.select(*credentials).clone());
        let mut response =
            request.send().map_err(|error| self.head_failed(error, url, deadline))?;
        let status = response.status().as_u16();
        refuse_interim("attohttpc", status)?;
        let head = Head::of(status, response.headers());
        let mut piece = [0; PIECE_BYTES];
        loop {
            match response.read(&mut piece) {
                Ok(0) => return Ok(head),
                Ok(length) => body.push(&piece[..length])?,
                Err(error) => return Err(self.io_failed(&error, deadline, ErrorClass::BodyShort)),
            }
        }
    }
}

impl Attohttpc {
    fn head_failed(&self, error: Error, url: &Url, deadline: Instant) -> FetchError {
        match error.kind() {
            // The error of a failed lookup has no number, and neither have some others. So the name
            // is looked up again.
            ErrorKind::Io(io) if io.raw_os_error().is_none() && has_no_address(url) => {
                FetchError::new(ErrorClass::Dns, io.to_string())
            }
            ErrorKind::Io(io) => self.io_failed(io, deadline, ErrorClass::ClosedEarly),
            _ => FetchError::new(ErrorClass::Protocol, error.to_string()),
        }
    }

    fn io_failed(
        &self,
        error: &io::Error,
        deadline: Instant,
        incomplete: ErrorClass,
    ) -> FetchError {
        match error.kind() {
            // At the deadline a thread shuts down the connection. If the peer continues to send,
            // the connection is reset.
            _ if Instant::now() >= deadline => FetchError::timeout(self.limits.deadline),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                FetchError::timeout(self.limits.deadline)
            }
            io::ErrorKind::UnexpectedEof => FetchError::new(incomplete, error.to_string()),
            _ => FetchError::io(error, ErrorClass::Protocol),
        }
    }
}

fn has_no_address(url: &Url) -> bool {
    Origin::of(url)
        .is_some_and(|origin| (origin.bare_host(), origin.port).to_socket_addrs().is_err())
}
