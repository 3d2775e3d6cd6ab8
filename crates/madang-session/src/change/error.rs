//! Why something is not a change of a text.

use madang_protocol::ErrorCode;
use madang_protocol::limits::{CHANGE_SECTIONS_MAX, DOCUMENT_BYTES_MAX};

use crate::Rejection;

/// Why a change can't be read, or is not one of the text that it should change. It never says what is in either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// It is not of the form that DO2 describes.
    #[error("a change is a list of numbers and of lists that begin with a number and go on with lines")]
    Malformed,
    /// It is in pieces that CodeMirror would have put together, or has one that is empty. CodeMirror itself does not move such
    /// changes as it moves others, so that its author's text would come to differ from everyone else's.
    #[error("no section is empty, and neighbours that keep, that only delete or that only insert are one")]
    Loose,
    /// It has too many sections.
    #[error("a change has at most {CHANGE_SECTIONS_MAX} sections")]
    Sections,
    /// It, or the text that it makes, is too large.
    #[error("a document has at most {DOCUMENT_BYTES_MAX} bytes")]
    TooLarge,
    /// It is for a text of another length.
    #[error("the change is for a text of {change} units, and the text has {units}")]
    Length {
        /// Units that it is for.
        change: u32,
        /// Units that there are.
        units: u32,
    },
    /// It begins or ends between the halves of a surrogate pair.
    #[error("position {at} is within a surrogate pair")]
    SplitPair {
        /// The position, in units of the text before.
        at: u32,
    },
    /// A range of it is not one of the text.
    #[error("position {at} is not in a text of {units} units")]
    Beyond {
        /// The position.
        at: u32,
        /// Units that there are.
        units: u32,
    },
    /// Two ranges of it overlap, or are not in order.
    #[error("the range at position {at} overlaps another")]
    Overlap {
        /// Where the later one begins.
        at: u32,
    },
    /// A version-1 range names a line or column that is not there.
    #[error("there is no line {line} with column {column}")]
    Place {
        /// The line, from 0.
        line: u32,
        /// The column, from 0.
        column: u32,
    },
    /// A version-1 range is not as long as its sender thinks.
    #[error("the range has {units} units, and its sender says {said}")]
    RangeLength {
        /// What its sender says.
        said: u32,
        /// Units that it has.
        units: u32,
    },
}

impl From<ChangeError> for Rejection {
    fn from(error: ChangeError) -> Rejection {
        Rejection::new(ErrorCode::InvalidData, "This change does not fit the document.")
            .details(error.to_string())
    }
}
