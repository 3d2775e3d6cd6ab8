//! The paths of this server, and the layers around them: log line, security headers, time-outs.

mod accounts;
mod admin_people;
mod admin_server;
mod api;
pub(crate) mod figures;
mod health;
mod layers;
mod openapi;
mod portability;
mod rest;
mod sse;
mod upgrade;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use http::StatusCode;
use madang_protocol::ErrorCode;
use tower_http::catch_panic::CatchPanicLayer;

use crate::error::ApiError;
use crate::gateway::Shared;
use crate::proxies;

/// What `/metrics` says beyond the edge's own figures.
#[derive(Clone, Default)]
pub(crate) struct Metrics(Option<Arc<dyn Fn() -> String + Send + Sync>>);

impl Metrics {
    pub(crate) fn rendered_by(render: impl Fn() -> String + Send + Sync + 'static) -> Metrics {
        Metrics(Some(Arc::new(render)))
    }

    fn render(&self) -> String {
        self.0.as_ref().map(|render| render()).unwrap_or_default()
    }
}

/// Puts the paths together.
pub(crate) fn router(shared: Arc<Shared>, metrics: Metrics, assets: Option<Router>) -> Router {
    let api = Router::new()
        .route("/api/v1/tickets", post(api::make_ticket))
        .route("/api/v1/guests", post(api::make_guest))
        .merge(rest::routes())
        .merge(sse::routes())
        .merge(portability::routes())
        .merge(accounts::routes())
        .merge(admin_people::routes())
        .merge(admin_server::routes())
        .merge(openapi::routes())
        .route("/api/{*path}", any(not_found))
        // Before the layers, which a preflight must pass through though no route takes its method.
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(Arc::clone(&shared), layers::api))
        .layer(layers::cors(&shared));
    let paths = Router::new()
        .route("/ws", get(upgrade::upgrade))
        .route("/v1/ws", get(upgrade::upgrade))
        .route("/api/v1/ws", get(upgrade::upgrade))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route(
            "/metrics",
            get(move |state, peer, headers| health::metrics(state, peer, headers, metrics.render())),
        )
        .merge(api)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(Arc::clone(&shared));
    let paths = match assets {
        Some(assets) => paths.fallback_service(assets),
        None => paths.fallback(not_found),
    };
    paths
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn_with_state(Arc::clone(&shared), layers::secure))
        .layer(from_fn_with_state(Arc::clone(&shared), layers::observe))
        .layer(from_fn_with_state(shared, proxies::unwrap))
}

async fn not_found() -> ApiError {
    ApiError::of(ErrorCode::NotFound)
}

async fn method_not_allowed() -> ApiError {
    ApiError::new(ErrorCode::InvalidData, "This address does not take that method.")
        .status(StatusCode::METHOD_NOT_ALLOWED)
}
