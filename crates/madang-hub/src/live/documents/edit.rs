//! Changes: the pure core moves them to the newest version; they are written to the document's log, and answered and
//! told when they are there.

use std::panic::{AssertUnwindSafe, catch_unwind};

use madang_protocol::{
    Ack, Actor, ChangeJson, CodeChange, CodeChanged, ConnectionId, DocumentId, ErrorCode, Event,
};
use madang_session::{
    Change, ChangeError, ChangeSet, Cursor, Document, DocumentError, Edit, Hand, OpId, Rejection, Submitted,
    Text,
};
use madang_store::{Record, Stream};

use super::super::write::{Cause, Draft};
use super::super::{Live, Request};
use super::pieces::{PIECE_BYTES, pieces};
use super::tell::{DocumentNews, Told};

/// What a version-2 client sent, read.
struct Sent {
    edit: Edit,
    /// Whether its author's text is not what it makes: its line ends were others.
    normalised: bool,
}

impl Sent {
    fn of(user: Actor, data: &CodeChange) -> Result<Sent, Rejection> {
        let change = data.change.as_ref().ok_or_else(|| Rejection::invalid("change", "is missing"))?;
        let base = data.base_version.ok_or_else(|| Rejection::invalid("base_version", "is missing"))?;
        let op_id = data.op_id.as_deref().ok_or_else(|| Rejection::invalid("op_id", "is missing"))?;
        let op_id: OpId = op_id.parse()?;
        let decoded = ChangeSet::decode(change.as_str())?;
        if decoded.change.inserted_bytes() > PIECE_BYTES {
            return Err(ChangeError::TooLarge.into());
        }
        let cursor = data.selection.map(|at| Cursor { anchor: at.anchor, head: at.head });
        let edit = Edit { by: Hand::of(user), op_id: Some(op_id), base, change: decoded.change, cursor };
        Ok(Sent { edit, normalised: decoded.normalised })
    }
}

impl Live {
    /// A version-2 change (DO3).
    pub(super) async fn code_change(
        &mut self,
        request: &Request,
        data: &CodeChange,
    ) -> Result<(), Rejection> {
        let connection = request.viewer.connection_id();
        let may = self.session.check_edit(&request.caller.in_session());
        let known = self.session.document(&data.document).map(|known| known.document);
        let id = match (may, known) {
            (Ok(()), known) => known?,
            (Err(refused), known) => {
                // Who may not is shown what there is (DO6).
                known.into_iter().for_each(|id| self.owe(id, connection));
                return Err(refused);
            }
        };
        let Sent { edit, normalised } = Sent::of(Actor::User(request.caller.user), data)?;
        let mut draft = self.document_draft();
        let done = match self.keep_before(&mut draft, id).await {
            Ok(()) => self.submit(&mut draft, id, edit, Some(connection)).await,
            Err(rejection) => Err(rejection),
        };
        // A client whose change does not fit has another text.
        let unfit =
            |rejection: &Rejection| matches!(rejection.code, ErrorCode::StaleBase | ErrorCode::InvalidData);
        if normalised || done.as_ref().is_err_and(unfit) {
            self.owe(id, connection);
        }
        let done = match done {
            Ok(Submitted::Accepted(change)) => Ok(Some(self.document_ack(id, Some(change.version)))),
            Ok(Submitted::Repeated { version }) => {
                self.answer_repeated(request, id, version);
                Ok(None)
            }
            Err(rejection) => Err(rejection),
        };
        self.settle(request, draft, done).await
    }

    /// Writes what a command came to, and answers it then; refused in the middle, what it had done by then is written too:
    /// the session has taken it in.
    pub(super) async fn settle(
        &mut self,
        request: &Request,
        mut draft: Draft,
        done: Result<Option<Ack>, Rejection>,
    ) -> Result<(), Rejection> {
        let (ack, refused) = match done {
            Ok(ack) => (ack, Ok(())),
            Err(rejection) => (None, Err(rejection)),
        };
        draft.cause = ack.map(|ack| Cause::of(request, ack));
        if draft.cause.is_some() || draft.documents.is_some() || !draft.events.is_empty() {
            self.write(draft).await;
        }
        refused
    }

    /// Whether the sender may change documents here; who may not is shown what there is (DO6).
    pub(super) fn may_edit(&mut self, request: &Request, id: DocumentId) -> Result<(), Rejection> {
        let may = self.session.check_edit(&request.caller.in_session());
        if may.is_err() {
            self.owe(id, request.viewer.connection_id());
        }
        may
    }

    pub(super) fn document_draft(&self) -> Draft {
        Draft { at: self.hub.inner.clock.now(), ..Draft::default() }
    }

    /// A new document's first text; the version that it makes.
    pub(super) fn begin_with(
        &mut self,
        draft: &mut Draft,
        request: &Request,
        id: DocumentId,
        text: &Text,
    ) -> Result<u64, Rejection> {
        self.documents.add(super::load::new_document(id));
        let change = ChangeSet::replace(0, 0, 0, &text.to_string())?;
        let by = Hand::of(Actor::User(request.caller.user));
        self.submit_pieces(draft, id, (by, None), change)
    }

