//! The shortest edit script, by Myers' greedy algorithm (1986).

use super::Hunk;

/// Parts deleted and inserted that are looked for: more take too much memory, which grows with the square.
const EDITS_MAX: usize = 1_000;

/// A diagonal that no path has reached.
const NOWHERE: i32 = -1;

/// What is to be replaced of the old list, in order, with what of the new one; none beyond the limits.
pub(super) fn hunks<T: Eq>(old: &[T], new: &[T], steps: &mut usize) -> Option<Vec<Hunk>> {
    let (n, m) = (i32::try_from(old.len()).ok()?, i32::try_from(new.len()).ok()?);
    let mut search = Search { old, new, n, m, reached: Vec::new() };
    for edits in 0..=EDITS_MAX.min(old.len() + new.len()) {
        if search.round(i32::try_from(edits).ok()?, steps)? {
            return Some(search.path());
        }
    }
    None
}

struct Search<'a, T> {
    old: &'a [T],
    new: &'a [T],
    n: i32,
    m: i32,
    /// How far in the old list each diagonal is reached, by number of edits: the diagonals `-edits`, `-edits + 2`, ….
    reached: Vec<Vec<i32>>,
}

impl<T: Eq> Search<'_, T> {
    /// Goes as far as so many edits lead; true at the end of both lists. None when no steps are left.
    fn round(&mut self, edits: i32, steps: &mut usize) -> Option<bool> {
        let mut row = Vec::with_capacity(edits as usize + 1);
        let mut arrived = false;
        for diagonal in (-edits..=edits).step_by(2) {
            let start = self.start(edits, diagonal).0;
            let mut x = start;
            while x != NOWHERE && self.same(x, x - diagonal) {
                x += 1;
            }
            *steps = steps.checked_sub((x - start) as usize + 1)?;
            arrived |= x == self.n && x - diagonal == self.m;
            row.push(x);
        }
        self.reached.push(row);
        Some(arrived)
    }

    /// Where a diagonal is entered with the last of so many edits, and whether that is an insertion.
    fn start(&self, edits: i32, diagonal: i32) -> (i32, bool) {
        if edits == 0 {
            return (0, false);
        }
        let deleted = match self.at(edits - 1, diagonal - 1) {
            NOWHERE => NOWHERE,
            x if x == self.n => NOWHERE,
            x => x + 1,
        };
        let inserted = match self.at(edits - 1, diagonal + 1) {
            NOWHERE => NOWHERE,
            x if x - diagonal > self.m => NOWHERE,
            x => x,
        };
        (deleted.max(inserted), inserted > deleted)
    }

    fn at(&self, edits: i32, diagonal: i32) -> i32 {
        if diagonal.abs() > edits {
            return NOWHERE;
        }
        self.reached[edits as usize][((diagonal + edits) / 2) as usize]
    }

    fn same(&self, x: i32, y: i32) -> bool {
        x < self.n && y < self.m && self.old[x as usize] == self.new[y as usize]
    }

    /// Back from the end to the beginning.
    fn path(&self) -> Vec<Hunk> {
        let (mut x, mut y) = (self.n, self.m);
        let mut hunks: Vec<Hunk> = Vec::new();
        for edits in (1..self.reached.len() as i32).rev() {
            let (start, insertion) = self.start(edits, x - y);
            // What is equal stays; then the edit itself.
            (x, y) = (start, start - (x - y));
            let (before_x, before_y) = if insertion { (x, y - 1) } else { (x - 1, y) };
            let old = before_x as usize..x as usize;
            let new = before_y as usize..y as usize;
            match hunks.last_mut() {
                Some(next) if next.old.start == old.end && next.new.start == new.end => {
                    next.old.start = old.start;
                    next.new.start = new.start;
                }
                Some(_) | None => hunks.push(Hunk { old, new }),
            }
            (x, y) = (before_x, before_y);
        }
        hunks.reverse();
        hunks
    }
}
