//! Errors on their way out: one code, a sentence for the person, a chain for the log, on every edge alike (HT3).

use std::error::Error as StdError;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use madang_accounts::Refusal;
use madang_hub::Rejection;
use madang_protocol::{ErrorCode, ErrorData, Event, SessionId};
use serde::Serialize;

/// What went wrong, as a client is told; the source is for the log alone.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// The code.
    pub code: ErrorCode,
    /// The sentence.
    pub message: String,
    /// Which field, which limit: for developers.
    pub details: Option<String>,
    /// Milliseconds to wait before trying again.
    pub retry_after_ms: Option<u64>,
    /// Another HTTP status than the code's own.
    status: Option<StatusCode>,
    /// What the log is told.
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// Which command it answers, in which session.
    about: Option<Box<About>>,
}

/// A command, by its type, and the session that answered it.
type About = (&'static str, Option<SessionId>);

/// Rides on the response, so that the one log line of a request has the cause.
#[derive(Debug, Clone)]
pub(crate) struct LoggedError {
    pub(crate) code: ErrorCode,
    pub(crate) cause: Arc<str>,
    pub(crate) about: Option<Box<About>>,
}

/// RFC 9457, with our code beside it.
#[derive(Debug, Serialize)]
struct Problem<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    code: ErrorCode,
    detail: &'a str,
    recoverable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

impl ApiError {
    /// An error with its code's own status.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> ApiError {
        ApiError {
            code,
            message: message.into(),
            details: None,
            retry_after_ms: None,
            status: None,
            source: None,
            about: None,
        }
    }

    /// An error with the code's own sentence.
    #[must_use]
    pub fn of(code: ErrorCode) -> ApiError {
        ApiError::new(code, sentence(code))
    }

    /// A fault of ours: the person gets a constant sentence, the log the cause.
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> ApiError {
        ApiError { source: Some(source.into()), ..ApiError::of(ErrorCode::InternalError) }
    }

    /// What an `error` event says.
    #[must_use]
    pub fn told(error: ErrorData) -> ApiError {
        let ErrorData { code, message, details, retry_after, recoverable: _ } = error;
        ApiError { details, retry_after_ms: retry_after, ..ApiError::new(code, message) }
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, milliseconds: u64) -> ApiError {
        self.retry_after_ms = Some(milliseconds);
        self
    }

    /// Adds a detail for developers.
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> ApiError {
        self.details = Some(details.into());
        self
    }

    /// Answers HTTP with another status than the code's own.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> ApiError {
        self.status = Some(status);
        self
    }

    /// Says which command it answers, in which session: for the audit log.
    #[must_use]
    pub(crate) fn about(mut self, kind: &'static str, session: Option<SessionId>) -> ApiError {
        self.about = Some(Box::new((kind, session)));
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn http_status(&self) -> StatusCode {
        self.status.unwrap_or_else(|| {
            StatusCode::from_u16(self.code.row().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        })
    }

    /// The `error` event for a socket.
    #[must_use]
    pub fn event(self) -> Event {
        Event::from(ErrorData {
            code: self.code,
            message: self.message,
            details: self.details,
            retry_after: self.retry_after_ms,
            recoverable: self.code.row().recoverable,
        })
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> ApiError {
        ApiError::told(rejection.to_error())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> ApiError {
        let Refusal { code, message, details, retry_after_ms, source } = refusal;
        ApiError {
            code,
            message: message.into_owned(),
            details,
            retry_after_ms,
            status: None,
            source,
            about: None,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.http_status();
        let problem = Problem {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code: self.code,
            detail: &self.message,
            recoverable: self.code.row().recoverable,
            details: self.details.as_deref(),
            retry_after: self.retry_after_ms,
        };
        let body = serde_json::to_vec(&problem).expect("a problem is strings and numbers");
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(milliseconds) = self.retry_after_ms {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(milliseconds.div_ceil(1000)));
        }
        let cause =
            self.source.map_or_else(|| Arc::from(self.message.as_str()), |source| chain(source.as_ref()));
        response.extensions_mut().insert(LoggedError { code: self.code, cause, about: self.about });
        response
    }
}

/// An error and its sources in one line.
fn chain(error: &(dyn StdError + 'static)) -> Arc<str> {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        line.push_str(": ");
        line.push_str(&source.to_string());
        next = source.source();
    }
    Arc::from(line)
}

/// What a person is told when there is nothing more particular to say.
#[must_use]
pub fn sentence(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::InvalidAuth => "The credential is missing or not valid: sign in again.",
        ErrorCode::TokenExpired => "The credential has run out: sign in again.",
        ErrorCode::Forbidden => "You may not do this here.",
        ErrorCode::InvalidSession => "This session does not exist any more.",
        ErrorCode::NotFound => "There is nothing here.",
        ErrorCode::InvalidJson => "The message is not a JSON envelope.",
        ErrorCode::UnknownType => "There is no command of this type.",
        ErrorCode::InvalidData => "The request has a wrong or missing field.",
        ErrorCode::Conflict => "This does not fit with what happened before.",
        ErrorCode::StaleBase => "The change is based on a version that is too old.",
        ErrorCode::SessionFull => "The session is full.",
        ErrorCode::FileTooLarge => "This is larger than allowed.",
        ErrorCode::UnsupportedFormat => "This format can't be taken.",
        ErrorCode::ChecksumMismatch => "The bytes are not those that were announced: send them again.",
        ErrorCode::QuotaExceeded => "The storage set aside for you is full.",
        ErrorCode::BudgetExceeded => "The budget for Claude is used up.",
        ErrorCode::RateLimited => "That was too much at once: wait a moment and try again.",
        ErrorCode::QueueFull => "Too many prompts are waiting already.",
        ErrorCode::ModelOverloaded => "Claude is busy at the moment: try again soon.",
        ErrorCode::ModelRateLimited => "Claude's rate limit is reached: try again soon.",
        ErrorCode::ModelRefused => "Claude declined to answer.",
        ErrorCode::ModelUnavailable => "Claude can't be reached at the moment: try again soon.",
        ErrorCode::ServiceUnavailable => "The server can't do this at the moment: try again soon.",
        ErrorCode::InternalError => "Something went wrong on the server.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ht3_every_code_has_one_meaning_on_every_edge() {
        for &code in ErrorCode::ALL {
            let row = code.row();
            let error = ApiError::of(code).retry_after(1500).details("field");
            let response = ApiError::of(code).retry_after(1500).into_response();
            assert_eq!(response.status().as_u16(), row.status, "{code:?}");
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            assert_eq!(response.headers()["retry-after"], "2");
            let Event::Error(data) = error.event() else { panic!("an error event") };
            let expected = ErrorData {
                code,
                message: sentence(code).to_owned(),
                details: Some("field".into()),
                retry_after: Some(1500),
                recoverable: row.recoverable,
            };
            assert_eq!(*data, expected);
            if let Some(close) = row.close {
                let never = matches!(close.number(), 4000..=4099 | 4400..=4499);
                assert_eq!(never, !row.recoverable, "a client decides by the close code's range: {code:?}");
            }
        }
    }

    #[test]
    fn ht3_a_fault_of_ours_tells_the_person_nothing_and_the_log_everything() {
        let inner = std::io::Error::other("disk on fire");
        let response = ApiError::internal(inner).into_response();
        assert_eq!(&*response.extensions().get::<LoggedError>().unwrap().cause, "disk on fire");
        let Event::Error(data) = ApiError::internal(std::io::Error::other("secret")).event() else {
            panic!()
        };
        assert_eq!(data.message, sentence(ErrorCode::InternalError));
    }
}
