//! Who asks for something about accounts, and what they ask: read once, in front of every handler.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::header;
use http::request::Parts;
use madang_accounts::By;
use madang_hub::{Action, Caller, Object, Via, authorize};
use madang_protocol::{Actor, ErrorCode, LoginId, RateClass, Scope};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::error::ApiError;
use crate::gateway::Shared;
use crate::identity::{Credential, Presented, is_refused, presented};
use crate::listener::Peer;
use crate::router::layers::WhoAsks;

/// Bytes of a browser's description that are looked at.
const AGENT_BYTES_MAX: usize = 512;

/// Who asks: somebody known, or nobody. Never makes a guest.
pub(in crate::router) struct Asker {
    pub(in crate::router) shared: Arc<Shared>,
    caller: Option<Caller>,
    peer: Peer,
    agent: String,
}

impl FromRequestParts<Arc<Shared>> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Asker, ApiError> {
        let peer = parts.extensions.get::<Peer>().cloned();
        let peer =
            peer.ok_or_else(|| ApiError::internal(std::io::Error::other("a request without a peer")))?;
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let agent: String = agent.unwrap_or_default().chars().take(AGENT_BYTES_MAX).collect();
        let caller = match presented(parts) {
            // Addresses end up in logs and histories, so no credential belongs there (AU-21).
            Presented::Explicit(Credential::Ticket(_) | Credential::Query(_)) => {
                return Err(ApiError::new(
                    ErrorCode::InvalidAuth,
                    "A credential has no place in an address.",
                ));
            }
            Presented::Explicit(Credential::Bearer(token)) => {
                Some(shared.identity.verify(token, shared.now()).await.map_err(ApiError::of)?)
            }
            Presented::Cookie(token) => match shared.identity.verify(token, shared.now()).await {
                Ok(caller) => Some(caller),
                Err(code) if is_refused(code) => None,
                Err(code) => return Err(ApiError::of(code)),
            },
            Presented::Nothing => None,
        };
        if let Some(caller) = &caller {
            WhoAsks::is(parts, caller.user);
            let taken = shared.limiter.command(caller.user, RateClass::Control, shared.now_us());
            taken.map_err(|wait_ms| ApiError::of(ErrorCode::RateLimited).retry_after(wait_ms))?;
        }
        Ok(Asker { shared: Arc::clone(shared), caller, peer, agent })
    }
}

impl Asker {
    /// Who asks, for the audit log.
    pub(in crate::router) fn by(&self) -> By {
        By {
            actor: self.caller.as_ref().map_or(Actor::Server, |caller| Actor::User(caller.user)),
            address: Some(self.peer.remote.ip()),
            agent: self.agent.clone(),
        }
    }

    /// Whether they came by TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.peer.secure
    }

    /// Whoever it is, if anybody.
    pub(super) fn anyone(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }

    /// Somebody.
    pub(super) fn caller(&self) -> Result<&Caller, ApiError> {
        self.caller.as_ref().ok_or_else(|| ApiError::of(ErrorCode::InvalidAuth))
    }

    /// Somebody with an account, by a credential that reaches it.
    pub(super) fn account_holder(&self) -> Result<&Caller, ApiError> {
        let caller = self.caller()?;
        if caller.guest {
            return Err(ApiError::new(ErrorCode::Forbidden, "Guests have no account: sign up first."));
        }
        if caller.scope != Scope::Full {
            return Err(ApiError::new(ErrorCode::Forbidden, "This credential does not reach the account."));
        }
        Ok(caller)
    }

    /// An administrator, by a credential that reaches everything.
    pub(in crate::router) fn administrator(&self) -> Result<&Caller, ApiError> {
        let caller = self.caller()?;
        authorize(caller.standing(), Action::Administer, Object::Server)?;
        Ok(caller)
    }

    /// The login they came by, if it was one.
    pub(super) fn login(&self) -> Option<LoginId> {
        match self.caller.as_ref()?.via {
            Via::Login(login) => Some(login),
            Via::Guest | Via::Token(_) | Via::Embedder(_) => None,
        }
    }
}

/// A JSON body of a known form; anything else is refused with its field.
pub(in crate::router) struct Body<T>(pub(in crate::router) T);

impl<T: DeserializeOwned> FromRequest<Arc<Shared>> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Body<T>, ApiError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
        if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
            return Err(ApiError::new(ErrorCode::UnsupportedFormat, "The body must be `application/json`."));
        }
        let bytes = axum::body::to_bytes(request.into_body(), shared.settings.body_bytes).await;
        let bytes = bytes.map_err(|_| ApiError::of(ErrorCode::FileTooLarge))?;
        serde_json::from_slice(&bytes).map(Body).map_err(|error| match error.classify() {
            Category::Data => {
                // What serde says may quote the body, and a body here may hold a password.
                ApiError::of(ErrorCode::InvalidData).details(field_of(&error.to_string()))
            }
            Category::Io | Category::Syntax | Category::Eof => {
                ApiError::new(ErrorCode::InvalidJson, "The body is not JSON.")
            }
        })
    }
}

/// The field that serde names, without its value.
fn field_of(message: &str) -> String {
    let named = message.split('`').nth(1).filter(|_| message.contains("field"));
    let fits =
        |name: &&str| name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    named.filter(fits).unwrap_or("body").to_owned()
}
