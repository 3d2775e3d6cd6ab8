//! Which commands may have been carried out (CM2), in memory: nearly every command is new, and need not ask the disk.

use std::sync::Arc;
use std::time::Duration;

use fastbloom::BloomFilter;
use madang_protocol::UserId;
use parking_lot::Mutex;
use sqlx::sqlite::SqlitePool;
use sqlx::{Row as _, query};
use tokio::time::{Instant, sleep};

use crate::statements::COMMANDS_AFTER;

/// Ids of the first filter (about 120 KB); each further one has room for twice as many.
const FIRST: usize = 65_536;
/// Filters at most: 8 million ids in 16 MB. Beyond, every command asks the disk.
const FILTERS_MAX: usize = 7;
/// How often a new command asks the disk for nothing, by one filter: at most seven times that by all.
const FALSE_POSITIVES: f64 = 0.001;
/// Rows read at a time while the filters fill: about a millisecond of one connection.
const ROWS: i64 = 1_024;
/// For each moment that they fill, so many moments are left to others.
const REST: u32 = 2;

/// Filters over all commands of the database.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Filters>);

#[derive(Debug, Default)]
struct Filters {
    /// The last one takes what comes.
    list: Vec<BloomFilter>,
    /// Room in the last one.
    room: usize,
    /// Whether they have all that the database has.
    whole: bool,
    /// Whether there were too many.
    full: bool,
}

impl Filters {
    fn has(&self, key: (UserId, &str)) -> bool {
        self.list.iter().any(|filter| filter.contains(&key))
    }

    fn add(&mut self, key: (UserId, &str)) {
        if self.full || self.has(key) {
            return;
        }
        if self.room == 0 {
            if self.list.len() == FILTERS_MAX {
                *self = Filters { full: true, ..Filters::default() };
                return;
            }
            self.room = FIRST << self.list.len();
            self.list.push(BloomFilter::with_false_pos(FALSE_POSITIVES).expected_items(self.room));
        }
        if let Some(last) = self.list.last_mut() {
            last.insert(&key);
            self.room -= 1;
        }
    }
}

impl Seen {
    /// Notes a command that is about to be written.
    pub(crate) fn note(&self, user: UserId, id: &str) {
        self.0.lock().add((user, id));
    }

    /// Whether a command may have been carried out; false is certain.
    pub(crate) fn may_have(&self, user: UserId, id: &str) -> bool {
        let filters = self.0.lock();
        !filters.whole || filters.has((user, id))
    }

    /// Reads what the database has, beside the service. What is written meanwhile is noted by whoever writes it.
    pub(crate) async fn fill(self: Arc<Self>, readers: SqlitePool) {
        match self.read(&readers).await {
            Ok(()) => {
                let mut filters = self.0.lock();
                filters.whole = !filters.full;
            }
            // The disk is asked each time then.
            Err(error) => tracing::warn!(%error, "the commands of earlier runs could not be read"),
        }
    }

    async fn read(&self, readers: &SqlitePool) -> Result<(), sqlx::Error> {
        let mut last = (String::new(), String::new());
        loop {
            let begun = Instant::now();
            let page =
                query(COMMANDS_AFTER).bind(&last.0).bind(&last.1).bind(ROWS).fetch_all(readers).await?;
            for row in &page {
                last = (row.try_get(0)?, row.try_get(1)?);
                // A damaged id is nobody's.
                if let Ok(user) = last.0.parse() {
                    self.note(user, &last.1);
                }
            }
            if page.len() < ROWS as usize || self.0.lock().full {
                return Ok(());
            }
            sleep((begun.elapsed() * REST).max(Duration::from_millis(1))).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use madang_protocol::UnixMs;

    use super::*;

    fn user(n: u8) -> UserId {
        UserId::new(UnixMs(1), [n; 10])
    }

    #[test]
    fn what_was_noted_is_always_found_and_the_rest_hardly_ever() {
        let seen = Seen::default();
        assert!(seen.may_have(user(1), "a"), "as long as it does not know all");
        seen.0.lock().whole = true;
        assert!(!seen.may_have(user(1), "a"));
        let ids: Vec<_> = (0..200_000).map(|n| format!("command-{n}")).collect();
        ids.iter().for_each(|id| seen.note(user(1), id));
        assert!(ids.iter().all(|id| seen.may_have(user(1), id)));
        assert_eq!(seen.0.lock().list.len(), 3);
        let wrong = ids.iter().filter(|id| seen.may_have(user(2), id)).count();
        assert!(wrong < 2_000, "{wrong} of 200,000");
    }

    #[test]
    fn when_there_are_too_many_it_knows_nothing_and_takes_no_room() {
        let seen = Seen::default();
        seen.0.lock().whole = true;
        seen.0.lock().list =
            (0..FILTERS_MAX).map(|_| BloomFilter::with_num_bits(64).expected_items(8)).collect();
        seen.note(user(1), "a");
        assert!(seen.may_have(user(1), "a") && seen.may_have(user(2), "b"));
        assert!(seen.0.lock().list.is_empty());
    }
}
