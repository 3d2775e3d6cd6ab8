//! One's own logins: which there are, and ending them.

use axum::Json;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use madang_protocol::{LoginId, UnixMs};
use serde::{Deserialize, Serialize};

use super::{Asker, id_of};
use crate::error::ApiError;
use crate::identity::Identity;

#[derive(Serialize)]
pub(super) struct Logins {
    logins: Vec<Login>,
}

#[derive(Serialize)]
struct Login {
    login_id: LoginId,
    created_at: UnixMs,
    seen_at: UnixMs,
    agent: String,
    address: String,
    current: bool,
}

/// One's logins, newest first.
pub(super) async fn list(asker: Asker) -> Result<Json<Logins>, ApiError> {
    let user = asker.account_holder()?.user;
    let own = asker.login();
    let rows = asker.shared.accounts.logins(user).await?;
    let line = |row: madang_store::LoginRow| Login {
        current: Some(row.login) == own,
        login_id: row.login,
        created_at: row.created_at,
        seen_at: row.seen_at,
        agent: row.agent,
        address: row.address,
    };
    Ok(Json(Logins { logins: rows.into_iter().map(line).collect() }))
}

/// Ends one of them.
pub(super) async fn end(asker: Asker, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    let user = asker.account_holder()?.user;
    asker.shared.accounts.end_login(user, id_of(&id)?, &asker.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct All {
    #[serde(default)]
    all: bool,
}

/// Ends all the others; with `?all=true` this one too.
pub(super) async fn end_all(asker: Asker, Query(All { all }): Query<All>) -> Result<Response, ApiError> {
    let user = asker.account_holder()?.user;
    let keep = asker.login().filter(|_| !all);
    asker.shared.accounts.end_logins(user, keep, &asker.by()).await?;
    Ok(match all && asker.login().is_some() {
        true => (StatusCode::NO_CONTENT, [(header::SET_COOKIE, Identity::clear_cookie())]).into_response(),
        false => StatusCode::NO_CONTENT.into_response(),
    })
}
