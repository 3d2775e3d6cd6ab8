//! Who was told "you may not", for the audit log: from the message router and from every request alike.
//!
//! A refusal costs its sender nothing, so a row for each would let anyone fill the disk: the first of a kind is written,
//! those that follow within a minute are counted into one more row. It must never know content, nor wait for the disk.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use madang_accounts::By;
use madang_protocol::{Actor, AuditKind, SessionId, UnixMs, UserId};
use madang_store::AuditRow;
use parking_lot::Mutex;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::gateway::Shared;

/// How long refusals of one person and action are counted into one row: a minute.
const WINDOW_MS: u64 = 60_000;
/// Rows of one window, all people together; what is beyond is counted into one row without a name.
const ROWS_MAX: usize = 200;
/// People and actions that are counted apart; what is beyond is counted into that same row. Some 100 bytes each.
const KINDS_MAX: usize = 5_000;
/// Between two looks at what is to be written.
const WRITE_EVERY: Duration = Duration::from_millis(500);
/// What the row without a name says of the action.
const OTHERS: &str = "(others)";

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Who was refused; none for nobody in particular.
    pub(crate) user: Option<UserId>,
    /// What they asked for: a command's type, or a method and a route. Never anything of their own words.
    pub(crate) what: String,
    /// In which session.
    pub(crate) session: Option<SessionId>,
    /// From which address.
    pub(crate) address: Option<IpAddr>,
}

/// A row to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    refused: Refused,
    times: u64,
}

/// What was refused and is yet to be written.
#[derive(Default)]
pub(crate) struct Refusals {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    kinds: HashMap<(Option<UserId>, String), Folded>,
    ready: Vec<Line>,
    /// When the rows of this window began to count.
    began: UnixMs,
    rows: usize,
    /// Refusals for which there was no row.
    others: u64,
}

/// Those of one person and action since their last row.
struct Folded {
    since: UnixMs,
    last: Refused,
    times: u64,
}

impl Refusals {
    /// Notes a refusal. Takes a short lock, and nothing else.
    pub(crate) fn note(&self, refused: Refused, now: UnixMs) {
        let mut table = self.table.lock();
        let key = (refused.user, refused.what.clone());
        if let Some(folded) = table.kinds.get_mut(&key) {
            folded.times += 1;
            folded.last = refused;
            return;
        }
        if table.kinds.len() >= KINDS_MAX {
            table.others += 1;
            return;
        }
        table.kinds.insert(key, Folded { since: now, last: refused.clone(), times: 0 });
        table.put(Line { refused, times: 1 });
    }

    /// What is to be written now; `whole`: everything, because the server goes.
    fn take(&self, now: UnixMs, whole: bool) -> Vec<Line> {
        let mut table = self.table.lock();
        let over = |since: UnixMs| whole || now.since(since) >= WINDOW_MS;
        if over(table.began) {
            (table.began, table.rows) = (now, table.ready.len());
            let times = std::mem::take(&mut table.others);
            if times > 0 {
                let refused = Refused { user: None, what: OTHERS.to_owned(), session: None, address: None };
                // Beside the others: without it their number would say too little.
                table.ready.push(Line { refused, times });
            }
        }
        let mut due = Vec::new();
        table.kinds.retain(|_, folded| {
            if !over(folded.since) {
                return true;
            }
            if folded.times == 0 {
                return false;
            }
            due.push(Line { refused: folded.last.clone(), times: folded.times });
            (folded.since, folded.times) = (now, 0);
            true
        });
        due.into_iter().for_each(|line| table.put(line));
        std::mem::take(&mut table.ready)
    }

    /// Counts what could not be written, so that it is told of later.
    fn give_back(&self, times: u64) {
        self.table.lock().others += times;
    }
}

impl Table {
    fn put(&mut self, line: Line) {
        if self.rows >= ROWS_MAX {
            self.others += line.times;
        } else {
            self.rows += 1;
            self.ready.push(line);
        }
    }
}

