//! How sections are put together: what CodeMirror calls `addSection` and `addInsert`.

use super::{ChangeSet, Section};
use crate::text::{measure, units_of};

impl Section {
    pub(super) fn old_units(&self) -> u32 {
        match self {
            Section::Keep(units) => *units,
            Section::Replace { deleted, .. } => *deleted,
        }
    }

    pub(super) fn new_units(&self) -> u32 {
        match self {
            Section::Keep(units) => *units,
            Section::Replace { inserted, .. } => *inserted,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Section::Keep(_) => 0,
            Section::Replace { bytes, .. } => *bytes as usize,
        }
    }
}

impl ChangeSet {
    /// Units of the old text that stay.
    pub(crate) fn kept_units(&self) -> u32 {
        let kept = |section: &Section| match section {
            Section::Keep(units) => *units,
            Section::Replace { .. } => 0,
        };
        self.sections.iter().map(kept).sum()
    }

    /// Adds a text that stays.
    pub(crate) fn keep_text(&mut self, text: &str) {
        self.keep(units_of(text));
    }

    /// Adds a text that goes, and one that comes.
    pub(crate) fn put_text(&mut self, deleted: &str, inserted: &str) {
        self.put(units_of(deleted), units_of(inserted), inserted);
    }

    /// Adds units that stay.
    pub(super) fn keep(&mut self, units: u32) {
        match self.sections.last_mut() {
            _ if units == 0 => {}
            Some(Section::Keep(before)) => *before += units,
            Some(Section::Replace { .. }) | None => self.sections.push(Section::Keep(units)),
        }
    }

    /// Adds units that go, and units that come. Only two deletions and two insertions become one.
    pub(super) fn put(&mut self, deleted: u32, inserted: u32, text: &str) {
        if deleted == 0 && inserted == 0 {
            return;
        }
        let joins = match self.sections.last() {
            Some(Section::Replace { inserted: 0, .. }) if inserted == 0 => true,
            Some(Section::Replace { deleted: 0, .. }) if deleted == 0 => true,
            Some(Section::Keep(_) | Section::Replace { .. }) | None => false,
        };
        if !joins {
            self.sections.push(Section::Replace { deleted: 0, inserted: 0, bytes: 0 });
        }
        self.grow(deleted, inserted, text);
    }

    /// Adds to the section before, whatever it is; to a new one where none that replaces is before.
    pub(super) fn join(&mut self, deleted: u32, inserted: u32, text: &str) {
        match self.sections.last() {
            Some(Section::Replace { .. }) => self.grow(deleted, inserted, text),
            Some(Section::Keep(_)) | None => self.put(deleted, inserted, text),
        }
    }

    fn grow(&mut self, more_deleted: u32, more_inserted: u32, text: &str) {
        if let Some(Section::Replace { deleted, inserted, bytes }) = self.sections.last_mut() {
            *deleted += more_deleted;
            *inserted += more_inserted;
            *bytes += measure(text.len());
            self.text.push_str(text);
        }
    }
}

/// What a section does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Keep,
    Replace,
    /// There is no further section.
    End,
}

/// A way through the sections of a change, in pieces: what CodeMirror calls `SectionIter`.
pub(super) struct Walk<'a> {
    set: &'a ChangeSet,
    /// How many sections were begun: the number of the one that the walk is in.
    pub(super) number: usize,
    pub(super) does: Does,
    /// Units of the old text that are left of the section.
    pub(super) len: u32,
    /// Units of what it inserts that are left.
    pub(super) ins: u32,
    /// Units that were passed of it, of whichever text the walk goes by.
    pub(super) off: u32,
    /// What of its inserted text is left, and of the texts after it.
    rest: &'a str,
    bytes: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(set: &'a ChangeSet) -> Walk<'a> {
        let mut walk =
            Walk { set, number: 0, does: Does::End, len: 0, ins: 0, off: 0, rest: &set.text, bytes: 0 };
        walk.next();
        walk
    }

    /// On to the next section.
    pub(super) fn next(&mut self) {
        self.rest = &self.rest[self.bytes..];
        (self.len, self.ins, self.bytes, self.off) = (0, 0, 0, 0);
        self.does = match self.set.sections.get(self.number) {
            None => Does::End,
            Some(Section::Keep(units)) => {
                self.len = *units;
                Does::Keep
            }
            Some(Section::Replace { deleted, inserted, bytes }) => {
                (self.len, self.ins, self.bytes) = (*deleted, *inserted, *bytes as usize);
                Does::Replace
            }
        };
        self.number += usize::from(self.does != Does::End);
    }

    pub(super) fn done(&self) -> bool {
        self.does == Does::End
    }

    pub(super) fn replaces(&self) -> bool {
        self.does == Does::Replace
    }

    /// Whether it deletes and nothing more, or what is left of it does.
    pub(super) fn deletes(&self) -> bool {
        self.replaces() && self.ins == 0
    }

    /// What the section inserts, as far as it is left.
    pub(super) fn text(&self) -> &'a str {
        &self.rest[..self.bytes]
    }

    /// Units of the new text that are left of the section.
    pub(super) fn new_len(&self) -> u32 {
        match self.does {
            Does::Keep => self.len,
            Does::Replace => self.ins,
            Does::End => 0,
        }
    }

    /// Passes units of the old text.
    pub(super) fn forward(&mut self, units: u32) {
        if units == self.len {
            self.next();
        } else {
            self.len -= units;
            self.off += units;
        }
    }

    /// Passes units of the new text, and says what they are where the section inserts them; none where a surrogate pair
    /// would be split.
    pub(super) fn forward_new(&mut self, units: u32) -> Option<&'a str> {
        if self.does == Does::Keep {
            self.forward(units);
            return Some("");
        }
        let text = self.text();
        let bytes = crate::text::byte_of_unit(text, units)?;
        if units == self.ins {
            self.next();
        } else {
            self.ins -= units;
            self.off += units;
            self.bytes -= bytes;
            self.rest = &self.rest[bytes..];
        }
        Some(&text[..bytes])
    }
}
