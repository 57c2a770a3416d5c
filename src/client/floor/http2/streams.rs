//! The open streams of a connection, and how they end.

use std::collections::{HashMap, VecDeque};

use super::frame::kind;
use super::frame::{WINDOW, code, push_frame, push_window_update};
use super::hpack::Strings;
use super::response::{Bad, StreamResponse};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};

/// Streams that this side has cancelled lately: late frames may still arrive for them.
const CANCELLED_KEPT: usize = 1000;

/// The end of a fetch's stream.
#[derive(Debug)]
pub struct StreamEnd {
    /// The slot of the fetch.
    pub slot: usize,
    /// How it ended.
    pub outcome: StreamOutcome,
}

/// How a stream ended.
#[derive(Debug)]
pub enum StreamOutcome {
    /// With its whole response.
    Whole(Head, Box<Received>),
    /// Without it.
    Failed(FetchError),
    /// The server has not processed the request, which can be sent again (RFC 9113, section 8.7).
    Unprocessed(FetchError),
}

/// A stream that is open.
#[derive(Debug)]
struct Open {
    slot: usize,
    response: StreamResponse,
    /// Bytes that arrived since its window was last opened.
    received: u32,
}

/// The streams of a connection.
#[derive(Debug)]
pub(super) struct OpenStreams {
    open: HashMap<u32, Open>,
    /// The number of the next stream.
    next: u32,
    cancelled: VecDeque<u32>,
    /// The highest stream that was cancelled before those.
    forgotten: u32,
    /// Streams that have ended since the loop last asked.
    pub ended: Vec<StreamEnd>,
}

impl OpenStreams {
    pub fn new() -> Self {
        Self {
            open: HashMap::new(),
            next: 1,
            cancelled: VecDeque::new(),
            forgotten: 0,
            ended: Vec::new(),
        }
    }

    /// Returns the number of open streams.
    pub fn count(&self) -> usize {
        self.open.len()
    }

    /// Returns whether numbers are left for further streams.
    pub fn has_numbers(&self) -> bool {
        self.next < WINDOW
    }

    /// Opens a stream for a slot, and returns its number.
    pub fn begin(&mut self, slot: usize, max_body: u64) -> u32 {
        let stream = self.next;
        self.next += 2;
        let response = StreamResponse::new(max_body);
        self.open.insert(stream, Open { slot, response, received: 0 });
        stream
    }

    /// Cancels the stream of a slot after its fetch has ended.
    pub fn cancel(&mut self, slot: usize, out: &mut Vec<u8>) {
        let found = self.open.iter().find(|(_, open)| open.slot == slot);
        if let Some(stream) = found.map(|(stream, _)| *stream) {
            self.open.remove(&stream);
            self.reset(stream, code::CANCEL, out);
        }
    }

    fn reset(&mut self, stream: u32, code: u32, out: &mut Vec<u8>) {
        push_frame(out, kind::RST_STREAM, 0, stream, &code.to_be_bytes());
        if self.cancelled.len() == CANCELLED_KEPT
            && let Some(oldest) = self.cancelled.pop_front()
        {
            self.forgotten = self.forgotten.max(oldest);
        }
        self.cancelled.push_back(stream);
    }

    /// Returns whether frames of a stream may still arrive: it is open, or this side cancelled it.
    ///
    /// # Errors
    ///
    /// The code of the connection's error: the stream never was, or has ended.
    pub fn accepts(&self, stream: u32) -> Result<bool, u32> {
        if self.open.contains_key(&stream) {
            return Ok(true);
        }
        match self.was_opened(stream) {
            true if stream <= self.forgotten || self.cancelled.contains(&stream) => Ok(false),
            true => Err(code::STREAM_CLOSED),
            false => Err(code::PROTOCOL_ERROR),
        }
    }

    /// Returns whether this side has opened the stream, whatever has become of it.
    pub fn was_opened(&self, stream: u32) -> bool {
        stream % 2 == 1 && stream < self.next
    }

    /// Takes a block of an open stream.
    ///
    /// # Errors
    ///
    /// The code of the connection's error.
    pub fn take_block(
        &mut self,
        stream: u32,
        block: &[u8],
        is_last: bool,
        strings: &mut Strings,
        out: &mut Vec<u8>,
    ) -> Result<(), u32> {
        let Some(open) = self.open.get_mut(&stream) else {
            // A block is decoded for any stream, but without a table there is nothing to keep up.
            return Ok(());
        };
        match open.response.take_block(block, is_last, strings) {
            Ok(()) if is_last => self.finish(stream),
            Ok(()) => {}
            Err(bad) => self.refuse(stream, bad, out)?,
        }
        Ok(())
    }

    /// Takes a piece of a body; `length` is that of its frame.
    ///
    /// # Errors
    ///
    /// The code of the connection's error.
    pub fn take_data(
        &mut self,
        stream: u32,
        piece: &[u8],
        length: u32,
        is_last: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), u32> {
        let Some(open) = self.open.get_mut(&stream) else { return Ok(()) };
        match open.response.take_data(piece) {
            Ok(()) if is_last => self.finish(stream),
            Ok(()) => {
                open.received += length;
                if open.received > WINDOW / 2 {
                    push_window_update(out, stream, std::mem::take(&mut open.received));
                }
            }
            Err(bad) => self.refuse(stream, bad, out)?,
        }
        Ok(())
    }

