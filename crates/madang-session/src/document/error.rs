//! Why an edit is not taken.

use madang_protocol::ErrorCode;
use madang_protocol::limits::OP_ID_BYTES_MAX;

use crate::{ChangeError, Rejection};

/// Why an edit is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// What came since its base is not remembered, or too much to transform over: its author needs the text.
    #[error("version {base} is too old: the oldest that can be changed is {oldest}, the newest {version}")]
    StaleBase {
        /// Its base.
        base: u64,
        /// The oldest base that is taken.
        oldest: u64,
        /// The document's version.
        version: u64,
    },
    /// Its base is still to come.
    #[error("version {base} does not exist: the newest is {version}")]
    FutureBase {
        /// Its base.
        base: u64,
        /// The document's version.
        version: u64,
    },
    /// Its op id was another edit's.
    #[error("this op id was used for version {version}, with another change")]
    OpIdReused {
        /// The version that the other edit made.
        version: u64,
    },
    /// An op id is empty or too long.
    #[error("an op id has 1 to {OP_ID_BYTES_MAX} bytes")]
    OpId,
    /// A change of the log that is not the next one.
    #[error("change {change} does not follow version {version}")]
    NotNext {
        /// The document's version.
        version: u64,
        /// The version that the change makes.
        change: u64,
    },
    /// It is no change of the text.
    #[error("the change does not fit the text")]
    Change(#[from] ChangeError),
}

impl From<DocumentError> for Rejection {
    fn from(error: DocumentError) -> Rejection {
        let (code, sentence) = match error {
            DocumentError::Change(error) => return error.into(),
            DocumentError::StaleBase { .. } => (
                ErrorCode::StaleBase,
                "The document has moved on too far. Take its text and apply your edits to that.",
            ),
            DocumentError::FutureBase { .. } => {
                (ErrorCode::InvalidData, "This change is for a version that does not exist.")
            }
            DocumentError::OpIdReused { .. } => {
                (ErrorCode::Conflict, "This op_id was used for another change. Give every change its own.")
            }
            DocumentError::OpId => (ErrorCode::InvalidData, "The field op_id is empty or too long."),
            DocumentError::NotNext { .. } => {
                (ErrorCode::InternalError, "The document could not be read. Try again later.")
            }
        };
        Rejection::new(code, sentence).details(error.to_string())
    }
}
