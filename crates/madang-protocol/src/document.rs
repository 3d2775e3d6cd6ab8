//! Shared documents as they are named and described on the wire (DO1-DO7): ids, changes as they come, cursors, versions.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;

use crate::{Actor, Author, TurnId, UnixMs};

/// A document of a session: its number there, from 1, never used again. Its log is the session's stream of that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DocumentId(pub u32);

impl DocumentId {
    /// The one that every session has from its beginning.
    pub const MAIN: DocumentId = DocumentId(1);
    /// The name that it has until somebody gives it another.
    pub const MAIN_NAME: &'static str = "main";
}

/// How a client names a document: by its id, by its name, or not at all for the one that every session has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DocumentRef {
    /// [`DocumentId::MAIN`].
    #[default]
    Main,
    /// This one.
    Id(DocumentId),
    /// The one that has this name now.
    Name(String),
}

impl Serialize for DocumentRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Main => serializer.serialize_none(),
            Self::Id(id) => id.serialize(serializer),
            Self::Name(name) => serializer.serialize_str(name),
        }
    }
}

impl<'de> Deserialize<'de> for DocumentRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = DocumentRef;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a document's number or name")
            }
            fn visit_unit<E>(self) -> Result<DocumentRef, E> {
                Ok(DocumentRef::Main)
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<DocumentRef, E> {
                let number = u32::try_from(number).map_err(|_| E::custom("no document has this number"))?;
                Ok(DocumentRef::Id(DocumentId(number)))
            }
            fn visit_str<E>(self, name: &str) -> Result<DocumentRef, E> {
                Ok(if name.is_empty() { DocumentRef::Main } else { DocumentRef::Name(name.to_owned()) })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A change as JSON text (DO2), unread: whoever applies it reads it.
#[derive(Clone)]
pub struct ChangeJson(Box<RawValue>);

impl ChangeJson {
    /// Writes a change out.
    ///
    /// # Errors
    /// Those of the value's own serialising.
    pub fn of(change: &impl Serialize) -> Result<ChangeJson, serde_json::Error> {
        serde_json::value::to_raw_value(change).map(ChangeJson)
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl fmt::Debug for ChangeJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never what is in it: that is somebody's text.
        write!(f, "ChangeJson({} bytes)", self.as_str().len())
    }
}

impl PartialEq for ChangeJson {
    fn eq(&self, other: &ChangeJson) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for ChangeJson {}

impl Serialize for ChangeJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ChangeJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::deserialize(deserializer).map(ChangeJson)
    }
}

/// A range of a text in one of the two forms that version-1 clients send (DO4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum EditorRange {
    /// Monaco's: lines and columns from 1.
    #[serde(rename_all = "camelCase")]
    Monaco {
        /// The first line.
        start_line_number: u32,
        /// The column in it.
        start_column: u32,
        /// The last line.
        end_line_number: u32,
        /// The column in it.
        end_column: u32,
    },
    /// The language server protocol's: lines and characters from 0.
    Lines {
        /// The beginning.
        start: LinePosition,
        /// The end.
        end: LinePosition,
    },
}

/// A place as a cursor is said to be at: from 1 as `column`, from 0 as `character` (DO5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum AnyPosition {
    /// From 1.
    Editor(EditorPosition),
    /// From 0.
    Lines(LinePosition),
}

/// What is selected, in one of the forms that clients send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum AnySelection {
    /// In units of the text.
    Units(Selection),
    /// In lines and columns.
    Range(EditorRange),
}

/// One replaced range of a version-1 change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EditorChange {
    /// Which.
    pub range: EditorRange,
    /// What takes its place.
    pub text: String,
    /// Its units before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub range_length: Option<u32>,
    /// Where what came in ends, in the text after this change; only the server says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub position: Option<EditorPosition>,
}

data! {
    /// A place as the language server protocol has it, from 0.
    LinePosition {
        /// The line.
        line: u32,
        /// UTF-16 code units from its beginning.
        character: u32,
    }
    /// A place as version 1 sends it, from 1.
    EditorPosition {
        /// The line.
        line: u32,
        /// The column.
        column: u32,
    }
    /// Where someone is, with what they have selected, in UTF-16 code units of the text.
    Selection {
        /// Where the selection began; the same as the head when nothing is selected.
        anchor: u32,
        /// Where they are.
        head: u32,
    }
    /// A document of a session.
    DocumentSummary {
        /// Which.
        document: DocumentId,
        /// Its name, by which its language is known.
        name: String,
        /// Who made it; the server, for the one that every session has.
        by: Author,
        /// When.
        created_at: UnixMs,
    }
    /// Where someone is in a document.
    DocumentCursor {
        /// Who.
        user_id: Actor,
        /// Where, in the text that it comes with, from 1.
        position: EditorPosition,
        /// The same in units, with what is selected.
        selection: Selection,
        /// Their colour, as CSS.
        color: String,
    }
    /// A version of a document that was kept.
    SavedVersion {
        /// Which.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        version: u64,
        /// The name that somebody gave it; none for one that was kept by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        name: Option<String>,
        /// Who had it kept.
        by: Author,
        /// When.
        at: UnixMs,
    }
    /// Somebody's range of a document (DO7).
    BlamedRange {
        /// Its length in units; ranges follow one on the other.
        units: u32,
        /// Who wrote it.
        user_id: Actor,
        /// In which turn, for Claude.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        turn_id: Option<TurnId>,
    }
}

impl Copy for LinePosition {}
impl Copy for EditorPosition {}
impl Copy for Selection {}

#[cfg(feature = "ts")]
macro_rules! written {
    ($($name:ident $text:literal)*) => { $(
        impl ts_rs::TS for $name {
            type WithoutGenerics = Self;
            type OptionInnerType = Self;
            fn name(_: &ts_rs::Config) -> String {
                $text.into()
            }
            fn inline(_: &ts_rs::Config) -> String {
                $text.into()
            }
        }
    )* };
}

#[cfg(feature = "ts")]
written! {
    DocumentId "number"
    DocumentRef "number | string"
    ChangeJson "(number | [number, ...string[]])[]"
}
