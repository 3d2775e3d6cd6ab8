//! `GET /sessions/{session_id}/events`: a session as server-sent events, resumed exactly (HT2, RS1).

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use madang_hub::Submission;
use madang_protocol::{Command, ErrorCode, FollowSession, Position, ResumePoint, SessionId, SessionRef};

use super::rest::{Doors, person};
use crate::error::ApiError;
use crate::gateway::Shared;
use crate::message_router::{self, Sender, Verdict, Way, Who};
use crate::streams::{Stream, StreamBody, text};

/// The header that says where a client stands.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells proxies not to collect what should be seen at once.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// When a client that was refused for want of room, or in a drain, may come back, in milliseconds.
const RETRY_MS: u64 = 2000;

/// The paths.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/api/v1/sessions/{session_id}/events", get(events))
}

async fn events(
    State(shared): State<Arc<Shared>>,
    Path(session): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let caller = person(&shared, &parts, Doors::Tickets).await?;
    if shared.is_draining() {
        return Err(ApiError::of(ErrorCode::ServiceUnavailable).retry_after(RETRY_MS));
    }
    let session: SessionId = session.parse().map_err(|_| ApiError::of(ErrorCode::InvalidSession))?;
    let resume = position_of(&parts.headers).map(|Position { epoch, seq }| ResumePoint {
        epoch,
        seq,
        streams: Default::default(),
    });
    let follow = FollowSession { session_id: SessionRef::Id(session), resume };
    let command = Command::FollowSession(follow);
    let sender = Sender { way: Way::Resource, who: Who::Known(&caller) };
    if let Verdict::Refuse(error) = message_router::admit(&shared, sender, &command) {
        return Err(error);
    }
    let id = crate::ids::own_id();
    let (stream, begun) = Stream::new(&shared, session, id.clone());
    let settings = &shared.settings;
    let seat = shared.streams.admit(
        caller.user,
        &stream,
        (settings.streams_max, settings.streams_per_person_max),
    )?;
    let guard = {
        let stream = Arc::clone(&stream);
        shared.revocations.register(&caller, move |code, sentence| stream.end(code, sentence))
    };
    let link = shared.hub.attach(caller, stream.clone());
    link.submit(Submission { id, idempotent: false, digest: [0; 16], command }).await;
    match tokio::time::timeout(Duration::from_millis(settings.answer_ms), begun).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => return Err(ApiError::told(*error)),
        Ok(Err(_)) | Err(_) => return Err(ApiError::of(ErrorCode::ServiceUnavailable).retry_after(RETRY_MS)),
    }
    let body = StreamBody::new(stream, (link, seat, guard), settings.comment_ms);
    let mut response = Body::new(body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

/// Where the client stands; what is no position of ours gets the whole state.
fn position_of(headers: &HeaderMap) -> Option<Position> {
    text::read_id(headers.get(LAST_EVENT_ID)?.to_str().ok()?)
}
