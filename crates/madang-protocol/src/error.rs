//! The error codes of CM3 and the one table that says what each means on every edge.

use serde::{Deserialize, Serialize};

use crate::CloseCode;

/// One row of the table: what a code means on each edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorRow {
    /// The HTTP status of an answer with this code.
    pub status: u16,
    /// The WebSocket close that follows, if any.
    pub close: Option<CloseCode>,
    /// Whether sending the same thing again later can succeed.
    pub recoverable: bool,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal, $close:expr, $recoverable:literal;)*) => {
        /// What went wrong, as clients are told.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [ErrorCode] = &[$(Self::$name),*];

            /// The text on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What the code means on each edge.
            #[must_use]
            pub fn row(self) -> ErrorRow {
                match self {
                    $(Self::$name => ErrorRow { status: $status, close: $close, recoverable: $recoverable },)*
                }
            }
        }
    };
}

codes! {
    /// The credential is missing, wrong or revoked.
    InvalidAuth = "INVALID_AUTH", 401, Some(CloseCode::BadCredential), false;
    /// The credential ran out.
    TokenExpired = "TOKEN_EXPIRED", 401, Some(CloseCode::TokenExpired), true;
    /// Known, but not allowed.
    Forbidden = "FORBIDDEN", 403, None, false;
    /// A malformed or deleted session id.
    InvalidSession = "INVALID_SESSION", 410, None, false;
    /// None that you may know of.
    NotFound = "NOT_FOUND", 404, None, false;
    /// Not JSON, or not an envelope.
    InvalidJson = "INVALID_JSON", 400, None, false;
    /// No such command.
    UnknownType = "UNKNOWN_TYPE", 400, None, false;
    /// A field is missing, of the wrong type or out of range.
    InvalidData = "INVALID_DATA", 422, None, false;
    /// The same id with other content, or a state that forbids it.
    Conflict = "CONFLICT", 409, None, false;
    /// The base version is older than the kept window.
    StaleBase = "STALE_BASE", 409, None, true;
    /// The session has no room for another participant or connection.
    SessionFull = "SESSION_FULL", 409, None, true;
    /// The file is larger than allowed.
    FileTooLarge = "FILE_TOO_LARGE", 413, None, false;
    /// The format can't be taken.
    UnsupportedFormat = "UNSUPPORTED_FORMAT", 415, None, false;
    /// The bytes are not those that were announced.
    ChecksumMismatch = "CHECKSUM_MISMATCH", 460, None, true;
    /// An allowance is used up.
    QuotaExceeded = "QUOTA_EXCEEDED", 507, None, false;
    /// The money or tokens set aside are used up.
    BudgetExceeded = "BUDGET_EXCEEDED", 402, None, false;
    /// Too many of this kind of command; `retry_after` says when.
    RateLimited = "RATE_LIMITED", 429, None, true;
    /// The queue of prompts is full.
    QueueFull = "QUEUE_FULL", 429, None, true;
    /// Claude is busy (529).
    ModelOverloaded = "MODEL_OVERLOADED", 503, None, true;
    /// The account's rate limit at the model is reached (429).
    ModelRateLimited = "MODEL_RATE_LIMITED", 503, None, true;
    /// Claude declined.
    ModelRefused = "MODEL_REFUSED", 422, None, false;
    /// The model can't be reached or answered nonsense.
    ModelUnavailable = "MODEL_UNAVAILABLE", 502, None, true;
    /// The server can't do this now (disk full, drain, fault of a part).
    ServiceUnavailable = "SERVICE_UNAVAILABLE", 503, None, true;
    /// A fault of ours.
    InternalError = "INTERNAL_ERROR", 500, None, true;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cm3_every_code_has_one_text_and_a_row() {
        let mut texts: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), 24);
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), 24, "two codes share a text");
        for code in ErrorCode::ALL {
            let row = code.row();
            assert!((400..=599).contains(&row.status), "{code:?}");
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{}\"", code.as_str()));
        }
    }
}
