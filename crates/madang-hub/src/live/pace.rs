//! How often a session writes to all who follow it.
//!
//! A thousand writes take some milliseconds of a processor. A session that goes from one round of writes to the next
//! starves what brings the news (sockets, the model's stream, commits), and then each round has one event. So a long
//! round is followed by turns of everything else, and where one long round follows the other, by a moment of them: what
//! has come meanwhile leaves with the next round, together. Among few there is no such round.

use std::time::Duration;

use tokio::time::Instant;

/// Rounds that take less than this (a hundred connections) are followed by the next thing.
const ROUND_MIN: Duration = Duration::from_micros(300);
/// Turns of everything else after a long round: news take as many from a socket to its session. One that nobody takes costs
/// about a microsecond.
const TURNS: u32 = 4;
/// The part of a round that the moment after it lasts, and that lies between two rounds at most if they are to count
/// as one after the other. A timer could not be this precise.
const MOMENT_PART: u32 = 16;
/// The longest moment.
const MOMENT_MAX: Duration = Duration::from_millis(1);

/// The last long round.
#[derive(Debug, Clone, Copy)]
struct Round {
    ended: Instant,
    took: Duration,
    /// What is everyone else's after it.
    moment: Duration,
}

/// Whether others are to be let in.
#[derive(Debug, Default)]
pub(super) struct Pace {
    turns: u32,
    last: Option<Round>,
}

impl Pace {
    /// A round of writes took from `begun` to `now`.
    pub(super) fn wrote(&mut self, begun: Instant, now: Instant) {
        let took = now.saturating_duration_since(begun);
        if took < ROUND_MIN {
            return;
        }
        let part = (took / MOMENT_PART).min(MOMENT_MAX);
        let follows = self.last.is_some_and(|last| begun <= last.ended + last.moment + part);
        self.turns = TURNS;
        self.last = Some(Round { ended: now, took, moment: if follows { part } else { Duration::ZERO } });
    }

    /// Until when the next round waits for the commits under way: as long as the last one took. Else the writes that come
    /// together are published by halves, and every half waits for the other's round.
    pub(super) fn gathers_until(&self) -> Option<Instant> {
        self.last.map(|last| last.ended + last.took)
    }

    /// Takes one of the turns that everything else is to have; false when there is none left. `waits` when nothing can be
    /// written before others have done their part anyway.
    pub(super) fn take_turn(&mut self, now: Instant, waits: bool) -> bool {
        let left = self.turns > 0 || (!waits && self.last.is_some_and(|last| now < last.ended + last.moment));
        self.turns = self.turns.saturating_sub(1);
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_round_is_followed_by_turns_and_one_after_another_by_a_moment() {
        let start = Instant::now();
        let us = |n| start + Duration::from_micros(n);
        let mut pace = Pace::default();
        pace.wrote(start, start + ROUND_MIN / 2);
        assert!(!pace.take_turn(us(0), false), "among few");
        let turns = |pace: &mut Pace, now, waits| (0..100).take_while(|_| pace.take_turn(now, waits)).count();
        pace.wrote(start, us(1_600));
        assert_eq!(turns(&mut pace, us(1_600), false), TURNS as usize, "after a rest");
        pace.wrote(us(1_650), us(3_250));
        assert_eq!(turns(&mut pace, us(3_349), false), 100);
        assert_eq!(turns(&mut pace, us(3_349), true), 0, "a commit is waited for, not passed by");
        assert_eq!(turns(&mut pace, us(3_350), false), 0, "a sixteenth");
        pace.wrote(us(3_450), us(103_450));
        assert_eq!(turns(&mut pace, us(104_450), false), TURNS as usize, "never long");
    }
}
