//! Large changes as several: one event of a log has a limit, and a text as JSON may be six times as long as it is.

use madang_session::{ChangeError, ChangeSet};

/// Bytes that one piece inserts at most (512 KiB): as JSON three mebibytes, of the four that an event may have.
pub(super) const PIECE_BYTES: usize = 512 * 1024;

/// A change as changes that follow one on the other; itself when it is small.
pub(super) fn pieces(change: ChangeSet) -> Result<Vec<ChangeSet>, ChangeError> {
    if change.inserted_bytes() <= PIECE_BYTES {
        return Ok(vec![change]);
    }
    let mut cutting = Cutting { units: change.old_units(), ..Cutting::default() };
    for splice in change.splices() {
        let (mut at, mut deleted, mut rest) = (splice.new_from, splice.to - splice.from, splice.text);
        loop {
            let (chunk, after) = rest.split_at(fitting(rest, PIECE_BYTES - cutting.bytes));
            cutting.put(at, deleted, chunk);
            at += units(chunk);
            (deleted, rest) = (0, after);
            if rest.is_empty() {
                break;
            }
            cutting.end()?;
        }
    }
    cutting.end()?;
    Ok(cutting.pieces)
}

/// The piece that is being made, and those before it.
#[derive(Default)]
struct Cutting<'a> {
    pieces: Vec<ChangeSet>,
    /// Units of the text that the piece changes.
    units: u32,
    /// What the piece inserts and deletes so far, in units.
    inserted: u32,
    deleted: u32,
    bytes: usize,
    splices: Vec<(u32, u32, &'a str)>,
}

impl<'a> Cutting<'a> {
    /// Replaces what is at a position of the text as it is by now.
    fn put(&mut self, at: u32, deleted: u32, text: &'a str) {
        let from = at + self.deleted - self.inserted;
        self.splices.push((from, from + deleted, text));
        self.inserted += units(text);
        self.deleted += deleted;
        self.bytes += text.len();
    }

    fn end(&mut self) -> Result<(), ChangeError> {
        if !self.splices.is_empty() {
            self.pieces.push(ChangeSet::of(self.units, self.splices.drain(..))?);
        }
        self.units = self.units + self.inserted - self.deleted;
        (self.inserted, self.deleted, self.bytes) = (0, 0, 0);
        Ok(())
    }
}

/// How much of a text fits into so many bytes, without cutting a character.
fn fitting(text: &str, bytes: usize) -> usize {
    text.floor_char_boundary(bytes.min(text.len()))
}

fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).expect("a document has fewer units than that")
}

#[cfg(test)]
mod tests {
    use madang_session::Text;

    use super::*;

    #[test]
    fn pieces_one_after_the_other_make_what_the_change_makes() {
        let before = Text::new(&"0123456789".repeat(50)).unwrap();
        let (long, short) = ("가🙂b\n".repeat(PIECE_BYTES / 6), "short\n".repeat(9));
        let all = [(0, 3, long.as_str()), (7, 7, short.as_str()), (100, 300, ""), (400, 401, long.as_str())];
        let change = ChangeSet::of(before.units(), all).unwrap();
        let mut whole = before.clone();
        whole.apply(&change).unwrap();
        let pieces = pieces(change).unwrap();
        assert!(pieces.len() > 3);
        let mut text = before;
        for piece in &pieces {
            assert!(piece.inserted_bytes() <= PIECE_BYTES);
            text.apply(piece).unwrap();
        }
        assert_eq!(text, whole);
        let small = ChangeSet::replace(5, 1, 2, "x").unwrap();
        assert_eq!(super::pieces(small.clone()).unwrap(), [small]);
    }
}
