//! The header of a frame: two to fourteen bytes.

use super::Violation;

/// Bytes of the longest header a client can send: flags, 64-bit length, mask.
pub const HEADER_BYTES_MAX: usize = 14;
/// Bytes of the longest control payload (RFC 6455 5.5). Beyond: close 1002.
const CONTROL_BYTES_MAX: u64 = 125;

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// More of the message before.
    Continuation = 0,
    /// The start of a text message.
    Text = 1,
    /// The start of a binary message.
    Binary = 2,
    /// The last frame of a side.
    Close = 8,
    /// Asks for a pong.
    Ping = 9,
    /// Answers a ping.
    Pong = 10,
}

impl Opcode {
    fn from_bits(bits: u8) -> Option<Opcode> {
        Some(match bits {
            0 => Opcode::Continuation,
            1 => Opcode::Text,
            2 => Opcode::Binary,
            8 => Opcode::Close,
            9 => Opcode::Ping,
            10 => Opcode::Pong,
            _ => return None,
        })
    }

    /// Whether it is a control frame: short, whole, and allowed between fragments.
    #[must_use]
    pub fn is_control(self) -> bool {
        self as u8 >= 8
    }
}

/// A client's frame header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Whether the message ends here.
    pub fin: bool,
    /// What the frame carries.
    pub opcode: Opcode,
    /// The key its payload is masked with.
    pub mask: [u8; 4],
    /// Bytes of payload that it declares.
    pub length: u64,
}

impl Header {
    /// Reads a header from the start of `bytes`, with its length; nothing while more bytes are needed.
    ///
    /// # Errors
    /// As soon as a byte is seen that no valid header has.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Header, usize)>, Violation> {
        let Some(&flags) = bytes.first() else { return Ok(None) };
        if flags & 0x70 != 0 {
            return Err(Violation::protocol(
                "A frame has reserved bits set, but no extension was agreed on.",
            ));
        }
        let opcode =
            Opcode::from_bits(flags & 0x0f).ok_or(Violation::protocol("A frame has a reserved opcode."))?;
        let fin = flags & 0x80 != 0;
        if opcode.is_control() && !fin {
            return Err(Violation::protocol("A control frame is fragmented."));
        }
        let Some(&second) = bytes.get(1) else { return Ok(None) };
        if second & 0x80 == 0 {
            return Err(Violation::protocol("A client's frame is not masked."));
        }
        let short = u64::from(second & 0x7f);
        if opcode.is_control() && short > CONTROL_BYTES_MAX {
            return Err(Violation::protocol("A control frame is longer than 125 bytes."));
        }
        let Some((length, at)) = read_length(short, bytes)? else { return Ok(None) };
        let Some(mask) = bytes.get(at..at + 4) else { return Ok(None) };
        let mask = [mask[0], mask[1], mask[2], mask[3]];
        Ok(Some((Header { fin, opcode, mask, length }, at + 4)))
    }
}

/// The payload's length and where the mask begins; nothing while more bytes are needed.
fn read_length(short: u64, bytes: &[u8]) -> Result<Option<(u64, usize)>, Violation> {
    let not_minimal = Violation::protocol("A frame's length is not in its shortest form.");
    match short {
        126 => {
            let Some(wide) = bytes.get(2..4) else { return Ok(None) };
            let length = u64::from(u16::from_be_bytes([wide[0], wide[1]]));
            if length < 126 { Err(not_minimal) } else { Ok(Some((length, 4))) }
        }
        127 => {
            let Some(wide) = bytes.get(2..10) else { return Ok(None) };
            let length = u64::from_be_bytes(wide.try_into().expect("the slice has eight bytes"));
            if length >> 63 != 0 {
                return Err(Violation::protocol("A frame's length has its top bit set."));
            }
            if length <= u64::from(u16::MAX) { Err(not_minimal) } else { Ok(Some((length, 10))) }
        }
        _ => Ok(Some((short, 2))),
    }
}
