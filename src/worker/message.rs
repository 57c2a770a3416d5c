//! What is said, and what it is in JSON.

use std::num::NonZeroUsize;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::Url;

use super::PROTOCOL;
use crate::fetch::answer::{Beginning, Page};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::roots;
use crate::fetch::{AGENT, Connections, Fetched, Limits, Pass};
use crate::worker::counting::Counts;

/// What a worker is told, a line each: `{"open": …}` once, then `{"pass": …}` as often as is asked.
/// It ends with its standard input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// What to fetch, and within which limits.
    Open(Open),
    /// Fetch the whole list once.
    Pass(PassOrder),
}

/// What a worker says, a line for each order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// The session is open.
    Ready(Ready),
    /// The pass is over.
    Pass(PassDone),
    /// The worker cannot go on, and why.
    Error(String),
}

/// What to fetch, and within which limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Open {
    /// The version of the protocol: [`PROTOCOL`].
    pub protocol: u32,
    /// The urls, in order. Where `visits` is set, a visit's number is to be put behind each.
    pub urls: Vec<String>,
    /// Whether the url of a site is its entry in `urls`, a slash and the number of the visit.
    pub visits: bool,
    /// The most fetches at one moment, and the most connections.
    pub concurrency: NonZeroUsize,
    /// The longest a fetch may take, in milliseconds.
    pub deadline_ms: u64,
    /// The longest body that is accepted, in bytes.
    pub max_body: u64,
    /// How many redirects are to be followed.
    pub redirects: u32,
    /// What becomes of connections.
    pub connections: Connections,
    /// What to send as `user-agent`.
    #[serde(default)]
    pub user_agent: String,
    /// Certificates to trust for https in place of the web's roots, as PEM text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cacert: Option<String>,
    /// Whether [`Details`] of each answer are wanted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub details: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Open {
    /// The message for a list of urls and its limits.
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
        }
    }

    /// The limits.
    pub fn limits(&self) -> Limits {
        Limits {
            deadline: Duration::from_millis(self.deadline_ms),
            max_body: self.max_body,
            redirects: self.redirects,
            connections: self.connections,
            ..Limits::new(self.concurrency)
        }
    }

    /// The certificates to trust.
    ///
    /// # Errors
    ///
    /// The text is no PEM, or holds what cannot be a root.
    pub fn roots(&self) -> anyhow::Result<Option<roots::Roots>> {
        self.cacert.as_deref().map(|pem| roots::read(pem.as_bytes())).transpose()
    }

    /// The urls of a pass.
    ///
    /// # Errors
    ///
    /// Names the one that is none.
    pub fn urls(&self, order: &PassOrder) -> anyhow::Result<Vec<Url>> {
        let url = |text: &String| {
            let of_visit = self.visits && order.urls.is_none();
            let parsed = if of_visit {
                Url::parse(&format!("{text}/{}", order.visit))
            } else {
                Url::parse(text)
            };
            parsed.map_err(|error| anyhow::anyhow!("{text}: {error}"))
        };
        order.urls.as_ref().unwrap_or(&self.urls).iter().map(url).collect()
    }
}

/// One pass to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassOrder {
    /// The number of the visit, new with each pass.
    pub visit: u64,
    /// Whether allocations and instructions are to be counted. Such a pass is not timed, since
    /// counting costs time.
    #[serde(default)]
    pub count: bool,
    /// What to fetch in place of the urls of [`Open`], as they stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urls: Option<Vec<String>>,
}

impl PassOrder {
    /// A pass over the urls of [`Open`].
    pub fn new(visit: u64) -> Self {
        Self { visit, count: false, urls: None }
    }

    /// The same, to be counted and not timed.
    pub fn counted(visit: u64) -> Self {
        Self { count: true, ..Self::new(visit) }
    }
}

/// A session that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The client and its version.
    pub client: String,
    /// The executor and its version.
    pub executor: String,
    /// How many threads fetch.
    pub threads: usize,
}

/// A pass that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PassDone {
    /// The number of the visit, as it was ordered.
    pub visit: u64,
    /// From just before the first request to just after the last body byte, in nanoseconds.
    pub elapsed_ns: u64,
    /// One for each url, in the order of the urls.
    pub fetched: Vec<Outcome>,
    /// What was counted, where that was asked for and can be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
}

/// What happened to one url: a short array, since there are thousands of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    /// `[started_ns, elapsed_ns, status, bytes, crc32]`
    Answered(u64, u64, u16, u64, u32),
    /// `[started_ns, elapsed_ns, status, bytes, crc32, {"beginning": …, "url": …}]`, where details
    /// are wanted
    Detailed(u64, u64, u16, u64, u32, Details),
    /// `[started_ns, elapsed_ns, class, message]`
    Failed(u64, u64, ErrorClass, String),
    /// `[started_ns, elapsed_ns, class, message, "accepted"]`
    Objected(u64, u64, ErrorClass, String, Accepted),
}

