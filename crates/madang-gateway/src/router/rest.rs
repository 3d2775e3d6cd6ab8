//! Commands over HTTP (HT1): every command of the socket that needs no connection, and resource forms of some.
//!
//! A request attaches to the hub as a socket does, sends one command through the message router, waits for the answer
//! and is gone: it follows nothing and is nobody's presence. Nothing here decides who may do what.

mod asking;
mod body;
mod person;

use std::sync::Arc;

use axum::extract::{Path, Request};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, header};
use madang_protocol::limits::COMMAND_ID_BYTES_MAX;
use madang_protocol::{
    Ack, Command, ErrorCode, Event, FollowSession, GetHistory, InboundError, ListSessions, MessageId,
    SessionRef,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::gateway::Shared;
use crate::message_router::{self, Counts, Way};
pub(super) use asking::{Asked, Asking};
pub(super) use body::Parameters;
use body::read;
pub(super) use person::{Administrator, Doors, Person, person};

/// The header that makes a repeat of a command answered and not carried out again (CM2).
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The paths.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/commands/{type}", post(command))
        .route("/api/v1/sessions", get(list_sessions).post(create_session))
        .route("/api/v1/sessions/{session_id}", get(session))
        .route("/api/v1/sessions/{session_id}/messages", get(messages))
        .route("/api/v1/sessions/{session_id}/commands/{type}", post(session_command))
}

/// `POST /commands/{type}`: the body is the command's `data`.
async fn command(
    Person { shared, caller }: Person,
    Path(kind): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let text = read(body, shared.settings.body_bytes).await?;
    let data = data_of(&shared, &text)?;
    let asked = asked(&shared, &parts.headers, &kind, data.unwrap_or("null"))?;
    let answer = Asking::begin(&shared, caller).ask(asked).await?;
    Ok(Json(envelope(&answer)).into_response())
}

/// `POST /sessions/{session_id}/commands/{type}`: the same, with the session in the path.
async fn session_command(
    Person { shared, caller }: Person,
    Path((session, kind)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    session_in_path(&session)?;
    let text = read(body, shared.settings.body_bytes).await?;
    let data = data_of(&shared, &text)?.unwrap_or("{}");
    let mut data: Value = serde_json::from_str(data)
        .map_err(|error| ApiError::of(ErrorCode::InvalidJson).details(error.to_string()))?;
    let Some(fields) = data.as_object_mut() else {
        return Err(ApiError::new(ErrorCode::InvalidData, "The body must be an object.").details("body"));
    };
    if fields.get("session_id").is_some_and(|named| *named != Value::Null && *named != json!(session)) {
        let twice = "The path and the body name different sessions.";
        return Err(ApiError::new(ErrorCode::InvalidData, twice).details("session_id"));
    }
    fields.insert("session_id".into(), Value::String(session));
    let asked = asked(&shared, &parts.headers, &kind, &data.to_string())?;
    let answer = Asking::begin(&shared, caller).ask(asked).await?;
    Ok(Json(envelope(&answer)).into_response())
}

/// `GET /sessions`.
async fn list_sessions(
    asker: Person,
    Parameters(data): Parameters<ListSessions>,
) -> Result<Response, ApiError> {
    look(asker, Command::ListSessions(data)).await
}

/// `POST /sessions`: as `create_session`, answered as HTTP answers what was made.
async fn create_session(Person { shared, caller }: Person, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let text = read(body, shared.settings.body_bytes).await?;
    let data = data_of(&shared, &text)?.unwrap_or("null");
    let asked = asked(&shared, &parts.headers, "create_session", data)?;
    let answer = Asking::begin(&shared, caller).ask(asked).await?;
    let mut response = (StatusCode::CREATED, plain(&answer)).into_response();
    if let Event::Ack(ack) = &answer
        && let Ack { session_id: Some(session), .. } = **ack
        && let Ok(place) = format!("/api/v1/sessions/{session}").parse()
    {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// `GET /sessions/{session_id}`: the session whole.
async fn session(asker: Person, Path(session): Path<String>) -> Result<Response, ApiError> {
    let session_id = session_in_path(&session)?;
    look(asker, Command::FollowSession(FollowSession { session_id, resume: None })).await
}

/// Which page of the transcript.
#[derive(Debug, Deserialize)]
struct Page {
    before: Option<MessageId>,
    limit: Option<u32>,
}

/// `GET /sessions/{session_id}/messages`.
async fn messages(
    asker: Person,
    Path(session): Path<String>,
    Parameters(Page { before, limit }): Parameters<Page>,
) -> Result<Response, ApiError> {
    let session_id = session_in_path(&session)?;
    look(asker, Command::GetHistory(GetHistory { session_id, before, limit, all: None })).await
}

/// The session that a path names, by its id: an invite code is a secret, and has no place in an address.
///
/// # Errors
/// INVALID_SESSION for anything else.
pub(super) fn session_in_path(text: &str) -> Result<SessionRef, ApiError> {
    text.parse()
        .map(SessionRef::Id)
        .map_err(|_| ApiError::of(ErrorCode::InvalidSession).details("session_id"))
}

/// Asks for something to look at, and answers with it alone.
async fn look(Person { shared, caller }: Person, command: Command) -> Result<Response, ApiError> {
    let answer = Asking::begin(&shared, caller).ask(Asked::look(command)).await?;
    Ok(plain(&answer).into_response())
}

/// An answer as `{type, data}`.
fn envelope(answer: &Event) -> Value {
    json!({ "type": answer.kind(), "data": raw(answer) })
}

/// An answer's data alone.
fn plain(answer: &Event) -> Json<Box<RawValue>> {
    Json(raw(answer))
}

fn raw(answer: &Event) -> Box<RawValue> {
    RawValue::from_string(answer.data_json()).expect("an event's data is JSON")
}

/// A body's JSON value as it stands, none for an empty body.
fn data_of<'a>(shared: &Shared, text: &'a str) -> Result<Option<&'a str>, ApiError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let value: &RawValue = serde_json::from_str(text).map_err(|error| {
        shared.commands.count(Counts::NO_ENVELOPE, Some(ErrorCode::InvalidJson), 0);
        ApiError::new(ErrorCode::InvalidJson, "The body is not JSON.").details(error.to_string())
    })?;
    Ok(Some(value.get()))
}

/// A command as the request makes it.
fn asked(shared: &Shared, headers: &HeaderMap, kind: &str, data: &str) -> Result<Asked, ApiError> {
    let input = format!("{kind}\n{data}");
    let command = Command::parse(kind, Some(data)).map_err(|error| {
        shared.commands.count(message_router::kind_of(&error, &input), Some(error.code()), 0);
        match &error {
            // A path that leads nowhere is 404 here, whatever the word for it on the socket.
            InboundError::UnknownType(_) => ApiError::of(error.code()).status(StatusCode::NOT_FOUND),
            InboundError::Envelope(_) | InboundError::Data(_) => {
                ApiError::new(error.code(), error.to_string()).details(error.details())
            }
        }
    })?;
    Ok(Asked { key: key_of(headers)?, digest: message_router::digest(&input), command, way: Some(Way::Http) })
}

/// The `Idempotency-Key`: the command's id, as it would be on the socket.
fn key_of(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text.is_empty() || text.len() > COMMAND_ID_BYTES_MAX {
        let wrong = "`Idempotency-Key` must be 1 to 128 visible ASCII characters.";
        return Err(ApiError::new(ErrorCode::InvalidData, wrong).details(IDEMPOTENCY_KEY));
    }
    Ok(Some(text.to_owned()))
}
