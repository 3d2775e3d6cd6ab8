//! Who made a change, and their name for it.

use std::str::FromStr;
use std::sync::Arc;

use madang_protocol::limits::OP_ID_BYTES_MAX;
use madang_protocol::{Actor, TurnId};
use serde::{Deserialize, Serialize};

use super::DocumentError;

/// In whose hand a range is written: a person's, Claude's in one turn, or the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hand {
    /// Who.
    pub user_id: Actor,
    /// In which turn, for Claude.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<TurnId>,
}

impl Hand {
    /// A person's, or the server's.
    #[must_use]
    pub fn of(user_id: Actor) -> Hand {
        Hand { user_id, turn_id: None }
    }

    /// Claude's in a turn.
    #[must_use]
    pub fn claude(turn_id: TurnId) -> Hand {
        Hand { user_id: Actor::Claude, turn_id: Some(turn_id) }
    }
}

/// A client's name for one of its edits; the same for the same edit, however often it is sent (DO3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OpId(Arc<str>);

impl OpId {
    /// As it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OpId {
    type Err = DocumentError;

    fn from_str(text: &str) -> Result<OpId, DocumentError> {
        if text.is_empty() || text.len() > OP_ID_BYTES_MAX {
            return Err(DocumentError::OpId);
        }
        Ok(OpId(text.into()))
    }
}

impl TryFrom<String> for OpId {
    type Error = DocumentError;

    fn try_from(text: String) -> Result<OpId, DocumentError> {
        text.parse()
    }
}

impl From<OpId> for String {
    fn from(op_id: OpId) -> String {
        op_id.as_str().to_owned()
    }
}
