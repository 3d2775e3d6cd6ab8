//! What an administrator sees of the server: sessions, what was spent, health, live connections. Never content.

use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};
use madang_hub::{ModelState, Usage, UsageBy};
use madang_protocol::{
    ConnectionId, ErrorCode, ListSessions, SessionId, SessionStatus, SessionSummary, UnixMs, UserId,
};
use serde::{Deserialize, Serialize};

use super::rest::{Administrator, Parameters};
use crate::error::ApiError;
use crate::gateway::Shared;

/// Days of usage when nothing is said, today included.
const USAGE_DAYS: u64 = 30;
/// Lines of a usage table when nothing is said.
const USAGE_LINES: u32 = 100;
/// Connections in one answer at most; the newest are shown.
const CONNECTIONS_MAX: usize = 500;
/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// The paths.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/admin/sessions", get(sessions))
        .route("/api/v1/admin/usage", get(usage))
        .route("/api/v1/admin/health", get(health))
        .route("/api/v1/admin/connections", get(connections))
}

/// A page of everyone's sessions.
#[derive(Debug, Serialize)]
struct Sessions {
    sessions: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A session without what is said in it.
#[derive(Debug, Serialize)]
struct Line {
    session_id: SessionId,
    title: String,
    status: SessionStatus,
    created_at: UnixMs,
    last_activity: UnixMs,
    participant_count: u32,
    message_count: u32,
    present: u32,
    running: bool,
}

async fn sessions(
    Administrator(shared): Administrator,
    Parameters(asked): Parameters<ListSessions>,
) -> Result<Json<Sessions>, ApiError> {
    let page = shared.hub.all_sessions(&asked).await?;
    let line = |summary: SessionSummary| Line {
        session_id: summary.session_id,
        title: summary.title,
        status: summary.status,
        created_at: summary.created_at,
        last_activity: summary.last_activity,
        participant_count: summary.participant_count,
        message_count: summary.message_count,
        present: summary.present,
        running: summary.running,
    };
    Ok(Json(Sessions { sessions: page.sessions.into_iter().map(line).collect(), next: page.next }))
}

/// By what the ledger is summed up.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    #[default]
    Day,
    User,
    Session,
    Model,
}

#[derive(Debug, Deserialize)]
struct AskedUsage {
    #[serde(default)]
    by: By,
    from: Option<u64>,
    to: Option<u64>,
    limit: Option<u32>,
}

/// What was spent.
#[derive(Debug, Serialize)]
struct Spending {
    rows: Vec<Row>,
}

/// A sum.
#[derive(Debug, Serialize)]
struct Row {
    key: String,
    label: String,
    requests: u64,
    input_tokens: u64,
    output_tokens: u64,
    tokens: u64,
    micro_usd: u64,
}

async fn usage(
    Administrator(shared): Administrator,
    Parameters(asked): Parameters<AskedUsage>,
) -> Result<Json<Spending>, ApiError> {
    let by = match asked.by {
        By::Day => UsageBy::Day,
        By::User => UsageBy::User,
        By::Session => UsageBy::Session,
        By::Model => UsageBy::Model,
    };
    let now = shared.now().0;
    let today = now - now % DAY_MS;
    let from = asked.from.unwrap_or(today.saturating_sub((USAGE_DAYS - 1) * DAY_MS));
    let to = asked.to.unwrap_or(now + 1);
    // What a database counts in is signed.
    if from > to || i64::try_from(to).is_err() {
        return Err(ApiError::new(ErrorCode::InvalidData, "`from` must not be after `to`.").details("from"));
    }
    let limit = asked.limit.unwrap_or(USAGE_LINES);
    let lines = shared.hub.usage(Usage { from: UnixMs(from), to: UnixMs(to), by, limit }).await?;
    let row = |line: madang_hub::UsageLine| Row {
        key: line.key,
        label: line.label,
        requests: line.requests,
        input_tokens: line.input_tokens,
        output_tokens: line.output_tokens,
        tokens: line.spent.tokens,
        micro_usd: line.spent.micro_usd,
    };
    Ok(Json(Spending { rows: lines.into_iter().map(row).collect() }))
}

/// How the server does.
#[derive(Debug, Serialize)]
struct Health {
    version: &'static str,
    started_at: UnixMs,
    connections: usize,
    streams: usize,
    live_sessions: usize,
    running_turns: usize,
    waiting_turns: usize,
    simulated: bool,
    draining: bool,
    store: StoreHealth,
    warnings: Vec<String>,
    models: Vec<ModelHealth>,
}

#[derive(Debug, Serialize)]
struct StoreHealth {
    healthy: bool,
    integrity: String,
}

#[derive(Debug, Serialize)]
struct ModelHealth {
    model: String,
    state: madang_hub::ModelCondition,
    running: usize,
    waiting: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

async fn health(Administrator(shared): Administrator) -> Result<Json<Health>, ApiError> {
    let stats = shared.hub.stats();
    let host = shared.host.get().map(|host| host()).unwrap_or_default();
    let model = |model: ModelState| ModelHealth {
        model: model.model,
        state: model.condition,
        running: model.running,
        waiting: model.waiting,
        retry_after_ms: model.retry_after_ms,
    };
    Ok(Json(Health {
        version: env!("CARGO_PKG_VERSION"),
        started_at: UnixMs(shared.now().0.saturating_sub(shared.now_ms())),
        connections: shared.connections.len(),
        streams: shared.streams.len(),
        live_sessions: stats.live_sessions,
        running_turns: stats.running_turns,
        waiting_turns: stats.waiting_turns,
        simulated: shared.hub.simulated(),
        draining: shared.is_draining(),
        store: StoreHealth { healthy: shared.hub.store_is_healthy(), integrity: host.integrity },
        warnings: host.warnings,
        models: shared.hub.pool_state().models.into_iter().map(model).collect(),
    }))
}

#[derive(Debug, Deserialize)]
struct AskedConnections {
    limit: Option<usize>,
}

/// Live connections.
#[derive(Debug, Serialize)]
struct Connections {
    connections: Vec<ConnectionLine>,
    total: usize,
}

/// One socket.
#[derive(Debug, Serialize)]
struct ConnectionLine {
    connection_id: ConnectionId,
    /// Null while nobody has said who they are.
    user_id: Option<UserId>,
    display_name: Option<String>,
    protocol: &'static str,
    since: UnixMs,
    address: String,
}

async fn connections(
    Administrator(shared): Administrator,
    Parameters(AskedConnections { limit }): Parameters<AskedConnections>,
) -> Result<Json<Connections>, ApiError> {
    let limit = limit.unwrap_or(CONNECTIONS_MAX).clamp(1, CONNECTIONS_MAX);
    let began = shared.now().0.saturating_sub(shared.now_ms());
    let total = shared.connections.len();
    let newest = shared.connections.some(total.saturating_sub(limit), 1);
    let line = |outline: crate::connection::Outline| {
        let (user_id, display_name) = outline.person.map(|(user, name)| (user, name.to_string())).unzip();
        ConnectionLine {
            connection_id: outline.id,
            user_id,
            display_name,
            protocol: outline.protocol,
            since: UnixMs(began + outline.began_ms),
            address: outline.remote.ip().to_canonical().to_string(),
        }
    };
    let connections = newest.iter().take(limit).map(|connection| line(connection.outline())).collect();
    Ok(Json(Connections { connections, total }))
}
