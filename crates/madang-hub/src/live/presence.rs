//! Who is here (RS4): counted by person from the connections that follow, told when it changed, never stored.
//!
//! A pure table: the session's task says what happens and when, and asks what is to be told.

use std::collections::BTreeSet;

use madang_protocol::{Presence, PresenceState, UserId};
use tokio::time::Instant;

use crate::few::Few;

/// With more people than this, news waits for the next batch: a thousand arrivals must not be a thousand broadcasts.
const AT_ONCE_MAX: usize = 50;

/// One person who is here or away.
#[derive(Debug)]
struct Here {
    devices: u32,
    /// Until when they type; without a device, until when they count as away.
    until: Option<Instant>,
}

/// What others see of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    /// None is away.
    devices: u32,
    typing: bool,
}

/// Who joins is taken for here, on one device, not typing.
const JOINED: Seen = Seen { devices: 1, typing: false };

impl Here {
    fn seen(&self) -> Seen {
        Seen { devices: self.devices, typing: self.devices > 0 && self.until.is_some() }
    }
}

impl Seen {
    fn presence(self, user_id: UserId) -> Presence {
        let state = if self.devices > 0 { PresenceState::Here } else { PresenceState::Away };
        Presence { user_id, state, devices: self.devices, typing: self.typing }
    }
}

/// What followers are to be told of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum News {
    /// They are here now.
    Joined(UserId),
    /// They are here in another way.
    Changed(Presence),
    /// They are gone.
    Left(UserId),
}

/// Everyone who is here or away.
#[derive(Debug, Default)]
pub(super) struct PresenceTable {
    people: Few<UserId, Here>,
    /// Moments at which someone leaves or no longer types, the next one first.
    timers: BTreeSet<(Instant, UserId)>,
    /// What followers were told last.
    told: Few<UserId, Seen>,
    /// Of whom there may be news.
    touched: BTreeSet<UserId>,
}

