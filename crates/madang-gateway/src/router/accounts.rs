//! What people do about their own accounts, over HTTP (docs/accounts.md). The rules are the accounts'; here is only who
//! asks, in which form, and what the browser keeps.

mod asker;
mod enter;
mod identities;
mod invites;
mod logins;
mod oidc;
mod tokens;

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use http::header;
use madang_accounts::{Accounts, Profile};
use madang_protocol::{ErrorCode, Scope, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(super) use asker::{Asker, Body};

use crate::error::ApiError;
use crate::gateway::Shared;

/// The paths.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/site", get(site))
        .route("/api/v1/me", get(me).patch(set_profile))
        .route("/api/v1/me/password", post(enter::set_password))
        .route("/api/v1/me/logins", get(logins::list).delete(logins::end_all))
        .route("/api/v1/me/logins/{id}", delete(logins::end))
        .route("/api/v1/me/identities", get(identities::list))
        .route("/api/v1/me/identities/{id}", delete(identities::end))
        .route("/api/v1/me/tokens", get(tokens::list).post(tokens::create))
        .route("/api/v1/me/tokens/{id}", delete(tokens::end))
        .route("/api/v1/login", post(enter::log_in))
        .route("/api/v1/logout", post(enter::log_out))
        .route("/api/v1/sign-up", post(enter::sign_up))
        .route("/api/v1/bootstrap", post(enter::bootstrap))
        .route("/api/v1/invites/look", post(invites::look))
        .route("/api/v1/oidc/{id}/start", get(oidc::start))
        .route("/api/v1/oidc/{id}/link", post(oidc::link))
        .route("/api/v1/oidc/{id}/callback", get(oidc::callback))
}

/// A person, as they see themselves.
#[derive(Debug, Serialize)]
pub(super) struct Me {
    user_id: UserId,
    name: Option<String>,
    display_name: String,
    color: String,
    language: Option<String>,
    guest: bool,
    admin: bool,
    scope: Scope,
}

impl Me {
    /// What an account's person sees.
    pub(super) fn of(account: &madang_store::AccountRow, scope: Scope) -> Me {
        Me {
            user_id: account.user,
            name: Some(account.name.clone()),
            display_name: account.display_name.clone(),
            color: madang_accounts::css_color(account).to_owned(),
            language: (!account.language.is_empty()).then(|| account.language.clone()),
            guest: false,
            admin: account.admin,
            scope,
        }
    }
}

/// What anyone may know of this server before they come in.
async fn site(State(shared): State<Arc<Shared>>) -> Result<Response, ApiError> {
    let accounts: &Accounts = &shared.accounts;
    let providers: Vec<_> = accounts
        .settings()
        .oidc
        .iter()
        .map(|provider| json!({ "id": provider.id, "name": provider.name }))
        .collect();
    let body = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "guests": shared.settings.guests,
        "sign_up": accounts.settings().sign_up.as_str(),
        "bootstrap": accounts.needs_bootstrap().await?,
        "oidc": providers,
        "simulated": shared.hub.simulated(),
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

/// Who one is.
async fn me(asker: Asker) -> Result<Json<Me>, ApiError> {
    let caller = asker.caller()?;
    if let Some(account) = asker.shared.accounts.account(caller.user).await?.filter(|_| !caller.guest) {
        return Ok(Json(Me::of(&account, caller.scope)));
    }
    Ok(Json(Me {
        user_id: caller.user,
        name: None,
        display_name: caller.display_name.to_string(),
        color: caller.color.to_string(),
        language: (!caller.language.is_empty()).then(|| caller.language.to_string()),
        guest: caller.guest,
        admin: false,
        scope: caller.scope,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileData {
    display_name: Option<String>,
    color: Option<String>,
    language: Option<String>,
}

/// Changes what one may change about oneself.
async fn set_profile(asker: Asker, Body(data): Body<ProfileData>) -> Result<Json<Me>, ApiError> {
    let caller = asker.account_holder()?;
    let ProfileData { display_name, color, language } = data;
    let profile = Profile { display_name, color, language };
    let account = asker.shared.accounts.set_profile(caller.user, profile, &asker.by()).await?;
    Ok(Json(Me::of(&account, caller.scope)))
}

/// An id in a path; of the wrong form it names nothing.
pub(super) fn id_of<T: std::str::FromStr>(text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| ApiError::of(ErrorCode::NotFound))
}
