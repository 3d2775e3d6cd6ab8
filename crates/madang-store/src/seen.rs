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
///
/// They only save questions. That nothing is carried out twice is the primary key's doing: whoever was wrongly told that
/// a command is new has its append refused, and finds it when asking again, for it was noted then.
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
    /// Notes a command that is about to be written; whether it is certain that it never was.
    pub(crate) fn note(&self, user: UserId, id: &str) -> bool {
        let mut filters = self.0.lock();
        let new = filters.whole && !filters.has((user, id));
        filters.add((user, id));
        new
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
            // It was closed before they were read: an orderly end.
            Err(sqlx::Error::PoolClosed) => {}
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
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;

    use madang_protocol::UnixMs;

    use super::*;
    use crate::Settings;
    use crate::bind::Row;
    use crate::connect::{Connector, migrate};

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
        for id in &ids {
            seen.note(user(1), id);
        }
        assert!(ids.iter().all(|id| seen.may_have(user(1), id)));
        assert_eq!(seen.0.lock().list.len(), 3);
        let wrong = ids.iter().filter(|id| seen.may_have(user(2), id)).count();
        assert!(wrong < 2_000, "{wrong} of 200,000");
    }

    /// A database with so many commands of each of two people, of which the second's come later.
    async fn filled(dir: &std::path::Path, commands: usize) -> Connector {
        let connector = Connector { file: dir.join("a.db"), settings: Settings::default() };
        std::fs::File::create(&connector.file).unwrap();
        let mut writer = connector.writer().unwrap();
        migrate(&mut writer).await.unwrap();
        writer.pragma("foreign_keys", "OFF").unwrap();
        for who in [user(1), user(2)] {
            let text = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2) \
                INSERT INTO commands SELECT $1, printf('command-%05d', i), x'', '', NULL, '' FROM n";
            let mut row = Row::default();
            row.id(who);
            row.signed(commands as i64);
            assert_eq!(writer.execute(text, row).await.unwrap(), commands as u64);
        }
        connector
    }

    #[tokio::test]
    async fn cm2_no_command_counts_as_new_however_far_the_filters_are() {
        const COMMANDS: usize = 3 * ROWS as usize / 2;
        let dir = tempfile::tempdir().unwrap();
        let readers = filled(dir.path(), COMMANDS).await.readers();
        let seen = Arc::new(Seen::default());
        let all = |who| (0..COMMANDS).map(move |n| (user(who), format!("command-{n:05}")));
        let all_found = || all(1).chain(all(2)).all(|(who, id)| seen.may_have(who, &id));
        assert!(all_found(), "before it is begun");
        let mut filling = pin!(Arc::clone(&seen).fill(readers));
        // Until the first page is in, and no further: what fills rests as long as nobody asks it to go on.
        let one_page =
            poll_fn(|_| if seen.0.lock().list.is_empty() { Poll::Pending } else { Poll::Ready(()) });
        tokio::select! {
            biased;
            () = &mut filling => panic!("there is more than one page"),
            () = one_page => {}
        }
        assert!(!seen.0.lock().has((user(2), "command-00000")), "the second person's are on the next pages");
        assert!(all_found(), "midway");
        // It comes before the page that was read, so that reading on does not find it.
        seen.note(user(1), "a command");
        filling.await;
        assert!(seen.0.lock().whole);
        assert!(all_found() && seen.may_have(user(1), "a command"), "afterwards");
        let wrong = all(3).filter(|(who, id)| seen.may_have(*who, id)).count();
        assert!(wrong < COMMANDS / 50, "{wrong} new ones of {COMMANDS} ask the disk");
    }

    #[tokio::test]
    async fn cm2_if_the_database_cannot_be_read_every_command_asks_it() {
        let dir = tempfile::tempdir().unwrap();
        let connector = filled(dir.path(), 1).await;
        connector.writer().unwrap().run("ALTER TABLE commands RENAME TO lost").await.unwrap();
        let seen = Arc::new(Seen::default());
        Arc::clone(&seen).fill(connector.readers()).await;
        seen.note(user(1), "b");
        assert!(seen.may_have(user(1), "command-00000") && seen.may_have(user(2), "never"));
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
