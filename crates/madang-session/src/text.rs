//! The text of a document: a rope that counts UTF-16 code units, as JavaScript does, and whose lines end at LF alone (DO1).

mod lines;
mod units;

pub use lines::LineColumn;
pub use units::normalise;
pub(crate) use units::{byte_of_unit, measure, normalise_from, units_of};

use madang_protocol::limits::DOCUMENT_BYTES_MAX;
use ropey::Rope;

use crate::{ChangeError, ChangeSet};

/// The text of a document. Cloning it is cheap: copies share what they have in common.
#[derive(Debug, Clone, Default)]
pub struct Text {
    rope: Rope,
}

impl Text {
    /// A text with CR and CRLF made LF.
    ///
    /// # Errors
    /// [`ChangeError::TooLarge`] beyond [`DOCUMENT_BYTES_MAX`].
    pub fn new(text: &str) -> Result<Text, ChangeError> {
        let text = normalise(text);
        if text.len() > DOCUMENT_BYTES_MAX {
            return Err(ChangeError::TooLarge);
        }
        Ok(Text { rope: Rope::from_str(&text) })
    }

    /// UTF-16 code units.
    #[must_use]
    pub fn units(&self) -> u32 {
        measure(self.rope.len_utf16_cu())
    }

    /// Bytes of UTF-8.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.rope.len_bytes()
    }

    /// Its pieces, in order.
    pub fn chunks(&self) -> impl Iterator<Item = &str> {
        self.rope.chunks()
    }

    /// What is between two positions.
    ///
    /// # Errors
    /// [`ChangeError::Beyond`] or [`ChangeError::SplitPair`].
    pub fn slice(&self, from: u32, to: u32) -> Result<String, ChangeError> {
        let (start, end) = (self.char_of(from)?, self.char_of(to)?);
        let slice = self.rope.get_slice(start..end.max(start)).ok_or(self.beyond(to))?;
        Ok(String::from(slice))
    }

    /// The nearest position at or before this one that is in the text and not within a surrogate pair.
    #[must_use]
    pub fn snap(&self, position: u32) -> u32 {
        let position = position.min(self.units());
        match self.char_of(position) {
            Ok(_) => position,
            // Pairs have two halves: the one before begins one.
            Err(_) => position.saturating_sub(1),
        }
    }

    /// Applies a change, whole or not at all.
    ///
    /// # Errors
    /// [`ChangeError::Length`], [`ChangeError::SplitPair`] or [`ChangeError::TooLarge`].
    pub fn apply(&mut self, change: &ChangeSet) -> Result<(), ChangeError> {
        change.check_length(self.units())?;
        let mut places = Vec::with_capacity(change.sections());
        for splice in change.splices() {
            let start = self.char_of(splice.from)?;
            let end = if splice.to == splice.from { start } else { self.char_of(splice.to)? };
            places.push((start, end, splice.text));
        }
        self.check_size(change, &places)?;
        // From the last to the first, so that the earlier positions stay true.
        for (start, end, text) in places.into_iter().rev() {
            if end > start {
                self.rope.remove(start..end);
            }
            if !text.is_empty() {
                self.rope.insert(start, text);
            }
        }
        Ok(())
    }

    /// Refuses a change that makes the text too large.
    fn check_size(&self, change: &ChangeSet, places: &[(usize, usize, &str)]) -> Result<(), ChangeError> {
        let at_most = self.bytes() + change.inserted_bytes();
        if at_most <= DOCUMENT_BYTES_MAX {
            return Ok(());
        }
        let byte = |char| self.rope.char_to_byte(char);
        let gone: usize = places.iter().map(|(start, end, _)| byte(*end) - byte(*start)).sum();
        if at_most - gone <= DOCUMENT_BYTES_MAX { Ok(()) } else { Err(ChangeError::TooLarge) }
    }

    /// The character at a position.
    fn char_of(&self, unit: u32) -> Result<usize, ChangeError> {
        let char = self.rope.try_utf16_cu_to_char(unit as usize).map_err(|_| self.beyond(unit))?;
        // The rope answers with the character that the position is in.
        if self.rope.char_to_utf16_cu(char) == unit as usize {
            Ok(char)
        } else {
            Err(ChangeError::SplitPair { at: unit })
        }
    }

    fn beyond(&self, at: u32) -> ChangeError {
        ChangeError::Beyond { at, units: self.units() }
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.chunks().try_for_each(|chunk| f.write_str(chunk))
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.rope == *other
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.rope == other.rope
    }
}

impl Eq for Text {}
