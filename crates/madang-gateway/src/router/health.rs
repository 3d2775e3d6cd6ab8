//! `/healthz`, `/readyz`, `/metrics` (HT3).

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::{HeaderMap, header};
use madang_protocol::ErrorCode;
use serde_json::json;

use crate::error::ApiError;
use crate::gateway::Shared;
use crate::listener::Peer;

/// The process lives; says which version, and whether the simulated model answers.
pub(super) async fn healthz(State(shared): State<Arc<Shared>>) -> Response {
    let body = json!({
        "status": "ok", "version": env!("CARGO_PKG_VERSION"), "simulated": shared.hub.simulated(),
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// Commands can be carried out.
pub(super) async fn readyz(State(shared): State<Arc<Shared>>) -> Response {
    if shared.is_draining() {
        return ApiError::new(ErrorCode::ServiceUnavailable, "The server is going away.").into_response();
    }
    if !shared.hub.ready() {
        return ApiError::new(ErrorCode::ServiceUnavailable, "Nothing can be stored at the moment.")
            .into_response();
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({ "status": "ready" }))).into_response()
}

/// Figures as Prometheus reads them; to this machine alone, unless set otherwise.
pub(super) async fn metrics(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    more: String,
) -> Response {
    // A proxy on this machine is loopback too, but says for whom it asks.
    let forwarded = headers.contains_key("x-forwarded-for") || headers.contains_key(header::FORWARDED);
    let local = peer.remote.ip().to_canonical().is_loopback() && !forwarded;
    if !local && !shared.settings.metrics_public {
        return ApiError::of(ErrorCode::NotFound).into_response();
    }
    let text = shared.figures.render(&shared) + &more;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
