//! The close frame's payload: which codes may be on the wire.

use super::Violation;

/// What a peer said when it closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFrame {
    /// The code, when one was given.
    pub code: Option<u16>,
}

impl CloseFrame {
    /// Reads a close frame's payload; the reason must be UTF-8 and is not kept.
    pub(super) fn parse(payload: &[u8]) -> Result<CloseFrame, Violation> {
        let (code, reason) = match payload {
            [] => return Ok(CloseFrame { code: None }),
            [_] => return Err(Violation::protocol("A close frame has half a code.")),
            [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
        };
        if !may_be_sent(code) {
            return Err(Violation::protocol("A close frame has a code that may not be on the wire."));
        }
        if std::str::from_utf8(reason).is_err() {
            return Err(Violation::protocol("A close frame's reason is not UTF-8."));
        }
        Ok(CloseFrame { code: Some(code) })
    }
}

/// RFC 6455 7.4 and the registry at IANA: 1004-1006 and 1015 are never sent, 1016-2999 are unassigned.
fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