    fn refuse(&mut self, stream: u32, bad: Bad, out: &mut Vec<u8>) -> Result<(), u32> {
        let Bad::Response(error) = bad else { return Err(code::COMPRESSION_ERROR) };
        let code = match error.class {
            ErrorClass::BodyTooLarge => code::CANCEL,
            _ => code::PROTOCOL_ERROR,
        };
        self.end(stream, StreamOutcome::Failed(error));
        self.reset(stream, code, out);
        Ok(())
    }

    fn finish(&mut self, stream: u32) {
        let Some(Open { slot, response, .. }) = self.open.remove(&stream) else { return };
        let outcome = match response.end() {
            Ok((head, body)) => StreamOutcome::Whole(head, Box::new(body)),
            Err(error) => StreamOutcome::Failed(error),
        };
        self.ended.push(StreamEnd { slot, outcome });
    }

    fn end(&mut self, stream: u32, outcome: StreamOutcome) {
        if let Some(Open { slot, .. }) = self.open.remove(&stream) {
            self.ended.push(StreamEnd { slot, outcome });
        }
    }

    /// Ends a stream that the server has reset.
    pub fn take_reset(&mut self, stream: u32, code: u32) {
        let error =
            FetchError::new(ErrorClass::Reset, format!("the stream was reset, code {code}"));
        let outcome = match code {
            code::REFUSED_STREAM => StreamOutcome::Unprocessed(error),
            _ => StreamOutcome::Failed(error),
        };
        self.end(stream, outcome);
    }

    /// Ends the streams after the last one that the server processes.
    pub fn take_farewell(&mut self, last: u32, code: u32) {
        let error = || {
            let class = if code == 0 { ErrorClass::ClosedEarly } else { ErrorClass::Reset };
            FetchError::new(class, format!("the server ended the connection, code {code}"))
        };
        let after: Vec<u32> = self.open.keys().copied().filter(|stream| *stream > last).collect();
        for stream in after {
            self.end(stream, StreamOutcome::Unprocessed(error()));
        }
    }

    /// Ends all streams with the error of their connection; without one, it just ended.
    pub fn fail(&mut self, error: Option<&FetchError>) {
        for (_, Open { slot, response, .. }) in self.open.drain() {
            let ended = || FetchError::new(response.incomplete(), "the connection ended");
            let error = error.cloned().unwrap_or_else(ended);
            self.ended.push(StreamEnd { slot, outcome: StreamOutcome::Failed(error) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_frames_of_crowds_are_ignored() {
        let (mut streams, mut out) = (OpenStreams::new(), Vec::new());
        let numbers: Vec<u32> = (0..5_000).map(|slot| streams.begin(slot, 9)).collect();
        let neighbour = streams.begin(5_000, 9);
        (0..5_000).for_each(|slot| streams.cancel(slot, &mut out));
        for number in numbers {
            assert_eq!(streams.accepts(number), Ok(false), "{number}");
        }
        assert_eq!(streams.accepts(neighbour), Ok(true));
        streams.take_reset(neighbour, code::CANCEL);
        assert_eq!(streams.accepts(neighbour), Err(code::STREAM_CLOSED));
        assert_eq!(streams.accepts(neighbour + 2), Err(code::PROTOCOL_ERROR));
    }

    /// Opens a stream whose head has arrived.
    fn begun(streams: &mut OpenStreams, out: &mut Vec<u8>) -> u32 {
        let stream = streams.begin(0, 9);
        streams.take_block(stream, b"\x88", false, &mut Strings::default(), out).unwrap();
        stream
    }

    #[test]
    fn refused_responses_are_reset() {
        for (has_head, code) in [(true, code::CANCEL), (false, code::PROTOCOL_ERROR)] {
            let (mut streams, mut out) = (OpenStreams::new(), Vec::new());
            let stream = if has_head { begun(&mut streams, &mut out) } else { streams.begin(0, 9) };
            // A body that is too long, or comes before its head.
            streams.take_data(stream, &[0; 10], 10, false, &mut out).unwrap();
            let mut reset = Vec::new();
            push_frame(&mut reset, kind::RST_STREAM, 0, stream, &code.to_be_bytes());
            assert_eq!(out, reset);
            assert_eq!(streams.accepts(stream), Ok(false), "late frames may follow");
        }
    }

    #[test]
    fn windows_are_opened_again() {
        let (mut streams, mut out) = (OpenStreams::new(), Vec::new());
        let stream = begun(&mut streams, &mut out);
        // Padding counts too.
        for length in [WINDOW / 2, 1, 1] {
            streams.take_data(stream, b"", length, false, &mut out).unwrap();
        }
        let mut update = Vec::new();
        push_window_update(&mut update, stream, WINDOW / 2 + 1);
        assert_eq!(out, update);
    }
}
