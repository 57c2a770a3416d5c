//! Violations of the protocol by a client (RFC 9113, sections 5.4 and 7).

/// An error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum ErrorCode {
    NoError = 0,
    Protocol = 1,
    Internal = 2,
    FlowControl = 3,
    StreamClosed = 5,
    FrameSize = 6,
    RefusedStream = 7,
    Compression = 9,
    EnhanceYourCalm = 11,
}

/// What a client did wrong, and how far it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Violation {
    /// The connection ends.
    Connection(ErrorCode),
    /// Only this stream ends.
    Stream(u32, ErrorCode),
}

impl Violation {
    pub const PROTOCOL: Self = Self::Connection(ErrorCode::Protocol);
    pub const FRAME_SIZE: Self = Self::Connection(ErrorCode::FrameSize);
    pub const FLOW_CONTROL: Self = Self::Connection(ErrorCode::FlowControl);
}
