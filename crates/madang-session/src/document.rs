//! A shared document: its text, who orders its changes, and what is remembered to transform late ones (DO1-DO9).
//!
//! The owner's steps are those of [`Document::submit`]: transform over what came since, one accepted change at a time; check;
//! apply. Changes are never composed on the way: a client that holds unsent edits would end elsewhere.

mod blame;
mod cursors;
mod error;
mod hand;
mod rebase;
mod snapshot;
mod window;

pub use blame::Blamed;
pub use cursors::Cursor;
pub use error::DocumentError;
pub use hand::{Hand, OpId};
pub use snapshot::{DocumentSnapshot, DocumentSnapshotError};

use madang_protocol::Actor;
use serde::{Deserialize, Serialize};

use crate::{ChangeError, ChangeSet, Text};
use blame::Blame;
use cursors::Cursors;
use window::Window;

/// An accepted change of a document: what its log holds and everyone who has it open is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The document's version after it.
    pub version: u64,
    /// Who made it.
    #[serde(flatten)]
    pub by: Hand,
    /// Its author's id for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op_id: Option<OpId>,
    /// What it changes of the version before.
    pub change: ChangeSet,
}

/// What somebody wants to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Who.
    pub by: Hand,
    /// Their id for it, to be recognised by when it comes again.
    pub op_id: Option<OpId>,
    /// The version that it changes.
    pub base: u64,
    /// What it changes of that version.
    pub change: ChangeSet,
    /// Where they are after it, in the text that it makes of that version.
    pub cursor: Option<Cursor>,
}

/// What became of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// It was applied; this goes to the log and to everyone.
    Accepted(Change),
    /// It had been applied before, as this version. Nothing was done.
    Repeated {
        /// The version that it made.
        version: u64,
    },
}

/// A shared document between two changes.
#[derive(Debug, Clone)]
pub struct Document {
    text: Text,
    version: u64,
    window: Window,
    blame: Blame,
    cursors: Cursors,
}

impl Document {
    /// A document at version 0, its first text in one hand.
    #[must_use]
    pub fn new(text: Text, by: Hand) -> Document {
        let blame = Blame::new(text.units(), by);
        Document { text, version: 0, window: Window::after(0), blame, cursors: Cursors::default() }
    }

    /// Its text. Cloning that is cheap.
    #[must_use]
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// How many changes it has had.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The oldest version whose changes are still taken.
    #[must_use]
    pub fn oldest_base(&self) -> u64 {
        self.window.oldest_base()
    }

    /// The changes since a version; none when they are not all remembered, or the version is still to come.
    pub fn since(&self, version: u64) -> Option<impl ExactSizeIterator<Item = Change>> {
        self.window.since(version)
    }

    /// Transforms an edit, checks it and applies it.
    ///
    /// # Errors
    /// [`DocumentError`]; nothing is changed then.
    pub fn submit(&mut self, edit: Edit) -> Result<Submitted, DocumentError> {
        if edit.base > self.version {
            return Err(DocumentError::FutureBase { base: edit.base, version: self.version });
        }
        let asked = edit.op_id.as_ref().and_then(|op_id| self.window.find(edit.by.user_id, op_id));
        if let Some(version) = asked {
            return self.repeated(&edit, version);
        }
        let rebased = self.rebase(&edit, self.version)?;
        let version = self.version + 1;
        let change = Change { version, by: edit.by, op_id: edit.op_id, change: rebased.change };
        self.accept(&change)?;
        if let Some(cursor) = rebased.cursor {
            self.cursors.place(edit.by.user_id, cursor.snapped(&self.text));
        }
        Ok(Submitted::Accepted(change))
    }

    /// Applies a change of its log that comes after what it has.
    ///
    /// # Errors
    /// [`DocumentError::NotNext`] for a change of another version, and those of [`Text::apply`].
    pub fn replay(&mut self, change: Change) -> Result<(), DocumentError> {
        if change.version != self.version + 1 {
            return Err(DocumentError::NotNext { version: self.version, change: change.version });
        }
        self.accept(&change)
    }

    /// Remembers a change of its log that comes before all that it remembers: for stale bases after a restart.
    ///
    /// Says whether there is room for more. Given the log backwards, it ends where the window does.
    pub fn recall(&mut self, change: Change) -> bool {
        change.version > 0 && change.version == self.oldest_base() && self.window.recall(&change)
    }

    /// Remembers at most so many changes from now on.
    pub fn limit_window(&mut self, changes: usize) {
        self.window.limit(changes);
    }

    /// Who wrote what, in order, from the first unit to the last.
    pub fn blame(&self) -> impl Iterator<Item = Blamed> {
        self.blame.ranges()
    }

    /// Where everyone is.
    pub fn cursors(&self) -> impl Iterator<Item = (Actor, Cursor)> {
        self.cursors.all()
    }

    /// Says where someone is, as they saw it at a version; the cursor as it is now.
    ///
    /// Positions that are not in the text become the nearest that are.
    ///
    /// # Errors
    /// [`DocumentError::StaleBase`] or [`DocumentError::FutureBase`].
    pub fn place_cursor(&mut self, who: Actor, base: u64, cursor: Cursor) -> Result<Cursor, DocumentError> {
        let since = self.window.packed_since(base).ok_or_else(|| self.not_a_base(base))?;
        let now = since.fold(cursor, |cursor, packed| cursor.map(&packed.set()));
        let placed = now.snapped(&self.text);
        self.cursors.place(who, placed);
        Ok(placed)
    }

    /// Someone is not in it any more.
    pub fn remove_cursor(&mut self, who: Actor) {
        self.cursors.remove(who);
    }

    /// The text, then all that follows from it: what can fail comes first.
    fn accept(&mut self, change: &Change) -> Result<(), DocumentError> {
        if change.change.sections() > madang_protocol::limits::CHANGE_SECTIONS_MAX {
            return Err(ChangeError::Sections.into());
        }
        self.text.apply(&change.change)?;
        self.version = change.version;
        self.blame.apply(&change.change, change.by);
        self.cursors.map(&change.change, change.by.user_id);
        self.window.push(change);
        Ok(())
    }
}
