//! `POST /sessions/import`: a file of conversations, read one after the other, each made a session by the hub.

use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use http::HeaderMap;
use madang_hub::{Action, Caller, Object, authorize};
use madang_protocol::{Command, CreateSession, ErrorCode, Event, SessionId};
use serde::Serialize;
use serde::de::{Deserializer as _, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::arrange::arrange;
use super::foreign::Foreign;
use super::weight::{VALUE_BYTES, VALUES_MAX, values};
use crate::codec::Reservation;
use crate::error::ApiError;
use crate::gateway::Shared;
use crate::message_router::{self, Sender, Verdict, Way, Who};
use crate::router::rest::{Asking, Person};

/// Conversations of one file that become sessions; those beyond are counted as skipped.
const CONVERSATIONS_MAX: usize = 500;

/// What became of a file.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    sessions: Vec<Made>,
    /// Conversations that were none, that were empty or too long, or that were too many.
    skipped: usize,
}

/// A session that was made.
#[derive(Debug, Serialize)]
struct Made {
    session_id: SessionId,
    title: String,
    messages: usize,
}

pub(super) async fn import(
    Person { shared, caller }: Person,
    request: Request,
) -> Result<Json<Outcome>, ApiError> {
    let (parts, body) = request.into_parts();
    authorize(caller.standing(), Action::CreateSession, Object::Server)?;
    let create = Command::CreateSession(CreateSession { title: None, model: None, effort: None });
    let sender = Sender { way: Way::Http, who: Who::Known(&caller) };
    if let Verdict::Refuse(error) = message_router::admit(&shared, sender, &create) {
        return Err(error);
    }
    let (text, mut held) = read(&shared, &parts.headers, body).await?;
    let key = import_key(&parts.headers, &text);
    let asking = Asking::begin(&shared, caller.clone());
    let mut outcome = Outcome { sessions: Vec::new(), skipped: 0 };
    let (first, beyond) = conversations(&text)?;
    outcome.skipped += beyond;
    for (index, raw) in first.into_iter().enumerate() {
        let weighed = raw.map(|raw| (raw, values(raw.get()))).filter(|(_, values)| *values <= VALUES_MAX);
        let imported = match weighed {
            // A thousand empty messages are three bytes each here, and far more once they are read.
            Some((_, values)) if !held.grow_to(text.len() * 2 + values * VALUE_BYTES) => {
                return Err(ApiError::of(ErrorCode::ServiceUnavailable).retry_after(1000));
            }
            Some((raw, _)) => read_one(raw, &caller, &shared),
            None => None,
        };
        let Some(imported) = imported else {
            outcome.skipped += 1;
            continue;
        };
        let (title, messages) = (imported.title.clone(), imported.messages.len());
        let (id, digest) = (format!("{key}:{index}"), message_router::digest(raw_text(raw)));
        if let Event::Ack(ack) = asking.import((id, digest), imported).await?
            && let Some(session_id) = ack.session_id
        {
            outcome.sessions.push(Made { session_id, title, messages });
        }
        // Others have a turn between two conversations.
        tokio::task::yield_now().await;
    }
    Ok(Json(outcome))
}

fn raw_text(raw: Option<&RawValue>) -> &str {
    raw.map_or("", RawValue::get)
}

/// One conversation, or none where there is none in it.
fn read_one(raw: &RawValue, caller: &Caller, shared: &Shared) -> Option<madang_hub::Imported> {
    let foreign: Foreign = serde_json::from_str(raw.get()).ok()?;
    arrange(foreign.read()?, caller, shared.now())
}

/// What makes a repeat of the same file make nothing twice: the client's key, or the file itself.
fn import_key(headers: &HeaderMap, text: &str) -> String {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    let mut hasher = blake3::Hasher::new();
    if key.is_empty() {
        // Without a key a repeat is meant: the same file twice makes two sets of sessions.
        hasher.update(&crate::random::bytes::<16>());
    } else {
        hasher.update(key.as_bytes());
    }
    hasher.update(text.as_bytes());
    format!("import:{}", &hasher.finalize().to_hex()[..32])
}

/// Reads the body within the budget for what is large (EN5): counted before it is held.
async fn read(
    shared: &Shared,
    headers: &HeaderMap,
    body: axum::body::Body,
) -> Result<(String, Reservation), ApiError> {
    let mut held = Reservation::new(Arc::clone(&shared.budget));
    let announced =
        headers.get(http::header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let announced: usize = announced.unwrap_or(0);
    let too_large =
        || ApiError::of(ErrorCode::FileTooLarge).details(format!("{} bytes", shared.settings.import_bytes));
    let full = || ApiError::of(ErrorCode::ServiceUnavailable).retry_after(1000);
    let mut bytes = Vec::new();
    if announced > shared.settings.import_bytes {
        return Err(too_large());
    }
    let mut body = body;
    while let Some(frame) = next_frame(&mut body).await {
        let broken = |_| ApiError::new(ErrorCode::InvalidData, "The body broke off.");
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        let length = bytes.len() + data.len();
        if length > shared.settings.import_bytes {
            return Err(too_large());
        }
        // Twice: the bytes, and what is made of one conversation at a time, which is no larger.
        if !held.grow_to(length * 2) {
            return Err(full());
        }
        bytes.extend_from_slice(&data);
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| ApiError::new(ErrorCode::InvalidJson, "The body is not text in UTF-8."))?;
    Ok((text, held))
}

async fn next_frame(
    body: &mut axum::body::Body,
) -> Option<Result<hyper::body::Frame<bytes::Bytes>, axum::Error>> {
    use hyper::body::Body as _;
    std::future::poll_fn(|cx| std::pin::Pin::new(&mut *body).poll_frame(cx)).await
}

/// The conversations of a file, and how many more there are than are looked at.
type Conversations<'a> = (Vec<Option<&'a RawValue>>, usize);

/// The conversations of a file: a list of them, or one. What is no object is none.
fn conversations(text: &str) -> Result<Conversations<'_>, ApiError> {
    struct List;
    impl<'de> Visitor<'de> for List {
        type Value = Conversations<'de>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list of conversations")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while all.len() < CONVERSATIONS_MAX
                && let Some(raw) = list.next_element::<&'de RawValue>()?
            {
                all.push(Some(raw).filter(|raw| raw.get().starts_with('{')));
            }
            let mut beyond = 0;
            while list.next_element::<IgnoredAny>()?.is_some() {
                beyond += 1;
            }
            Ok((all, beyond))
        }
    }
    let wrong = |error: serde_json::Error| {
        ApiError::new(ErrorCode::InvalidJson, "The file is not JSON.").details(error.to_string())
    };
    let text = text.trim_start_matches('\u{feff}').trim();
    if !text.starts_with('[') {
        let one: &RawValue = serde_json::from_str(text).map_err(wrong)?;
        return Ok((vec![Some(one).filter(|raw| raw.get().starts_with('{'))], 0));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let list = reader.deserialize_seq(List).map_err(wrong)?;
    reader.end().map_err(wrong)?;
    Ok(list)
}
