//! Which documents a session has, and which versions of them are kept (DO1, DO7). What they say is in logs of their own.

use madang_protocol::limits::{
    AUTOMATIC_VERSIONS_MAX, DOCUMENT_NAME_CHARS_MAX, DOCUMENTS_MAX, NAMED_VERSIONS_MAX,
};
use madang_protocol::{
    Actor, Author, CreateDocument, DocumentCreated, DocumentDeleted, DocumentId, DocumentOnly, DocumentRef,
    DocumentRenamed, DocumentSummary, ErrorCode, RenameDocument, SavedVersion, UnixMs, VersionSaved,
};
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::apply::{Member, Step, session_of};
use crate::{Action, Applied, Caller, Rejection, Session};

/// A version that is kept, and the part of the document's snapshots that its text is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptVersion {
    /// What people are told of it.
    pub saved: SavedVersion,
    /// From 1; a part is used again when its version is no longer kept.
    pub part: u32,
}

/// A version that is to be kept.
#[derive(Debug, Clone, Copy)]
pub struct Keep<'a> {
    /// Who has it kept.
    pub by: Actor,
    /// Of which document.
    pub document: DocumentId,
    /// Which one.
    pub version: u64,
    /// Its name; none for one that is kept by itself.
    pub name: Option<&'a str>,
}

/// A document, without what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    summary: DocumentSummary,
    /// Oldest first.
    versions: Vec<KeptVersion>,
}

/// All documents of a session, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Documents {
    list: Vec<Entry>,
    /// The highest number that a document ever had.
    last: u32,
}

impl Documents {
    /// Those of a new session: one.
    pub(crate) fn at_birth(created_at: UnixMs) -> Documents {
        let by = Author { user_id: Actor::Server, display_name: String::new() };
        let (document, name) = (DocumentId::MAIN, DocumentId::MAIN_NAME.to_owned());
        let main = DocumentSummary { document, name, by, created_at };
        Documents { list: vec![Entry { summary: main, versions: Vec::new() }], last: document.0 }
    }

    fn get(&self, document: DocumentId) -> Option<&Entry> {
        self.list.iter().find(|entry| entry.summary.document == document)
    }

    fn get_mut(&mut self, document: DocumentId) -> Option<&mut Entry> {
        self.list.iter_mut().find(|entry| entry.summary.document == document)
    }

    pub(crate) fn created(&mut self, data: &DocumentCreated) {
        self.last = self.last.max(data.created.document.0);
        self.list.push(Entry { summary: data.created.clone(), versions: Vec::new() });
    }

    pub(crate) fn renamed(&mut self, data: &DocumentRenamed) {
        if let Some(entry) = self.get_mut(data.document) {
            entry.summary.name.clone_from(&data.name);
        }
    }

    pub(crate) fn deleted(&mut self, data: &DocumentDeleted) {
        self.list.retain(|entry| entry.summary.document != data.document);
    }

    pub(crate) fn saved(&mut self, data: &VersionSaved) {
        if let Some(entry) = self.get_mut(data.document) {
            entry.keep(&data.saved);
        }
    }
}

impl Entry {
    /// Adds a version, or gives one that is kept another name; the oldest that nobody named goes where there are too many.
    fn keep(&mut self, saved: &SavedVersion) {
        if let Some(known) = self.versions.iter_mut().find(|kept| kept.saved.version == saved.version) {
            known.saved = saved.clone();
            return;
        }
        let automatic = |kept: &KeptVersion| kept.saved.name.is_none();
        if saved.name.is_none()
            && self.versions.iter().filter(|kept| automatic(kept)).count() >= AUTOMATIC_VERSIONS_MAX
            && let Some(oldest) = self.versions.iter().position(automatic)
        {
            self.versions.remove(oldest);
        }
        let free = |part: &u32| self.versions.iter().all(|kept| kept.part != *part);
        let part = (1..).find(free).expect("there are fewer versions than numbers");
        self.versions.push(KeptVersion { saved: saved.clone(), part });
    }
}

impl Session {
    /// Its documents, oldest first.
    pub fn documents(&self) -> impl ExactSizeIterator<Item = &DocumentSummary> {
        self.documents.list.iter().map(|entry| &entry.summary)
    }

    /// The document that a client names.
    ///
    /// # Errors
    /// NOT_FOUND when there is none.
    pub fn document(&self, named: &DocumentRef) -> Result<&DocumentSummary, Rejection> {
        let found = match named {
            DocumentRef::Main => self.documents().find(|known| known.document == DocumentId::MAIN),
            DocumentRef::Id(id) => self.documents().find(|known| known.document == *id),
            DocumentRef::Name(name) => self.documents().find(|known| known.name == *name),
        };
        found.ok_or_else(|| Rejection::not_found("document"))
    }

