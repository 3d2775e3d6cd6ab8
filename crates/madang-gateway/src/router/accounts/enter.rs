//! Coming in and going out: login, sign-up, the first administrator, another password.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use madang_accounts::{Admission, LoggedIn, NameAndPassword, NewAccount};
use madang_protocol::{ErrorCode, Scope, UserId};
use serde::Deserialize;

use super::{Asker, Body, Me};
use crate::error::ApiError;
use crate::gateway::Shared;
use crate::identity::Identity;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogInData {
    name: String,
    password: String,
}

/// Logs in with name and password.
pub(super) async fn log_in(asker: Asker, Body(data): Body<LogInData>) -> Result<Response, ApiError> {
    let LogInData { name, password } = data;
    let typed = NameAndPassword { name, password };
    let logged_in = asker.shared.accounts.log_in(typed, &asker.by(), asker.login()).await?;
    Ok(entered(&asker.shared, &logged_in))
}

/// Logs out: the login ends, wherever else it is open, and the browser forgets it.
pub(super) async fn log_out(asker: Asker) -> Result<Response, ApiError> {
    if let (Some(caller), Some(login)) = (asker.anyone(), asker.login()) {
        match asker.shared.accounts.end_login(caller.user, login, &asker.by()).await {
            // Ended from elsewhere in this moment: all the better.
            Err(refusal) if refusal.code != ErrorCode::NotFound => return Err(refusal.into()),
            _ => {}
        }
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, Identity::clear_cookie())]).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignUpData {
    name: String,
    password: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    language: Option<String>,
}

/// Makes an account; a guest keeps their id.
pub(super) async fn sign_up(asker: Asker, Body(data): Body<SignUpData>) -> Result<Response, ApiError> {
    let SignUpData { name, password, display_name, code, language } = data;
    let new = NewAccount { name, display_name, password, language: language.unwrap_or_default() };
    let guest = guest_of(&asker);
    let accounts = &asker.shared.accounts;
    let admission = accounts.admit(code.as_deref(), &asker.by()).await?;
    if let Some(link) = admission.link()
        && !asker.shared.hub.link_stands(link).await?
    {
        return Err(Admission::refused().into());
    }
    let logged_in = Box::pin(accounts.sign_up(new, admission, guest, &asker.by())).await?;
    Ok(entered(&asker.shared, &logged_in))
}

/// The guest that somebody is.
pub(super) fn guest_of(asker: &Asker) -> Option<UserId> {
    asker.anyone().filter(|caller| caller.guest).map(|caller| caller.user)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BootstrapData {
    token: String,
    name: String,
    password: String,
    #[serde(default)]
    display_name: String,
}

/// Makes the first administrator.
pub(super) async fn bootstrap(asker: Asker, Body(data): Body<BootstrapData>) -> Result<Response, ApiError> {
    let BootstrapData { token, name, password, display_name } = data;
    let new = NewAccount { name, display_name, password, language: String::new() };
    let logged_in = Box::pin(asker.shared.accounts.bootstrap(&token, new, &asker.by())).await?;
    Ok(entered(&asker.shared, &logged_in))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordData {
    #[serde(default)]
    old: Option<String>,
    new: String,
}

/// Sets another password; all other logins and all tokens end.
pub(super) async fn set_password(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Body(data): Body<PasswordData>,
) -> Result<StatusCode, ApiError> {
    let caller = asker.account_holder()?;
    let passwords = (data.old, data.new);
    Box::pin(shared.accounts.set_password(caller.user, passwords, asker.login(), &asker.by())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who one is from now on, and what the browser keeps.
fn entered(shared: &Shared, logged_in: &LoggedIn) -> Response {
    let cookie = shared.identity.set_login(&logged_in.token);
    ([(header::SET_COOKIE, cookie)], Json(Me::of(&logged_in.account, Scope::Full))).into_response()
}
