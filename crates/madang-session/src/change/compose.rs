//! Two changes, one after the other, as one.

use super::sections::{Does, Walk};
use super::{ChangeError, ChangeSet};

impl ChangeSet {
    /// This change and then `next`, which changes the text that this one makes.
    ///
    /// For storing, and for what one client sends as one: mapping over a composition is not mapping over its parts.
    ///
    /// # Errors
    /// [`ChangeError::Length`] when `next` is for a text of another length, [`ChangeError::SplitPair`] when it cuts a
    /// surrogate pair that this one inserts.
    pub fn compose(&self, next: &ChangeSet) -> Result<ChangeSet, ChangeError> {
        next.check_length(self.new_units())?;
        if self.is_unchanged() {
            return Ok(next.clone());
        }
        if next.is_unchanged() {
            return Ok(self.clone());
        }
        let mut composing = Composing {
            a: Walk::new(self),
            b: Walk::new(next),
            at: 0,
            open: false,
            out: ChangeSet::default(),
        };
        while composing.step()? {}
        Ok(composing.out)
    }
}

/// The two changes under way: `b` comes after `a`.
struct Composing<'a> {
    a: Walk<'a>,
    b: Walk<'a>,
    /// Units passed of the text between them.
    at: u32,
    /// Whether what comes next belongs to the section before.
    open: bool,
    out: ChangeSet,
}

impl Composing<'_> {
    /// Goes on by one piece; false at the end.
    fn step(&mut self) -> Result<bool, ChangeError> {
        if self.a.done() && self.b.done() {
            return Ok(false);
        }
        if self.a.deletes() {
            self.put(self.a.len, 0, "");
            self.a.next();
        } else if self.b.len == 0 && !self.b.done() {
            self.put(0, self.b.ins, self.b.text());
            self.b.next();
        } else {
            self.both()?;
        }
        Ok(true)
    }

    /// A piece that both say something of.
    fn both(&mut self) -> Result<(), ChangeError> {
        let units = self.a.new_len().min(self.b.len);
        let before = self.out.sections.len();
        let goes_on = (self.a.replaces() && self.a.ins > units) || (self.b.replaces() && self.b.len > units);
        // Each section's deletion and insertion counts once, with its first piece.
        let deleted = if self.a.off == 0 { self.a.len } else { 0 };
        let (inserted, text) = if self.b.off == 0 { (self.b.ins, self.b.text()) } else { (0, "") };
        let (from_a, of_b) = (self.a.does, self.b.does);
        let kept = self.a.forward_new(units).ok_or(ChangeError::SplitPair { at: self.at + units })?;
        self.b.forward(units);
        self.at += units;
        match (from_a, of_b) {
            (Does::Keep, Does::Keep) => self.out.keep(units),
            (Does::Keep, Does::Replace) => self.put(units, inserted, text),
            (Does::Replace, Does::Keep) => self.put(deleted, units, kept),
            (Does::Replace, Does::Replace) => self.put(deleted, inserted, text),
            (Does::End, _) | (_, Does::End) => {}
        }
        self.open = goes_on && (self.open || self.out.sections.len() > before);
        Ok(())
    }

    /// Everything under way in one section of either becomes one section, as CodeMirror joins them.
    fn put(&mut self, deleted: u32, inserted: u32, text: &str) {
        if self.open {
            self.out.join(deleted, inserted, text);
        } else {
            self.out.put(deleted, inserted, text);
        }
    }
}
