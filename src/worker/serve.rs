//! The worker's side: reads orders, makes passes and writes replies.

use std::io::{BufRead, Read, Write};
use std::time::Instant;

use anyhow::{Context, bail, ensure};

use super::message::{OpenOrder, Order, PassDone, PassOrder, Ready, WorkerReply};
use super::{MAX_LINE_BYTES, PROTOCOL};
use crate::fetch::Fetch;
use crate::worker::counting;

/// Serves one comparison over standard input and output: opens sessions with `open`, one after
/// another, and makes passes until the input ends.
///
/// # Errors
///
/// Anything that keeps the worker from going on. The other side has received the error as well.
pub fn serve(
    open: impl FnMut(&OpenOrder) -> anyhow::Result<(Ready, Box<dyn Fetch>)>,
) -> anyhow::Result<()> {
    serve_over(std::io::stdin().lock(), std::io::stdout().lock(), open)
}

/// Like [`serve`], over any input and output.
///
/// # Errors
///
/// See [`serve`].
pub fn serve_over(
    input: impl BufRead,
    mut output: impl Write,
    open: impl FnMut(&OpenOrder) -> anyhow::Result<(Ready, Box<dyn Fetch>)>,
) -> anyhow::Result<()> {
    let ended = converse(input, &mut output, open);
    if let Err(error) = &ended {
        // Fails if the other side is gone.
        let _ = send(&mut output, &WorkerReply::Error(format!("{error:#}")));
    }
    ended
}

fn converse(
    mut input: impl BufRead,
    mut output: impl Write,
    mut open: impl FnMut(&OpenOrder) -> anyhow::Result<(Ready, Box<dyn Fetch>)>,
) -> anyhow::Result<()> {
    let mut current: Option<(OpenOrder, Box<dyn Fetch>)> = None;
    while let Some(next) = next_order(&mut input)? {
        match (next, &mut current) {
            (Order::Open(order), _) => {
                ensure!(
                    order.protocol == PROTOCOL,
                    "this worker speaks version {PROTOCOL} of the protocol, not {}",
                    order.protocol
                );
                // Closed before the clock starts.
                drop(current.take());
                let start = Instant::now();
                let (ready, session) = open(&order)?;
                let opening_ns = Some(start.elapsed().as_nanos() as u64);
                send(&mut output, &WorkerReply::Ready(Ready { opening_ns, ..ready }))?;
                current = Some((order, session));
            }
            (Order::Pass(pass), Some((order, session))) => {
                let done = make_pass(session.as_mut(), order, pass)?;
                send(&mut output, &WorkerReply::Pass(done))?;
            }
            (Order::Pass(_), None) => bail!("the first order must be to open a session"),
        }
    }
    Ok(())
}

fn make_pass(
    session: &mut dyn Fetch,
    open: &OpenOrder,
    order: PassOrder,
) -> anyhow::Result<PassDone> {
    let urls = open.urls(&order)?;
    let (pass, counts) = if order.count {
        let (pass, counts) = counting::count(|| session.fetch_all(&urls));
        (pass?, counts)
    } else {
        (session.fetch_all(&urls)?, None)
    };
    Ok(PassDone::new(order.visit, &pass, counts, open))
}

fn next_order(input: &mut impl BufRead) -> anyhow::Result<Option<Order>> {
    let mut line = String::new();
    input.by_ref().take(MAX_LINE_BYTES).read_line(&mut line).context("cannot read orders")?;
    if line.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(&line)
        .map(Some)
        .with_context(|| format!("not a valid order: {:.80}", line.trim_end()))
}

fn send(output: &mut impl Write, reply: &WorkerReply) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    output.write_all(&line).and_then(|()| output.flush()).context("cannot answer")
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Idle, ready};
    use super::*;

    const OPEN: &str = r#"{"open":{"protocol":1,"urls":["http://a/0","http://a/1"],"visits":true,"concurrency":1,"deadline_ms":1,"max_body":1,"redirects":0,"connections":"warm"}}"#;

    fn talk(lines: &str) -> (String, bool) {
        let mut output = Vec::new();
        let open = |_: &OpenOrder| Ok((ready(), Box::new(Idle) as Box<dyn Fetch>));
        let ended = serve_over(lines.as_bytes(), &mut output, open);
        (String::from_utf8(output).unwrap(), ended.is_ok())
    }

    #[test]
    fn every_order_gets_a_reply() {
        let (said, ended) = talk(&format!("{OPEN}\n{{\"pass\":{{\"visit\":4}}}}\n"));
        assert!(ended);
        let (ready, rest) = said.split_once(",\"opening_ns\":").unwrap();
        assert_eq!(ready, "{\"ready\":{\"client\":\"idle\",\"executor\":\"none\",\"threads\":1");
        let (_, pass) = rest.split_once("}}\n").unwrap();
        assert_eq!(pass, "{\"pass\":{\"visit\":4,\"elapsed_ns\":2,\"fetched\":[]}}\n");
        assert_eq!(talk(""), (String::new(), true));
    }

    #[test]
    fn sessions_are_opened_again() {
        let other = OPEN.replace("http://a/0", "http://b/0\",\"http://b/1");
        let pass = "{\"pass\":{\"visit\":4}}";
        let (said, ended) = talk(&format!("{OPEN}\n{pass}\n{other}\n{pass}\n"));
        assert!(ended);
        assert_eq!(said.matches("{\"ready\":").count(), 2, "{said}");
        assert!(said.contains("\"elapsed_ns\":2,") && said.contains("\"elapsed_ns\":3,"), "{said}");
    }

    #[test]
    fn errors_are_sent() {
        for (lines, why) in [
            ("{\"pass\":{\"visit\":4}}", "the first order must be to open"),
            ("nonsense", "not a valid order: nonsense"),
            (
                &*OPEN.replace("\"protocol\":1", "\"protocol\":2"),
                "speaks version 1 of the protocol, not 2",
            ),
            (
                &*format!("{}\n{{\"pass\":{{\"visit\":4}}}}", OPEN.replace("http://a/0", "//")),
                "//: ",
            ),
        ] {
            let (said, ended) = talk(lines);
            assert!(
                !ended && said.contains("{\"error\":") && said.contains(why),
                "{lines}: {said}"
            );
        }
    }
}
