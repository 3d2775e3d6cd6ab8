//! An edit of an older version made one of the newest: over each accepted change in turn, never over several at once.

use super::{Cursor, Document, DocumentError, Edit, Submitted};
use crate::change::Extent;
use crate::{ChangeSet, Order};
use madang_protocol::limits::CHANGE_SECTIONS_MAX;

/// Sections that transforming one edit may go through, all changes that it is moved over taken together: some
/// milliseconds. Beyond: as if its base were too old.
const REBASE_SECTIONS_MAX: usize = 1_000_000;

/// An edit as it is at another version.
pub(super) struct Rebased {
    pub(super) change: ChangeSet,
    pub(super) cursor: Option<Cursor>,
}

impl Document {
    /// The edit as one of version `at`, which is not before its base.
    pub(super) fn rebase(&self, edit: &Edit, at: u64) -> Result<Rebased, DocumentError> {
        let stale = || self.not_a_base(edit.base);
        let since = self.window.packed_since(edit.base).ok_or_else(stale)?;
        let mut rebased = Rebased {
            change: edit.change.clone(),
            cursor: edit.cursor.map(|cursor| cursor.within(edit.change.new_units())),
        };
        let over = usize::try_from(at - edit.base).unwrap_or(usize::MAX);
        let mut sections = 0;
        for accepted in since.take(over) {
            sections += rebased.change.sections() + accepted.sections();
            let Some(extent) = accepted.extent() else { continue };
            if !rebased.pass(&extent) {
                rebased = rebased.over(&accepted.set())?;
            }
            if sections > REBASE_SECTIONS_MAX || rebased.change.sections() > CHANGE_SECTIONS_MAX {
                return Err(stale());
            }
        }
        Ok(rebased)
    }

    /// The edit's op id was answered with a version: whether it is the same edit.
    ///
    /// It is when it becomes the same change there. A client that has come to know some changes in between sends it with a
    /// newer base, and it still is.
    pub(super) fn repeated(&self, edit: &Edit, version: u64) -> Result<Submitted, DocumentError> {
        let reused = DocumentError::OpIdReused { version };
        if edit.base >= version {
            return Err(reused);
        }
        let known = self.since(version - 1).and_then(|mut changes| changes.next());
        match (self.rebase(edit, version - 1), known) {
            (Ok(again), Some(known)) if again.change == known.change => Ok(Submitted::Repeated { version }),
            // It can't be looked at any more. What must not happen is that it is applied again.
            (Err(DocumentError::StaleBase { .. }), _) => Ok(Submitted::Repeated { version }),
            (Ok(_) | Err(_), _) => Err(reused),
        }
    }

    /// Why changes of a version are not taken.
    pub(super) fn not_a_base(&self, base: u64) -> DocumentError {
        let version = self.version;
        if base > version {
            return DocumentError::FutureBase { base, version };
        }
        DocumentError::StaleBase { base, oldest: self.oldest_base(), version }
    }
}

impl Rebased {
    /// The same as [`Rebased::over`] for a change that has nothing to do with this one; false when it may have.
    fn pass(&mut self, accepted: &Extent) -> bool {
        let Some((kept, there)) = self.change.apart(accepted) else { return false };
        if let Some(cursor) = self.cursor {
            let Some(moved) = cursor.shift(&there) else { return false };
            self.cursor = Some(moved);
        }
        self.change.pass(kept, accepted);
        true
    }

    fn over(self, accepted: &ChangeSet) -> Result<Rebased, DocumentError> {
        let cursor = match self.cursor {
            None => None,
            // Where its author is, is said in the text with their change: what was accepted is seen from there.
            Some(cursor) => Some(cursor.map(&accepted.map(&self.change, Order::Before)?)),
        };
        Ok(Rebased { change: self.change.map(accepted, Order::After)?, cursor })
    }
}
