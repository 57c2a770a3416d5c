//! The other side's end: an order to a worker, and what it answers.

use std::fmt;
use std::time::Duration;

use super::message::{Order, Reply};
use crate::child::{Child, Silence};

/// Why an order was not answered.
#[derive(Debug)]
pub enum Unanswered {
    /// Nothing was heard in time.
    Hung,
    /// The worker has ended or said what cannot be understood.
    Broken(String),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hung => f.write_str("it does not answer"),
            Self::Broken(why) => f.write_str(why),
        }
    }
}

/// Gives a worker an order and waits for its answer.
///
/// # Errors
///
/// There is none, or it says that it cannot go on.
pub fn ask(worker: &mut Child, order: &Order, patience: Duration) -> Result<Reply, Unanswered> {
    let mut line = serde_json::to_vec(order).expect("orders are JSON");
    line.push(b'\n');
    let answer = worker.say(&line).and_then(|()| worker.hear(patience));
    let answer = answer.map_err(|silence| match silence {
        Silence::Hung(_) => Unanswered::Hung,
        other => Unanswered::Broken(other.to_string()),
    })?;
    match serde_json::from_slice(&answer) {
        Ok(Reply::Error(why)) => Err(Unanswered::Broken(why)),
        Ok(reply) => Ok(reply),
        Err(error) => Err(Unanswered::Broken(format!("it talks nonsense: {error}"))),
    }
}
