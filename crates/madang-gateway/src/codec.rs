//! The server side of WebSocket (RFC 6455), without I/O: bytes in, messages and violations out.
//!
//! It must never allocate by a length that a peer merely declares, and never hold more than the limits allow.
//! Start at [`Decoder`]; what the server sends is made by [`write_frame`].

mod budget;
mod close;
mod decoder;
mod encoder;
mod header;
mod mask;
mod message;
mod utf8;

pub use budget::{Budget, Reservation};
pub use close::CloseFrame;
pub use decoder::{Decoded, Decoder, Item};
pub(crate) use encoder::write_header;
pub use encoder::{close_payload, frame_len, write_frame};
pub use header::{HEADER_BYTES_MAX, Header, Opcode};
pub use mask::unmask;

use madang_protocol::CloseCode;

/// Why a connection must be failed: the close code, and which rule was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{rule}")]
pub struct Violation {
    /// The code to close with.
    pub close: CloseCode,
    /// The rule, for the log and the `disconnected` event.
    pub rule: &'static str,
}

impl Violation {
    /// RFC 6455 was broken (1002).
    pub(crate) const fn protocol(rule: &'static str) -> Violation {
        Violation { close: CloseCode::ProtocolError, rule }
    }

    /// A text was not UTF-8 (1007).
    pub(crate) const fn utf8() -> Violation {
        Violation { close: CloseCode::InvalidUtf8, rule: "A text message is not valid UTF-8." }
    }

    /// A limit of EN5 was passed (1009).
    pub(crate) const fn too_big(rule: &'static str) -> Violation {
        Violation { close: CloseCode::TooBig, rule }
    }
}