    /// Applies a change of the newest version, in pieces if it is large, and adds it to a write. The document is in
    /// memory.
    pub(super) fn submit_pieces(
        &mut self,
        draft: &mut Draft,
        id: DocumentId,
        (by, author): (Hand, Option<ConnectionId>),
        change: ChangeSet,
    ) -> Result<u64, Rejection> {
        let mut version = 0;
        for change in pieces(change)? {
            let Some(open) = self.documents.get_mut(id) else { return Err(Rejection::not_found("document")) };
            let edit = Edit { by, op_id: None, base: open.document.version(), change, cursor: None };
            if let Submitted::Accepted(change) = self.submit_now(draft, id, edit, author)? {
                version = change.version;
            }
        }
        Ok(version)
    }

    /// Submits an edit, for which the document remembers as much again as it needs, and adds what comes of it to a write.
    pub(super) async fn submit(
        &mut self,
        draft: &mut Draft,
        id: DocumentId,
        edit: Edit,
        author: Option<ConnectionId>,
    ) -> Result<Submitted, Rejection> {
        let oldest = self.loaded_document(id).await?.document.oldest_base();
        if edit.base < oldest {
            self.recall(id, edit.base).await?;
        }
        self.submit_now(draft, id, edit, author)
    }

    fn submit_now(
        &mut self,
        draft: &mut Draft,
        id: DocumentId,
        edit: Edit,
        author: Option<ConnectionId>,
    ) -> Result<Submitted, Rejection> {
        let Some(open) = self.documents.get_mut(id) else { return Err(Rejection::not_found("document")) };
        let by = edit.by.user_id;
        let before = open.has_version1().then(|| open.document.text().clone());
        let stood = open.cursor(by);
        let Some(submitted) = guarded(&mut open.document, edit) else {
            tracing::error!(session.id = %self.session.id(), document = id.0, "a document panicked and is read again");
            self.close_broken(id);
            let sentence = "The document could not be changed. Open it again.";
            return Err(Rejection::new(ErrorCode::InternalError, sentence));
        };
        let submitted = submitted?;
        if let Submitted::Accepted(change) = &submitted {
            // Where it stands behind what its owner typed, everyone knows by the change itself.
            let followed = stood.map(|cursor| cursor.follow(&change.change));
            let moved = open.cursor(by).is_some_and(|now| Some(now) != followed || before.is_some());
            open.changed_at = Some(draft.at);
            self.add_change(draft, id, change, (before, author));
            if moved {
                self.note_moved(id, by);
            }
        }
        Ok(submitted)
    }

    /// Adds an accepted change to a write: its record, and what is told of it.
    fn add_change(
        &mut self,
        draft: &mut Draft,
        id: DocumentId,
        change: &Change,
        (before, author): (Option<Text>, Option<ConnectionId>),
    ) {
        let session = self.session.id();
        let data = Event::from(changed(id, change)).data_json();
        let event = self.hub.of_a_document(session, &data, draft.at);
        let version1 =
            before.map_or_else(Vec::new, |before| self.for_version1(id, change, &before, draft.at));
        let record = Record {
            stream: Stream::document(id),
            position: change.version,
            at: draft.at,
            actor: change.by.user_id,
            kind: event.kind.clone(),
            data,
        };
        draft.append.records.push((session, record));
        let news = draft.documents.get_or_insert_with(|| DocumentNews::of(id));
        news.changes.push(Told { version: change.version, event, version1, author });
        self.add_document_snapshot(&mut draft.append, id);
    }

    /// Answers a change that was made before: at once, or when it is on disk.
    fn answer_repeated(&mut self, request: &Request, id: DocumentId, version: u64) {
        let ack = self.document_ack(id, Some(version));
        let has = |news: &DocumentNews| news.has(id, version);
        let mut pending = self.pending.iter_mut();
        match pending.find(|write| write.documents.as_ref().is_some_and(has)) {
            Some(write) => write.causes.push(Cause::of(request, ack)),
            None => self.reply_to(request, ack.into()),
        }
    }
}

/// An accepted change as it is stored and sent.
pub(super) fn changed(document: DocumentId, change: &Change) -> CodeChanged {
    CodeChanged {
        document,
        version: change.version,
        user_id: change.by.user_id,
        turn_id: change.by.turn_id,
        op_id: change.op_id.as_ref().map(|op_id| op_id.as_str().to_owned()),
        change: ChangeJson::of(&change.change).expect("numbers and texts are JSON"),
    }
}

/// Submits; none when the core panics. What it left then is not looked at again.
fn guarded(document: &mut Document, edit: Edit) -> Option<Result<Submitted, DocumentError>> {
    catch_unwind(AssertUnwindSafe(|| document.submit(edit))).ok()
}
