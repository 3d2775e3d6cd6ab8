//! How a document comes to life and leaves memory: from its newest snapshot and the tail of its log.

use std::collections::VecDeque;

use madang_protocol::{Actor, DocumentId, SessionId};
use madang_session::{Change, Document, DocumentSnapshot, Hand, Rejection, Text};
use madang_store::{Append, Record, SnapshotRow, Store, StoreError, Stream};
use tokio::time::Instant;

use super::super::Live;
use super::OpenDocument;
use crate::hub::store_rejection;

/// Records read from the store at a time.
const PAGE: u32 = 1_000;
/// Changes after which a document is written out whole, with the next one: opening it reads at most so many.
const SNAPSHOT_CHANGES: u64 = 1_000;
/// The same when it leaves memory: fewer are as quickly read as a text is written.
const LEAVING_CHANGES: u64 = 100;
/// The part of a document's snapshots that is its newest text; the others are versions that are kept.
const NEWEST: u32 = 0;

impl Live {
    /// A document in memory, read from the disk if need be: then nothing of it is under way.
    pub(super) async fn loaded_document(&mut self, id: DocumentId) -> Result<&mut OpenDocument, Rejection> {
        if self.documents.get(id).is_none() {
            let store = self.hub.inner.store.as_ref();
            let document = read(store, self.session.id(), id).await;
            self.documents.add(document.map_err(|error| store_rejection(&error))?);
        }
        let open = self.documents.get_mut(id).expect("it was there or has just been added");
        open.touched = Instant::now();
        Ok(open)
    }

    /// Has a document remember the changes since a version again, as far as it can.
    pub(super) async fn recall(&mut self, id: DocumentId, base: u64) -> Result<(), Rejection> {
        let place = (self.session.id(), Stream::document(id));
        let store = self.hub.inner.store.clone();
        let Some(open) = self.documents.get_mut(id) else { return Ok(()) };
        while open.document.oldest_base() > base && !open.recalled {
            let oldest = open.document.oldest_base();
            let after = oldest.saturating_sub(u64::from(PAGE));
            let limit = u32::try_from(oldest - after).unwrap_or(PAGE);
            let page = store.read(place.0, place.1, after, limit).await;
            let page = page.map_err(|error| store_rejection(&error))?;
            for record in page.iter().rev() {
                let change = parsed(record).map_err(|error| store_rejection(&error))?;
                if !open.document.recall(change) {
                    // There is no room for more, and there will be none.
                    open.recalled = true;
                    return Ok(());
                }
            }
            open.recalled = open.document.oldest_base() == oldest;
        }
        Ok(())
    }

    /// What a document said at a version that it had.
    pub(super) async fn text_at(&mut self, id: DocumentId, version: u64) -> Result<Text, Rejection> {
        let newest = &self.loaded_document(id).await?.document;
        if version == newest.version() {
            return Ok(newest.text().clone());
        }
        if version > newest.version() {
            return Err(Rejection::not_found("version"));
        }
        let kept = self.session.kept_versions(id).iter().rfind(|kept| kept.saved.version <= version);
        let from = kept.map(|kept| kept.part);
        let store = self.hub.inner.store.as_ref();
        let text = text_of(store, (self.session.id(), id), from, version).await;
        text.map_err(|error| store_rejection(&error))
    }

    /// Adds a document as it is to a write, if its log has grown much since it was written out last.
    pub(super) fn add_document_snapshot(&mut self, append: &mut Append, id: DocumentId) {
        let session = self.session.id();
        let Some(open) = self.documents.get_mut(id) else { return };
        if open.document.version() >= open.snapshot_at + SNAPSHOT_CHANGES {
            append.snapshots.push((session, row(id, NEWEST, &open.document)));
            open.snapshot_at = open.document.version();
        }
    }

    /// Writes out what documents say that leave memory. Only of what is on disk: call it when no write is under way.
    pub(in super::super) async fn leave_documents(&mut self, leaves: impl Fn(&OpenDocument) -> bool) {
        let session = self.session.id();
        let grown = |open: &&OpenDocument| {
            open.document.version() >= open.snapshot_at + LEAVING_CHANGES && leaves(open)
        };
        let rows = self.documents.list().iter().filter(grown);
        let snapshots: Vec<_> = rows.map(|open| (session, row(open.id, NEWEST, &open.document))).collect();
        self.documents.retain(|open| !leaves(open));
        if !snapshots.is_empty() {
            // Only speed depends on it, so nobody waits for it.
            drop(self.hub.inner.store.submit(Append { snapshots, ..Append::default() }).await);
        }
    }
}

