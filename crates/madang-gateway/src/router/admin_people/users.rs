//! Accounts, as administrators see and change them.

use axum::Json;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use madang_accounts::{Decision, NewAccount};
use madang_protocol::limits::{QUERY_CHARS_MAX, SESSIONS_PAGE_MAX};
use madang_protocol::{ErrorCode, UnixMs, UserId};
use madang_store::{AccountRow, SessionQuery};
use serde::{Deserialize, Serialize};

use super::{Asker, Body, id_of};
use crate::error::ApiError;

/// Accounts in one page when nothing is said.
const PAGE: u32 = 50;

#[derive(Serialize)]
pub(super) struct Users {
    users: Vec<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
pub(super) struct User {
    user_id: UserId,
    name: String,
    display_name: String,
    admin: bool,
    disabled_at: Option<UnixMs>,
    created_at: UnixMs,
}

impl User {
    fn of(row: AccountRow) -> User {
        let AccountRow { user, name, display_name, admin, disabled_at, created_at, .. } = row;
        User { user_id: user, name, display_name, admin, disabled_at, created_at }
    }
}

#[derive(Deserialize)]
pub(super) struct Page {
    query: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of accounts.
pub(super) async fn list(asker: Asker, Query(page): Query<Page>) -> Result<Json<Users>, ApiError> {
    asker.administrator()?;
    let Page { query, cursor, limit } = page;
    let title = query.filter(|query| !query.trim().is_empty());
    if title.as_ref().is_some_and(|title| title.chars().count() > QUERY_CHARS_MAX) {
        return Err(ApiError::of(ErrorCode::InvalidData).details("query"));
    }
    let limit = limit.unwrap_or(PAGE).clamp(1, SESSIONS_PAGE_MAX as u32);
    let page = asker.shared.accounts.page(SessionQuery { title, cursor, limit }).await?;
    Ok(Json(Users { users: page.accounts.into_iter().map(User::of).collect(), next: page.next }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUser {
    name: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    admin: bool,
    #[serde(default)]
    password: Option<String>,
}

#[derive(Serialize)]
struct Created {
    user: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

/// Makes an account; a generated password is shown this once.
pub(super) async fn create(asker: Asker, Body(data): Body<NewUser>) -> Result<Response, ApiError> {
    asker.administrator()?;
    let NewUser { name, display_name, admin, password } = data;
    if password.as_ref().is_some_and(String::is_empty) {
        return Err(ApiError::of(ErrorCode::InvalidData).details("password"));
    }
    let password = password.unwrap_or_default();
    let new = NewAccount { name, display_name, password, language: String::new() };
    let (row, password) = Box::pin(asker.shared.accounts.create(new, admin, &asker.by())).await?;
    Ok((StatusCode::CREATED, Json(Created { user: User::of(row), password })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    admin: Option<bool>,
    disabled: Option<bool>,
    display_name: Option<String>,
}

/// Changes an account: suspends it, makes its person an administrator, renames them.
pub(super) async fn change(
    asker: Asker,
    Path(id): Path<String>,
    Body(data): Body<Change>,
) -> Result<Json<User>, ApiError> {
    asker.administrator()?;
    let Change { admin, disabled, display_name } = data;
    let decision = Decision { admin, disabled, display_name };
    Ok(Json(User::of(asker.shared.accounts.decide(id_of(&id)?, decision, &asker.by()).await?)))
}

#[derive(Serialize)]
pub(super) struct Password {
    password: String,
}

/// Gives someone a generated password, shown this once; everything they have open ends.
pub(super) async fn reset_password(asker: Asker, Path(id): Path<String>) -> Result<Json<Password>, ApiError> {
    asker.administrator()?;
    let user = id_of(&id)?;
    let password = Box::pin(asker.shared.accounts.reset_password(user, None, &asker.by())).await?;
    Ok(Json(Password { password }))
}

/// Ends all logins of someone.
pub(super) async fn end_logins(asker: Asker, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    asker.administrator()?;
    let user = id_of(&id)?;
    if asker.shared.accounts.account(user).await?.is_none() {
        return Err(ApiError::of(ErrorCode::NotFound));
    }
    asker.shared.accounts.end_logins(user, None, &asker.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
