//! A connection that keeps what its client sends, and answers every request with the same page.

use super::frame::{
    ACK, END_HEADERS, END_STREAM, FrameKind, Http2Frame, number, write_header, write_headers,
    write_ping_ack,
};
use super::hpack::decode::HpackDecoder;
use super::settings::write_settings_ack;
use crate::server::http1::parse::HEAD_LIMIT;
use crate::server::opening::PREFACE;

/// The most entries of a list that are kept.
const MOST: usize = 64;

/// `:status` 200 and `content-length` 5, which change no table.
const HEAD: &[u8] = &[0x88, 0x0f, 0x0d, 1, b'5'];
const BODY: &[u8] = b"hello";

/// What a client has sent over HTTP/2.
#[derive(Debug, Clone, Default)]
pub(crate) struct SentHttp2 {
    /// Its settings, in order: identifier and value.
    pub settings: Vec<(u16, u32)>,
    /// Its WINDOW_UPDATE frames before the first answer: stream and increment.
    pub window_updates: Vec<(u32, u32)>,
    pub requests: Vec<SentRequest>,
}

#[derive(Debug, Clone)]
pub(crate) struct SentRequest {
    /// The header list, in order.
    pub fields: Vec<(String, String)>,
    /// The length of its block, as it was compressed.
    pub header_bytes: usize,
}

/// The server's end of a connection, without its socket.
#[derive(Debug)]
pub(crate) struct AuditedConnection {
    sent: SentHttp2,
    decoder: HpackDecoder,
    is_begun: bool,
    is_answered: bool,
    /// A frame that is not complete.
    incoming: Vec<u8>,
    /// The header block of a stream.
    block: Vec<u8>,
    stream: u32,
    out: Vec<u8>,
}

impl AuditedConnection {
    pub fn new() -> Self {
        let mut out = Vec::new();
        write_header(&mut out, 0, FrameKind::Settings, 0, 0);
        Self {
            sent: SentHttp2::default(),
            decoder: HpackDecoder::new(),
            is_begun: false,
            is_answered: false,
            incoming: Vec::new(),
            block: Vec::new(),
            stream: 0,
            out,
        }
    }

    /// Returns what the client has sent.
    pub fn sent(&self) -> &SentHttp2 {
        &self.sent
    }

