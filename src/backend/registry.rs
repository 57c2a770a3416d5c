//! The table of backends: the pairs of client and executor that work together.

use std::fmt;

#[cfg(feature = "async-std")]
use super::async_std::AsyncStd;
use super::asynchronous::open as open_tasks;
#[cfg(feature = "cyper")]
use super::compio::Compio;
use super::entry::{Entry, entry, fake, peer, sequential, tasks, threads};
use super::event_loop;
use super::executor::Executor;
use super::name::NameParts;
#[cfg(feature = "smol")]
use super::smol::Smol;
#[cfg(feature = "tokio")]
use super::tokio::Tokio;
use crate::client::floor::Floor;
#[allow(clippy::wildcard_imports, reason = "every client of this build")]
use crate::client::*;

/// A backend, whether or not this build has it.
#[derive(Debug)]
pub(super) struct KnownBackend {
    /// `client@executor`
    pub name: &'static str,
    /// The cargo features that it needs.
    pub features: &'static [&'static str],
}

/// Lists the backends in the order in which they are shown, one entry each: its name, the cargo
/// features that it needs, the files in `benches/footprint` that make its smallest program, and how
/// it is opened.
macro_rules! registry {
    ($($name:literal, [$($feature:literal),*], [$($part:literal),*], $entry:expr;)*) => {
        /// Every backend of this build.
        pub static ALL: &[Entry] = &[$(
            #[cfg(all($(feature = $feature),*))]
            $entry.registered(&[$($feature),*], &[$($part),*]),
        )*];

        /// Every backend of any build.
        pub(super) static KNOWN: &[KnownBackend] =
            &[$(KnownBackend { name: $name, features: &[$($feature),*] }),*];
    };
}

registry! {
    "ureq@sequential", ["ureq"], ["ureq", "threads"], sequential::<Ureq>();
    "ureq@threads", ["ureq"], ["ureq", "threads"], threads::<Ureq>();
    "surf@async-std", ["async-std", "surf"], ["surf", "async-std"],
        tasks::<AsyncStd, Surf<AsyncStd>>();
    "surf@smol", ["smol", "surf"], ["surf", "smol"], tasks::<Smol, Surf<Smol>>();
    "surf@tokio", ["surf", "tokio"], ["surf", "tokio"], tasks::<Tokio, Surf<Tokio>>();
    "hyper@async-std", ["async-std", "hyper"], ["hyper", "connect-async-std", "async-std"],
        tasks::<AsyncStd, Hyper<AsyncStd>>()
            .with_http2_pool(open_tasks::<AsyncStd, HyperHttp2<AsyncStd>>);
    "hyper@smol", ["hyper", "smol"], ["hyper", "connect-smol", "smol"],
        tasks::<Smol, Hyper<Smol>>().with_http2_pool(open_tasks::<Smol, HyperHttp2<Smol>>);
    "hyper@tokio", ["hyper", "tokio"], ["hyper", "connect-tokio", "tokio"],
        tasks::<Tokio, Hyper<Tokio>>().with_http2_pool(open_tasks::<Tokio, HyperHttp2<Tokio>>);
    "ureq-proto@tokio", ["ureq-proto"], ["ureq-proto", "connect-tokio", "tokio"],
        tasks::<Tokio, UreqProto<Tokio>>();
    "reqwest@tokio", ["reqwest"], ["reqwest", "tokio"],
        tasks::<Tokio, Reqwest>().with_http2(open_tasks::<Tokio, Reqwest>);
    "reqwest-blocking@threads", ["reqwest-blocking"], ["reqwest-blocking", "threads"],
        threads::<ReqwestBlocking>();
    "hyper-util@tokio", ["hyper-util"], ["hyper-util", "tokio"],
        tasks::<Tokio, HyperUtil>().with_http2(open_tasks::<Tokio, HyperUtil>);
    "hyper-pool@tokio", ["hyper-pool"], ["hyper-pool", "tokio"],
        tasks::<Tokio, HyperPool>().with_http2(open_tasks::<Tokio, HyperPool>);
    "isahc@async-std", ["async-std", "isahc"], ["isahc", "async-std"], tasks::<AsyncStd, Isahc>()
        .with_http2(open_tasks::<AsyncStd, Isahc>);
    "isahc@smol", ["isahc", "smol"], ["isahc", "smol"], tasks::<Smol, Isahc>()
        .with_http2(open_tasks::<Smol, Isahc>);
    "isahc@tokio", ["isahc", "tokio"], ["isahc", "tokio"], tasks::<Tokio, Isahc>()
        .with_http2(open_tasks::<Tokio, Isahc>);
    "curl-multi@loop", ["curl"], ["curl"],
        entry::<curl_multi::CurlMulti>(Executor::Loop, super::curl_loop::open)
            .with_http2(super::curl_loop::open);
    "cyper@compio", ["cyper"], ["cyper", "compio"], tasks::<Compio, Cyper>()
        .with_http2(open_tasks::<Compio, Cyper>);
    "attohttpc@threads", ["attohttpc"], ["attohttpc", "threads"], threads::<Attohttpc>();
    "floor@loop", [], ["floor"], entry::<Floor>(Executor::Loop, event_loop::open)
        .with_http2_pool(event_loop::http2::open);
    "requests@python", [], [], peer("requests", Executor::Python, "Python");
    "requests@python-threads", [], [], peer("requests", Executor::PythonThreads, "Python");
    "httpx@python-threads", [], [], peer("httpx", Executor::PythonThreads, "Python");
    "httpx@asyncio", [], [], peer("httpx", Executor::Asyncio, "Python").or_http2();
    "niquests@asyncio", [], [], peer("niquests", Executor::Asyncio, "Python").or_http2();
    "aiohttp@asyncio", [], [], peer("aiohttp", Executor::Asyncio, "Python");
    "fetch@node", [], [], peer("fetch", Executor::Node, "JavaScript");
    "http2@node", [], [], peer("http2", Executor::Node, "JavaScript").only_http2();
    "net-http@go", [], [], peer("net-http", Executor::Go, "Go").or_http2();
    "curl@parallel", [], [], peer("curl", Executor::Parallel, "C");
    "fake", [], [], fake();
}

impl KnownBackend {
    /// Returns whether this build has it.
    pub fn is_built(&self) -> bool {
        ALL.iter().any(|entry| entry.name() == self.name)
    }

    /// Returns whether a client or an executor is named that it would bring to this build.
    pub fn brings(&self, named: &NameParts<'_>) -> bool {
        let Some(own) = NameParts::split(self.name) else { return false };
        let is_named = |part: &str| named.client == part || named.executor == Some(part);
        (is_named(own.client) && ALL.iter().all(|entry| entry.client != own.client))
            || own.executor.is_some_and(|executor| {
                is_named(executor) && ALL.iter().all(|entry| entry.executor.name() != executor)
            })
    }
}

impl fmt::Display for KnownBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_their_names() {
        let built: Vec<String> = ALL.iter().map(Entry::name).collect();
        let is_built = |known: &&KnownBackend| built.iter().any(|name| name == known.name);
        let named: Vec<&str> = KNOWN.iter().filter(is_built).map(|known| known.name).collect();
        assert_eq!(built, named);
        #[cfg(feature = "full")]
        assert_eq!(ALL.len(), KNOWN.len());
    }
}
