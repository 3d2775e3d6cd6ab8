//! Texts and changes at random, from a seed.

use madang_session::{ChangeSet, Text};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// One, two and three bytes, surrogate pairs, a line separator that ends no line here, and characters that JSON escapes.
const CHARS: &[char] = &[
    'a', 'b', 'c', 'd', ' ', ' ', '\n', '\n', 'é', '가', '마', '당', '🌏', '𐐀', '\u{2028}', '"', '\\', '\t',
    '\u{1}',
];

pub(crate) struct Dice(StdRng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(StdRng::seed_from_u64(seed))
    }

    /// A number below.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.0.random_range(0..end) }
    }

    /// Once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn text(&mut self, chars_max: usize) -> String {
        let chars = self.below(chars_max + 1);
        (0..chars).map(|_| CHARS[self.below(CHARS.len())]).collect()
    }

    /// A position that splits no pair.
    pub(crate) fn position(&mut self, text: &str) -> u32 {
        let all = positions(text);
        all[self.below(all.len())]
    }

    /// A change of a text: a few places, some of them next to each other.
    pub(crate) fn change(&mut self, text: &str) -> ChangeSet {
        self.change_with(text, 5, |dice| dice.text(4))
    }

    /// The same with given insertions at so many places at most.
    pub(crate) fn change_with(
        &mut self,
        text: &str,
        places_max: usize,
        mut insert: impl FnMut(&mut Dice) -> String,
    ) -> ChangeSet {
        let all = positions(text);
        let places = 1 + self.below(places_max);
        let mut ends: Vec<u32> = (0..places * 2).map(|_| all[self.below(all.len())]).collect();
        ends.sort_unstable();
        let mut splices: Vec<(u32, u32, String)> = Vec::new();
        for pair in ends.chunks(2) {
            let (from, mut to) = (pair[0], pair[1]);
            if self.once_in(2) {
                to = from;
            }
            let from = match splices.last() {
                // Next to the one before.
                Some((_, before, _)) if self.once_in(3) => *before,
                Some(_) | None => from,
            };
            let inserted = if self.once_in(3) { String::new() } else { insert(self) };
            splices.push((from, to.max(from), inserted));
        }
        let units = Text::new(text).unwrap().units();
        ChangeSet::of(units, splices.iter().map(|(from, to, text)| (*from, *to, text.as_str()))).unwrap()
    }
}

/// All positions of a text that split no pair.
pub(crate) fn positions(text: &str) -> Vec<u32> {
    let mut all = vec![0];
    for char in text.chars() {
        all.push(all[all.len() - 1] + char.len_utf16() as u32);
    }
    all
}

/// What a change makes of a text, by the letter of DO2.
pub(crate) fn applied(change: &ChangeSet, text: &str) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let (mut out, mut at) = (Vec::new(), 0);
    for splice in change.splices() {
        out.extend(&units[at..splice.from as usize]);
        assert_eq!(out.len(), splice.new_from as usize);
        out.extend(splice.text.encode_utf16());
        at = splice.to as usize;
    }
    out.extend(&units[at..]);
    String::from_utf16(&out).unwrap()
}

/// A number from the environment.
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}
