//! What events say of shared documents (DO1-DO7).

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Author, BlamedRange, ChangeJson, DocumentCursor, DocumentId, DocumentSummary, EditorPosition,
    Epoch, SavedVersion, Selection, SessionId, TurnId,
};

data! {
    /// `document_created`: a session has a document more.
    DocumentCreated {
        /// The session.
        session_id: SessionId,
        /// The document.
        created: DocumentSummary,
    }
    /// `document_renamed`.
    DocumentRenamed {
        /// The session.
        session_id: SessionId,
        /// The document.
        document: DocumentId,
        /// Its name from now on.
        name: String,
        /// Who did it.
        by: Author,
    }
    /// `document_deleted`: nobody has it open any more.
    DocumentDeleted {
        /// The session.
        session_id: SessionId,
        /// The document.
        document: DocumentId,
        /// Who did it.
        by: Author,
    }
    /// `version_saved`: a version of a document was kept, or has another name.
    VersionSaved {
        /// The session.
        session_id: SessionId,
        /// The document.
        document: DocumentId,
        /// The version.
        saved: SavedVersion,
    }
    /// `code_changed`: a document's next version, to who has it open; the session is the envelope's.
    ///
    /// Version 1 is told the same as `{user_id, change, changes, version}` with ranges of lines and columns (DO4).
    CodeChanged {
        /// The document.
        document: DocumentId,
        /// The version that it makes: the one before is the one that it changes.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        version: u64,
        /// Who changed it.
        user_id: Actor,
        /// In which turn, for Claude.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        turn_id: Option<TurnId>,
        /// Its author's name for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        op_id: Option<String>,
        /// What it changes (DO2).
        #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Value>"))]
        change: ChangeJson,
    }
    /// `document_state`: a document whole.
    ///
    /// It answers `open_document`; without a `correlation_id` it is a re-sync: the text that the client has is not the
    /// document's.
    DocumentState {
        /// The session.
        session_id: SessionId,
        /// The document.
        document: DocumentId,
        /// Its name.
        name: String,
        /// The log's identity.
        epoch: Epoch,
        /// The version.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        version: u64,
        /// Its text.
        text: String,
        /// Where everyone is in it.
        cursors: Vec<DocumentCursor>,
    }
    /// `document_resumed`: all that a document was changed by since the version that the client has.
    DocumentResumed {
        /// The session.
        session_id: SessionId,
        /// The document.
        document: DocumentId,
        /// Its name.
        name: String,
        /// The version that the client has.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        from: u64,
        /// The version that it has after `changes`.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        version: u64,
        /// What came in between, oldest first: to be taken one by one (never composed).
        changes: Vec<CodeChanged>,
        /// Where everyone is in it.
        cursors: Vec<DocumentCursor>,
    }
    /// `document_closed`: the server does not have it open for this connection any more; open it again.
    DocumentClosed {
        /// The session.
        session_id: SessionId,
        /// The document.
        document: DocumentId,
    }
    /// `cursor_moved`: where someone is in a document (DO5).
    CursorMoved {
        /// The session.
        session_id: SessionId,
        /// The document.
        document: DocumentId,
        /// Who.
        user_id: Actor,
        /// Where, from 1.
        position: EditorPosition,
        /// The same in units, with what is selected.
        selection: Selection,
        /// The version in which that is so.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        version: u64,
        /// Their colour, as CSS.
        color: String,
    }
    /// `cursor_removed`: someone is in a document no more.
    CursorRemoved {
        /// The session.
        session_id: SessionId,
        /// The document.
        document: DocumentId,
        /// Who.
        user_id: Actor,
    }
    /// `versions`: those of a document that were kept.
    Versions {
        /// The session.
        session_id: SessionId,
        /// The document.
        document: DocumentId,
        /// Its version now.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        version: u64,
        /// Oldest first.
        versions: Vec<SavedVersion>,
    }
    /// `document_version`: the text that a document once had.
    DocumentVersion {
        /// The session.
        session_id: SessionId,
        /// The document.
        document: DocumentId,
        /// The version.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        version: u64,
        /// Its text then.
        text: String,
    }
    /// `blame`: who wrote which range of a document (DO7).
    Blame {
        /// The session.
        session_id: SessionId,
        /// The document.
        document: DocumentId,
        /// Its version.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        version: u64,
        /// From the first unit of its text to the last.
        ranges: Vec<BlamedRange>,
    }
}