/// A document's text as a part of its snapshots.
pub(super) fn row(id: DocumentId, part: u32, document: &Document) -> SnapshotRow {
    let data = serde_json::to_string(&document.snapshot()).expect("a snapshot is plain data");
    SnapshotRow { stream: Stream::document(id), part, position: document.version(), data }
}

/// A document from the disk.
async fn read(store: &dyn Store, session: SessionId, id: DocumentId) -> Result<OpenDocument, StoreError> {
    let place = (session, id);
    let mut document = restored(store, place, Some(NEWEST)).await?;
    let snapshot_at = document.version();
    let mut changed_at = None;
    if snapshot_at > 0 {
        let last = store.read(session, Stream::document(id), snapshot_at - 1, 1).await?;
        changed_at = last.first().map(|record| record.at);
    }
    follow(store, place, &mut document, u64::MAX, &mut |record| changed_at = Some(record.at)).await?;
    let told = document.version();
    Ok(OpenDocument { document, told, snapshot_at, changed_at, ..new_document(id) })
}

/// A document that says nothing and has no log.
pub(super) fn new_document(id: DocumentId) -> OpenDocument {
    OpenDocument {
        id,
        document: empty(),
        readers: Vec::new(),
        told: 0,
        recalled: false,
        snapshot_at: 0,
        changed_at: None,
        texts: VecDeque::new(),
        moved: Vec::new(),
        touched: Instant::now(),
    }
}

/// A text at a version, from a part that is not after it.
async fn text_of(
    store: &dyn Store,
    place: (SessionId, DocumentId),
    part: Option<u32>,
    version: u64,
) -> Result<Text, StoreError> {
    let mut document = restored(store, place, part).await?;
    if document.version() > version {
        // The part was written anew meanwhile, or is another's: the log says the same.
        document = empty();
    }
    follow(store, place, &mut document, version, &mut |_| {}).await?;
    Ok(document.text().clone())
}

fn empty() -> Document {
    Document::new(Text::default(), Hand::of(Actor::Server))
}

/// A document as a part of its snapshots has it; at its beginning where there is none that can be read.
async fn restored(
    store: &dyn Store,
    (session, id): (SessionId, DocumentId),
    part: Option<u32>,
) -> Result<Document, StoreError> {
    let Some(part) = part else { return Ok(empty()) };
    let Some(row) = store.snapshot_part(session, Stream::document(id), part).await? else {
        return Ok(empty());
    };
    let read = serde_json::from_str::<DocumentSnapshot>(&row.data).map_err(|error| error.to_string());
    match read.and_then(|snapshot| Document::restore(snapshot).map_err(|error| error.to_string())) {
        Ok(document) if document.version() == row.position => return Ok(document),
        Ok(_) => tracing::warn!(session.id = %session, "a document's snapshot is of another version"),
        Err(error) => tracing::warn!(session.id = %session, error, "a document's snapshot is not used"),
    }
    Ok(empty())
}

/// Applies a document's log up to a version.
async fn follow(
    store: &dyn Store,
    (session, id): (SessionId, DocumentId),
    document: &mut Document,
    to: u64,
    seen: &mut (dyn FnMut(&Record) + Send),
) -> Result<(), StoreError> {
    while document.version() < to {
        let left = u32::try_from(to - document.version()).unwrap_or(PAGE).min(PAGE);
        let page = store.read(session, Stream::document(id), document.version(), left).await?;
        for record in &page {
            document.replay(parsed(record)?).map_err(unreadable)?;
            seen(record);
        }
        if page.len() < left as usize {
            return Ok(());
        }
    }
    Ok(())
}

fn parsed(record: &Record) -> Result<Change, StoreError> {
    serde_json::from_str(&record.data).map_err(unreadable)
}

fn unreadable(source: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Failed { during: "reading a document's log", source: Box::new(source) }
}
