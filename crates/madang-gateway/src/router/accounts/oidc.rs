//! Signing in at an identity provider: there, and back.

use std::borrow::Cow;

use axum::Json;
use axum::extract::{OriginalUri, Path, Query};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use madang_accounts::{Begin, Begun, Returned};
use madang_protocol::{ErrorCode, UserId};
use serde::{Deserialize, Serialize};

use super::Asker;
use super::enter::guest_of;
use crate::error::ApiError;

/// Keeps what was begun, until the browser comes back.
const COOKIE: &str = "__Host-madang-oidc";
/// Where a browser goes that was not signed in; the code says why.
const FAILED: &str = "/login?error=";

#[derive(Deserialize)]
pub(super) struct Start {
    #[serde(default)]
    return_to: String,
}

/// Sends the browser to the provider.
pub(super) async fn start(
    asker: Asker,
    Path(id): Path<String>,
    Query(Start { return_to }): Query<Start>,
    headers: HeaderMap,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, ApiError> {
    let redirect_uri = callback_address(&asker, &headers, &uri, &id)?;
    let begin = Begin { redirect_uri, return_to, guest: guest_of(&asker), link: None };
    let begun = asker.shared.accounts.begin_oidc(&id, begin, &asker.by()).await?;
    Ok(sent_to(&begun.location, &kept(&begun)))
}

#[derive(Serialize)]
struct Link {
    location: String,
}

/// Begins to add an identity to one's account. Its own request, guarded like every change: a page of another site must
/// not begin this.
pub(super) async fn link(
    asker: Asker,
    Path(id): Path<String>,
    headers: HeaderMap,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, ApiError> {
    let link: Option<UserId> = Some(asker.account_holder()?.user);
    let redirect_uri = callback_address(&asker, &headers, &uri, &id)?;
    // The page tells what was linked; of a browser that merely came back it must not.
    let begin = Begin { redirect_uri, return_to: format!("/settings?linked={id}"), guest: None, link };
    let begun = asker.shared.accounts.begin_oidc(&id, begin, &asker.by()).await?;
    let cookie = kept(&begun);
    Ok(([(header::SET_COOKIE, cookie)], Json(Link { location: begun.location })).into_response())
}

/// Takes the browser back.
pub(super) async fn callback(
    asker: Asker,
    Path(id): Path<String>,
    Query(returned): Query<Returned>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let brought = pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value).unwrap_or_default();
    let now_there = (asker.anyone().map(|caller| caller.user), asker.login());
    let accounts = &asker.shared.accounts;
    let forget = format!("{COOKIE}=; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=0");
    match Box::pin(accounts.finish_oidc(&id, (returned, brought), now_there, &asker.by())).await {
        Ok(finished) => {
            let mut response = sent_to(&finished.return_to, &forget);
            if let Some(logged_in) = finished.logged_in {
                let cookie = asker.shared.identity.set_login(&logged_in.token);
                let cookie = cookie.parse().map_err(ApiError::internal)?;
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            Ok(response)
        }
        Err(refusal) if refusal.code == ErrorCode::NotFound => Err(refusal.into()),
        // A person looks at this: the app says it in their language.
        Err(refusal) => Ok(sent_to(&format!("{FAILED}{}", refusal.code.as_str()), &forget)),
    }
}

fn kept(begun: &Begun) -> String {
    let seconds = begun.life_ms.div_ceil(1000);
    format!("{COOKIE}={}; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age={seconds}", begun.kept)
}

fn sent_to(location: &str, cookie: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, location), (header::SET_COOKIE, cookie)]).into_response()
}

/// Where the provider sends the browser: the configured address of this server, or the one it was asked under, which
/// was judged before (CN2).
fn callback_address(
    asker: &Asker,
    headers: &HeaderMap,
    uri: &http::Uri,
    id: &str,
) -> Result<String, ApiError> {
    let base = match &asker.shared.settings.public_url {
        Some(url) => Cow::Borrowed(url.trim_end_matches('/')),
        None => {
            let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
            let host = host.or_else(|| uri.authority().map(http::uri::Authority::as_str));
            let host = host.ok_or_else(|| ApiError::of(ErrorCode::InvalidData))?;
            Cow::Owned(format!("{}://{host}", if asker.is_secure() { "https" } else { "http" }))
        }
    };
    Ok(format!("{base}/api/v1/oidc/{id}/callback"))
}
