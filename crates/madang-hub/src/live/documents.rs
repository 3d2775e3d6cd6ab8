//! The documents that somebody has open: owned by the session's task, each a log of its own (DO1-DO9).
//!
//! What a document says is in memory while someone reads it, and ahead of the disk as the session is: its changes are
//! told after their commit, in the same rounds as everything else. A document in trouble is dropped and read again; the
//! session's conversation goes on. Start at [`Live::document_command`].

mod commands;
mod cursors;
mod edit;
mod load;
mod pieces;
mod readers;
mod resync;
mod tell;
mod version1;
mod versions;

use std::collections::VecDeque;
use std::sync::Arc;

use madang_protocol::{Actor, ConnectionId, DocumentId, UnixMs, UserId};
use madang_session::{Document, Text};
use tokio::time::Instant;

use crate::Viewer;
pub(super) use commands::shows_document;
pub(super) use tell::DocumentNews;
use version1::Version1;

/// The open documents; nothing while there are none, as in most sessions.
#[derive(Default)]
pub(super) struct Documents(Option<Box<Open>>);

#[derive(Default)]
struct Open {
    list: Vec<OpenDocument>,
    /// When it is told who moved.
    cursors_due: Option<Instant>,
}

/// A document in memory.
pub(super) struct OpenDocument {
    id: DocumentId,
    document: Document,
    readers: Vec<Reader>,
    /// The version up to which readers were told: what is on disk.
    told: u64,
    /// Whether it remembers as much of its log as it can.
    recalled: bool,
    /// The version that is written out whole.
    snapshot_at: u64,
    /// When it was changed last.
    changed_at: Option<UnixMs>,
    /// The newest versions' texts, for what version-1 clients say of them; none while there is no such client.
    texts: VecDeque<(u64, Text)>,
    /// Whose cursors are to be told.
    moved: Vec<Actor>,
    /// When somebody last did something with it.
    touched: Instant,
}

/// A connection that has a document open.
pub(super) struct Reader {
    connection: ConnectionId,
    viewer: Arc<dyn Viewer>,
    user: UserId,
    /// What is known of a version-1 client's text.
    version1: Option<Box<Version1>>,
    /// When it is to be sent the text anew, because what it has is not the document's.
    owed: Option<Instant>,
    /// When it was sent that last.
    resynced: Option<Instant>,
}

impl Documents {
    fn list(&self) -> &[OpenDocument] {
        self.0.as_ref().map_or(&[], |open| &open.list)
    }

    fn list_mut(&mut self) -> &mut [OpenDocument] {
        self.0.as_mut().map_or(&mut [], |open| &mut open.list)
    }

    fn get(&self, id: DocumentId) -> Option<&OpenDocument> {
        self.list().iter().find(|open| open.id == id)
    }

    fn get_mut(&mut self, id: DocumentId) -> Option<&mut OpenDocument> {
        self.list_mut().iter_mut().find(|open| open.id == id)
    }

    fn add(&mut self, document: OpenDocument) {
        self.0.get_or_insert_default().list.push(document);
    }

    /// Lets documents go.
    fn retain(&mut self, stays: impl Fn(&OpenDocument) -> bool) {
        let Some(open) = &mut self.0 else { return };
        open.list.retain(|document| stays(document));
        if open.list.is_empty() {
            self.0 = None;
        }
    }

    fn take(&mut self) -> Vec<OpenDocument> {
        self.0.take().map_or_else(Vec::new, |open| open.list)
    }
}

impl OpenDocument {
    fn reader(&self, connection: ConnectionId) -> Option<&Reader> {
        self.readers.iter().find(|reader| reader.connection == connection)
    }

    fn reader_mut(&mut self, connection: ConnectionId) -> Option<&mut Reader> {
        self.readers.iter_mut().find(|reader| reader.connection == connection)
    }
}
