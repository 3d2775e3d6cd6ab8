//! Who has a document open: opening is the text and its tail, or what was missed; then every change, in order.

use madang_protocol::limits::OPEN_DOCUMENTS_MAX;
use madang_protocol::{
    Actor, ConnectionId, DocumentClosed, DocumentCursor, DocumentId, DocumentOnly, DocumentResumed,
    DocumentState, EditorPosition, Event, OpenDocument as Opening, ProtocolVersion, Selection,
};
use madang_session::{Cursor, Rejection, Text};

use super::super::{Live, Request};
use super::edit::changed;
use super::{OpenDocument, Reader};
use crate::Batch;

/// What is missed at most; a longer gap gets the whole text, which is less.
const RESUMED_CHANGES_MAX: u64 = 5_000;

impl Live {
    /// Opens a document for a connection; one that asks once is only answered.
    pub(super) async fn open_document(&mut self, request: &Request, data: &Opening) -> Result<(), Rejection> {
        let id = self.found(request, &data.document)?;
        self.check_room(request, id)?;
        let same_log = data.epoch.is_none_or(|epoch| epoch == self.session.epoch());
        let version = self.loaded_document(id).await?.document.version();
        let had =
            data.version.filter(|had| same_log && *had <= version && version - had <= RESUMED_CHANGES_MAX);
        if let Some(had) = had {
            self.recall(id, had).await?;
        }
        if request.viewer.stays() {
            self.add_reader(request, id);
        }
        let answer = match had.and_then(|had| self.resumed(id, had)) {
            Some(resumed) => Event::from(resumed),
            None => Event::from(self.document_state(id).ok_or_else(|| Rejection::not_found("document"))?),
        };
        self.reply_to(request, answer);
        Ok(())
    }

    pub(super) fn close_document(&mut self, request: &Request, data: &DocumentOnly) -> Result<(), Rejection> {
        let id = self.found(request, &data.document)?;
        self.remove_reader(id, request.viewer.connection_id());
        self.answer_document(request, id, None);
        Ok(())
    }

    fn check_room(&self, request: &Request, id: DocumentId) -> Result<(), Rejection> {
        let connection = request.viewer.connection_id();
        let reads = |open: &&OpenDocument| open.id != id && open.reader(connection).is_some();
        if self.documents.list().iter().filter(reads).count() < OPEN_DOCUMENTS_MAX {
            return Ok(());
        }
        let code = madang_protocol::ErrorCode::InvalidData;
        Err(Rejection::new(code, "This connection has too many documents open.")
            .details(format!("{OPEN_DOCUMENTS_MAX} at most; send close_document for some")))
    }

    /// Has a connection hear of a document's changes; again is once.
    pub(super) fn add_reader(&mut self, request: &Request, id: DocumentId) {
        let Some(open) = self.documents.get_mut(id) else { return };
        let viewer = request.viewer.clone();
        let (connection, user) = (viewer.connection_id(), request.caller.user);
        open.readers.retain(|reader| reader.connection != connection);
        let version1 = (viewer.version() == ProtocolVersion::V1)
            .then(|| super::Version1::new(request.caller.clone(), open.document.version()));
        let (owed, resynced) = (None, None);
        open.readers.push(Reader { connection, viewer, user, version1, owed, resynced });
        open.remember_text();
    }

    pub(super) fn remove_reader(&mut self, id: DocumentId, connection: ConnectionId) {
        let Some(open) = self.documents.get_mut(id) else { return };
        let Some(place) = open.readers.iter().position(|reader| reader.connection == connection) else {
            return;
        };
        let user = open.readers.remove(place).user;
        open.touched = tokio::time::Instant::now();
        self.gone_from(id, user);
    }

    /// Connections that no longer follow the session have none of its documents open.
    pub(in super::super) fn forget_readers(&mut self) {
        let watchers = &self.watchers;
        let follows = |reader: &Reader| watchers.iter().any(|known| known.connection == reader.connection);
        let mut gone: Vec<(DocumentId, ConnectionId)> = Vec::new();
        for open in self.documents.list() {
            let lost = open.readers.iter().filter(|reader| !follows(reader));
            gone.extend(lost.map(|reader| (open.id, reader.connection)));
        }
        gone.into_iter().for_each(|(id, connection)| self.remove_reader(id, connection));
    }

    /// A document whole, as it is in memory.
    pub(super) fn document_state(&self, id: DocumentId) -> Option<DocumentState> {
        let open = self.documents.get(id)?;
        Some(DocumentState {
            session_id: self.session.id(),
            document: id,
            name: self.document_name(id)?,
            epoch: self.session.epoch(),
            version: open.document.version(),
            text: open.document.text().to_string(),
            cursors: self.cursors_in(open),
        })
    }

    /// What came since a version; none when not all of it is remembered.
    fn resumed(&self, id: DocumentId, from: u64) -> Option<DocumentResumed> {
        let open = self.documents.get(id)?;
        let changes = open.document.since(from)?.map(|change| changed(id, &change)).collect();
        Some(DocumentResumed {
            session_id: self.session.id(),
            document: id,
            name: self.document_name(id)?,
            from,
            version: open.document.version(),
            changes,
            cursors: self.cursors_in(open),
        })
    }

    fn document_name(&self, id: DocumentId) -> Option<String> {
        Some(self.session.document(&madang_protocol::DocumentRef::Id(id)).ok()?.name.clone())
    }

    fn cursors_in(&self, open: &OpenDocument) -> Vec<DocumentCursor> {
        let text = open.document.text();
        let told = |(user_id, cursor): (Actor, Cursor)| DocumentCursor {
            user_id,
            position: position(text, cursor.head),
            selection: Selection { anchor: cursor.anchor, head: cursor.head },
            color: self.color_of(user_id),
        };
        open.document.cursors().map(told).collect()
    }

    pub(super) fn color_of(&self, who: Actor) -> String {
        self.session.participant(who).map_or_else(String::new, |known| known.color.clone())
    }

    /// A document that can't be trusted any more leaves memory: who has it open is told to open it again.
    pub(super) fn close_broken(&mut self, id: DocumentId) {
        let closed = self.closed(id);
        if let Some(open) = self.documents.get(id) {
            open.readers.iter().for_each(|reader| reader.close(&closed));
        }
        self.documents.retain(|open| open.id != id);
    }

    /// Memory was ahead of a commit that failed: all documents leave it. Those who are not told have to be given theirs back.
    pub(in super::super) fn close_documents(&mut self) -> Vec<(DocumentId, Reader)> {
        let mut version1 = Vec::new();
        for open in self.documents.take() {
            let closed = self.closed(open.id);
            for reader in open.readers {
                reader.close(&closed);
                if reader.version1.is_some() {
                    version1.push((open.id, reader));
                }
            }
        }
        version1
    }

    fn closed(&self, document: DocumentId) -> std::sync::Arc<Batch> {
        let session_id = self.session.id();
        let event = Event::from(DocumentClosed { session_id, document });
        Batch::new(vec![self.hub.outgoing(Some(session_id), None, event)])
    }
}

impl Reader {
    fn close(&self, closed: &std::sync::Arc<Batch>) {
        // Version 1 has no word for it.
        if self.version1.is_none() {
            self.viewer.deliver(std::slice::from_ref(closed));
        }
    }
}

/// A position as lines and columns, from 1.
pub(super) fn position(text: &Text, unit: u32) -> EditorPosition {
    let place = text.place_of(text.snap(unit)).expect("a snapped position is one of the text");
    EditorPosition { line: place.line + 1, column: place.column + 1 }
}
