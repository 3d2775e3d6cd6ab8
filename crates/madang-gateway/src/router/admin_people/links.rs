//! Links that only let people sign up.

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use madang_protocol::{InviteId, Role, UnixMs, UserId};
use madang_store::InviteRow;
use serde::{Deserialize, Serialize};

use super::{Asker, Body, id_of};
use crate::error::ApiError;

#[derive(Serialize)]
pub(super) struct Links {
    invites: Vec<Link>,
}

#[derive(Serialize)]
struct Link {
    invite_id: InviteId,
    role: Role,
    sign_up: bool,
    by: UserId,
    created_at: UnixMs,
    expires_at: UnixMs,
    uses_left: u32,
    revoked_at: Option<UnixMs>,
}

impl Link {
    fn of(row: InviteRow) -> Link {
        let InviteRow { invite, role, sign_up, by, created_at, expires_at, uses_left, revoked_at, .. } = row;
        Link { invite_id: invite, role, sign_up, by, created_at, expires_at, uses_left, revoked_at }
    }
}

/// The links, newest first; those that let nobody in any more too.
pub(super) async fn list(asker: Asker) -> Result<Json<Links>, ApiError> {
    asker.administrator()?;
    let rows = asker.shared.accounts.invites().await?;
    Ok(Json(Links { invites: rows.into_iter().map(Link::of).collect() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewLink {
    #[serde(default)]
    expires_in_ms: Option<u64>,
    #[serde(default)]
    uses: Option<u32>,
}

#[derive(Serialize)]
struct Created {
    invite: Link,
    code: String,
}

/// Makes a link; its code is shown this once.
pub(super) async fn create(asker: Asker, Body(data): Body<NewLink>) -> Result<Response, ApiError> {
    let user = asker.administrator()?.user;
    let terms = (data.expires_in_ms, data.uses);
    let (row, code) = asker.shared.accounts.create_invite(user, terms, &asker.by()).await?;
    Ok((StatusCode::CREATED, Json(Created { invite: Link::of(row), code })).into_response())
}

/// Ends a link.
pub(super) async fn revoke(asker: Asker, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    asker.administrator()?;
    asker.shared.accounts.revoke_invite(id_of(&id)?, &asker.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
