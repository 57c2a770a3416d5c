//! Peers as sessions: programs in other languages that speak the worker's protocol.
//!
//! [`peers`] sets each up as a program with the backend's name. `compare` starts that program
//! instead of this one, so that it alone is measured. Other commands use the session here.

use std::ffi::OsString;
use std::iter;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use url::Url;

use super::job::SessionSettings;
use super::peers;
use crate::fetch::roots;
use crate::fetch::{Capability, Fetch, Pass};
use crate::worker::child::Child;
use crate::worker::{
    MAX_LINE_BYTES, OPENING, OpenOrder, PassOrder, Patience, Ready, WorkerReply, ask_to_open,
    ask_to_pass,
};

/// How much longer a pass may take than the deadlines of its fetches.
const GRACE: Duration = Duration::from_secs(30);

/// The argument that makes a peer speak HTTP/2.
const HTTP2: &str = "+h2";

/// Returns the path of a peer's program, whether or not it is set up.
fn program(name: &str) -> PathBuf {
    peers::directory().unwrap_or_default().join(name)
}

/// Returns the command that runs a peer.
pub(super) fn command(name: &str, http2: bool) -> Vec<OsString> {
    let argument = http2.then(|| HTTP2.into());
    iter::once(program(name).into()).chain(argument).collect()
}

/// Returns the reply that a peer gave when it was set up, or `None` if it is not set up.
pub(super) fn ready(name: &str) -> Option<Ready> {
    let program = program(name);
    let reply = std::fs::read(program.with_file_name(format!("{name}.ready"))).ok()?;
    let WorkerReply::Ready(ready) = serde_json::from_slice(&reply).ok()? else { return None };
    program.is_file().then_some(ready)
}

/// Returns whether a peer is set up, over HTTP/2 by a version of this program that knew its HTTP/2.
pub(super) fn is_set_up(name: &str, http2: bool) -> bool {
    let is_able = |ready: Ready| !http2 || ready.capabilities().has(Capability::Http2);
    ready(name).is_some_and(is_able)
}

/// Returns the last word of a text such as `requests 2.34.2`.
pub(super) fn version(named: &str) -> Option<String> {
    named.rsplit_once(' ').map(|(_, version)| version.to_owned())
}

/// A session in another process.
struct Session {
    child: Child,
    settings: SessionSettings,
}

pub(super) fn open(name: &str, settings: SessionSettings) -> anyhow::Result<Box<dyn Fetch>> {
    let http2 = settings.client.protocol.is_http2();
    ensure!(is_set_up(name, http2), "it is not set up: run `fetchbench peers install`");
    let command = command(name, http2);
    let child = Child::start(Command::new(&command[0]).args(&command[1..]), MAX_LINE_BYTES)
        .context("it cannot be started")?;
    let mut session = Session { child, settings };
    let settings = &session.settings;
    let open = OpenOrder {
        cacert: settings.client.user.roots.as_ref().map(roots::pem),
        details: true,
        ..OpenOrder::new(Vec::new(), false, &settings.limits)
    };
    ask_to_open(&mut session.child, open, Patience::of(OPENING))?;
    Ok(Box::new(session))
}

impl Session {
    /// Returns how long a pass may take if every fetch lasts until its deadline.
    fn patience(&self, urls: usize) -> Duration {
        let limits = &self.settings.limits;
        let waves = urls.div_ceil(limits.concurrency.get()) as u32;
        limits.deadline.saturating_mul(waves).saturating_add(GRACE)
    }
}

impl Fetch for Session {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        let listed = urls.iter().map(|url| url.as_str().to_owned()).collect();
        let order = PassOrder { urls: Some(listed), ..PassOrder::new(0) };
        let patience = Patience::of(self.patience(urls.len()));
        let done = ask_to_pass(&mut self.child, order, patience)?;
        ensure!(
            done.fetched.len() == urls.len(),
            "it reported {} fetches for {} urls",
            done.fetched.len(),
            urls.len()
        );
        let mut pass = done.pass();
        for (fetched, url) in pass.fetched.iter_mut().zip(urls) {
            fetched.final_url.take_if(|found| same_resource(found, url));
        }
        // A peer does not report progress during a pass.
        self.settings.progress.add(urls.len());
        Ok(pass)
    }
}

/// Returns whether two urls differ at most in the fragment, which some clients do not report.
fn same_resource(a: &Url, b: &Url) -> bool {
    a[..url::Position::AfterQuery] == b[..url::Position::AfterQuery]
}
