//! A change moved over another: the transform.

use super::sections::{Does, Walk};
use super::{ChangeError, ChangeSet};

/// Which of two changes of the same text counts as the earlier one where both insert at the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The one that is moved.
    Before,
    /// The other: so a client's change is moved over what was accepted before it.
    After,
}

impl ChangeSet {
    /// The same change for the text that `over` makes; both change the same text.
    ///
    /// `a.compose(b.map(a, After))` and `b.compose(a.map(b, Before))` make the same text.
    ///
    /// # Errors
    /// [`ChangeError::Length`] when they are changes of texts of different lengths.
    pub fn map(&self, over: &ChangeSet, order: Order) -> Result<ChangeSet, ChangeError> {
        self.check_length(over.old_units())?;
        if over.is_unchanged() {
            return Ok(self.clone());
        }
        let mut mapping = Mapping {
            a: Walk::new(self),
            b: Walk::new(over),
            order,
            inserted: 0,
            out: ChangeSet {
                sections: Vec::with_capacity(self.sections.len() + 2),
                text: String::with_capacity(self.text.len()),
            },
        };
        while mapping.step() {}
        Ok(mapping.out)
    }
}

/// The two changes under way. `a` is moved over `b`.
struct Mapping<'a> {
    a: Walk<'a>,
    b: Walk<'a>,
    order: Order,
    /// Number of the last section of `a` whose text was inserted: one that is taken in pieces inserts it once.
    inserted: usize,
    out: ChangeSet,
}

impl Mapping<'_> {
    /// Goes on by one piece; false at the end.
    fn step(&mut self) -> bool {
        if self.a.does == Does::Keep && self.b.does == Does::Keep {
            let units = self.a.len.min(self.b.len);
            self.out.keep(units);
            self.a.forward(units);
            self.b.forward(units);
        } else if self.b.replaces() && self.b_is_first() {
            self.pass_b();
        } else if self.a.replaces() {
            self.take_a();
        } else {
            return false;
        }
        true
    }

    /// Whether the change in `b` comes before the next one in `a`: by where they begin, then by length, then by order.
    fn b_is_first(&self) -> bool {
        let shorter = match self.order {
            Order::Before => self.b.len < self.a.len,
            Order::After => self.b.len <= self.a.len,
        };
        !self.a.replaces() || self.inserted == self.a.number || (self.a.off == 0 && shorter)
    }

    /// Passes a change in `b`, and those in `a` that it covers.
    fn pass_b(&mut self) {
        self.out.keep(self.b.ins);
        let mut left = self.b.len;
        while left > 0 {
            let piece = self.a.len.min(left);
            if self.a.replaces() && self.inserted < self.a.number && self.a.len <= piece {
                self.out.put(0, self.a.ins, self.a.text());
                self.inserted = self.a.number;
            }
            self.a.forward(piece);
            left -= piece;
        }
        self.b.next();
    }

    /// Takes the part of a change in `a` up to the next change in `b` that inserts.
    fn take_a(&mut self) {
        let (mut deleted, mut left) = (0, self.a.len);
        while left > 0 {
            if self.b.does == Does::Keep {
                let piece = left.min(self.b.len);
                deleted += piece;
                left -= piece;
                self.b.forward(piece);
            } else if self.b.deletes() && self.b.len < left {
                left -= self.b.len;
                self.b.next();
            } else {
                break;
            }
        }
        if self.inserted < self.a.number {
            self.out.put(deleted, self.a.ins, self.a.text());
            self.inserted = self.a.number;
        } else {
            self.out.put(deleted, 0, "");
        }
        self.a.forward(self.a.len - left);
    }
}
