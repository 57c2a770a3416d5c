//! Checks the protocol on arbitrary lines: on mutants here, and on more in `fuzz/`.

use super::fixtures::{Idle, ready};
use super::message::{Order, WorkerReply};
use super::serve::serve_over;

/// Reads any bytes as the orders of a comparison, and as the replies of a worker.
///
/// # Panics
///
/// The worker sends an invalid reply or goes on after an error, or a message changes when it is
/// written and read once more.
pub fn examine(bytes: &[u8]) {
    let mut output = Vec::new();
    let ended = serve_over(bytes, &mut output, |open| {
        let _ = open.limits();
        Ok((ready(), Box::new(Idle)))
    });
    let output = String::from_utf8(output).expect("replies are text");
    let replies: Vec<WorkerReply> =
        output.lines().map(|line| serde_json::from_str(line).expect("a reply")).collect();
    let errors = replies.iter().filter(|reply| matches!(reply, WorkerReply::Error(_))).count();
    assert_eq!(errors, usize::from(ended.is_err()), "{output}");
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Ok(order) = serde_json::from_slice::<Order>(line) {
            let again = serde_json::to_string(&order).expect("orders are JSON");
            assert_eq!(serde_json::from_str::<Order>(&again).expect("an order"), order);
        }
        if let Ok(reply) = serde_json::from_slice::<WorkerReply>(line) {
            let again = serde_json::to_string(&reply).expect("replies are JSON");
            assert_eq!(serde_json::from_str::<WorkerReply>(&again).expect("a reply"), reply);
            if let WorkerReply::Pass(done) = reply {
                let fetches = done.fetched.len();
                assert_eq!(done.pass().fetched.len(), fetches);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::examine;
    use crate::stats::mutation;

    #[test]
    fn mutants_are_parsed_or_refused() {
        mutation::each("lines", 500, examine);
    }
}
