//! Export and import: a session as Markdown or JSON, and conversations from elsewhere as sessions.
//!
//! Nothing here reads a session's log or writes it: pages come from the hub as for any reader, and what is imported is
//! born there as any session is.

mod arrange;
mod export;
mod foreign;
mod import;
mod markdown;
mod time;
mod weight;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::gateway::Shared;

/// Where conversations are imported.
pub(super) const IMPORT: &str = "/api/v1/sessions/import";

/// The paths.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/sessions/{session_id}/export", get(export::export))
        .route(IMPORT, post(import::import))
}
