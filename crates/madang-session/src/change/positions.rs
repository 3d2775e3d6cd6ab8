//! Where a position of the old text is in the new one.

use super::{ChangeSet, Section};

/// To which side a position goes where text comes in, or where the text around it was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bias {
    /// It stays before what comes in.
    Before,
    /// It goes behind it.
    After,
}

impl ChangeSet {
    /// Where a position of the old text is in the new one: CodeMirror's `mapPos`. A position beyond the end is the end.
    ///
    /// A position that is not within a surrogate pair of the old text is not within one of the new text.
    #[must_use]
    pub fn map_position(&self, position: u32, bias: Bias) -> u32 {
        let (mut old, mut new) = (0, 0);
        for section in &self.sections {
            let end = old + section.old_units();
            match section {
                Section::Keep(_) => {
                    if end > position {
                        return new + (position - old);
                    }
                }
                Section::Replace { deleted, inserted, .. } => {
                    let inside = end > position || (end == position && bias == Bias::Before && *deleted == 0);
                    if inside && (position == old || bias == Bias::Before) {
                        return new;
                    }
                    if inside {
                        return new + inserted;
                    }
                }
            }
            old = end;
            new += section.new_units();
        }
        new
    }
}
