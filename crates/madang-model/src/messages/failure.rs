//! What went wrong, in three faces: a code and a sentence for the person, a bounded detail for the log, and whether
//! trying again makes sense.

use std::error::Error;
use std::time::Duration;

use madang_protocol::ErrorCode;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use super::assemble::Fault;
use super::headers;
use super::wire::{ErrorBody, ErrorReport};
use crate::ModelError;

/// Characters of detail that are kept for the log.
const DETAIL_CHARS_MAX: usize = 600;

/// What a failed try means.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What is told when there is no further try.
    pub(crate) error: ModelError,
    /// Whether another try may help.
    pub(crate) retry: bool,
    /// How long the upstream asks to wait before it.
    pub(crate) wait: Option<Duration>,
}

/// The kinds of failure that people and programs can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Overloaded,
    RateLimited,
    SpendCap,
    Key,
    NoSuchModel,
    TooLong,
    Invalid,
    Trouble,
    Unreachable,
    BrokenOff,
    Silent,
    TooSlow,
    Garbage,
    Redirect,
}

impl Kind {
    /// The code, whether another try may help, and the sentence.
    fn row(self) -> (ErrorCode, bool, &'static str) {
        use ErrorCode::{BudgetExceeded, ModelOverloaded, ModelRateLimited, ModelRefused, ModelUnavailable};
        match self {
            Self::Overloaded => (ModelOverloaded, true, "Claude is busy right now. Try again in a moment."),
            Self::RateLimited => (
                ModelRateLimited,
                true,
                "This server has reached its rate limit at Claude. Try again in a moment.",
            ),
            Self::SpendCap => (
                BudgetExceeded,
                false,
                "The money set aside for Claude is used up. Whoever runs this server can raise the limit.",
            ),
            Self::Key => (
                ModelUnavailable,
                false,
                "Claude does not accept this server's key. Whoever runs this server has to check it.",
            ),
            Self::NoSuchModel => {
                (ModelUnavailable, false, "This model is not offered to this server. Choose another one.")
            }
            Self::TooLong => (
                ModelRefused,
                false,
                "The conversation is too long for this model. Start a new one, or choose a model that reads more.",
            ),
            Self::Invalid => (
                ModelRefused,
                false,
                "Claude could not take this request. Try it in other words, or in a new conversation.",
            ),
            Self::Trouble => {
                (ModelUnavailable, true, "Claude has a problem right now. Try again in a moment.")
            }
            Self::Unreachable => {
                (ModelUnavailable, true, "Claude can't be reached right now. Try again in a moment.")
            }
            Self::BrokenOff => {
                (ModelUnavailable, true, "The connection to Claude broke off before the reply was complete.")
            }
            Self::Silent => {
                (ModelUnavailable, true, "Claude stopped in the middle and was not heard of again.")
            }
            Self::TooSlow => (ModelUnavailable, false, "The reply took longer than this server allows."),
            Self::Garbage => (ModelUnavailable, false, "Claude's answer could not be understood."),
            Self::Redirect => (
                ModelUnavailable,
                false,
                "The address set for Claude points elsewhere. Whoever runs this server has to check it.",
            ),
        }
    }

    fn failure(self, detail: &str, request_id: Option<String>) -> Failure {
        let (code, retry, message) = self.row();
        let error = ModelError {
            code,
            message: message.to_owned(),
            retry_after_ms: None,
            detail: bounded(detail),
            request_id,
        };
        Failure { error, retry, wait: None }
    }
}

/// An answer with a status other than 200.
pub(crate) fn of_status(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
    let parsed: Option<ErrorBody> = serde_json::from_slice(body).ok();
    let ErrorBody { error, request_id } = parsed.unwrap_or_default();
    let request_id = headers::request_id(headers).or(request_id);
    let report = error.unwrap_or_default();
    let kind = if status.is_redirection() { Kind::Redirect } else { kind(Some(status.as_u16()), &report) };
    let detail = match &report.kind {
        Some(_) => format!("status {status}, {}", describe(&report)),
        None => format!("status {status}, body {}", String::from_utf8_lossy(&body[..body.len().min(2000)])),
    };
    let mut failure = kind.failure(&detail, request_id);
    if let Some(should) = headers::should_retry(headers) {
        // The upstream may know better, but not that money will come back.
        failure.retry = should && kind != Kind::SpendCap;
    }
    failure.wait = headers::retry_after(headers);
    failure.error.retry_after_ms = failure.wait.map(|wait| wait.as_millis() as u64);
    failure
}

