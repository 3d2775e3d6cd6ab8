//! The reading side: feed it bytes as they come, take out one item at a time.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::message::{Keeping, Message};
use super::{Budget, CloseFrame, HEADER_BYTES_MAX, Header, Opcode, Reservation, Violation, unmask};

/// Something whole that a client sent.
#[derive(Debug)]
pub enum Item<'a> {
    /// A text message; a large one holds a part of the budget.
    Text(Cow<'a, str>, Option<Reservation>),
    /// A binary message; its bytes are not kept.
    Binary,
    /// A large message for which the budget had no room; its bytes are not kept.
    Refused,
    /// A ping, to be answered with the same payload.
    Ping(Cow<'a, [u8]>),
    /// A pong.
    Pong,
    /// The client's last frame. Nothing that follows may be decoded.
    Close(CloseFrame),
}

/// What one call took from the input, and what it found there.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// Bytes taken; with no item all of them.
    pub used: usize,
    /// The item, if one is whole now.
    pub item: Option<Item<'a>>,
}

/// Reads a client's frames. Idle it holds no heap memory.
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    large: Option<Arc<Budget>>,
    head: [u8; HEADER_BYTES_MAX],
    head_len: u8,
    frame: Option<Frame>,
    message: Option<Box<Message>>,
    control: Vec<u8>,
}

/// The frame whose payload is arriving.
#[derive(Debug, Clone, Copy)]
struct Frame {
    header: Header,
    done: u64,
}

/// Where an item is: in the input, or in memory of its own.
enum Found {
    Nothing,
    TextInPlace(Range<usize>),
    ControlInPlace(Opcode, Range<usize>),
    Control(Opcode, Vec<u8>),
    Message(Box<Message>),
}

