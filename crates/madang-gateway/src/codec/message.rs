//! A message that is still arriving: its text, its fragments, and whether it may be a large one.

use std::sync::Arc;

use madang_protocol::limits::{EMPTY_FRAGMENTS_MAX, FRAGMENTS_MAX, LARGE_MESSAGE_BYTES_MAX};

use super::utf8::Utf8;
use super::{Budget, Header, Opcode, Reservation, Violation};

/// Bytes of a message in which the type of a large one must have come; its clients write the type first.
const TYPE_PREFIX_BYTES: usize = 64;
/// The version-1 commands that may be large (EN5).
const LARGE_TYPES: [&[u8]; 2] = [b"file_upload", b"code_change"];

/// What is kept of a message.
#[derive(Debug)]
pub(super) enum Keeping {
    /// Its text.
    Text,
    /// Nothing: a binary message, which the wire of this server refuses (EN3).
    Binary,
    /// Nothing: the budget for large messages is used up.
    Refused,
}

/// A message of which the end has not come.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) keeping: Keeping,
    pub(super) text: Vec<u8>,
    pub(super) reserved: Option<Reservation>,
    utf8: Utf8,
    /// Bytes declared by its frames so far.
    declared: usize,
    fragments: usize,
    empty_fragments: usize,
    /// Larger than usual, and its type not seen yet.
    undecided: bool,
}

impl Message {
    pub(super) fn new(opcode: Opcode) -> Message {
        Message {
            keeping: if opcode == Opcode::Binary { Keeping::Binary } else { Keeping::Text },
            text: Vec::new(),
            reserved: None,
            utf8: Utf8::default(),
            declared: 0,
            fragments: 0,
            empty_fragments: 0,
            undecided: false,
        }
    }

    /// Whether the next frame's payload can be the whole message.
    pub(super) fn is_whole(&self, header: &Header) -> bool {
        header.fin && self.fragments == 1
    }

    /// Takes a frame's header: counts it, and holds it against the limits.
    pub(super) fn begin_frame(
        &mut self,
        header: &Header,
        limit: usize,
        large: Option<&Arc<Budget>>,
    ) -> Result<(), Violation> {
        self.fragments += 1;
        if self.fragments > FRAGMENTS_MAX {
            return Err(Violation::too_big("A message has too many fragments."));
        }
        if header.length == 0 && !(header.fin && self.fragments == 1) {
            self.empty_fragments += 1;
            if self.empty_fragments > EMPTY_FRAGMENTS_MAX {
                return Err(Violation::too_big("A message has too many empty fragments."));
            }
        }
        let beyond = Violation::too_big("A message is larger than the limit of this connection.");
        let length = usize::try_from(header.length).map_err(|_| beyond)?;
        self.declared = self.declared.checked_add(length).ok_or(beyond)?;
        if self.declared <= limit {
            return Ok(());
        }
        let Some(budget) = large.filter(|_| self.declared <= LARGE_MESSAGE_BYTES_MAX) else {
            return Err(beyond);
        };
        match self.keeping {
            Keeping::Text => self.grow(budget),
            // A large type can't be binary.
            Keeping::Binary => Err(beyond),
            Keeping::Refused => Ok(()),
        }
    }

    /// Becomes, or stays, a large message.
    fn grow(&mut self, budget: &Arc<Budget>) -> Result<(), Violation> {
        if self.reserved.is_none() {
            self.undecided = true;
            self.decide(false)?;
        }
        let reserved = self.reserved.get_or_insert_with(|| Reservation::new(Arc::clone(budget)));
        if !reserved.grow_to(self.declared) {
            self.keeping = Keeping::Refused;
            self.text = Vec::new();
            self.reserved = None;
        }
        Ok(())
    }

    /// Takes unmasked payload.
    pub(super) fn push(&mut self, payload: &[u8]) -> Result<(), Violation> {
        match self.keeping {
            Keeping::Binary => return Ok(()),
            Keeping::Refused if !self.undecided => return Ok(()),
            Keeping::Text | Keeping::Refused => {}
        }
        self.utf8.push(payload)?;
        self.text.extend_from_slice(payload);
        self.decide(false)?;
        if matches!(self.keeping, Keeping::Refused) && !self.undecided {
            self.text = Vec::new();
        }
        Ok(())
    }

    /// Checks what only the end can show.
    pub(super) fn finish(&mut self) -> Result<(), Violation> {
        self.decide(true)?;
        if matches!(self.keeping, Keeping::Text) { self.utf8.finish() } else { Ok(()) }
    }

    /// Refuses a message that is larger than usual without being of a type that may.
    fn decide(&mut self, ended: bool) -> Result<(), Violation> {
        if !self.undecided {
            return Ok(());
        }
        match may_be_large(&self.text) {
            Some(true) => self.undecided = false,
            None if !ended && self.text.len() < TYPE_PREFIX_BYTES => {}
            Some(false) | None => {
                return Err(Violation::too_big("A message of this type is larger than the limit."));
            }
        }
        Ok(())
    }
}

/// Whether a message that begins so is of a type that may be large; nothing while more bytes are needed.
fn may_be_large(text: &[u8]) -> Option<bool> {
    let mut rest = text;
    for token in [&b"{"[..], b"\"type\"", b":", b"\""] {
        // Blanks may stand before every token but inside the last one's string.
        rest = rest.trim_ascii_start();
        if rest.len() < token.len() {
            return token.starts_with(rest).then_some(()).map_or(Some(false), |()| None);
        }
        rest = match rest.strip_prefix(token) {
            Some(rest) => rest,
            None => return Some(false),
        };
    }
    for name in LARGE_TYPES {
        match rest.strip_prefix(name) {
            Some([b'"', ..]) => return Some(true),
            Some([]) => return None,
            None if name.starts_with(rest) => return None,
            Some(_) | None => {}
        }
    }
    Some(false)
}
