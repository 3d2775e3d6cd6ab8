//! What commands on shared documents say (DO1-DO7).

use serde::{Deserialize, Serialize};

use crate::{AnyPosition, AnySelection, ChangeJson, DocumentRef, EditorChange, Selection, SessionRef};

data! {
    /// A command on one document.
    DocumentOnly {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The document.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(as = "Option<_>", optional))]
        document: DocumentRef,
    }
    /// `open_document`: the connection hears of its changes from now on; answered by `document_state`, or by
    /// `document_resumed` where what came after `version` is still known.
    OpenDocument {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The document.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(as = "Option<_>", optional))]
        document: DocumentRef,
        /// The version that the client has.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
        version: Option<u64>,
        /// The log's identity when it had it; of another log, nothing is resumed.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        epoch: Option<crate::Epoch>,
    }
    /// `create_document`; answered by `ack {document}`.
    CreateDocument {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// Its name; another document's is CONFLICT.
        name: String,
        /// What it says at first.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        text: Option<String>,
    }
    /// `rename_document`.
    RenameDocument {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The document.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(as = "Option<_>", optional))]
        document: DocumentRef,
        /// Its name from now on.
        name: String,
    }
    /// `code_change`: changes a document. Version 2 says `base_version`, `op_id` and `change` (DO3), version 1 `changes` (DO4).
    CodeChange {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The document.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(as = "Option<_>", optional))]
        document: DocumentRef,
        /// The version that `change` changes.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
        base_version: Option<u64>,
        /// The client's name for this change: sent again, it is not applied again.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        op_id: Option<String>,
        /// What is changed, as CodeMirror's ChangeSet (DO2).
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<serde_json::Value>>"))]
        change: Option<ChangeJson>,
        /// Where the author is after it, in the text that it makes of the base.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        selection: Option<Selection>,
        /// Version 1: replaced ranges, all of the text before.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        changes: Option<Vec<EditorChange>>,
        /// Version 1: the document's name; it is made if there is none.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        file_path: Option<String>,
        /// Version 1: the version that `changes` change; else the one that the connection was last sent.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
        version: Option<u64>,
    }
    /// `cursor_update`: says where one is in a document (DO5).
    CursorUpdate {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The document.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(as = "Option<_>", optional))]
        document: DocumentRef,
        /// Where, in lines and columns.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        position: Option<AnyPosition>,
        /// What is selected; the cursor is at its head.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        selection: Option<AnySelection>,
        /// The version in which that is said; else the one that the connection was last sent.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
        version: Option<u64>,
    }
    /// `save_version`: keeps the text as it is now, under a name; answered by `ack {document, version}`.
    SaveVersion {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The document.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(as = "Option<_>", optional))]
        document: DocumentRef,
        /// The name.
        name: String,
    }
    /// A command on a version of a document.
    VersionOnly {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The document.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(as = "Option<_>", optional))]
        document: DocumentRef,
        /// The version; any that there was, kept or not.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        version: u64,
    }
}
