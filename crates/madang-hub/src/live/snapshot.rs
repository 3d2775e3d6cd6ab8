//! Snapshots: opening a session reads the newest one and a bounded tail of its log, whatever its age and however its
//! server ended. The tail has at most twice `snapshot_events` events and those of one write.
//!
//! What is written is what changed since the one before: the head and some chunks of the transcript.

use futures_util::FutureExt;
use madang_session::{Session, SnapshotError, SnapshotPart};
use madang_store::{Append, Commit, SnapshotRow, StoreError, Stream};

use super::Live;
use super::write::Draft;

/// One on its way to the disk.
struct UnderWay {
    commit: Commit,
    /// Where the one before it stands.
    before: u64,
    parts: Vec<u32>,
}

/// Where snapshots of a session stand.
#[derive(Default)]
pub(super) struct Snapshots {
    /// The newest one, on disk or on its way there.
    pub(super) at: u64,
    under_way: Option<UnderWay>,
}

impl Snapshots {
    /// The newest one is here, in a write that has its own answer.
    pub(super) fn stands_at(&mut self, at: u64) {
        *self = Snapshots { at, under_way: None };
    }

    /// Whether none is on its way any more. The parts of one that did not reach the disk have to be written again.
    fn is_settled(&mut self, session: &mut Session) -> bool {
        let Some(under_way) = &mut self.under_way else { return true };
        let Some(done) = (&mut under_way.commit).now_or_never() else { return false };
        self.end(&done, session);
        true
    }

    fn end(&mut self, done: &Result<(), StoreError>, session: &mut Session) {
        let Some(UnderWay { before, parts, .. }) = self.under_way.take() else { return };
        if done.is_err() {
            self.at = before;
            session.snapshot_failed(parts);
        }
    }
}

/// A session from the parts that are stored.
pub(super) fn restore(rows: Vec<SnapshotRow>) -> Result<Session, SnapshotError> {
    let part = |SnapshotRow { part, position, data, .. }| SnapshotPart { part, position, data };
    Session::restore(rows.into_iter().map(part).collect())
}

impl Live {
    /// A long log gets a snapshot in a quiet moment. Only of what is on disk: call it when no write is under way.
    pub(super) async fn write_snapshot(&mut self) {
        let due = self.snapshots.at + self.hub.inner.settings.snapshot_events;
        // One after the other: the next one counts on what this one wrote.
        if !self.snapshots.is_settled(&mut self.session) || self.over || self.session.seq() < due {
            return;
        }
        let (submitted, parts) = {
            // Not kept over the wait: the task would be as much larger.
            let mut append = Append::default();
            let parts = self.snapshot_parts(&mut append);
            (self.hub.inner.store.submit(append), parts)
        };
        let Ok(commit) = submitted.await else {
            // Only speed depends on it.
            return self.session.snapshot_failed(parts);
        };
        let before = std::mem::replace(&mut self.snapshots.at, self.session.seq());
        self.snapshots.under_way = Some(UnderWay { commit, before, parts });
    }

    /// Waits until the last snapshot is on disk, or is certain not to be.
    pub(super) async fn finish_snapshot(&mut self) {
        if let Some(under_way) = &mut self.snapshots.under_way {
            let done = (&mut under_way.commit).await;
            self.snapshots.end(&done, &mut self.session);
        }
    }

    /// A session that is never quiet has its snapshot with a write: both are on disk, or neither. What was written before
    /// is there too then, since a write after a gap is refused.
    pub(super) fn add_snapshot(&mut self, draft: &mut Draft) {
        let due = self.snapshots.at + self.hub.inner.settings.snapshot_events.saturating_mul(2);
        if draft.events.is_empty() || draft.lost.is_some() || self.session.seq() < due {
            return;
        }
        if self.snapshots.is_settled(&mut self.session) && self.session.seq() >= due {
            self.add_snapshot_now(&mut draft.append);
        }
    }

    /// Adds a snapshot to a write, whose failure has the session read again. None may be on its way beside it.
    pub(super) fn add_snapshot_now(&mut self, append: &mut Append) {
        self.snapshot_parts(append);
        self.snapshots.stands_at(self.session.seq());
    }

    /// Adds what changed since the last snapshot; says which parts that are.
    fn snapshot_parts(&mut self, append: &mut Append) -> Vec<u32> {
        let id = self.session.id();
        let taken = self.session.take_snapshot();
        let numbers = taken.iter().map(|part| part.part).collect();
        let row = |SnapshotPart { part, position, data }| {
            (id, SnapshotRow { stream: Stream::SESSION, part, position, data })
        };
        append.snapshots.extend(taken.into_iter().map(row));
        numbers
    }
}
