//! Backends: executors, one file each, and the table of the pairs of client and executor that work
//! together.

use http::{HeaderMap, HeaderName, HeaderValue};

use self::async_std::AsyncStd;
#[cfg(feature = "cyper")]
use self::compio::Compio;
use self::executor::AsyncExecutor;
use self::smol::Smol;
#[cfg(feature = "tokio")]
use self::tokio::Tokio;
#[cfg(feature = "attohttpc")]
use crate::client::Attohttpc;
#[cfg(feature = "cyper")]
use crate::client::Cyper;
#[cfg(feature = "hyper")]
use crate::client::Hyper;
#[cfg(feature = "hyper-util")]
use crate::client::HyperUtil;
#[cfg(feature = "isahc")]
use crate::client::Isahc;
#[cfg(feature = "reqwest")]
use crate::client::Reqwest;
#[cfg(feature = "reqwest-blocking")]
use crate::client::ReqwestBlocking;
#[cfg(feature = "ureq-proto")]
use crate::client::UreqProto;
#[cfg(feature = "curl")]
use crate::client::curl_multi::CurlMulti;
use crate::client::floor::Floor;
use crate::client::{AsyncClient, BlockingClient, Client, Surf, Ureq};
use crate::fetch::{Fetch, Limits, Options};
use crate::record::lockfile;

mod executor;
mod job;
mod blocking;
mod tasks;
mod asynchronous;
mod sequential;
mod threads;
mod async_std;
mod smol;
#[cfg(feature = "tokio")]
mod tokio;
#[cfg(feature = "cyper")]
mod compio;
#[cfg(feature = "curl")]
mod curl_loop;
mod event_loop;
pub mod peers;
mod external;
mod fake;
mod slowed;
mod reach;
mod spec;
mod spelling;

pub use self::executor::Executor;
pub(crate) use self::reach::mark_unreachable;
pub use self::spec::Backend;

/// A client and an executor that work together, ready to be opened: one line in [`ALL`].
#[derive(Debug)]
pub struct Entry {
    /// The name of the client: that of its crate, if it has one.
    pub client: &'static str,
    /// The executor that runs the fetches.
    pub executor: Executor,
    /// Whether it can fetch https.
    pub https: bool,
    /// Whether it keeps connections between fetches, if allowed to.
    pub keeps: bool,
    /// A short remark that lists show; may be empty.
    pub note: &'static str,
    /// Whether it takes part when no backend is named.
    pub usual: bool,
    /// File descriptors per fetch in flight.
    descriptors: usize,
    client_crate: &'static str,
    /// Options that differ from the library's defaults, and the reasons.
    tuned: fn() -> Vec<Tuned>,
    /// Whether it can send this header of the user's.
    can_send: fn(&HeaderName, &HeaderValue) -> bool,
    open: Open,
}

/// An option that differs from its library's default, and the reason.
pub type Tuned = (&'static str, &'static str);

/// Where a session is opened.
#[derive(Debug)]
enum Open {
    /// In this process.
    Here(fn(&Options, &Limits) -> anyhow::Result<Box<dyn Fetch>>),
    /// In the process of a peer.
    Elsewhere,
}

/// Every backend, in the order in which they are shown.
pub static ALL: &[Entry] = &[
    sequential::<Ureq>(),
    threads::<Ureq>(),
    tasks::<AsyncStd, Surf<AsyncStd>>(),
    tasks::<Smol, Surf<Smol>>(),
    #[cfg(feature = "tokio")]
    tasks::<Tokio, Surf<Tokio>>(),
    #[cfg(feature = "hyper")]
    tasks::<AsyncStd, Hyper<AsyncStd>>(),
    #[cfg(feature = "hyper")]
    tasks::<Smol, Hyper<Smol>>(),
    #[cfg(all(feature = "hyper", feature = "tokio"))]
    tasks::<Tokio, Hyper<Tokio>>(),
    #[cfg(feature = "ureq-proto")]
    tasks::<AsyncStd, UreqProto<AsyncStd>>(),
    #[cfg(feature = "ureq-proto")]
    tasks::<Smol, UreqProto<Smol>>(),
    #[cfg(all(feature = "tokio", feature = "ureq-proto"))]
    tasks::<Tokio, UreqProto<Tokio>>(),
    #[cfg(feature = "reqwest")]
    tasks::<Tokio, Reqwest>(),
    #[cfg(feature = "reqwest-blocking")]
    threads::<ReqwestBlocking>(),
    #[cfg(feature = "hyper-util")]
    tasks::<Tokio, HyperUtil>(),
    #[cfg(feature = "isahc")]
    tasks::<AsyncStd, Isahc>(),
    #[cfg(feature = "isahc")]
    tasks::<Smol, Isahc>(),
    #[cfg(all(feature = "isahc", feature = "tokio"))]
    tasks::<Tokio, Isahc>(),
    #[cfg(feature = "curl")]
    entry::<CurlMulti>(Executor::Loop, Open::Here(curl_loop::open)),
    #[cfg(feature = "cyper")]
    tasks::<Compio, Cyper>(),
    #[cfg(feature = "attohttpc")]
    threads::<Attohttpc>(),
    entry::<Floor>(Executor::Loop, Open::Here(event_loop::open)),
    peer("requests", Executor::Python),
    peer("requests", Executor::PythonThreads),
    peer("httpx", Executor::PythonThreads),
    peer("httpx", Executor::Asyncio),
    peer("aiohttp", Executor::Asyncio),
    peer("fetch", Executor::Node),
    peer("net-http", Executor::Go),
    peer("curl", Executor::Parallel),
    Entry {
        client: "fake",
        client_crate: "fake",
        executor: Executor::Virtual,
        https: true,
        keeps: true,
        note: "",
        usual: false,
        descriptors: 1,
        tuned: Vec::new,
        can_send: |_, _| true,
        open: Open::Here(fake::open),
    },
];

