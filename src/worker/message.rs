//! The messages of the protocol and their form in JSON.

use std::num::NonZeroUsize;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::Url;

use super::PROTOCOL;
use crate::fetch::answer::{Beginning, Page};
use crate::fetch::error::{ErrorClass, FetchError, os_number_in};
use crate::fetch::{AGENT, Capabilities, Capability, Connections, Fetched, Limits, Pass};
use crate::worker::counting::Counts;

/// An order to a worker, one line each: `{"open": …}`, then any number of `{"pass": …}`, and of
/// further `{"open": …}`. The worker ends when its standard input does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Close the session, if one is open, and open a new one: the urls to fetch and the limits.
    Open(OpenOrder),
    /// Fetch the whole list once.
    Pass(PassOrder),
}

/// A worker's reply to an order, one line each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkerReply {
    /// The session is open.
    Ready(Ready),
    /// The pass is over.
    Pass(PassDone),
    /// The worker cannot go on, for this reason.
    Error(String),
}

/// The urls to fetch and the limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenOrder {
    /// The version of the protocol: [`PROTOCOL`].
    pub protocol: u32,
    /// The urls, in order. If `visits` is set, the number of the visit is appended to each.
    pub urls: Vec<String>,
    /// Whether the url of a site is its entry in `urls`, a slash and the number of the visit.
    pub visits: bool,
    /// The maximum number of fetches in flight, and of connections.
    pub concurrency: NonZeroUsize,
    /// The maximum time of a fetch, in milliseconds.
    pub deadline_ms: u64,
    /// The longest accepted body, in bytes.
    pub max_body: u64,
    /// The maximum number of redirects to follow.
    pub redirects: u32,
    /// How long connections are kept.
    pub connections: Connections,
    /// The `user-agent` to send.
    #[serde(default)]
    pub user_agent: String,
    /// Certificates to trust for https instead of the web's roots, as PEM text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cacert: Option<String>,
    /// Whether to send the [`Details`] of each answer.
    #[serde(default, skip_serializing_if = "is_false")]
    pub details: bool,
    /// Whether to send the system's error number with a failure.
    #[serde(default, skip_serializing_if = "is_false")]
    pub error_numbers: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl OpenOrder {
    /// Creates the order for a list of urls and its limits.
    pub fn new(urls: Vec<String>, visits: bool, limits: &Limits) -> Self {
        Self {
            protocol: PROTOCOL,
            urls,
            visits,
            concurrency: limits.concurrency,
            deadline_ms: limits.deadline.as_millis() as u64,
            max_body: limits.max_body,
            redirects: limits.redirects,
            connections: limits.connections,
            user_agent: AGENT.to_owned(),
            cacert: None,
            details: false,
            error_numbers: true,
        }
    }

    /// Returns the limits.
    pub fn limits(&self) -> Limits {
        Limits {
            deadline: Duration::from_millis(self.deadline_ms),
            max_body: self.max_body,
            redirects: self.redirects,
            connections: self.connections,
            ..Limits::new(self.concurrency)
        }
    }

    /// Returns the urls of a pass.
    ///
    /// # Errors
    ///
    /// One of them is invalid; the message names it.
    pub fn urls(&self, order: &PassOrder) -> anyhow::Result<Vec<Url>> {
        let visit = (self.visits && order.urls.is_none()).then_some(order.visit);
        order
            .urls
            .as_ref()
            .unwrap_or(&self.urls)
            .iter()
            .map(|text| parse_url(text, visit))
            .collect()
    }
}

/// Parses a url, with a slash and the number of the visit appended if there is one.
fn parse_url(text: &str, visit: Option<u64>) -> anyhow::Result<Url> {
    let parsed = match visit {
        Some(visit) => Url::parse(&format!("{text}/{visit}")),
        None => Url::parse(text),
    };
    parsed.map_err(|error| anyhow::anyhow!("{text}: {error}"))
}

/// An order to make one pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassOrder {
    /// The number of the visit, new with each pass.
    pub visit: u64,
    /// Whether to count allocations and instructions. Such a pass is not timed, because counting
    /// costs time.
    #[serde(default)]
    pub count: bool,
    /// The urls to fetch instead of those of [`OpenOrder`]; nothing is appended to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urls: Option<Vec<String>>,
}

impl PassOrder {
    /// Creates an order for a pass over the urls of [`OpenOrder`].
    pub fn new(visit: u64) -> Self {
        Self { visit, count: false, urls: None }
    }

    /// Creates an order for such a pass that is counted and not timed.
    pub fn counted(visit: u64) -> Self {
        Self { count: true, ..Self::new(visit) }
    }
}

