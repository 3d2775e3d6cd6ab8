//! Version-1 clients in documents (DO4): they say ranges of lines and columns, and not which text they mean.
//!
//! The text that such a client has is guessed: what it was last sent, with what it sent itself. Where others' changes may
//! have crossed its own on the way, it is sent a state to start over from in its next pause; so all are equal at rest.

use std::sync::Arc;
use std::time::Duration;

use madang_protocol::{
    Ack, Actor, CodeChange, Command, ConnectionId, CreateDocument, DocumentId, DocumentRef, DocumentState,
    EditorChange, Event, ProtocolVersion, UnixMs,
};
use madang_session::{Change, ChangeSet, DocumentError, Edit, Hand, Rejection, Sender, Submitted, Text};
use serde::Serialize;
use tokio::time::Instant;

use super::super::write::Draft;
use super::super::{Live, Request};
use super::load::new_document;
use super::pieces::PIECE_BYTES;
use super::{OpenDocument, Reader};
use crate::{Batch, Caller, Outgoing};

/// How long what was sent to a client may be on its way, and what it sends may not know of it: longer than any round trip
/// over which one would type together.
const ON_ITS_WAY: Duration = Duration::from_secs(2);
/// Texts of newest versions that are remembered for such clients; they share what they have in common.
const TEXTS_MAX: usize = 512;

/// What is known of a version-1 client's text.
pub(super) struct Version1 {
    pub(super) caller: Caller,
    /// The version that it has, as far as can be told.
    base: u64,
    /// When it was sent something that it may not have seen yet.
    heard_at: Instant,
}

impl Version1 {
    /// A client that is sent the text of a version.
    pub(super) fn new(caller: Caller, version: u64) -> Box<Version1> {
        Box::new(Version1 { caller, base: version, heard_at: Instant::now() })
    }

    /// It was sent what makes this version.
    pub(super) fn heard(&mut self, version: u64, now: Instant) {
        self.base = self.base.max(version);
        self.heard_at = now;
    }

    /// Its own change of a base became a version; whether others' changes may have crossed it.
    fn changed(&mut self, base: u64, version: u64, now: Instant) -> bool {
        self.base = self.base.max(version);
        base + 1 != version || now < self.heard_at + ON_ITS_WAY
    }
}

/// `code_changed` as the design document has it.
#[derive(Serialize)]
struct ChangedV1<'a> {
    document: DocumentId,
    user_id: Actor,
    change: &'a EditorChange,
    changes: [&'a EditorChange; 1],
    version: u64,
}

impl Live {
    /// The document that a version-1 change is for; none for one that is still to be made.
    pub(super) fn named_by_version1(&self, request: &Request, data: &CodeChange) -> Option<DocumentId> {
        let known = |named: &DocumentRef| Some(self.session.document(named).ok()?.document);
        match (path(data), &data.document) {
            (Some(path), _) => known(&DocumentRef::Name(path.to_owned())),
            (None, DocumentRef::Main) => {
                let read = self.read_by_version1(request.viewer.connection_id());
                read.or_else(|| known(&DocumentRef::Main))
            }
            (None, named) => known(named),
        }
    }

    /// The document that a version-1 connection follows.
    pub(super) fn read_by_version1(&self, connection: ConnectionId) -> Option<DocumentId> {
        let follows =
            |open: &&OpenDocument| open.reader(connection).is_some_and(|reader| reader.version1.is_some());
        self.documents.list().iter().find(follows).map(|open| open.id)
    }

    /// A version-1 change.
    pub(super) async fn code_change_of_version1(
        &mut self,
        request: &Request,
        data: &CodeChange,
    ) -> Result<(), Rejection> {
        let known = self.named_by_version1(request, data);
        let mut draft = self.document_draft();
        let done = match known {
            Some(id) => self.may_edit(request, id).map(|()| id),
            None => self.made_by_version1(&mut draft, request, data),
        };
        let done = match done {
            Ok(id) => {
                let done = self.change_of_version1(&mut draft, request, (id, data)).await;
                if done.is_err() {
                    self.owe(id, request.viewer.connection_id());
                }
                done.map(Some)
            }
            Err(rejection) => Err(rejection),
        };
        self.settle(request, draft, done).await
    }

