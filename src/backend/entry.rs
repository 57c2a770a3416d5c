//! A backend without options: a client on an executor.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::executor::{AsyncExecutor, Executor};
use super::job::SessionSettings;
use super::options::BackendOptions;
use super::{asynchronous, external, fake, sequential, threads};
use crate::client::{AsyncClient, BlockingClient, Client};
use crate::fetch::{Capabilities, Capability, Fetch};
use crate::record::lockfile;

/// A client and an executor that work together, ready to be opened: one line of
/// [`ALL`](super::ALL).
#[derive(Debug)]
pub struct Entry {
    /// The name of the client: that of its crate, if it has one.
    pub client: &'static str,
    /// The executor that runs the fetches.
    pub executor: Executor,
    /// The cargo features that it needs.
    pub features: &'static [&'static str],
    /// The language that it is written in.
    pub language: &'static str,
    /// The files in `benches/footprint` that make its smallest program, without `.rs`.
    pub footprint: &'static [&'static str],
    /// What it can do beyond plain HTTP/1.1.
    pub capabilities: Capabilities,
    /// A short remark that lists show; may be empty.
    pub note: &'static str,
    /// Its parts that are written here, and that no crate has; may be empty.
    pub written_here: &'static str,
    /// Whether it takes part when no backend is named.
    pub usual: bool,
    /// The crate of the client; empty if it is a program in another language.
    pub client_crate: &'static str,
    /// File descriptors per fetch in flight.
    pub(super) descriptors: usize,
    /// Options that differ from the library's defaults, and the reasons.
    tuned: fn() -> Vec<Tuned>,
    /// Whether it can send this header of the user's.
    can_send: fn(&HeaderName, &HeaderValue) -> bool,
    pub(super) open: Opener,
    /// How it speaks HTTP/2; `None` if it cannot.
    pub(super) http2: Option<Http2>,
}

/// How a backend speaks HTTP/2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Http2 {
    pub open: Opener,
    /// Whether its pool is fetchbench's, so that its name can set the number of connections.
    pub has_pool: bool,
    /// Whether it speaks no other version.
    pub is_only: bool,
}

/// An option that differs from its library's default, and the reason.
pub type Tuned = (&'static str, &'static str);

/// Opens a session.
type OpenHere = fn(&BackendOptions, SessionSettings) -> anyhow::Result<Box<dyn Fetch>>;

/// Where a session is opened.
#[derive(Debug, Clone, Copy)]
pub(super) enum Opener {
    /// In this process.
    Here(OpenHere),
    /// In the process of a peer.
    Elsewhere,
}

pub(super) const fn sequential<C: BlockingClient>() -> Entry {
    entry::<C>(Executor::Sequential, sequential::open::<C>)
}

pub(super) const fn threads<C: BlockingClient>() -> Entry {
    entry::<C>(Executor::Threads, threads::open::<C>)
}

pub(super) const fn tasks<E: AsyncExecutor, C: AsyncClient>() -> Entry {
    entry::<C>(E::EXECUTOR, asynchronous::open::<E, C>)
}

pub(super) const fn entry<C: Client>(executor: Executor, open: OpenHere) -> Entry {
    Entry {
        client: C::NAME,
        client_crate: C::CRATE,
        capabilities: C::CAPABILITIES,
        note: C::NOTE,
        written_here: C::WRITTEN_HERE,
        usual: C::USUAL,
        descriptors: C::DESCRIPTORS,
        tuned: || C::TUNED.iter().map(|choice| (choice.option, choice.why)).collect(),
        can_send: C::can_send,
        ..plain(C::NAME, executor, Opener::Here(open))
    }
}

/// A peer: a program in another language, which takes part only if it is named.
pub(super) const fn peer(
    client: &'static str,
    executor: Executor,
    language: &'static str,
) -> Entry {
    Entry { language, can_send: |_, _| false, ..plain(client, executor, Opener::Elsewhere) }
}

pub(super) const fn fake() -> Entry {
    plain("fake", Executor::Virtual, Opener::Here(fake::open))
}

/// Returns an entry without features and footprint, which the registry adds.
const fn plain(client: &'static str, executor: Executor, open: Opener) -> Entry {
    Entry {
        client,
        executor,
        features: &[],
        language: "Rust",
        footprint: &[],
        capabilities: Capabilities::of(&[Capability::Https, Capability::KeepAlive]),
        note: "",
        written_here: "",
        usual: false,
        client_crate: "",
        descriptors: 1,
        tuned: Vec::new,
        can_send: |_, _| true,
        open,
        http2: None,
    }
}

impl Entry {
    /// Returns an entry that also speaks HTTP/2, over connections of the client's own pool.
    pub(super) const fn with_http2(self, open: OpenHere) -> Self {
        let open = Opener::Here(open);
        self.with(Http2 { open, has_pool: false, is_only: false })
    }

    /// Returns an entry that also speaks HTTP/2, over connections of fetchbench's pool.
    pub(super) const fn with_http2_pool(self, open: OpenHere) -> Self {
        let open = Opener::Here(open);
        self.with(Http2 { open, has_pool: true, is_only: false })
    }

    /// Returns a peer that also speaks HTTP/2.
    pub(super) const fn or_http2(self) -> Self {
        self.with(Http2 { open: Opener::Elsewhere, has_pool: false, is_only: false })
    }

    /// Returns a peer that speaks HTTP/2 and no other version.
    pub(super) const fn only_http2(self) -> Self {
        self.with(Http2 { open: Opener::Elsewhere, has_pool: false, is_only: true })
    }

    const fn with(self, http2: Http2) -> Self {
        let capabilities = self.capabilities.with(Capability::Http2);
        Self { capabilities, http2: Some(http2), ..self }
    }

    /// Returns whether it speaks HTTP/2 and no other version.
    pub(super) fn is_only_http2(&self) -> bool {
        self.http2.is_some_and(|http2| http2.is_only)
    }

    /// Returns the entry with the features and the footprint that the registry names.
    pub(super) const fn registered(
        self,
        features: &'static [&'static str],
        footprint: &'static [&'static str],
    ) -> Self {
        Self { features, footprint, ..self }
    }

    /// Returns the version of the client: of its crate, or the one that a peer was set up with.
    pub fn client_version(&self) -> Option<String> {
        match self.open {
            Opener::Here(_) => lockfile::version(self.client_crate).map(str::to_owned),
            Opener::Elsewhere => external::version(&external::ready(&self.name())?.client),
        }
    }

    /// Returns the version of the executor in the same way, or `None` for threads.
    pub fn executor_version(&self) -> Option<String> {
        match self.open {
            Opener::Here(_) => lockfile::version(self.executor.name()).map(str::to_owned),
            Opener::Elsewhere => external::version(&external::ready(&self.name())?.executor),
        }
    }

    /// Returns whether it can do this.
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.has(capability)
    }

    /// Returns whether it is a peer: a program in another language.
    pub fn is_peer(&self) -> bool {
        matches!(self.open, Opener::Elsewhere)
    }

    /// Returns whether it can be opened. A peer has to be set up first.
    pub fn is_set_up(&self) -> bool {
        !self.is_peer() || external::ready(&self.name()).is_some()
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
