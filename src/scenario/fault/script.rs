//! Scripts: what the mock server sends instead of a correct answer.

use std::time::Duration;

/// An answer in steps, and the end of its connection.
#[derive(Debug)]
pub struct Script {
    /// The steps, in order.
    pub steps: &'static [Step],
    /// The end of the connection.
    pub end: End,
}

/// A step of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Sends these bytes.
    Bytes(&'static [u8]),
    /// Sends these bytes this number of times.
    Times(usize, &'static [u8]),
    /// Sends the head of a correct reply, without the empty line at its end.
    Head,
    /// Sends the length of the body plus this number, in digits.
    Length(i64),
    /// Sends the body.
    Body,
    /// Sends the first half of the body.
    FirstHalf,
    /// Sends the body as one chunk of a chunked body, with these bytes after its size.
    Chunk(&'static [u8]),
    /// Sends the body of the next visit.
    OtherBody,
    /// Sends the end of a head and its body: ten million zeros, compressed with gzip.
    Zeros,
    /// Sends the url of this visit.
    Itself,
    /// Sends the url of the same visit of the previous site in the scenario.
    SiteBefore,
    /// Waits for this duration.
    Wait(Duration),
    /// Sends a frame of HTTP/2: its type, its flags, its stream, and the steps of its payload.
    Frame(u8, u8, FrameStream, &'static [Self]),
    /// Sends the number of a stream.
    Stream(FrameStream),
    /// Sends a header field as a literal without indexing (RFC 7541, section 6.2.2). Both texts are
    /// shorter than 127 bytes.
    Field(&'static str, &'static str),
    /// Sends the same for a content-length: the length of the body plus this number.
    LengthField(i64),
    /// Sends the body in DATA frames of one byte. The last one ends the stream.
    ByteFrames,
    /// Waits until the client has acknowledged a PING.
    Pong,
}

/// The stream of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameStream {
    /// Stream 0, the connection.
    Connection,
    /// The stream of the request.
    Asked,
    /// The stream that the client has opened before it, or 0.
    Before,
    /// A stream that the client has not opened yet.
    Idle,
    /// A stream that only the server can open.
    Even,
    /// The highest stream.
    Highest,
}

impl FrameStream {
    /// Returns its number, given that of the request.
    pub fn number(self, asked: u32) -> u32 {
        match self {
            Self::Connection => 0,
            Self::Asked => asked,
            Self::Before => asked.saturating_sub(2),
            Self::Idle => asked + 1000,
            Self::Even => 2,
            Self::Highest => (1 << 31) - 1,
        }
    }
}

/// The end of a connection after its script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// Reads the next request.
    Keep,
    /// Closes the connection with a FIN.
    Close,
    /// Closes the connection without the `close_notify` that TLS requires.
    Cut,
    /// Resets the connection with a RST.
    Reset,
    /// Keeps the connection open and sends nothing more.
    Stay,
    /// Does these steps this number of times, then pauses, and repeats until the client goes. The
    /// pause limits the load on a core, even if the client reads fast.
    Forever(&'static [Step], usize, Duration),
}
