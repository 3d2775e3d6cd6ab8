//! Lines and columns of a text: both from 0, columns in UTF-16 code units.

use super::{Text, measure};
use crate::ChangeError;

/// A place in a text by its line and column, both from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// The line.
    pub line: u32,
    /// UTF-16 code units from its beginning.
    pub column: u32,
}

impl Text {
    /// How many lines there are: one more than line feeds.
    #[must_use]
    pub fn lines(&self) -> u32 {
        measure(self.rope.len_lines())
    }

    /// Where a position is.
    ///
    /// # Errors
    /// [`ChangeError::Beyond`] or [`ChangeError::SplitPair`].
    pub fn place_of(&self, position: u32) -> Result<LineColumn, ChangeError> {
        let char = self.char_of(position)?;
        let line = self.rope.char_to_line(char);
        Ok(LineColumn { line: measure(line), column: position - self.line_start(line) })
    }

    /// The position of a place.
    ///
    /// # Errors
    /// [`ChangeError::Place`] for one that is not there, [`ChangeError::SplitPair`] for one within a surrogate pair.
    pub fn position_of(&self, place: LineColumn) -> Result<u32, ChangeError> {
        let missing = ChangeError::Place { line: place.line, column: place.column };
        let (start, end) = self.line_bounds(place.line).ok_or(missing)?;
        let position = start.checked_add(place.column).filter(|position| *position <= end).ok_or(missing)?;
        self.char_of(position)?;
        Ok(position)
    }

    /// The position nearest to a place, for one that may be out of date: columns and lines beyond the end are the end.
    #[must_use]
    pub fn nearest(&self, place: LineColumn) -> u32 {
        match self.line_bounds(place.line) {
            None => self.units(),
            Some((start, end)) => self.snap(start.saturating_add(place.column).min(end)),
        }
    }

    /// Where a line begins and ends, without its line feed.
    fn line_bounds(&self, line: u32) -> Option<(u32, u32)> {
        let (line, lines) = (line as usize, self.rope.len_lines());
        if line >= lines {
            return None;
        }
        let end = if line + 1 == lines { self.units() } else { self.line_start(line + 1) - 1 };
        Some((self.line_start(line), end))
    }

    fn line_start(&self, line: usize) -> u32 {
        measure(self.rope.char_to_utf16_cu(self.rope.line_to_char(line)))
    }
}