/// What a person wants to see of an answer, beside what is verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// The first forty bytes of the body, in base64.
    pub beginning: String,
    /// The url that was answered in the end, which redirects may have led to.
    pub url: Option<String>,
}

/// That a client had accepted an answer, and only a check of the worker's own objected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accepted {
    /// It had.
    Accepted,
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl PassDone {
    /// The message for a pass.
    pub fn new(visit: u64, pass: &Pass, counts: Option<Counts>, details: bool) -> Self {
        let fetched = pass.fetched.iter().map(|fetched| Outcome::of(fetched, details)).collect();
        Self { visit, elapsed_ns: nanoseconds(pass.elapsed), fetched, counts }
    }

    /// Returns whether every answer comes with the url that answered.
    pub fn has_urls(&self) -> bool {
        !self.fetched.iter().any(|outcome| matches!(outcome, Outcome::Answered(..)))
    }

    /// The pass. Its pages have beginnings only where details were wanted.
    pub fn pass(self) -> Pass {
        let fetched = self.fetched.into_iter().map(Outcome::fetched).collect();
        Pass { elapsed: Duration::from_nanos(self.elapsed_ns), fetched }
    }
}

impl Outcome {
    fn of(fetched: &Fetched, details: bool) -> Self {
        let (started, elapsed) = (nanoseconds(fetched.started), nanoseconds(fetched.elapsed));
        match &fetched.result {
            Ok(page) if details => {
                let url = fetched.final_url.as_ref().map(|url| url.to_string());
                let details =
                    Details { beginning: STANDARD.encode(page.beginning.as_bytes()), url };
                Self::Detailed(started, elapsed, page.status, page.bytes, page.crc32, details)
            }
            Ok(page) => Self::Answered(started, elapsed, page.status, page.bytes, page.crc32),
            Err(error) => {
                let message = error.message.to_string();
                match error.accepted {
                    false => Self::Failed(started, elapsed, error.class, message),
                    true => {
                        Self::Objected(started, elapsed, error.class, message, Accepted::Accepted)
                    }
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
                (started, elapsed, Err(FetchError::new(class, message)))
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

    #[test]
    fn messages_are_what_the_protocol_says() {
        let limits = Limits::new(NonZeroUsize::new(7).unwrap());
        let open = Open::new(vec!["http://127.0.0.1:1/0".to_owned()], true, &limits);
        let json = |order: &Order| serde_json::to_string(order).unwrap();
        assert_eq!(
            json(&Order::Open(open.clone())),
            r#"{"open":{"protocol":1,"urls":["http://127.0.0.1:1/0"],"visits":true,"concurrency":7,"deadline_ms":30000,"max_body":67108864,"redirects":0,"connections":"warm","user_agent":"fetchbench/VERSION"}}"#
                .replace("VERSION", env!("CARGO_PKG_VERSION"))
        );
        assert_eq!(open.urls(&PassOrder::new(5)).unwrap()[0].as_str(), "http://127.0.0.1:1/0/5");
        assert_eq!(
            serde_json::from_str::<Order>(r#"{"pass":{"visit":3}}"#).unwrap(),
            Order::Pass(PassOrder::new(3))
        );
        let done = r#"{"pass":{"visit":3,"elapsed_ns":9,"fetched":[[1,2,200,5,4277009102],[1,2,"timeout","late"]]}}"#;
        let reply: Reply = serde_json::from_str(done).unwrap();
        assert_eq!(serde_json::to_string(&reply).unwrap(), done);
    }

    #[test]
    fn a_pass_survives_the_wire_but_for_what_is_not_sent() {
        let page = Page { status: 200, bytes: 5, crc32: 7, beginning: Beginning::default() };
        let fetched = |result| Fetched {
            started: Duration::from_nanos(1),
            elapsed: Duration::from_nanos(2),
            final_url: None,
            result,
        };
        let failures = [
            FetchError::new(ErrorClass::BodyShort, "the client noticed"),
            FetchError::objection(ErrorClass::BodyShort, "only we did"),
        ];
        let results = [Ok(page)].into_iter().chain(failures.map(Err));
        let pass =
            Pass { elapsed: Duration::from_nanos(9), fetched: results.map(fetched).collect() };
        for details in [false, true] {
            let text = serde_json::to_string(&PassDone::new(3, &pass, None, details)).unwrap();
            assert_eq!(serde_json::from_str::<PassDone>(&text).unwrap().pass(), pass);
        }
    }
}
