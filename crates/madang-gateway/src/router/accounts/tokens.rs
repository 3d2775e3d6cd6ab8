//! One's personal API tokens.

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use madang_accounts::NewToken;
use madang_protocol::{Scope, TokenId, UnixMs};
use madang_store::TokenRow;
use serde::{Deserialize, Serialize};

use super::{Asker, Body, id_of};
use crate::error::ApiError;

#[derive(Serialize)]
pub(super) struct Tokens {
    tokens: Vec<Token>,
}

#[derive(Serialize)]
struct Token {
    token_id: TokenId,
    name: String,
    scope: Scope,
    created_at: UnixMs,
    expires_at: UnixMs,
    used_at: Option<UnixMs>,
    /// The text, when the token was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl Token {
    fn of(row: TokenRow, text: Option<String>) -> Token {
        let TokenRow { token, name, scope, created_at, expires_at, used_at, .. } = row;
        Token { token_id: token, name, scope, created_at, expires_at, used_at, token: text }
    }
}

/// One's tokens, newest first.
pub(super) async fn list(asker: Asker) -> Result<Json<Tokens>, ApiError> {
    let user = asker.account_holder()?.user;
    let rows = asker.shared.accounts.tokens(user).await?;
    Ok(Json(Tokens { tokens: rows.into_iter().map(|row| Token::of(row, None)).collect() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenData {
    name: String,
    scope: Scope,
    expires_in_days: u32,
}

/// Makes a token, and shows it this once.
pub(super) async fn create(asker: Asker, Body(data): Body<TokenData>) -> Result<Response, ApiError> {
    let user = asker.account_holder()?.user;
    let TokenData { name, scope, expires_in_days } = data;
    let new = NewToken { name, scope, days: expires_in_days };
    let (row, text) = asker.shared.accounts.create_token(user, new, &asker.by()).await?;
    Ok((StatusCode::CREATED, Json(Token::of(row, Some(text)))).into_response())
}

/// Ends a token.
pub(super) async fn end(asker: Asker, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    let user = asker.account_holder()?.user;
    asker.shared.accounts.end_token(user, id_of(&id)?, &asker.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
