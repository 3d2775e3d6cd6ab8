//! The smallest change from one text to another, so that cursors and authors of what stayed survive (DO4).

mod myers;

use std::collections::HashMap;
use std::ops::Range;

use madang_protocol::limits::{CHANGE_SECTIONS_MAX, DOCUMENT_BYTES_MAX};

use crate::{ChangeError, ChangeSet, Text, normalise};

/// Steps of one comparison: some tens of milliseconds. Beyond: what was not compared is replaced as a whole.
const STEPS_MAX: usize = 4_000_000;
/// Characters, of both texts together, that are compared one by one. Beyond: lines first, then what differs within them.
const CHARS_MAX: usize = 20_000;

/// Bytes of the old text, and bytes of the new one that replace them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hunk {
    pub(crate) old: Range<usize>,
    pub(crate) new: Range<usize>,
}

impl ChangeSet {
    /// The smallest change that makes another text of this one: as few characters as possible are deleted and inserted, and
    /// none is split. Of long texts that have little in common, more is replaced than need be.
    ///
    /// # Errors
    /// [`ChangeError::TooLarge`] when the new text is no document's.
    pub fn diff(old: &Text, new: &str) -> Result<ChangeSet, ChangeError> {
        let new = normalise(new);
        if new.len() > DOCUMENT_BYTES_MAX {
            return Err(ChangeError::TooLarge);
        }
        let old = old.to_string();
        let hunks = Comparison { old: &old, new: &new, steps: STEPS_MAX }.hunks();
        let (mut set, mut at) = (ChangeSet::default(), 0);
        for Hunk { old: gone, new: come } in hunks {
            set.keep_text(&old[at..gone.start]);
            set.put_text(&old[gone.clone()], &new[come]);
            at = gone.end;
        }
        set.keep_text(&old[at..]);
        Ok(set)
    }
}

struct Comparison<'a> {
    old: &'a str,
    new: &'a str,
    /// Steps that are left.
    steps: usize,
}

impl Comparison<'_> {
    fn hunks(&mut self) -> Vec<Hunk> {
        let all = self.trimmed(Hunk { old: 0..self.old.len(), new: 0..self.new.len() });
        if let Some(hunks) = self.by_chars(&all) {
            return hunks;
        }
        let Some(lines) = self.by_lines(&all) else { return vec![all] };
        let mut hunks = Vec::new();
        for lines in &lines {
            let differing = self.trimmed(lines.clone());
            hunks.extend(self.by_chars(&differing).unwrap_or_else(|| vec![differing]));
        }
        // A change has as many sections between its hunks, and one more.
        if hunks.len() * 2 < CHANGE_SECTIONS_MAX { hunks } else { lines }
    }

    /// Without what both begin and end with.
    fn trimmed(&self, hunk: Hunk) -> Hunk {
        let (old, new) = (&self.old[hunk.old.clone()], &self.new[hunk.new.clone()]);
        let same = |(a, b): &(char, char)| a == b;
        let length = |(char, _): (char, char)| char.len_utf8();
        let before: usize = old.chars().zip(new.chars()).take_while(same).map(length).sum();
        let (old, new) = (&old[before..], &new[before..]);
        let after: usize = old.chars().rev().zip(new.chars().rev()).take_while(same).map(length).sum();
        Hunk {
            old: hunk.old.start + before..hunk.old.end - after,
            new: hunk.new.start + before..hunk.new.end - after,
        }
    }

    /// Character by character; none where there are too many, or they differ too much.
    fn by_chars(&mut self, within: &Hunk) -> Option<Vec<Hunk>> {
        if within.old.is_empty() && within.new.is_empty() {
            return Some(Vec::new());
        }
        let (old, new) = (&self.old[within.old.clone()], &self.new[within.new.clone()]);
        if within.old.is_empty() || within.new.is_empty() {
            return Some(vec![within.clone()]);
        }
        // Bytes are no fewer than characters, and quicker to count.
        if old.len() + new.len() > CHARS_MAX * 4 || old.chars().count() + new.chars().count() > CHARS_MAX {
            return None;
        }
        self.by_parts(within, old.char_indices().collect(), new.char_indices().collect())
    }

    /// Line by line; none where they differ too much.
    fn by_lines(&mut self, within: &Hunk) -> Option<Vec<Hunk>> {
        let (old, new) = (&self.old[within.old.clone()], &self.new[within.new.clone()]);
        let mut numbers = HashMap::new();
        let mut numbered = |text| -> Vec<(usize, usize)> {
            lines(text)
                .map(|(byte, line)| {
                    let next = numbers.len();
                    (byte, *numbers.entry(line).or_insert(next))
                })
                .collect()
        };
        let (old, new) = (numbered(old), numbered(new));
        self.by_parts(within, old, new)
    }

    /// By parts of both texts, each with the byte where it begins.
    fn by_parts<T: Eq + Copy>(
        &mut self,
        within: &Hunk,
        old: Vec<(usize, T)>,
        new: Vec<(usize, T)>,
    ) -> Option<Vec<Hunk>> {
        let parts = |list: &[(usize, T)]| list.iter().map(|(_, part)| *part).collect::<Vec<_>>();
        let found = myers::hunks(&parts(&old), &parts(&new), &mut self.steps)?;
        let byte = |list: &[(usize, T)], number: usize, range: &Range<usize>| {
            list.get(number).map_or(range.end, |(byte, _)| range.start + byte)
        };
        let bytes = |hunk: Hunk| Hunk {
            old: byte(&old, hunk.old.start, &within.old)..byte(&old, hunk.old.end, &within.old),
            new: byte(&new, hunk.new.start, &within.new)..byte(&new, hunk.new.end, &within.new),
        };
        Some(found.into_iter().map(bytes).collect())
    }
}

/// Lines with their line feeds, and the byte where each begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        at += line.len();
        (at - line.len(), line)
    })
}
