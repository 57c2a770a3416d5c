//! The frames that control a connection and its streams, without those that carry requests.

use std::time::Instant;

use super::error::{ErrorCode, Violation};
use super::frame::{ACK, Http2Frame, number, write_ping_ack};
use super::session::{Http2Session, SessionState};
use super::settings::{Setting, write_settings_ack};
use super::stream::Closed;
use crate::server::service::Service;

impl Http2Session {
    /// Acts on RST_STREAM.
    pub fn reset(&mut self, frame: Http2Frame<'_>, service: &mut Service) -> Result<(), Violation> {
        if frame.payload.len() != 4 {
            return Err(Violation::FRAME_SIZE);
        }
        if self.intake.is_idle(frame.stream) {
            return Err(Violation::PROTOCOL);
        }
        service.tally.http2().resets += 1;
        self.sender.drop_stream(frame.stream, Closed::ByClient, service);
        Ok(())
    }

    /// Acts on SETTINGS.
    pub fn settings(&mut self, frame: Http2Frame<'_>) -> Result<(), Violation> {
        if frame.stream != 0 {
            return Err(Violation::PROTOCOL);
        }
        if frame.has(ACK) {
            let is_valid = frame.payload.is_empty() && self.state == SessionState::Open;
            self.intake.knows_limits = true;
            return if is_valid { Ok(()) } else { Err(Violation::FRAME_SIZE) };
        }
        self.state = SessionState::Open;
        for setting in Setting::parse_all(frame.payload)? {
            match setting? {
                Setting::HeaderTableSize(size) => self.sender.encoder.limit(size),
                Setting::InitialWindow(window) => self.sender.set_initial_window(window)?,
                Setting::Other => {}
            }
        }
        write_settings_ack(&mut self.sender.outbox.bytes);
        Ok(())
    }

    /// Acts on PING.
    pub fn ping(
        &mut self,
        frame: Http2Frame<'_>,
        since: Instant,
        service: &mut Service,
    ) -> Result<(), Violation> {
        if frame.stream != 0 {
            return Err(Violation::PROTOCOL);
        }
        let payload = frame.payload.try_into().map_err(|_| Violation::FRAME_SIZE)?;
        if frame.has(ACK) {
            self.sender.take_pong(since, service);
        } else {
            write_ping_ack(&mut self.sender.outbox.bytes, payload);
        }
        Ok(())
    }

    /// Acts on WINDOW_UPDATE.
    pub fn window_update(&mut self, frame: Http2Frame<'_>) -> Result<(), Violation> {
        let (id, payload) = (frame.stream, frame.payload);
        let increment = number(payload).filter(|_| payload.len() == 4);
        let increment = i64::from(increment.ok_or(Violation::FRAME_SIZE)? & 0x7fff_ffff);
        match id {
            0 if increment == 0 => Err(Violation::PROTOCOL),
            0 => self.sender.widen(increment),
            _ if self.intake.is_idle(id) => Err(Violation::PROTOCOL),
            _ if increment == 0 => Err(Violation::Stream(id, ErrorCode::Protocol)),
            _ => self.sender.widen_stream(id, increment),
        }
    }

    /// Checks a PRIORITY frame, which changes nothing.
    pub fn check_priority(frame: Http2Frame<'_>) -> Result<(), Violation> {
        match (frame.stream, frame.payload.len()) {
            (0, _) => Err(Violation::PROTOCOL),
            (_, 5) => Ok(()),
            _ => Err(Violation::FRAME_SIZE),
        }
    }
}