/// An answer with status 200 that is no stream.
pub(crate) fn of_content_type(headers: &HeaderMap, body: &[u8]) -> Failure {
    let content_type = headers::text(headers, "content-type").unwrap_or_default();
    let body = String::from_utf8_lossy(&body[..body.len().min(2000)]);
    let detail = format!("status 200 with {content_type} and not a stream: {body}");
    Kind::Garbage.failure(&detail, headers::request_id(headers))
}

/// A fault in the stream.
pub(crate) fn of_fault(fault: Fault, request_id: Option<String>) -> Failure {
    match fault {
        Fault::Garbage(detail) => Kind::Garbage.failure(&detail, request_id),
        Fault::Reported { report, request_id: own } => {
            kind(None, &report).failure(&format!("error event, {}", describe(&report)), own.or(request_id))
        }
    }
}

/// A connection that could not be made, or an answer that did not begin.
pub(crate) fn of_request(error: reqwest::Error) -> Failure {
    Kind::Unreachable.failure(&chain(&error.without_url()), None)
}

/// No answer within the header time-out.
pub(crate) fn of_no_answer(after: Duration) -> Failure {
    Kind::Unreachable.failure(&format!("no answer within {} ms", after.as_millis()), None)
}

/// A body that broke off.
pub(crate) fn of_body(error: reqwest::Error, request_id: Option<String>) -> Failure {
    Kind::BrokenOff.failure(&chain(&error.without_url()), request_id)
}

/// A body that ended without `message_stop`.
pub(crate) fn of_early_end(request_id: Option<String>) -> Failure {
    Kind::BrokenOff.failure("the stream ended without message_stop", request_id)
}

/// A body in which nothing came for too long.
pub(crate) fn of_silence(after: Duration, request_id: Option<String>) -> Failure {
    Kind::Silent.failure(&format!("nothing came for {} ms", after.as_millis()), request_id)
}

/// A reply that lasts too long.
pub(crate) fn of_slowness(after: Duration, request_id: Option<String>) -> Failure {
    Kind::TooSlow.failure(&format!("not complete after {} ms", after.as_millis()), request_id)
}

/// A reply or an event above its limit.
pub(crate) fn of_size(what: &str, request_id: Option<String>) -> Failure {
    Kind::Garbage.failure(&format!("{what} is larger than allowed"), request_id)
}

/// A request that is too large to be sent.
pub(crate) fn of_large_request(bytes: usize) -> Failure {
    Kind::TooLong.failure(&format!("the request would have {bytes} bytes"), None)
}

/// A list of models that is none.
pub(crate) fn of_models(detail: &str) -> Failure {
    Kind::Garbage.failure(&format!("the list of models can't be read: {detail}"), None)
}

fn kind(status: Option<u16>, report: &ErrorReport) -> Kind {
    let message = report.message.as_deref().unwrap_or_default();
    let code = report.details.as_ref().and_then(|details| details.error_code.as_deref()).unwrap_or_default();
    if code.ends_with("spend_limit_reached") || message.contains("specified API usage limits") {
        return Kind::SpendCap;
    }
    let invalid = if message.contains("prompt is too long") { Kind::TooLong } else { Kind::Invalid };
    match report.kind.as_deref() {
        Some("overloaded_error") => return Kind::Overloaded,
        Some("rate_limit_error") => return Kind::RateLimited,
        Some("billing_error") => return Kind::SpendCap,
        Some("authentication_error" | "permission_error") => return Kind::Key,
        Some("not_found_error") => return Kind::NoSuchModel,
        Some("request_too_large") => return Kind::TooLong,
        Some("invalid_request_error") => return invalid,
        Some("api_error" | "timeout_error" | "conflict_error") => return Kind::Trouble,
        Some(_) | None => {}
    }
    match status {
        Some(529) => Kind::Overloaded,
        Some(429) => Kind::RateLimited,
        Some(402) => Kind::SpendCap,
        Some(401 | 403) => Kind::Key,
        Some(404) => Kind::NoSuchModel,
        Some(413) => Kind::TooLong,
        Some(408 | 409 | 500..=599) => Kind::Trouble,
        Some(400..=499) => invalid,
        Some(_) => Kind::Garbage,
        None => Kind::Trouble,
    }
}

fn describe(report: &ErrorReport) -> String {
    let code = report.details.as_ref().and_then(|details| details.error_code.as_deref());
    let [kind, code, message] =
        [report.kind.as_deref(), code, report.message.as_deref()].map(Option::unwrap_or_default);
    format!("{kind} {code}: {message}")
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

fn bounded(text: &str) -> String {
    text.chars().take(DETAIL_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
