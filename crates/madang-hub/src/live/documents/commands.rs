//! Commands on documents: questions are answered, the rest becomes a write.

use madang_protocol::{
    Ack, Blame, BlamedRange, Command, CreateDocument, DocumentId, DocumentRef, Event, Versions,
};
use madang_session::{Action, Rejection, Sender};

use super::super::write::Draft;
use super::super::{Live, Request};

/// The document that a command names; none for those that need not read one.
#[expect(clippy::wildcard_enum_match_arm, reason = "few commands are about what a document says")]
fn named(command: &Command) -> Option<&DocumentRef> {
    Some(match command {
        Command::OpenDocument(data) => &data.document,
        Command::CodeChange(data) => &data.document,
        Command::CursorUpdate(data) => &data.document,
        Command::SaveVersion(data) => &data.document,
        Command::GetVersion(data) | Command::RestoreVersion(data) => &data.document,
        Command::ListVersions(data) | Command::GetBlame(data) => &data.document,
        _ => return None,
    })
}

/// Whether a command's answer shows a document: it must show nothing that may yet be lost.
pub(in super::super) fn shows_document(command: &Command) -> bool {
    matches!(
        command,
        Command::OpenDocument(_)
            | Command::ListVersions(_)
            | Command::GetVersion(_)
            | Command::RestoreVersion(_)
            | Command::GetBlame(_)
    )
}

impl Live {
    /// Whether a command has a document read from the disk, on which all of it has to be by then.
    #[expect(clippy::wildcard_enum_match_arm, reason = "one command names its document in another way")]
    pub(in super::super) fn reads_document(&self, request: &Request) -> bool {
        let command = &request.submission.command;
        let Some(named) = named(command) else { return false };
        let id = match command {
            Command::CodeChange(data) if data.changes.is_some() => self.named_by_version1(request, data),
            _ => self.session.document(named).ok().map(|known| known.document),
        };
        id.is_some_and(|id| self.documents.get(id).is_none())
    }

    /// Answers or carries out a command on a document.
    #[expect(clippy::wildcard_enum_match_arm, reason = "called for these commands alone")]
    pub(in super::super) async fn document_command(&mut self, request: &Request) -> Result<(), Rejection> {
        match &request.submission.command {
            Command::OpenDocument(data) => self.open_document(request, data).await,
            Command::CloseDocument(data) => self.close_document(request, data),
            Command::CreateDocument(data) => self.create_document(request, data).await,
            Command::CodeChange(data) if data.changes.is_some() => {
                self.code_change_of_version1(request, data).await
            }
            Command::CodeChange(data) => self.code_change(request, data).await,
            Command::CursorUpdate(data) => self.cursor_update(request, data).await,
            Command::SaveVersion(data) => self.save_version(request, data).await,
            Command::ListVersions(data) => self.list_versions(request, &data.document).await,
            Command::GetVersion(data) => self.get_version(request, data).await,
            Command::RestoreVersion(data) => self.restore_version(request, data).await,
            Command::GetBlame(data) => self.get_blame(request, &data.document).await,
            _ => Ok(()),
        }
    }

    /// The document that a command names, as its sender may see it.
    pub(super) fn found(&self, request: &Request, named: &DocumentRef) -> Result<DocumentId, Rejection> {
        self.session.check(&request.caller.in_session(), Action::Read)?;
        Ok(self.session.document(named)?.document)
    }

    /// An answer about a document, at once.
    pub(super) fn answer_document(&self, request: &Request, document: DocumentId, version: Option<u64>) {
        self.reply_to(request, self.document_ack(document, version).into());
    }

    pub(super) fn document_ack(&self, document: DocumentId, version: Option<u64>) -> Ack {
        Ack { session_id: Some(self.session.id()), document: Some(document), version, ..Ack::default() }
    }

    /// Makes a document, with what it says at first.
    async fn create_document(&mut self, request: &Request, data: &CreateDocument) -> Result<(), Rejection> {
        if self.answered(request)? {
            return Ok(());
        }
        let text = madang_session::Text::new(data.text.as_deref().unwrap_or_default())?;
        let now = self.hub.inner.clock.now();
        let caller = request.caller.in_session();
        let sender = Sender { caller: &caller, command_id: None, models: &[], target: None, door: None };
        let applied =
            self.session.apply(now, &mut rand::rng(), &sender, &Command::CreateDocument(data.clone()))?;
        let mut draft = Draft { at: now, events: applied.events, ..Draft::default() };
        let answer = applied.answer;
        let done = match answer.document.filter(|_| text.units() > 0) {
            Some(id) => self.begin_with(&mut draft, request, id, &text).map(Some),
            None => Ok(None),
        };
        let done = done.map(|version| Some(Ack { version, ..answer }));
        self.settle(request, draft, done).await
    }

    async fn list_versions(&mut self, request: &Request, named: &DocumentRef) -> Result<(), Rejection> {
        let id = self.found(request, named)?;
        let version = self.loaded_document(id).await?.document.version();
        let versions = self.session.kept_versions(id).iter().map(|kept| kept.saved.clone()).collect();
        let told = Versions { session_id: self.session.id(), document: id, version, versions };
        self.reply_to(request, Event::from(told));
        Ok(())
    }

    async fn get_blame(&mut self, request: &Request, named: &DocumentRef) -> Result<(), Rejection> {
        let id = self.found(request, named)?;
        let session_id = self.session.id();
        let document = &self.loaded_document(id).await?.document;
        let range = |blamed: madang_session::Blamed| BlamedRange {
            units: blamed.to - blamed.from,
            user_id: blamed.by.user_id,
            turn_id: blamed.by.turn_id,
        };
        let ranges = document.blame().map(range).collect();
        let told = Blame { session_id, document: id, version: document.version(), ranges };
        self.reply_to(request, Event::from(told));
        Ok(())
    }
}