impl Decoder {
    /// Reads messages of at most `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Decoder {
        Decoder {
            limit,
            large: None,
            head: [0; HEADER_BYTES_MAX],
            head_len: 0,
            frame: None,
            message: None,
            control: Vec::new(),
        }
    }

    /// Grows the limit, when the connection has authenticated (EN5); holds for frames that begin after it.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Lets messages of the large types pass the limit, within the budget (EN5).
    pub fn allow_large(&mut self, budget: Arc<Budget>) {
        self.large = Some(budget);
    }

    /// Whether a frame or message has begun and not ended.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        self.head_len > 0 || self.frame.is_some() || self.message.is_some()
    }

    /// Reads up to the end of the next item or of the input. The input is unmasked in place.
    ///
    /// # Errors
    /// At the first byte that breaks a rule; the connection must then be failed with the violation's code.
    pub fn decode<'a>(&mut self, input: &'a mut [u8]) -> Result<Decoded<'a>, Violation> {
        let mut used = 0;
        let found = loop {
            if self.frame.is_none() && !self.read_header(input, &mut used)? {
                break Found::Nothing;
            }
            match self.read_payload(input, &mut used)? {
                Found::Nothing if used == input.len() => break Found::Nothing,
                Found::Nothing => {}
                found @ (Found::TextInPlace(_)
                | Found::ControlInPlace(..)
                | Found::Control(..)
                | Found::Message(_)) => {
                    break found;
                }
            }
        };
        Ok(Decoded { used, item: into_item(found, input)? })
    }

    /// Reads a header; false when the input ends before it does.
    fn read_header(&mut self, input: &[u8], used: &mut usize) -> Result<bool, Violation> {
        let had = usize::from(self.head_len);
        let take = (HEADER_BYTES_MAX - had).min(input.len() - *used);
        self.head[had..had + take].copy_from_slice(&input[*used..*used + take]);
        match Header::parse(&self.head[..had + take])? {
            None => {
                self.head_len = (had + take) as u8;
                *used += take;
                Ok(false)
            }
            Some((header, len)) => {
                self.head_len = 0;
                *used += len - had;
                self.begin_frame(header)?;
                Ok(true)
            }
        }
    }

    fn begin_frame(&mut self, header: Header) -> Result<(), Violation> {
        match header.opcode {
            Opcode::Close | Opcode::Ping | Opcode::Pong => self.control.clear(),
            Opcode::Continuation => match &mut self.message {
                Some(message) => message.begin_frame(&header, self.limit, self.large.as_ref())?,
                None => return Err(Violation::protocol("A continuation has no message to continue.")),
            },
            Opcode::Text | Opcode::Binary => {
                if self.message.is_some() {
                    return Err(Violation::protocol("A message begins inside another."));
                }
                let mut message = Box::new(Message::new(header.opcode));
                message.begin_frame(&header, self.limit, self.large.as_ref())?;
                self.message = Some(message);
            }
        }
        self.frame = Some(Frame { header, done: 0 });
        Ok(())
    }

    /// Reads payload of the current frame, as far as the input goes.
    fn read_payload(&mut self, input: &mut [u8], used: &mut usize) -> Result<Found, Violation> {
        let frame = self.frame.as_mut().expect("a header was read");
        let left = frame.header.length - frame.done;
        let take = usize::try_from(left).unwrap_or(usize::MAX).min(input.len() - *used);
        let range = *used..*used + take;
        unmask(&mut input[range.clone()], frame.header.mask, frame.done);
        let whole = frame.done == 0 && take as u64 == left;
        frame.done += take as u64;
        *used += take;
        let header = frame.header;
        let ended = take as u64 == left;
        if ended {
            self.frame = None;
        }
        if header.opcode.is_control() {
            if whole {
                return Ok(Found::ControlInPlace(header.opcode, range));
            }
            self.control.extend_from_slice(&input[range]);
            if !ended {
                return Ok(Found::Nothing);
            }
            return Ok(Found::Control(header.opcode, std::mem::take(&mut self.control)));
        }
        if whole && self.is_whole_text(&header) {
            self.message = None;
            return Ok(Found::TextInPlace(range));
        }
        self.read_message(&input[range], ended && header.fin)
    }

    /// Whether the frame that has arrived whole is a whole text, which can be read where it is.
    fn is_whole_text(&self, header: &Header) -> bool {
        self.message.as_ref().is_some_and(|message| {
            message.is_whole(header) && message.reserved.is_none() && matches!(message.keeping, Keeping::Text)
        })
    }

    /// Takes payload of a data frame.
    fn read_message(&mut self, payload: &[u8], last: bool) -> Result<Found, Violation> {
        let message = self.message.as_mut().expect("a data frame has a message");
        message.push(payload)?;
        if !last {
            return Ok(Found::Nothing);
        }
        message.finish()?;
        Ok(self.message.take().map_or(Found::Nothing, Found::Message))
    }
}

fn into_item(found: Found, input: &[u8]) -> Result<Option<Item<'_>>, Violation> {
    Ok(Some(match found {
        Found::Nothing => return Ok(None),
        Found::TextInPlace(range) => {
            let text = std::str::from_utf8(&input[range]).map_err(|_| Violation::utf8())?;
            Item::Text(Cow::Borrowed(text), None)
        }
        Found::ControlInPlace(opcode, range) => control_item(opcode, Cow::Borrowed(&input[range]))?,
        Found::Control(opcode, payload) => control_item(opcode, Cow::Owned(payload))?,
        Found::Message(message) => match message.keeping {
            Keeping::Text => {
                let text = String::from_utf8(message.text).map_err(|_| Violation::utf8())?;
                Item::Text(Cow::Owned(text), message.reserved)
            }
            Keeping::Binary => Item::Binary,
            Keeping::Refused => Item::Refused,
        },
    }))
}

fn control_item(opcode: Opcode, payload: Cow<'_, [u8]>) -> Result<Item<'_>, Violation> {
    Ok(match opcode {
        Opcode::Ping => Item::Ping(payload),
        Opcode::Close => Item::Close(CloseFrame::parse(&payload)?),
        // The others are no control frames and don't come here.
        Opcode::Pong | Opcode::Continuation | Opcode::Text | Opcode::Binary => Item::Pong,
    })
}