    /// A document that a version-1 client names and that is not there is made: it has no other way.
    fn made_by_version1(
        &mut self,
        draft: &mut Draft,
        request: &Request,
        data: &CodeChange,
    ) -> Result<DocumentId, Rejection> {
        let name = path(data).ok_or_else(|| Rejection::not_found("document"))?.to_owned();
        let caller = request.caller.in_session();
        let sender = Sender { caller: &caller, command_id: None, models: &[], target: None, door: None };
        let command =
            Command::CreateDocument(CreateDocument { session_id: data.session_id.clone(), name, text: None });
        let applied = self.session.apply(draft.at, &mut rand::rng(), &sender, &command)?;
        draft.events.extend(applied.events);
        let id = applied.answer.document.ok_or_else(|| Rejection::not_found("document"))?;
        self.documents.add(new_document(id));
        Ok(id)
    }

    async fn change_of_version1(
        &mut self,
        draft: &mut Draft,
        request: &Request,
        (id, data): (DocumentId, &CodeChange),
    ) -> Result<Ack, Rejection> {
        let connection = request.viewer.connection_id();
        self.keep_before(draft, id).await?;
        self.follow_document(request, id);
        let open = self.loaded_document(id).await?;
        let newest = open.document.version();
        let base = data.version.unwrap_or_else(|| open.base_of(connection));
        let stale = || DocumentError::StaleBase { base, oldest: newest, version: newest };
        let before = open.text_of(base).ok_or_else(stale)?;
        let change = ChangeSet::from_editor(&before, data.changes.as_deref().unwrap_or_default())?;
        let by = Hand::of(Actor::User(request.caller.user));
        let version = if change.inserted_bytes() > PIECE_BYTES {
            if base != newest {
                return Err(stale().into());
            }
            self.submit_pieces(draft, id, (by, Some(connection)), change)?
        } else {
            let edit = Edit { by, op_id: None, base, change, cursor: None };
            match self.submit(draft, id, edit, Some(connection)).await? {
                Submitted::Accepted(change) => change.version,
                Submitted::Repeated { version } => version,
            }
        };
        let reader = self.documents.get_mut(id).and_then(|open| open.reader_mut(connection));
        let known = reader.and_then(|reader| reader.version1.as_mut());
        if known.is_some_and(|known| known.changed(base, version, Instant::now())) {
            self.owe(id, connection);
        }
        Ok(self.document_ack(id, Some(version)))
    }

    /// A version-1 connection follows one document of a session: the one it last named.
    fn follow_document(&mut self, request: &Request, id: DocumentId) {
        let connection = request.viewer.connection_id();
        let version1 = request.viewer.version() == ProtocolVersion::V1 && request.viewer.stays();
        let known = self.documents.get(id).is_some_and(|open| open.reader(connection).is_some());
        if !version1 || known {
            return;
        }
        if let Some(before) = self.read_by_version1(connection) {
            self.remove_reader(before, connection);
        }
        self.add_reader(request, id);
    }

    /// What a version-1 connection is told of its document when it attaches: from then on it hears of its changes.
    ///
    /// A document that can't be read is none, and the session is shown all the same.
    pub(in super::super) async fn document_for_version1(
        &mut self,
        request: &Request,
    ) -> Option<DocumentState> {
        if request.viewer.version() != ProtocolVersion::V1 {
            return None;
        }
        let connection = request.viewer.connection_id();
        let main = || Some(self.session.document(&DocumentRef::Main).ok()?.document);
        let id = self.read_by_version1(connection).or_else(main)?;
        if let Err(rejection) = self.loaded_document(id).await {
            tracing::warn!(session.id = %self.session.id(), error = %rejection, "a document can't be shown");
            return None;
        }
        if request.viewer.stays() {
            self.add_reader(request, id);
        }
        self.document_state(id)
    }

