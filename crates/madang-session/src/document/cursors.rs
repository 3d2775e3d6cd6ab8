//! Where everyone is in a document: mapped through every change, never stored.

use madang_protocol::Actor;
use serde::{Deserialize, Serialize};

use crate::change::Extent;
use crate::{Bias, ChangeSet, Text};

/// Cursors of one document: every participant and Claude, with room. Beyond: the one that was set the longest ago goes.
const CURSORS_MAX: usize = 256;

/// Where someone is, with what they have selected, in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Where the selection began; the same as the head when nothing is selected.
    pub anchor: u32,
    /// Where they are.
    pub head: u32,
}

impl Cursor {
    /// A cursor that selects nothing.
    #[must_use]
    pub fn at(position: u32) -> Cursor {
        Cursor { anchor: position, head: position }
    }

    /// Where it is after somebody else's change: as CodeMirror maps a selection.
    ///
    /// A bare cursor stays before what comes in where it is; a selection does not grow by what comes in at its ends.
    #[must_use]
    pub fn map(self, change: &ChangeSet) -> Cursor {
        if self.anchor == self.head {
            return Cursor::at(change.map_position(self.head, Bias::Before));
        }
        let (from, to) = (self.anchor.min(self.head), self.anchor.max(self.head));
        let (from, to) = (change.map_position(from, Bias::After), change.map_position(to, Bias::Before));
        if self.anchor <= self.head {
            Cursor { anchor: from, head: to.max(from) }
        } else {
            Cursor { anchor: to.max(from), head: from }
        }
    }

    /// Where it is after a change that is not where it is; none when that may be.
    pub(super) fn shift(self, change: &Extent) -> Option<Cursor> {
        Some(Cursor { anchor: change.shift(self.anchor)?, head: change.shift(self.head)? })
    }

    /// The same in a text of so many units.
    pub(super) fn within(self, units: u32) -> Cursor {
        Cursor { anchor: self.anchor.min(units), head: self.head.min(units) }
    }

    /// Where it is after its owner's own change that did not say: behind what came in.
    #[must_use]
    pub fn follow(self, change: &ChangeSet) -> Cursor {
        let to = |position| change.map_position(position, Bias::After);
        Cursor { anchor: to(self.anchor), head: to(self.head) }
    }

    /// The nearest that is in the text and cuts no surrogate pair.
    pub(super) fn snapped(self, text: &Text) -> Cursor {
        Cursor { anchor: text.snap(self.anchor), head: text.snap(self.head) }
    }
}

/// Everyone's, the one set last at the end.
#[derive(Debug, Clone, Default)]
pub(super) struct Cursors(Vec<(Actor, Cursor)>);

impl Cursors {
    pub(super) fn all(&self) -> impl Iterator<Item = (Actor, Cursor)> {
        self.0.iter().copied()
    }

    pub(super) fn place(&mut self, who: Actor, cursor: Cursor) {
        self.remove(who);
        if self.0.len() == CURSORS_MAX {
            self.0.remove(0);
        }
        self.0.push((who, cursor));
    }

    pub(super) fn remove(&mut self, who: Actor) {
        self.0.retain(|(known, _)| *known != who);
    }

    pub(super) fn map(&mut self, change: &ChangeSet, by: Actor) {
        for (who, cursor) in &mut self.0 {
            *cursor = if *who == by { cursor.follow(change) } else { cursor.map(change) };
        }
    }
}
