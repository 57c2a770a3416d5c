//! The mock server as its own process, for tests.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use fetchbench::backend::Backend;
use fetchbench::client::UserOptions;
use fetchbench::fetch::{Fetch, Pass};
use fetchbench::scenario::Scenario;
use fetchbench::server::ServerProcess;
use fetchbench::server::witness::Witness;
use url::Url;

/// A server for the scenario of a test.
pub struct Mock {
    pub scenario: Scenario,
    process: ServerProcess,
}

impl Mock {
    /// Starts a server for a scenario given as TOML.
    pub fn start(toml: &str) -> Self {
        Self::start_on(Ipv4Addr::LOCALHOST.into(), toml)
    }

    /// Starts it on another address.
    pub fn start_on(ip: IpAddr, toml: &str) -> Self {
        let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        file.write_all(toml.as_bytes()).unwrap();
        let path = file.path().to_str().unwrap();
        let process =
            ServerProcess::start_on(ip, Path::new(env!("CARGO_BIN_EXE_fetchbench")), path, 1.0)
                .unwrap();
        Self { scenario: Scenario::load(path).unwrap(), process }
    }

    /// Where `visit` of each site is found.
    pub fn urls(&self, visit: u64) -> Vec<Url> {
        self.scenario.urls(self.process.origins(), visit)
    }

    /// What a session must be told to fetch from here: whom to trust.
    pub fn options(&self) -> UserOptions {
        UserOptions { roots: self.process.roots().unwrap(), ..UserOptions::default() }
    }

    /// What the server has seen since this was last called.
    pub fn take_witness(&self) -> Witness {
        self.process.take_witness().unwrap()
    }

    /// Makes one pass, and verifies it.
    pub fn verified(&self, backend: Backend, session: &mut dyn Fetch, visit: u64) -> Pass {
        let urls = self.urls(visit);
        let pass = session.fetch_all(&urls).unwrap();
        self.scenario
            .verify(visit, urls.len(), &pass)
            .unwrap_or_else(|error| panic!("{backend}, visit {visit}: {error}"));
        pass
    }
}