    /// Takes bytes of the client, and returns those for the client.
    ///
    /// # Errors
    ///
    /// The client violates the protocol.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
        self.incoming.extend_from_slice(bytes);
        let incoming = std::mem::take(&mut self.incoming);
        let mut rest = &incoming[..];
        if !self.is_begun {
            if rest.len() < PREFACE.len() && PREFACE.starts_with(rest) {
                self.incoming = incoming;
                return Ok(Vec::new());
            }
            rest = rest.strip_prefix(PREFACE).ok_or("it does not begin with HTTP/2's preface")?;
            self.is_begun = true;
        }
        let too_long = |_| "it sent a frame of more than 16 KiB";
        while let Some((frame, after)) = Http2Frame::parse(rest).map_err(too_long)? {
            self.act(frame)?;
            rest = after;
        }
        self.incoming = rest.to_vec();
        self.is_answered = !self.sent.requests.is_empty();
        Ok(std::mem::take(&mut self.out))
    }

    fn act(&mut self, frame: Http2Frame<'_>) -> Result<(), &'static str> {
        match frame.kind {
            FrameKind::Settings if !frame.has(ACK) => {
                let room = MOST - self.sent.settings.len();
                let (settings, _) = frame.payload.as_chunks::<6>();
                self.sent.settings.extend(settings.iter().map(setting).take(room));
                write_settings_ack(&mut self.out);
            }
            FrameKind::Ping if !frame.has(ACK) => {
                let payload: &[u8; 8] =
                    frame.payload.try_into().map_err(|_| "it sent a malformed PING")?;
                write_ping_ack(&mut self.out, payload);
            }
            FrameKind::WindowUpdate
                if !self.is_answered && self.sent.window_updates.len() < MOST =>
            {
                let increment = number(frame.payload).unwrap_or_default();
                self.sent.window_updates.push((frame.stream, increment));
            }
            FrameKind::Headers => {
                self.block.clear();
                self.stream = frame.stream;
                let content = frame.content().map_err(|_| "it sent a malformed HEADERS frame")?;
                self.extend_block(content, frame.has(END_HEADERS))?;
            }
            FrameKind::Continuation => {
                self.extend_block(frame.payload, frame.has(END_HEADERS))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn extend_block(&mut self, piece: &[u8], is_end: bool) -> Result<(), &'static str> {
        if self.block.len() + piece.len() > HEAD_LIMIT {
            return Err("it sent too long a header block");
        }
        self.block.extend_from_slice(piece);
        if is_end { self.answer() } else { Ok(()) }
    }

    /// Keeps the request of a complete header block, and answers it.
    fn answer(&mut self) -> Result<(), &'static str> {
        let (mut fields, mut room) = (Vec::new(), HEAD_LIMIT);
        let decoded = self.decoder.decode(&self.block, |name, value| {
            let length = name.len() + value.len();
            if fields.len() < MOST && length <= room {
                room -= length;
                fields.push((text(name), text(value)));
            }
        });
        decoded.ok_or("it sent an invalid header block")?;
        if self.sent.requests.len() < MOST {
            let header_bytes = self.block.len();
            self.sent.requests.push(SentRequest { fields, header_bytes });
        }
        write_headers(&mut self.out, HEAD, false, self.stream);
        write_header(&mut self.out, BODY.len(), FrameKind::Data, END_STREAM, self.stream);
        self.out.extend_from_slice(BODY);
        Ok(())
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn setting(bytes: &[u8; 6]) -> (u16, u32) {
    let value = number(&bytes[2..]).unwrap_or_default();
    (u16::from_be_bytes([bytes[0], bytes[1]]), value)
}

#[cfg(test)]
mod tests {
    use super::super::frame::write_window_update;
    use super::*;

    /// What a client sends for one request.
    fn request() -> Vec<u8> {
        let mut bytes = PREFACE.to_vec();
        write_header(&mut bytes, 6, FrameKind::Settings, 0, 0);
        bytes.extend([0, 4, 0, 0, 0, 9]);
        write_window_update(&mut bytes, 0, 7);
        // RFC 7541, appendix C.3.1.
        write_header(&mut bytes, 2, FrameKind::Headers, END_STREAM, 1);
        bytes.extend([0x82, 0x86]);
        write_header(&mut bytes, 18, FrameKind::Continuation, END_HEADERS, 1);
        bytes.extend(b"\x84\x41\x0fwww.example.com");
        write_window_update(&mut bytes, 1, 5);
        bytes
    }

    #[test]
    fn requests_are_kept_in_any_pieces() {
        for size in [1, 7, 1_000] {
            let mut connection = AuditedConnection::new();
            let pieces = request();
            let out: Vec<u8> =
                pieces.chunks(size).flat_map(|piece| connection.receive(piece).unwrap()).collect();
            let sent = connection.sent();
            assert_eq!(sent.settings, [(4, 9)]);
            // In pieces, the answer comes before the second update.
            assert_eq!(sent.window_updates[0], (0, 7));
            assert_eq!(sent.window_updates.len(), if size == 1_000 { 2 } else { 1 });
            let [request] = &sent.requests[..] else { panic!("{sent:?}") };
            assert_eq!(request.header_bytes, 20);
            let names: Vec<&str> = request.fields.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, [":method", ":scheme", ":path", ":authority"]);
            assert_eq!(request.fields[3].1, "www.example.com");
            assert!(out.ends_with(BODY));
        }
    }

    #[test]
    fn other_protocols_are_refused() {
        let receive = |bytes: &[u8]| AuditedConnection::new().receive(bytes);
        assert!(receive(b"GET / HTTP/1.1\r\n\r\n").unwrap_err().contains("preface"));
        assert_eq!(receive(&PREFACE[..20]), Ok(Vec::new()));
        let long = [&PREFACE[..], &[0, 0x40, 1, 0, 0, 0, 0, 0, 0]].concat();
        assert!(receive(&long).unwrap_err().contains("16 KiB"));
    }
}
