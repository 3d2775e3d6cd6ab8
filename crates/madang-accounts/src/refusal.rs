//! Why something was not done: a code and a sentence for the person, a cause for the log.

use std::borrow::Cow;
use std::error::Error as StdError;

use madang_protocol::ErrorCode;
use madang_store::StoreError;

/// A refusal, as the person is told; the source is for the log alone.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The code.
    pub code: ErrorCode,
    /// The sentence.
    pub message: Cow<'static, str>,
    /// Which field: for developers.
    pub details: Option<String>,
    /// Milliseconds to wait before trying again.
    pub retry_after_ms: Option<u64>,
    /// What the log is told.
    #[source]
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Refusal {
    /// A refusal with its sentence.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal { code, message: message.into(), details: None, retry_after_ms: None, source: None }
    }

    /// A field has the wrong form.
    pub(crate) fn invalid(field: &str, what: &str) -> Refusal {
        let details = Some(field.to_owned());
        Refusal { details, ..Refusal::new(ErrorCode::InvalidData, format!("`{field}` {what}.")) }
    }

    pub(crate) fn rate_limited(wait_ms: u64) -> Refusal {
        let message = "That was too much at once: wait a moment and try again.";
        Refusal { retry_after_ms: Some(wait_ms), ..Refusal::new(ErrorCode::RateLimited, message) }
    }

    /// No credential that lets anyone in: one sentence, whatever was wrong with it.
    pub(crate) fn no_credential() -> Refusal {
        Refusal::new(ErrorCode::InvalidAuth, "The credential is missing or not valid: sign in again.")
    }

    pub(crate) fn ran_out() -> Refusal {
        Refusal::new(ErrorCode::TokenExpired, "The credential has run out: sign in again.")
    }

    pub(crate) fn nothing_here(message: &'static str) -> Refusal {
        Refusal::new(ErrorCode::NotFound, message)
    }

    pub(crate) fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Refusal {
        self.source = Some(source.into());
        self
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        match error {
            StoreError::Taken => Refusal::new(ErrorCode::Conflict, "That is taken already."),
            StoreError::BadCursor => Refusal::invalid("cursor", "is not one that was given out"),
            StoreError::Full => Refusal::new(
                ErrorCode::ServiceUnavailable,
                "The server's disk is full. Nothing was saved; try again later.",
            ),
            other @ (StoreError::Conflict
            | StoreError::NewerSchema { .. }
            | StoreError::Locked
            | StoreError::Failed { .. }
            | _) => {
                Refusal::new(ErrorCode::ServiceUnavailable, "The server can't save or read now. Try again.")
                    .caused_by(other)
            }
        }
    }
}
