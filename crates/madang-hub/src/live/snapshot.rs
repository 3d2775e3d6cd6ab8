//! Snapshots: opening a session reads the newest one and a bounded tail of its log, whatever its age and however its
//! server ended. The tail has at most twice `snapshot_events` events and those of one write.

use futures_util::FutureExt;
use madang_store::{Append, Commit, SnapshotRow, Stream};

use super::Live;
use super::write::Draft;

/// Where snapshots of a session stand.
#[derive(Default)]
pub(super) struct Snapshots {
    /// The newest one, on disk or on its way there.
    pub(super) at: u64,
    /// One on its way, and where the one before it stands.
    under_way: Option<(Commit, u64)>,
}

impl Snapshots {
    /// The newest one is here, in a write that has its own answer.
    pub(super) fn stands_at(&mut self, at: u64) {
        *self = Snapshots { at, under_way: None };
    }

    /// One that did not reach the disk is none.
    fn settle(&mut self) {
        let Some((commit, before)) = &mut self.under_way else { return };
        let Some(done) = commit.now_or_never() else { return };
        if done.is_err() {
            self.at = *before;
        }
        self.under_way = None;
    }
}

impl Live {
    /// A long log gets a snapshot in a quiet moment. Only of what is on disk: call it when no write is under way.
    pub(super) async fn write_snapshot(&mut self) {
        self.snapshots.settle();
        let seq = self.session.seq();
        if self.over || seq < self.snapshots.at + self.hub.inner.settings.snapshot_events {
            return;
        }
        let Some(row) = self.snapshot_row() else { return };
        let append = Append { snapshots: vec![(self.session.id(), row)], ..Append::default() };
        // Only speed depends on it.
        let Ok(commit) = self.hub.inner.store.submit(append).await else { return };
        let before = std::mem::replace(&mut self.snapshots.at, seq);
        self.snapshots.under_way = Some((commit, before));
    }

    /// Waits until the last snapshot is on disk, or is certain not to be.
    pub(super) async fn finish_snapshot(&mut self) {
        if let Some((commit, _)) = self.snapshots.under_way.take() {
            drop(commit.await);
        }
    }

    /// A session that is never quiet has its snapshot with a write: both are on disk, or neither. What was written before
    /// is there too then, since a write after a gap is refused.
    pub(super) fn add_snapshot(&mut self, draft: &mut Draft) {
        self.snapshots.settle();
        let due = self.snapshots.at + self.hub.inner.settings.snapshot_events.saturating_mul(2);
        if draft.events.is_empty() || draft.lost.is_some() || self.session.seq() < due {
            return;
        }
        let Some(row) = self.snapshot_row() else { return };
        self.snapshots.stands_at(row.position);
        draft.append.snapshots.push((self.session.id(), row));
    }

    /// The session as it stands.
    pub(super) fn snapshot_row(&self) -> Option<SnapshotRow> {
        let data = serde_json::to_string(&self.session).ok()?;
        Some(SnapshotRow { stream: Stream::SESSION, position: self.session.seq(), data })
    }
}