/// Clients and executors that need a feature of cargo, each with that feature.
const OPTIONAL: [(&str, &str); 11] = [
    ("attohttpc", "attohttpc"),
    ("compio", "cyper"),
    ("curl-multi", "curl"),
    ("cyper", "cyper"),
    ("hyper", "hyper"),
    ("hyper-util", "hyper-util"),
    ("isahc", "isahc"),
    ("reqwest", "reqwest"),
    ("reqwest-blocking", "reqwest-blocking"),
    ("tokio", "tokio"),
    ("ureq-proto", "ureq-proto"),
];

const fn sequential<C: BlockingClient>() -> Entry {
    entry::<C>(Executor::Sequential, Open::Here(sequential::open::<C>))
}

const fn threads<C: BlockingClient>() -> Entry {
    entry::<C>(Executor::Threads, Open::Here(threads::open::<C>))
}

const fn tasks<E: AsyncExecutor, C: AsyncClient>() -> Entry {
    entry::<C>(E::EXECUTOR, Open::Here(asynchronous::open::<E, C>))
}

const fn entry<C: Client>(executor: Executor, open: Open) -> Entry {
    Entry {
        client: C::NAME,
        client_crate: C::CRATE,
        executor,
        https: C::HTTPS,
        keeps: C::KEEPS,
        note: C::NOTE,
        usual: C::USUAL,
        descriptors: C::DESCRIPTORS,
        tuned: || C::TUNED.iter().map(|choice| (choice.option, choice.why)).collect(),
        can_send: C::can_send,
        open,
    }
}

/// A peer: a program in another language, which takes part only if it is named.
const fn peer(client: &'static str, executor: Executor) -> Entry {
    Entry {
        client,
        client_crate: "",
        executor,
        https: true,
        keeps: true,
        note: "",
        usual: false,
        descriptors: 1,
        tuned: Vec::new,
        can_send: |_, _| false,
        open: Open::Elsewhere,
    }
}

impl Entry {
    /// Returns the version of the client: of its crate, or the one that a peer was set up with.
    pub fn client_version(&self) -> Option<String> {
        match self.open {
            Open::Here(_) => lockfile::version(self.client_crate).map(str::to_owned),
            Open::Elsewhere => external::version(&external::ready(self)?.client),
        }
    }

    /// Returns the version of the executor in the same way, or `None` for threads.
    pub fn executor_version(&self) -> Option<String> {
        match self.open {
            Open::Here(_) => lockfile::version(self.executor.name()).map(str::to_owned),
            Open::Elsewhere => external::version(&external::ready(self)?.executor),
        }
    }

    /// Returns whether it is a peer: a program in another language.
    pub fn is_peer(&self) -> bool {
        matches!(self.open, Open::Elsewhere)
    }

    /// Returns whether it can be opened. A peer has to be set up first.
    pub fn is_set_up(&self) -> bool {
        !self.is_peer() || external::ready(self).is_some()
    }

    /// Returns the first of the user's headers that it cannot send.
    pub fn unsendable<'a>(&self, headers: &'a HeaderMap) -> Option<&'a HeaderName> {
        headers.iter().find(|(name, value)| !(self.can_send)(name, value)).map(|(name, _)| name)
    }

    /// Returns the options that differ from the library's defaults, each with its reason. Without
    /// any, the backend has no default tier beside the tuned one.
    pub fn tuned(&self) -> Vec<Tuned> {
        (self.tuned)()
    }
}
