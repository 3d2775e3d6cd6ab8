//! Changes that have nothing to do with each other, which are most: moving one over the other is adding a number.

use super::{ChangeSet, Section};

/// From the first unit that a change touches to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Where it begins in the old text.
    pub(crate) from: u32,
    /// Where it ends there.
    pub(crate) to: u32,
    /// Units from one to the other in the new text.
    pub(crate) units: u32,
}

impl Extent {
    /// Of sections in order; none when they change nothing.
    pub(super) fn of(sections: impl IntoIterator<Item = Section>) -> Option<Extent> {
        let (mut old, mut new) = (0, 0);
        let mut extent: Option<(u32, Extent)> = None;
        for section in sections {
            let (old_before, new_before) = (old, new);
            old += section.old_units();
            new += section.new_units();
            if matches!(section, Section::Replace { .. }) {
                let new_from = extent.map_or(new_before, |(new_from, _)| new_from);
                let from = extent.map_or(old_before, |(_, extent)| extent.from);
                extent = Some((new_from, Extent { from, to: old, units: new - new_from }));
            }
        }
        extent.map(|(_, extent)| extent)
    }

    /// Where a position is after the change; none within or next to it.
    pub(crate) fn shift(&self, position: u32) -> Option<u32> {
        if position < self.from {
            Some(position)
        } else if position > self.to {
            Some(position - self.to + self.from + self.units)
        } else {
            None
        }
    }
}

impl ChangeSet {
    /// The kept section that an earlier change lies in, and how that one is moved over this one; none where they touch the
    /// same units, or where it takes more than a look to say which comes first.
    ///
    /// At the end of a kept section, whatever the earlier change does there comes before what this one does.
    pub(crate) fn apart(&self, earlier: &Extent) -> Option<(usize, Extent)> {
        let Extent { from, to, units } = *earlier;
        let (mut old, mut new) = (0, 0);
        for (number, section) in self.sections.iter().enumerate() {
            let end = old + section.old_units();
            if let Section::Keep(kept) = section
                && old <= from
                && to <= end
                && (old < from || number == 0)
                && kept + units > to - from
            {
                let from = new + (from - old);
                return Some((number, Extent { from, to: from + (earlier.to - earlier.from), units }));
            }
            if old > from {
                return None;
            }
            old = end;
            new += section.new_units();
        }
        None
    }

    /// Moves it over a change that lies in one of its kept sections: what [`ChangeSet::map`] does.
    pub(crate) fn pass(&mut self, kept: usize, over: &Extent) {
        if let Some(Section::Keep(units)) = self.sections.get_mut(kept) {
            *units = *units - (over.to - over.from) + over.units;
        }
    }
}
