//! A normal "no": what a command is answered when it can't be carried out.

use madang_protocol::{ErrorCode, ErrorData};

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Rejection {
    /// The code.
    pub code: ErrorCode,
    /// A sentence.
    pub message: String,
    /// Which field or limit, for developers.
    pub details: Option<String>,
    /// Milliseconds after which it can succeed, when that is known.
    pub retry_after_ms: Option<u64>,
}

impl Rejection {
    /// Refuses with a code and a sentence.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Rejection { code, message: message.into(), details: None, retry_after_ms: None }
    }

    /// Adds a detail for developers.
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// A field that is missing or out of range.
    #[must_use]
    pub fn invalid(field: &str, why: &str) -> Self {
        Self::new(ErrorCode::InvalidData, format!("The field {field} {why}.")).details(field)
    }

    /// Nothing that the caller may know of.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("There is no such {what}."))
    }

    /// As it is sent.
    #[must_use]
    pub fn to_error(&self) -> ErrorData {
        ErrorData {
            code: self.code,
            message: self.message.clone(),
            details: self.details.clone(),
            retry_after: self.retry_after_ms,
            recoverable: self.code.row().recoverable,
        }
    }
}
