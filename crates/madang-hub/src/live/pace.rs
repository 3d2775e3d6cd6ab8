//! How often a session writes to all who follow it.
//!
//! A thousand writes take some milliseconds of a processor. What comes in meanwhile leaves together with the next ones, if
//! it is let in at all: a session that goes from one round of writes to the next starves what brings the news (sockets,
//! the model's stream, commits), and then each round has one event. So a long round is followed by a few turns of
//! everything else, and what is not on its way to the disk anyway (pieces of a reply, who types) waits for a moment in
//! proportion to what the round took. Among few there is no such round.

use std::time::Duration;

use tokio::time::Instant;

/// Rounds that take less than this (a hundred connections) are followed by the next thing.
const ROUND_MIN: Duration = Duration::from_micros(300);
/// Turns of everything else after a long round: a turn that nobody takes costs about a microsecond.
const TURNS: u32 = 4;
/// The part of a round that the pause after it lasts: a quarter of the time is then everyone else's, whatever happens.
const PAUSE_PART: u32 = 3;
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_millis(10);

/// Whether others are to be let in.
#[derive(Debug, Default)]
pub(super) struct Pace {
    turns: u32,
    free_at: Option<Instant>,
}

impl Pace {
    /// A round of writes took from `begun` to `now`.
    pub(super) fn wrote(&mut self, begun: Instant, now: Instant) {
        let took = now.saturating_duration_since(begun);
        if took >= ROUND_MIN {
            self.turns = TURNS;
            self.free_at = Some(now + (took / PAUSE_PART).min(PAUSE_MAX));
        }
    }

    /// Takes one of the turns that everything else is to have; false when there is none left.
    pub(super) fn take_turn(&mut self) -> bool {
        let left = self.turns > 0;
        self.turns = self.turns.saturating_sub(1);
        left
    }

    /// Until when what can wait for more does; none when it may leave now.
    pub(super) fn pause(&self, now: Instant) -> Option<Instant> {
        self.free_at.filter(|at| *at > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_round_is_followed_by_turns_and_a_pause_in_proportion() {
        let start = Instant::now();
        let ms = |n| start + Duration::from_millis(n);
        let mut pace = Pace::default();
        pace.wrote(start, start + ROUND_MIN / 2);
        assert_eq!((pace.take_turn(), pace.pause(start + ROUND_MIN / 2)), (false, None), "among few");
        for _ in 0..2 {
            pace.wrote(start, ms(3));
            assert_eq!((0..100).filter(|_| pace.take_turn()).count(), TURNS as usize);
            assert_eq!(pace.pause(ms(3)), Some(ms(4)));
            assert_eq!(pace.pause(ms(4)), None);
        }
        pace.wrote(ms(10), ms(110));
        assert_eq!(pace.pause(ms(110)), Some(ms(120)), "never long");
    }
}