impl PresenceTable {
    /// How many people are here or away.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.people.len()).unwrap_or(u32::MAX)
    }

    /// Everyone, by id.
    pub(super) fn list(&self) -> Vec<Presence> {
        self.people.iter().map(|(user, here)| here.seen().presence(user)).collect()
    }

    /// One more connection of a person follows.
    pub(super) fn arrive(&mut self, user: UserId) {
        let here = self.people.get_or_make(user, || Here { devices: 0, until: None });
        here.devices += 1;
        let away = if here.devices == 1 { here.until.take() } else { None };
        self.forget(user, away);
        self.touched.insert(user);
    }

    /// A connection is gone without a word: with the last one the person is away, until `away_until`.
    pub(super) fn vanish(&mut self, user: UserId, away_until: Instant) {
        let Some(here) = self.people.get_mut(user) else { return };
        here.devices = here.devices.saturating_sub(1);
        self.touched.insert(user);
        if here.devices == 0 {
            let typing = here.until.replace(away_until);
            self.forget(user, typing);
            self.timers.insert((away_until, user));
        }
    }

    /// A connection leaves: with the last one the person does, at once.
    pub(super) fn leave(&mut self, user: UserId) {
        let Some(here) = self.people.get_mut(user) else { return };
        here.devices = here.devices.saturating_sub(1);
        self.touched.insert(user);
        if here.devices == 0 {
            self.remove(user);
        }
    }

    /// A person is gone, with all their connections.
    pub(super) fn remove(&mut self, user: UserId) {
        let Some(here) = self.people.remove(user) else { return };
        self.touched.insert(user);
        self.forget(user, here.until);
    }

    /// Someone who is here types until then, or no longer does.
    pub(super) fn typing(&mut self, user: UserId, until: Option<Instant>) {
        let Some(here) = self.people.get_mut(user).filter(|here| here.devices > 0) else { return };
        let before = std::mem::replace(&mut here.until, until);
        self.forget(user, before);
        self.timers.extend(until.map(|until| (until, user)));
        if before.is_some() != until.is_some() {
            self.touched.insert(user);
        }
    }

    fn forget(&mut self, user: UserId, timer: Option<Instant>) {
        if let Some(at) = timer {
            self.timers.remove(&(at, user));
        }
        if self.timers.is_empty() {
            // An empty tree keeps its last node.
            self.timers = BTreeSet::new();
        }
    }

    /// Lets those leave who were away for long enough, and ends typing that nobody said the end of.
    pub(super) fn expire(&mut self, now: Instant) {
        while let Some((at, user)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.forget(user, Some(at));
            let Some(here) = self.people.get_mut(user) else { continue };
            let over = here.until.take_if(|until| *until <= now).is_some();
            self.touched.insert(user);
            if over && here.devices == 0 {
                self.remove(user);
            }
        }
    }

    /// When [`PresenceTable::expire`] has something to do next.
    pub(super) fn due(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Whether there may be news, and whether it can wait for others.
    pub(super) fn has_news(&self) -> (bool, bool) {
        (!self.touched.is_empty(), self.people.len() > AT_ONCE_MAX)
    }

    /// What changed since it was last told: at most one state a person, whatever happened in between.
    pub(super) fn news(&mut self) -> Vec<News> {
        let mut news = Vec::new();
        for user in std::mem::take(&mut self.touched) {
            let now = self.people.get(user).map(Here::seen);
            let before = match now {
                Some(now) => self.told.insert(user, now),
                None => self.told.remove(user),
            };
            match (before, now) {
                (None, Some(now)) => {
                    news.push(News::Joined(user));
                    news.extend((now != JOINED).then(|| News::Changed(now.presence(user))));
                }
                (Some(before), Some(now)) => {
                    news.extend((before != now).then(|| News::Changed(now.presence(user))));
                }
                (Some(_), None) => news.push(News::Left(user)),
                (None, None) => {}
            }
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use madang_protocol::UnixMs;

    use super::*;

    fn user(n: u8) -> UserId {
        UserId::new(UnixMs(1), [n; 10])
    }

    fn presence(n: u8, devices: u32, typing: bool) -> Presence {
        let state = if devices == 0 { PresenceState::Away } else { PresenceState::Here };
        Presence { user_id: user(n), state, devices, typing }
    }

    fn later(base: Instant, seconds: u64) -> Instant {
        base + Duration::from_secs(seconds)
    }

    #[test]
    fn rs4_a_person_is_here_while_any_connection_is() {
        let (mut table, now) = (PresenceTable::default(), Instant::now());
        table.arrive(user(1));
        assert_eq!(table.news(), [News::Joined(user(1))]);
        table.arrive(user(1));
        assert_eq!(table.news(), [News::Changed(presence(1, 2, false))]);
        table.vanish(user(1), later(now, 15));
        assert_eq!(table.news(), [News::Changed(presence(1, 1, false))]);
        table.leave(user(1));
        assert_eq!(table.news(), [News::Left(user(1))]);
        assert_eq!((table.count(), table.due()), (0, None));
    }

    #[test]
    fn rs4_who_vanishes_is_away_and_leaves_unless_back() {
        let (mut table, now) = (PresenceTable::default(), Instant::now());
        table.arrive(user(1));
        table.news();
        table.vanish(user(1), later(now, 15));
        assert_eq!(table.news(), [News::Changed(presence(1, 0, false))]);
        table.expire(later(now, 14));
        assert_eq!(table.news(), []);
        table.arrive(user(1));
        assert_eq!((table.news(), table.due()), (vec![News::Changed(presence(1, 1, false))], None));
        table.vanish(user(1), later(now, 30));
        table.expire(later(now, 30));
        assert_eq!((table.news(), table.count()), (vec![News::Left(user(1))], 0));
    }

    #[test]
    fn rs4_typing_ends_by_itself_and_is_told_once() {
        let (mut table, now) = (PresenceTable::default(), Instant::now());
        table.typing(user(1), Some(later(now, 6)));
        assert_eq!(table.news(), [], "someone who is not here does not type");
        table.arrive(user(1));
        table.news();
        table.typing(user(1), Some(later(now, 6)));
        table.typing(user(1), Some(later(now, 8)));
        assert_eq!(table.news(), [News::Changed(presence(1, 1, true))]);
        table.expire(later(now, 7));
        assert_eq!(table.news(), []);
        table.expire(later(now, 8));
        assert_eq!(table.news(), [News::Changed(presence(1, 1, false))]);
        table.typing(user(1), Some(later(now, 20)));
        table.typing(user(1), None);
        assert_eq!((table.news(), table.due()), (vec![], None));
    }

    #[test]
    fn rs4_who_came_and_went_between_two_batches_is_not_told() {
        let (mut table, now) = (PresenceTable::default(), Instant::now());
        for n in 0..60 {
            table.arrive(user(n));
        }
        assert_eq!(table.has_news(), (true, true));
        table.leave(user(1));
        table.vanish(user(2), later(now, 15));
        table.arrive(user(3));
        let news = table.news();
        assert_eq!(news.len(), 59 + 2);
        assert!(!news.contains(&News::Joined(user(1))) && !news.contains(&News::Left(user(1))));
        assert!(news.contains(&News::Changed(presence(2, 0, false))));
        assert!(news.contains(&News::Changed(presence(3, 2, false))));
        assert_eq!((table.news(), table.has_news().0), (vec![], false));
    }
}
