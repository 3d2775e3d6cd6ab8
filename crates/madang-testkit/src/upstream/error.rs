//! The API's error bodies: one struct from a rule that failed to the status and JSON a client sees.

use serde_json::{Value, json};

/// A refusal in the shape of the Messages API.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    /// `error.type`, such as `invalid_request_error`.
    pub(crate) kind: String,
    pub(crate) message: String,
    /// `error.details`, where `error_code` lives; null is left out.
    pub(crate) details: Value,
    /// Extra response headers, `retry-after` above all.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl ApiError {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        let kind = kind_of(status).to_owned();
        Self { status, kind, message: message.into(), details: Value::Null, headers: Vec::new() }
    }

    /// A 400: the request itself is wrong, and sending it again is useless.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// Adds a response header.
    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets `error.details.error_code`, which clients branch on.
    pub(crate) fn with_code(mut self, error_code: &str) -> Self {
        self.details = json!({ "error_code": error_code });
        self
    }

    /// The whole body, as in a non-streaming refusal.
    pub(crate) fn body(&self, request_id: &str) -> Value {
        let mut error = json!({ "type": self.kind, "message": self.message });
        if !self.details.is_null() {
            error["details"] = self.details.clone();
        }
        json!({ "type": "error", "error": error, "request_id": request_id })
    }
}

/// `error.type` for a status, as the API documents them.
pub(crate) fn kind_of(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        status if status < 500 => "invalid_request_error",
        _ => "api_error",
    }
}

/// The status a non-streaming client gets for an `error` event of this type.
pub(crate) fn status_of(kind: &str) -> u16 {
    match kind {
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        "timeout_error" => 504,
        "overloaded_error" => 529,
        "invalid_request_error" => 400,
        _ => 500,
    }
}

/// The sentence the API says for an `error` event of this type when a scenario gives none.
pub(crate) fn sentence_of(kind: &str) -> &'static str {
    match kind {
        "overloaded_error" => "Overloaded",
        "rate_limit_error" => "Number of request tokens has exceeded your rate limit",
        "timeout_error" => "The request timed out",
        "invalid_request_error" => "Invalid request",
        _ => "Internal server error",
    }
}
