//! Who wrote what: every range's hand, mapped through every change (DO7).

mod runs;

use std::collections::BTreeMap;

use super::Hand;
use crate::ChangeSet;
use runs::{Run, Runs};

/// Ranges that are told apart: what a document of 4 MiB that everyone rewrote may need. Beyond: of each two neighbours, the
/// shorter goes to the hand of the longer.
const RUNS_MAX: usize = 100_000;
/// Hands of which a document may have forgotten the text before it forgets them.
const FORGOTTEN_HANDS_MAX: usize = 1_024;

/// A range and in whose hand it is, in units of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blamed {
    /// Where it begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// Who wrote it.
    pub by: Hand,
}

/// Every range's hand.
#[derive(Debug, Clone, Default)]
pub(super) struct Blame {
    runs: Runs,
    /// The hands that runs name by number.
    hands: Vec<Hand>,
    numbers: BTreeMap<Hand, u32>,
    /// How many hands there may be before those without text are looked for.
    hands_max: usize,
}

impl Blame {
    /// A whole text in one hand.
    pub(super) fn new(units: u32, by: Hand) -> Blame {
        Blame::of([(units, by)])
    }

    /// Ranges in order, by their length.
    pub(super) fn of(ranges: impl IntoIterator<Item = (u32, Hand)>) -> Blame {
        let mut blame = Blame { hands_max: usize::MAX, ..Blame::default() };
        let mut runs = Vec::new();
        for (units, by) in ranges {
            runs.push(Run { units, hand: blame.number(by) });
        }
        blame.runs = Runs::of(runs);
        blame.hands_max = blame.hands.len() + FORGOTTEN_HANDS_MAX;
        blame
    }

    /// All ranges, in order; neighbours are of different hands.
    pub(super) fn ranges(&self) -> impl Iterator<Item = Blamed> {
        let mut at = 0;
        self.runs.joined().map(move |run| {
            let from = at;
            at += run.units;
            Blamed { from, to: at, by: self.hands[run.hand as usize] }
        })
    }

    /// What somebody's change does: what it inserts is theirs.
    pub(super) fn apply(&mut self, change: &ChangeSet, by: Hand) {
        let hand = self.number(by);
        for splice in change.splices() {
            self.runs.remove(splice.new_from, splice.to - splice.from);
            self.runs.insert(splice.new_from, Run { units: splice.units, hand });
        }
        if self.runs.count() > RUNS_MAX {
            self.runs.coarsen();
        }
    }

    fn number(&mut self, by: Hand) -> u32 {
        if let Some(number) = self.numbers.get(&by) {
            return *number;
        }
        if self.hands.len() >= self.hands_max {
            self.forget();
        }
        let number = crate::text::measure(self.hands.len());
        self.hands.push(by);
        self.numbers.insert(by, number);
        number
    }

    /// Forgets the hands without text.
    fn forget(&mut self) {
        let mut kept: Vec<Option<u32>> = vec![None; self.hands.len()];
        let mut hands = Vec::new();
        let old = std::mem::take(&mut self.hands);
        self.runs.renumber(|hand| {
            *kept[hand as usize].get_or_insert_with(|| {
                hands.push(old[hand as usize]);
                crate::text::measure(hands.len() - 1)
            })
        });
        self.numbers = hands.iter().zip(0..).map(|(hand, number)| (*hand, number)).collect();
        self.hands_max = hands.len() + FORGOTTEN_HANDS_MAX;
        self.hands = hands;
    }
}
