//! The check of the whole file after an unclean stop, beside the service.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteConnection;
use sqlx::{Row as _, query};

use crate::connect::Connector;
use crate::fault::Fault;
use crate::state::{Integrity, State};

/// Findings kept and logged of each kind.
const FINDINGS_MAX: usize = 100;
/// SQLite's steps between two looks at whether to stop or to rest: a fraction of a millisecond.
const STEPS_BETWEEN_LOOKS: i32 = 1_000;
/// Work between two rests: sessions that are opened meanwhile wait so long for a processor, and no longer.
const STRETCH: Duration = Duration::from_millis(2);
/// A rest, in stretches: the check takes a quarter of one processor, and four times as long as it could.
const REST: u32 = 3;

/// Checks every page and index, notes and logs the outcome. `stop` ends it early.
pub(crate) async fn run(connector: Connector, state: Arc<State>, stop: Arc<AtomicBool>) {
    let outcome = match check(&connector, Arc::clone(&stop)).await {
        Ok(findings) if findings.is_empty() => Integrity::Sound,
        Ok(findings) => Integrity::Damaged(findings),
        Err(_) if stop.load(Ordering::Acquire) => Integrity::Unfinished("the store was closed".into()),
        Err(error) if Fault::of(&error) == Fault::Damaged => Integrity::Damaged(vec![error.to_string()]),
        Err(error) => Integrity::Unfinished(error.to_string()),
    };
    match &outcome {
        Integrity::Damaged(findings) => {
            tracing::error!(
                ?findings,
                "the database is damaged: restore a backup, what is whole still works"
            );
        }
        Integrity::Unfinished(reason) => tracing::warn!(reason, "the database could not be checked"),
        Integrity::Sound | Integrity::Running | Integrity::NotNeeded => {
            tracing::info!("the database is whole, checked after an unclean stop");
        }
    }
    state.set_integrity(outcome);
}

/// Lets everyone else have the processor most of the time: the check has a thread of its own, and time.
struct Pace {
    since: Instant,
}

impl Pace {
    fn rest(&mut self) {
        let worked = self.since.elapsed();
        if worked >= STRETCH {
            // A stretch that took long was one of waiting: for the processor itself, or the disk.
            std::thread::sleep(worked.min(STRETCH * 2) * REST);
            self.since = Instant::now();
        }
    }
}

async fn check(connector: &Connector, stop: Arc<AtomicBool>) -> Result<Vec<String>, sqlx::Error> {
    let mut connection: SqliteConnection = connector.reader().await?;
    let mut pace = Pace { since: Instant::now() };
    let go_on = move || {
        pace.rest();
        !stop.load(Ordering::Acquire)
    };
    connection.lock_handle().await?.set_progress_handler(STEPS_BETWEEN_LOOKS, go_on);
    let mut findings = Vec::new();
    for row in query("PRAGMA integrity_check(100)").fetch_all(&mut connection).await? {
        let finding: String = row.try_get(0)?;
        if finding != "ok" {
            findings.push(finding);
        }
    }
    for row in query("PRAGMA foreign_key_check").fetch_all(&mut connection).await?.iter().take(FINDINGS_MAX) {
        findings.push(format!("a row of {} names a session that is not there", row.try_get::<&str, _>(0)?));
    }
    Ok(findings)
}
