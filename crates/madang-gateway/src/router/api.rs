//! `POST /api/v1/tickets` and `/api/v1/guests` (CN1).

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::extract::{Request, State};
use madang_protocol::{ErrorCode, RateClass, UserId};
use serde::Serialize;

use super::layers;
use crate::error::ApiError;
use crate::gateway::Shared;
use crate::identity::{Credential, Presented, Who, presented};
use crate::listener::Peer;

/// A ticket, for `?ticket=` on the socket.
#[derive(Debug, Serialize)]
pub(super) struct Ticket {
    ticket: String,
    expires_in_ms: u64,
}

/// A guest, for clients that keep no cookies.
#[derive(Debug, Serialize)]
pub(super) struct Guest {
    user_id: UserId,
    display_name: String,
    token: String,
}

/// Gives whoever shows a credential a ticket of half a minute.
pub(super) async fn make_ticket(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Json<Ticket>, ApiError> {
    let source = layers::source_of(&shared, &request)?;
    let (parts, _) = request.into_parts();
    let presented = presented(&parts);
    // A ticket begets no ticket, and tokens in a query are for version-1 sockets alone.
    let fit = matches!(presented, Presented::Explicit(Credential::Bearer(_)) | Presented::Cookie(_));
    if !fit || layers::cookie_without_origin(&parts, source) && !parts.headers.contains_key("sec-fetch-site")
    {
        return Err(ApiError::of(ErrorCode::InvalidAuth));
    }
    let who = shared.identity.who(presented, shared.now()).await;
    let Who::Known(caller) = who.map_err(ApiError::of)? else {
        return Err(ApiError::of(ErrorCode::InvalidAuth));
    };
    let taken = shared.limiter.command(caller.user, RateClass::Control, shared.now_us());
    taken.map_err(|wait_ms| ApiError::of(ErrorCode::RateLimited).retry_after(wait_ms))?;
    let ticket = shared.identity.tickets.issue(caller, shared.now());
    let ticket = ticket.ok_or_else(|| ApiError::of(ErrorCode::ServiceUnavailable).retry_after(1000))?;
    Ok(Json(Ticket { ticket, expires_in_ms: shared.identity.tickets.life_ms() }))
}

/// Makes a guest.
pub(super) async fn make_guest(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
) -> Result<Json<Guest>, ApiError> {
    let taken = shared.limiter.guest(peer.remote.ip(), shared.now_us());
    taken.map_err(|wait_ms| ApiError::of(ErrorCode::RateLimited).retry_after(wait_ms))?;
    let Some((caller, token)) = shared.identity.new_guest(shared.now()) else {
        return Err(ApiError::new(ErrorCode::Forbidden, "This server lets no guests in: sign in."));
    };
    Ok(Json(Guest { user_id: caller.user, display_name: caller.display_name.to_string(), token }))
}
