//! Scenarios without a message: error statuses, redirects, and connections that end before any answer.

use crate::upstream::error::{ApiError, kind_of, sentence_of};
use crate::upstream::plan::{Cut, HttpReply, Plan};

use super::{Scene, refused, texts};

/// The status in a name such as `http529`.
pub(super) fn status_in(name: &str) -> Option<u16> {
    let status = name.strip_prefix("http")?.parse().ok()?;
    (400..600).contains(&status).then_some(status)
}

/// The status of the knob `status`, 500 without it.
pub(super) fn http(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    with_status(scene, scene.knobs.number("status", 500)?)
}

/// Fails with this status `times` times, always when that is not set; then answers.
pub(super) fn with_status(scene: &Scene<'_>, status: u16) -> Result<Plan, ApiError> {
    if !scene.fails_now()? {
        return texts::reply(scene);
    }
    let knobs = scene.knobs;
    let kind = knobs.text("kind").unwrap_or(kind_of(status));
    let message = knobs.text("message").unwrap_or(sentence_of(kind));
    let mut error = ApiError::new(status, message);
    kind.clone_into(&mut error.kind);
    if let Some(code) = knobs.text("code") {
        error = error.with_code(code);
    }
    for (knob, header) in [("ra", "retry-after"), ("rams", "retry-after-ms"), ("xsr", "x-should-retry")] {
        if let Some(value) = knobs.text(knob) {
            error = error.with_header(header, value);
        }
    }
    if knobs.on("html") {
        let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
        let body = format!("<html><head><title>{status}</title></head><body>nginx</body></html>");
        return Ok(Plan::Http(HttpReply { status, headers, body: body.into_bytes() }));
    }
    Ok(refused(&error, &scene.request_id))
}

pub(super) fn redirect(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let to = scene.knobs.text("to").unwrap_or("/v1/messages?elsewhere=1");
    let status = scene.knobs.number("status", 307)?;
    let headers = vec![("location".to_owned(), to.to_owned())];
    Ok(Plan::Http(HttpReply { status, headers, body: Vec::new() }))
}

pub(super) fn early_hints(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    match texts::reply(scene)? {
        Plan::Message(steps) => Ok(Plan::Hinted(steps)),
        other @ (Plan::Http(_) | Plan::Hinted(_) | Plan::Cut(_)) => Ok(other),
    }
}

pub(super) fn hang(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    cut(scene, Cut::Stall)
}

pub(super) fn reset_first(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    cut(scene, Cut::Reset)
}

pub(super) fn disconnect(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    cut(scene, Cut::Truncate)
}

fn cut(scene: &Scene<'_>, cut: Cut) -> Result<Plan, ApiError> {
    if scene.fails_now()? { Ok(Plan::Cut(cut)) } else { texts::reply(scene) }
}
