//! A change of a text: CodeMirror's `ChangeSet`, section by section (DO2).
//!
//! Everything here gives the same results as CodeMirror's own, which the tests compare in Node: clients transform with it,
//! so being right in another way would be wrong.

mod compose;
mod error;
mod extent;
mod json;
mod map;
mod packed;
mod positions;
mod sections;

pub use error::ChangeError;
pub(crate) use extent::Extent;
pub use json::Decoded;
pub use map::Order;
pub use positions::Bias;

use crate::Text;

/// A part of a change, in order of the old text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    /// So many units stay.
    Keep(u32),
    /// Some units go, others come.
    Replace {
        /// Units that go.
        deleted: u32,
        /// Units that come.
        inserted: u32,
        /// Bytes of those that come, in the change's text.
        bytes: u32,
    },
}

/// A change of a whole text, from its first unit to its last.
///
/// Lengths are UTF-16 code units, as JavaScript counts. Its sections are as CodeMirror makes them: none is empty, and
/// neither two that keep nor two that only delete are neighbours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeSet {
    sections: Vec<Section>,
    /// What all sections insert, one after the other.
    text: String,
}

/// One replaced range of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Splice<'a> {
    /// Where it begins in the old text, in units.
    pub from: u32,
    /// Where it ends there.
    pub to: u32,
    /// Where what comes in begins in the new text.
    pub new_from: u32,
    /// Units that come in.
    pub units: u32,
    /// What comes in.
    pub text: &'a str,
}

impl ChangeSet {
    /// The change that changes nothing of a text of so many units.
    #[must_use]
    pub fn unchanged(units: u32) -> ChangeSet {
        let mut set = ChangeSet::default();
        set.keep(units);
        set
    }

    /// Replaces one range of a text of so many units.
    ///
    /// # Errors
    /// [`ChangeError::Beyond`] when the range is not one of that text.
    pub fn replace(units: u32, from: u32, to: u32, text: &str) -> Result<ChangeSet, ChangeError> {
        ChangeSet::of(units, [(from, to, text)])
    }

    /// Replaces ranges of a text of so many units; all refer to the text before, in ascending order.
    ///
    /// # Errors
    /// [`ChangeError::Beyond`] when a range is not one of that text, [`ChangeError::Overlap`] when one begins before the
    /// end of the one before it.
    pub fn of<'a>(
        units: u32,
        splices: impl IntoIterator<Item = (u32, u32, &'a str)>,
    ) -> Result<ChangeSet, ChangeError> {
        let (mut set, mut at) = (ChangeSet::default(), 0);
        for (from, to, text) in splices {
            if from > to || to > units {
                return Err(ChangeError::Beyond { at: to, units });
            }
            let kept = from.checked_sub(at).ok_or(ChangeError::Overlap { at: from })?;
            set.keep(kept);
            set.put(to - from, crate::text::units_of(text), text);
            at = to;
        }
        set.keep(units - at);
        Ok(set)
    }

    /// Units of the text that it changes.
    #[must_use]
    pub fn old_units(&self) -> u32 {
        self.sections.iter().map(|section| section.old_units()).sum()
    }

    /// Units of the text that it makes.
    #[must_use]
    pub fn new_units(&self) -> u32 {
        self.sections.iter().map(|section| section.new_units()).sum()
    }

    /// Bytes of all that it inserts.
    #[must_use]
    pub fn inserted_bytes(&self) -> usize {
        self.text.len()
    }

    /// How many sections it has: what working with it costs.
    #[must_use]
    pub fn sections(&self) -> usize {
        self.sections.len()
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        matches!(self.sections[..], [] | [Section::Keep(_)])
    }

    /// The replaced ranges, in order, each section by itself.
    pub fn splices(&self) -> impl Iterator<Item = Splice<'_>> {
        let (mut old, mut new, mut byte) = (0, 0, 0);
        self.sections.iter().filter_map(move |section| {
            let (from, new_from, start) = (old, new, byte);
            old += section.old_units();
            new += section.new_units();
            byte += section.bytes();
            match section {
                Section::Keep(_) => None,
                Section::Replace { inserted, .. } => {
                    let text = &self.text[start..byte];
                    Some(Splice { from, to: old, new_from, units: *inserted, text })
                }
            }
        })
    }

    /// The change that takes this one back, given the text before it.
    ///
    /// # Errors
    /// [`ChangeError::Length`] or [`ChangeError::SplitPair`] when this is not a change of that text.
    pub fn invert(&self, before: &Text) -> Result<ChangeSet, ChangeError> {
        self.check_length(before.units())?;
        let (mut inverse, mut at) = (ChangeSet::default(), 0);
        for section in &self.sections {
            let end = at + section.old_units();
            match section {
                Section::Keep(units) => inverse.sections.push(Section::Keep(*units)),
                Section::Replace { deleted, inserted, .. } => {
                    let gone = before.slice(at, end)?;
                    let bytes = crate::text::measure(gone.len());
                    inverse.sections.push(Section::Replace { deleted: *inserted, inserted: *deleted, bytes });
                    inverse.text.push_str(&gone);
                }
            }
            at = end;
        }
        Ok(inverse)
    }

    pub(crate) fn check_length(&self, units: u32) -> Result<(), ChangeError> {
        let change = self.old_units();
        if change == units { Ok(()) } else { Err(ChangeError::Length { change, units }) }
    }
}
