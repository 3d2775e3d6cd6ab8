//! Texts that are sent anew because a client's is another, and what else has its time: cursors, and documents that nobody
//! reads.

use std::time::Duration;

use madang_protocol::{ConnectionId, DocumentId, Event};
use tokio::time::Instant;

use super::super::Live;
use super::OpenDocument;
use crate::Batch;

/// From one text that a connection is sent anew to the next: a client that is wrong again and again is not sent a text for
/// every key.
const RESYNCS_APART: Duration = Duration::from_secs(1);
/// A version-1 client is sent a state when it has said nothing for so long: once per pause, not per key (DO4).
const VERSION1_PAUSE: Duration = Duration::from_millis(400);
/// A text that is owed for longer than this makes new commands wait, so that no commit is under way.
const OWED_MAX: Duration = Duration::from_millis(100);

impl Live {
    /// A connection's text is not the document's: it is sent that as soon as all of it is on disk.
    pub(super) fn owe(&mut self, id: DocumentId, connection: ConnectionId) {
        let Some(reader) = self.documents.get_mut(id).and_then(|open| open.reader_mut(connection)) else {
            return;
        };
        let now = Instant::now();
        if reader.version1.is_some() {
            reader.owed = Some(now + VERSION1_PAUSE);
        } else {
            let soonest = reader.resynced.map_or(now, |last| (last + RESYNCS_APART).max(now));
            reader.owed.get_or_insert(soonest);
        }
    }

    /// Whether new commands have to wait until a text can be sent.
    pub(in super::super) fn owes_documents(&self) -> bool {
        if self.pending.is_empty() {
            return false;
        }
        let mut owed = self.documents.list().iter().filter_map(OpenDocument::owed_at);
        owed.any(|at| at + OWED_MAX <= Instant::now())
    }

    /// When [`Live::document_timers`] has something to do next.
    pub(in super::super) fn documents_due(&self) -> Option<Instant> {
        let rest = Duration::from_millis(self.hub.inner.settings.rest_ms);
        let quiet = self.pending.is_empty();
        let due = self.documents.list().iter().flat_map(|open| {
            let owed = open.owed_at().filter(|_| quiet);
            let leaves = (quiet && open.readers.is_empty()).then(|| open.touched + rest);
            [owed, leaves]
        });
        due.flatten().chain(self.cursors_due()).min()
    }

    /// Does what has its time.
    pub(in super::super) async fn document_timers(&mut self, now: Instant) {
        if self.cursors_due().is_some_and(|due| due <= now) {
            self.tell_cursors();
        }
        if !self.pending.is_empty() {
            return;
        }
        let rest = Duration::from_millis(self.hub.inner.settings.rest_ms);
        let leaves = |open: &OpenDocument| open.readers.is_empty() && open.touched + rest <= now;
        if self.documents.list().iter().any(leaves) {
            self.leave_documents(leaves).await;
        }
        for (id, connection) in self.owed_by(now) {
            self.resync(id, connection).await;
        }
    }

    /// Who is owed a text by now; they are not any more.
    fn owed_by(&mut self, now: Instant) -> Vec<(DocumentId, ConnectionId)> {
        let mut owed = Vec::new();
        for open in self.documents.list_mut() {
            for reader in &mut open.readers {
                if reader.owed.take_if(|at| *at <= now).is_some() {
                    reader.resynced = Some(now);
                    owed.push((open.id, reader.connection));
                }
            }
        }
        owed
    }

    async fn resync(&mut self, id: DocumentId, connection: ConnectionId) {
        let Some(reader) = self.documents.get(id).and_then(|open| open.reader(connection)) else { return };
        if reader.version1.is_some() {
            return self.resync_version1(id, connection).await;
        }
        let viewer = reader.viewer.clone();
        if let Some(state) = self.document_state(id) {
            let event = self.hub.outgoing(Some(self.session.id()), None, Event::from(state));
            viewer.deliver(&[Batch::asked_for(vec![event])]);
        }
    }
}

impl OpenDocument {
    /// The first moment at which a reader is owed the text.
    fn owed_at(&self) -> Option<Instant> {
        self.readers.iter().filter_map(|reader| reader.owed).min()
    }
}