/// The reply to an order to open a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The client and its version.
    pub client: String,
    /// The executor and its version.
    pub executor: String,
    /// The number of threads that fetch.
    pub threads: usize,
    /// What it can do beyond plain HTTP/1.1: names of [`Capability`]. A
    /// worker that does not say is taken to fetch https.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaks: Option<Vec<String>>,
    /// The time of opening the session, in nanoseconds, without that of closing the one before;
    /// [`serve`](super::serve()) sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening_ns: Option<u64>,
}

impl Ready {
    /// Returns what the worker can do.
    pub fn capabilities(&self) -> Capabilities {
        match &self.speaks {
            Some(names) => Capabilities::parse(names),
            None => Capabilities::of(&Capability::ALL),
        }
    }
}

/// The reply to an order to make a pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PassDone {
    /// The number of the visit, from the order.
    pub visit: u64,
    /// From just before the first request to just after the last body byte, in nanoseconds.
    pub elapsed_ns: u64,
    /// One outcome for each url, in the order of the urls.
    pub fetched: Vec<FetchOutcome>,
    /// The counts, if they were asked for and the worker can count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
}

/// The outcome of one url: a short array, because there are thousands of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FetchOutcome {
    /// `[started_ns, elapsed_ns, status, bytes, crc32]`
    Answered(u64, u64, u16, u64, u32),
    /// `[started_ns, elapsed_ns, status, bytes, crc32, {"beginning": …, "url": …}]`, if details are
    /// asked for
    Detailed(u64, u64, u16, u64, u32, Details),
    /// `[started_ns, elapsed_ns, class, message]`
    Failed(u64, u64, ErrorClass, String),
    /// `[started_ns, elapsed_ns, class, message, os]`, if a system call failed with this number
    FailedInSystem(u64, u64, ErrorClass, String, i32),
    /// `[started_ns, elapsed_ns, class, message, "accepted"]`
    Objected(u64, u64, ErrorClass, String, Accepted),
}

/// Details of an answer for people to read, beside the values that are verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// The first forty bytes of the body, in base64.
    pub beginning: String,
    /// The url that answered in the end, possibly after redirects.
    pub url: Option<String>,
}

/// Marks an answer that the client accepted and only a check of the worker rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accepted {
    /// The client accepted the answer.
    Accepted,
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl PassDone {
    /// Creates the reply for a pass of the session that `open` opened.
    pub fn new(visit: u64, pass: &Pass, counts: Option<Counts>, open: &OpenOrder) -> Self {
        let fetched = pass.fetched.iter().map(|fetched| FetchOutcome::new(fetched, open)).collect();
        Self { visit, elapsed_ns: nanoseconds(pass.elapsed), fetched, counts }
    }

    /// Returns whether every answer comes with the url that answered.
    pub fn has_urls(&self) -> bool {
        !self.fetched.iter().any(|outcome| matches!(outcome, FetchOutcome::Answered(..)))
    }

    /// Converts the reply to a pass. Its pages have beginnings only if details were asked for.
    pub fn pass(self) -> Pass {
        let fetched = self.fetched.into_iter().map(FetchOutcome::fetched).collect();
        Pass { elapsed: Duration::from_nanos(self.elapsed_ns), fetched }
    }
}

impl FetchOutcome {
    fn new(fetched: &Fetched, open: &OpenOrder) -> Self {
        let (started, elapsed) = (nanoseconds(fetched.started), nanoseconds(fetched.elapsed));
        match &fetched.result {
            Ok(page) if open.details => {
                let url = fetched.final_url.as_ref().map(|url| url.to_string());
                let details =
                    Details { beginning: STANDARD.encode(page.beginning.as_bytes()), url };
                Self::Detailed(started, elapsed, page.status, page.bytes, page.crc32, details)
            }
            Ok(page) => Self::Answered(started, elapsed, page.status, page.bytes, page.crc32),
            Err(error) => {
                let message = error.message.to_string();
                match (error.accepted, error.os) {
                    (true, _) => {
                        Self::Objected(started, elapsed, error.class, message, Accepted::Accepted)
                    }
                    (false, Some(os)) if open.error_numbers => {
                        Self::FailedInSystem(started, elapsed, error.class, message, os)
                    }
                    (false, _) => Self::Failed(started, elapsed, error.class, message),
                }
            }
        }
    }

