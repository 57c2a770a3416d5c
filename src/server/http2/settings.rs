//! SETTINGS (RFC 9113, section 6.5): those of the client, and those that the server announces.

use super::error::Violation;
use super::frame::{ACK, FrameKind, number, write_header};
use crate::scenario::versions::Http2Limits;
use crate::server::http1::parse::HEAD_LIMIT;

/// The largest window of flow control.
pub(super) const MAX_WINDOW: i64 = 0x7fff_ffff;

/// The window of a connection, and of its streams unless the settings change it.
pub(super) const DEFAULT_WINDOW: u32 = 65_535;

/// One setting of a client that the server obeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    HeaderTableSize(usize),
    InitialWindow(i64),
    Other,
}

impl Setting {
    /// Parses the settings in the payload of a frame.
    pub fn parse_all(
        payload: &[u8],
    ) -> Result<impl Iterator<Item = Result<Self, Violation>>, Violation> {
        let (settings, []) = payload.as_chunks::<6>() else { return Err(Violation::FRAME_SIZE) };
        Ok(settings.iter().map(Self::parse))
    }

    fn parse(bytes: &[u8; 6]) -> Result<Self, Violation> {
        let value = number(&bytes[2..]).unwrap_or_default();
        match u16::from_be_bytes([bytes[0], bytes[1]]) {
            1 => Ok(Self::HeaderTableSize(value as usize)),
            2 if value > 1 => Err(Violation::PROTOCOL),
            4 if i64::from(value) > MAX_WINDOW => Err(Violation::FLOW_CONTROL),
            4 => Ok(Self::InitialWindow(value.into())),
            // The server's frames never exceed the smallest maximum, so any valid one will do.
            5 if !(1 << 14..1 << 24).contains(&value) => Err(Violation::PROTOCOL),
            _ => Ok(Self::Other),
        }
    }
}

/// Appends the server's SETTINGS.
pub(super) fn write_settings(out: &mut Vec<u8>, limits: &Http2Limits) {
    let window = (limits.initial_window != DEFAULT_WINDOW).then_some((4, limits.initial_window));
    let streams = (3, limits.max_concurrent_streams.get());
    let settings = [Some(streams), window, Some((6, HEAD_LIMIT as u32))];
    let length = 6 * settings.iter().flatten().count();
    write_header(out, length, FrameKind::Settings, 0, 0);
    for (name, value) in settings.into_iter().flatten() {
        out.extend_from_slice(&u16::to_be_bytes(name));
        out.extend_from_slice(&value.to_be_bytes());
    }
}

pub(super) fn write_settings_ack(out: &mut Vec<u8>) {
    write_header(out, 0, FrameKind::Settings, ACK, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: u16, value: u32) -> Result<Setting, Violation> {
        let [a, b] = name.to_be_bytes();
        let [c, d, e, f] = value.to_be_bytes();
        Setting::parse_all(&[a, b, c, d, e, f]).unwrap().next().unwrap()
    }

    #[test]
    fn settings_have_bounds() {
        assert_eq!(parse(1, 9), Ok(Setting::HeaderTableSize(9)));
        assert_eq!((parse(2, 1), parse(2, 2)), (Ok(Setting::Other), Err(Violation::PROTOCOL)));
        assert_eq!(parse(4, 0x7fff_ffff), Ok(Setting::InitialWindow(MAX_WINDOW)));
        assert_eq!(parse(4, 0x8000_0000), Err(Violation::FLOW_CONTROL));
        for (size, result) in
            [(16_383, false), (16_384, true), (16_777_215, true), (1 << 24, false)]
        {
            assert_eq!(parse(5, size).is_ok(), result, "{size}");
        }
        assert_eq!(parse(99, u32::MAX), Ok(Setting::Other));
        assert!(Setting::parse_all(&[0; 7]).is_err());
    }
}
