//! Answers backends over HTTP/2, and keeps what they send.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::thread;

use super::{DELAY, FIRST, Seen};
use crate::fetch::lock;
use crate::record::Http2Audit;
use crate::server::{AuditedConnection, SentHttp2, SentRequest};

/// Answers all requests of a connection. What it sends is kept if [`FIRST`] is among them.
pub(super) fn answer_all(mut stream: TcpStream, seen: &Mutex<Seen>) -> io::Result<()> {
    let mut connection = AuditedConnection::new();
    let mut buffer = vec![0; 16 << 10];
    let mut answered = 0;
    loop {
        let length = stream.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        let out = connection.receive(&buffer[..length]).map_err(|why| {
            lock(seen).violation.get_or_insert_with(|| why.to_owned());
            io::Error::other(why)
        })?;
        let requests = &connection.sent().requests;
        if requests.len() > answered {
            answered = requests.len();
            keep(connection.sent(), seen);
            thread::sleep(DELAY);
        }
        stream.write_all(&out)?;
    }
}

fn keep(sent: &SentHttp2, seen: &Mutex<Seen>) {
    let Some(first) = sent.requests.iter().find(|request| is_first(request)) else { return };
    let lines = first.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    let mut seen = lock(seen);
    seen.request = Some(lines.collect());
    seen.http2 = Some(Http2Audit {
        settings: sent.settings.clone(),
        window_updates: sent.window_updates.clone(),
        header_bytes: sent.requests.iter().map(|request| request.header_bytes as u64).collect(),
    });
}

fn is_first(request: &SentRequest) -> bool {
    let is_path = |(name, value): &(String, String)| name == ":path" && value == FIRST.trim_end();
    request.fields.iter().any(is_path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fetch_may_come_late() {
        let request = |path: &&str| SentRequest {
            fields: vec![(":path".to_owned(), (*path).to_owned())],
            header_bytes: path.len(),
        };
        let sent = |paths: &[&str]| SentHttp2 {
            requests: paths.iter().map(request).collect(),
            ..SentHttp2::default()
        };
        let seen = Mutex::default();
        keep(&sent(&["/0/01", "/1/0"]), &seen);
        assert!(lock(&seen).http2.is_none(), "of another connection");
        keep(&sent(&["/10/0", "/0/0"]), &seen);
        let seen: &Seen = &lock(&seen);
        assert_eq!(seen.request.as_deref(), Some(":path: /0/0\r\n"));
        assert_eq!(seen.http2.as_ref().unwrap().header_bytes, [5, 4]);
    }
}