    fn fetched(self) -> Fetched {
        let mut final_url = None;
        let (started, elapsed, result) = match self {
            Self::Answered(started, elapsed, status, bytes, crc32) => (
                started,
                elapsed,
                Ok(Page { status, bytes, crc32, beginning: Beginning::default() }),
            ),
            Self::Detailed(started, elapsed, status, bytes, crc32, details) => {
                let mut beginning = Beginning::default();
                beginning.extend(&STANDARD.decode(details.beginning).unwrap_or_default());
                final_url = details.url.and_then(|url| url.parse().ok()).map(Box::new);
                (started, elapsed, Ok(Page { status, bytes, crc32, beginning }))
            }
            Self::Failed(started, elapsed, class, message) => {
                let os = os_number_in(&message);
                (started, elapsed, Err(FetchError { os, ..FetchError::new(class, message) }))
            }
            Self::FailedInSystem(started, elapsed, class, message, os) => {
                let error = FetchError { os: Some(os), ..FetchError::new(class, message) };
                (started, elapsed, Err(error))
            }
            Self::Objected(started, elapsed, class, message, Accepted::Accepted) => {
                (started, elapsed, Err(FetchError::objection(class, message)))
            }
        };
        Fetched {
            started: Duration::from_nanos(started),
            elapsed: Duration::from_nanos(elapsed),
            final_url,
            result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetched(result: Result<Page, FetchError>) -> Fetched {
        Fetched {
            started: Duration::from_nanos(1),
            elapsed: Duration::from_nanos(2),
            final_url: None,
            result,
        }
    }

    #[test]
    fn messages_match_the_protocol() {
        let limits = Limits::new(NonZeroUsize::new(7).unwrap());
        let open = OpenOrder::new(vec!["http://127.0.0.1:1/0".to_owned()], true, &limits);
        assert_eq!(
            serde_json::to_string(&Order::Open(open.clone())).unwrap(),
            r#"{"open":{"protocol":1,"urls":["http://127.0.0.1:1/0"],"visits":true,"concurrency":7,"deadline_ms":30000,"max_body":67108864,"redirects":0,"connections":"warm","user_agent":"fetchbench/VERSION","error_numbers":true}}"#
                .replace("VERSION", env!("CARGO_PKG_VERSION"))
        );
        assert_eq!(open.urls(&PassOrder::new(5)).unwrap()[0].as_str(), "http://127.0.0.1:1/0/5");
        assert_eq!(
            serde_json::from_str::<Order>(r#"{"pass":{"visit":3}}"#).unwrap(),
            Order::Pass(PassOrder::new(3))
        );
        let done = r#"{"pass":{"visit":3,"elapsed_ns":9,"fetched":[[1,2,200,5,4277009102],[1,2,"timeout","late"]]}}"#;
        let reply: WorkerReply = serde_json::from_str(done).unwrap();
        assert_eq!(serde_json::to_string(&reply).unwrap(), done);
    }

    #[test]
    fn passes_survive_the_wire() {
        let page = Page { status: 200, bytes: 5, crc32: 7, beginning: Beginning::default() };
        let failures = [
            FetchError::new(ErrorClass::BodyShort, "the client noticed"),
            FetchError::io(&std::io::Error::from_raw_os_error(99), ErrorClass::Connect),
            FetchError::objection(ErrorClass::BodyShort, "only we did"),
        ];
        let results = [Ok(page)].into_iter().chain(failures.map(Err));
        let pass =
            Pass { elapsed: Duration::from_nanos(9), fetched: results.map(fetched).collect() };
        for details in [false, true] {
            let limits = Limits::new(NonZeroUsize::MIN);
            let open = OpenOrder { details, ..OpenOrder::new(Vec::new(), false, &limits) };
            let text = serde_json::to_string(&PassDone::new(3, &pass, None, &open)).unwrap();
            assert_eq!(serde_json::from_str::<PassDone>(&text).unwrap().pass(), pass);
        }
    }

    #[test]
    fn error_numbers_are_optional() {
        let error = FetchError::io(&std::io::Error::from_raw_os_error(99), ErrorClass::Connect);
        let pass = Pass { elapsed: Duration::ZERO, fetched: vec![fetched(Err(error))] };
        let open = OpenOrder::new(Vec::new(), false, &Limits::new(NonZeroUsize::MIN));
        let older = OpenOrder { error_numbers: false, ..open.clone() };
        for (open, entries) in [(open, 5), (older, 4)] {
            let done = serde_json::to_value(PassDone::new(0, &pass, None, &open)).unwrap();
            assert_eq!(done["fetched"][0].as_array().unwrap().len(), entries);
            // A worker of an older version has the number in its message alone.
            let read: PassDone = serde_json::from_value(done).unwrap();
            assert!(read.pass().fetched[0].result.as_ref().unwrap_err().is_out_of_ports());
        }
    }
}