    /// Sends a version-1 connection a state to start over from.
    pub(super) async fn resync_version1(&mut self, id: DocumentId, connection: ConnectionId) {
        let open = self.documents.get_mut(id);
        let Some(reader) = open.and_then(|open| open.reader(connection)) else { return };
        let Some(known) = &reader.version1 else { return };
        let (viewer, caller) = (reader.viewer.clone(), known.caller.clone());
        let Ok(mut state) = self.state_for(&caller).await else { return };
        state.document = self.document_state(id);
        // What it contains must not be told after it.
        self.tell_before(|watcher| watcher.connection == connection);
        let event = self.hub.outgoing(Some(self.session.id()), None, Event::from(state));
        viewer.deliver(&[Batch::asked_for(vec![event])]);
        if let Some(open) = self.documents.get_mut(id) {
            let version = open.document.version();
            let reader = open.reader_mut(connection);
            if let Some(known) = reader.and_then(|reader| reader.version1.as_mut()) {
                known.heard(version, Instant::now());
            }
        }
    }

    /// Gives version-1 connections back what they followed, after the session was read again.
    pub(in super::super) async fn reopen_documents(&mut self, readers: Vec<(DocumentId, super::Reader)>) {
        for (id, reader) in readers {
            let Reader { connection, viewer, user, version1, .. } = reader;
            let Some(known) = version1 else { continue };
            if !self.watchers.iter().any(|watcher| watcher.connection == connection) {
                continue;
            }
            if self.session.document(&DocumentRef::Id(id)).is_err() || self.loaded_document(id).await.is_err()
            {
                continue;
            }
            let Some(open) = self.documents.get_mut(id) else { continue };
            let version1 = Some(Version1::new(known.caller, open.document.version()));
            let owed = Some(Instant::now());
            open.readers.push(Reader { connection, viewer, user, version1, owed, resynced: None });
            open.remember_text();
        }
    }

    /// An accepted change as version-1 clients are told of it.
    pub(super) fn for_version1(
        &mut self,
        id: DocumentId,
        change: &Change,
        before: &Text,
        at: UnixMs,
    ) -> Vec<Arc<Outgoing>> {
        let session = self.session.id();
        let ranges = change.change.to_editor(before).unwrap_or_default();
        let user_id = change.by.user_id;
        let told = |range: &EditorChange| {
            let version = change.version;
            let data = ChangedV1 { document: id, user_id, change: range, changes: [range], version };
            let data = serde_json::to_string(&data).expect("numbers and texts are JSON");
            Arc::new(self.hub.of_a_document(session, &data, at))
        };
        let events = ranges.iter().map(told).collect();
        if let Some(open) = self.documents.get_mut(id) {
            open.remember_text();
        }
        events
    }
}

impl OpenDocument {
    pub(super) fn has_version1(&self) -> bool {
        self.readers.iter().any(|reader| reader.version1.is_some())
    }

    /// The version that a connection's text is taken for.
    fn base_of(&self, connection: ConnectionId) -> u64 {
        let reader = self.reader(connection);
        match reader.and_then(|reader| reader.version1.as_ref()) {
            Some(known) => known.base,
            None => self.document.version(),
        }
    }

    /// The version that a connection speaks of, and its text: the nearest there is.
    pub(super) fn seen_by(&self, connection: ConnectionId, said: Option<u64>) -> (u64, Text) {
        let last = match self.reader(connection) {
            Some(Reader { version1: Some(known), .. }) => known.base,
            Some(_) | None => self.told,
        };
        let base = said.unwrap_or(last);
        (base, self.text_of(base).unwrap_or_else(|| self.document.text().clone()))
    }

    /// The text of a version, if it is remembered.
    fn text_of(&self, version: u64) -> Option<Text> {
        if version == self.document.version() {
            return Some(self.document.text().clone());
        }
        self.texts.iter().rfind(|(known, _)| *known == version).map(|(_, text)| text.clone())
    }

    /// Remembers the text as it is now, and forgets those that no client can mean.
    pub(super) fn remember_text(&mut self) {
        let bases = self.readers.iter().filter_map(|reader| reader.version1.as_ref());
        let Some(oldest) = bases.map(|known| known.base).min() else { return self.texts.clear() };
        self.texts.retain(|(version, _)| *version >= oldest);
        if self.texts.len() == TEXTS_MAX {
            self.texts.pop_front();
        }
        self.texts.push_back((self.document.version(), self.document.text().clone()));
    }
}

/// The document's name, where a version-1 client gives one.
fn path(data: &CodeChange) -> Option<&str> {
    data.file_path.as_deref().map(str::trim).filter(|path| !path.is_empty())
}