    /// The versions of a document that are kept, oldest first.
    #[must_use]
    pub fn kept_versions(&self, document: DocumentId) -> &[KeptVersion] {
        self.documents.get(document).map_or(&[], |entry| &entry.versions)
    }

    /// Whether the caller may change what documents say, here and now.
    ///
    /// # Errors
    /// As [`Session::check`]; CONFLICT while the session is closed.
    pub fn check_edit(&self, caller: &Caller) -> Result<(), Rejection> {
        self.check(caller, Action::EditDocument)?;
        self.writable()
    }

    /// Keeps a version of a document.
    ///
    /// # Errors
    /// NOT_FOUND, INVALID_DATA for a name that can't be, CONFLICT when people named too many.
    pub fn keep_version(
        &mut self,
        now: UnixMs,
        rng: &mut dyn Rng,
        keep: Keep<'_>,
    ) -> Result<Applied, Rejection> {
        let Keep { by, document, version, name } = keep;
        let entry = self.documents.get(document).ok_or_else(|| Rejection::not_found("document"))?;
        let name = name.map(check_name).transpose()?;
        let other = |kept: &&KeptVersion| kept.saved.version != version && kept.saved.name.is_some();
        if name.is_some() && entry.versions.iter().filter(other).count() >= NAMED_VERSIONS_MAX {
            let sentence = "This document has too many named versions.";
            return Err(Rejection::new(ErrorCode::Conflict, sentence)
                .details(format!("{NAMED_VERSIONS_MAX} at most")));
        }
        let saved = SavedVersion { version, name, by: self.author(by), at: now };
        let mut step = Step::new(self, now, rng);
        step.applied.answer.document = Some(document);
        step.applied.answer.version = Some(version);
        step.emit(VersionSaved { session_id: session_of(&step), document, saved });
        Ok(step.applied)
    }
}

impl Step<'_> {
    pub(crate) fn create_document(
        &mut self,
        member: &Member<'_>,
        data: &CreateDocument,
    ) -> Result<(), Rejection> {
        self.session.writable()?;
        let name = self.free_name(&data.name, None)?;
        if self.session.documents().len() >= DOCUMENTS_MAX {
            return Err(Rejection::new(ErrorCode::Conflict, "This session has too many documents.")
                .details(format!("{DOCUMENTS_MAX} at most")));
        }
        let document = DocumentId(self.session.documents.last + 1);
        let by = self.session.author(member.actor());
        let created = DocumentSummary { document, name, by, created_at: self.now };
        self.applied.answer.document = Some(document);
        self.emit(DocumentCreated { session_id: session_of(self), created });
        Ok(())
    }

    pub(crate) fn rename_document(
        &mut self,
        member: &Member<'_>,
        data: &RenameDocument,
    ) -> Result<(), Rejection> {
        self.session.writable()?;
        let known = self.session.document(&data.document)?.clone();
        let name = self.free_name(&data.name, Some(known.document))?;
        self.applied.answer.document = Some(known.document);
        if name != known.name {
            let by = self.session.author(member.actor());
            let document = known.document;
            self.emit(DocumentRenamed { session_id: session_of(self), document, name, by });
        }
        Ok(())
    }

    pub(crate) fn delete_document(
        &mut self,
        member: &Member<'_>,
        data: &DocumentOnly,
    ) -> Result<(), Rejection> {
        self.session.writable()?;
        let document = self.session.document(&data.document)?.document;
        let by = self.session.author(member.actor());
        self.applied.answer.document = Some(document);
        self.emit(DocumentDeleted { session_id: session_of(self), document, by });
        Ok(())
    }

    /// A name that no other document has.
    fn free_name(&self, name: &str, own: Option<DocumentId>) -> Result<String, Rejection> {
        let name = check_name(name)?;
        let taken = self.session.documents().any(|known| known.name == name && Some(known.document) != own);
        if taken {
            return Err(
                Rejection::new(ErrorCode::Conflict, "Another document has this name.").details("name")
            );
        }
        Ok(name)
    }
}

fn check_name(name: &str) -> Result<String, Rejection> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Rejection::invalid("name", "is empty"));
    }
    if name.chars().count() > DOCUMENT_NAME_CHARS_MAX {
        return Err(Rejection::invalid("name", "is too long")
            .details(format!("name: {DOCUMENT_NAME_CHARS_MAX} characters at most")));
    }
    if name.chars().any(char::is_control) {
        return Err(Rejection::invalid("name", "has a control character"));
    }
    Ok(name.to_owned())
}