/// Writes what was refused, until told to stop, and what is left then.
pub(crate) async fn write(shared: Arc<Shared>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(WRITE_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let stopped = tokio::select! {
            _ = ticks.tick() => false,
            () = stop.cancelled() => true,
        };
        let lines = shared.refusals.take(shared.now(), stopped);
        if !lines.is_empty() {
            let times = lines.iter().map(|line| line.times).sum();
            let rows = lines.into_iter().map(|line| row(&shared, line)).collect();
            if let Err(refusal) = shared.accounts.audit(rows).await {
                let error = &refusal as &dyn std::error::Error;
                tracing::warn!(error, times, "refusals were not written into the audit log");
                shared.refusals.give_back(times);
            }
        }
        if stopped {
            return;
        }
    }
}

fn row(shared: &Shared, line: Line) -> AuditRow {
    let Line { refused: Refused { user, what, session, address }, times } = line;
    let actor = user.map_or(Actor::Server, Actor::User);
    let by = By { actor, address, agent: String::new() };
    let details = json!({ "what": what, "times": times });
    AuditRow { session, ..shared.accounts.line(&by, AuditKind::Refused, None, &details) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(user: u64, what: &str) -> Refused {
        // Not the first bytes: some bits of them are the id's version.
        let unique =
            std::array::from_fn(|at| user.to_be_bytes().get(at.wrapping_sub(2)).copied().unwrap_or(0));
        let user = Some(UserId::new(UnixMs(1), unique));
        Refused { user, what: what.into(), session: None, address: None }
    }

    fn said(lines: &[Line]) -> Vec<(String, u64)> {
        lines.iter().map(|line| (line.refused.what.clone(), line.times)).collect()
    }

    #[test]
    fn one_row_at_once_and_one_a_minute_for_all_that_follow() {
        let refusals = Refusals::default();
        let start = 1_000_000;
        for at in 0..500 {
            refusals.note(refused(1, "rename_session"), UnixMs(start + at));
        }
        refusals.note(refused(2, "rename_session"), UnixMs(start));
        refusals.note(refused(1, "close_session"), UnixMs(start));
        let first = said(&refusals.take(UnixMs(start), false));
        assert_eq!(
            first,
            [("rename_session".into(), 1), ("rename_session".into(), 1), ("close_session".into(), 1)]
        );
        assert_eq!(refusals.take(UnixMs(start + WINDOW_MS - 1), false), []);
        assert_eq!(said(&refusals.take(UnixMs(start + WINDOW_MS), false)), [("rename_session".into(), 499)]);
        refusals.note(refused(1, "rename_session"), UnixMs(start + WINDOW_MS + 1));
        assert_eq!(refusals.take(UnixMs(start + WINDOW_MS + 2), false), []);
        assert_eq!(said(&refusals.take(UnixMs(start + 2 * WINDOW_MS), true)), [("rename_session".into(), 1)]);
        refusals.take(UnixMs(start + 9 * WINDOW_MS), false);
        assert!(refusals.table.lock().kinds.is_empty(), "what is over is forgotten");
    }

    #[test]
    fn a_flood_by_many_makes_a_bounded_number_of_rows_and_loses_no_count() {
        const PEOPLE: u64 = 20_000;
        let refusals = Refusals::default();
        let (mut rows, mut times) = (0, 0);
        for user in 0..PEOPLE {
            refusals.note(refused(user, "close_session"), UnixMs(1_000_000));
            if user % 1_000 == 0 {
                let lines = refusals.take(UnixMs(1_000_000), false);
                rows += lines.len();
                times += lines.iter().map(|line| line.times).sum::<u64>();
            }
        }
        assert!(refusals.table.lock().kinds.len() <= KINDS_MAX);
        assert!(rows <= ROWS_MAX + 1, "{rows} rows in a minute");
        let lines = refusals.take(UnixMs(1_000_000 + WINDOW_MS), false);
        assert!(lines.len() <= ROWS_MAX + 1);
        times += lines.iter().map(|line| line.times).sum::<u64>();
        assert_eq!(times, PEOPLE);
    }
}
