//! Who sends a request: somebody known, or refused. No request makes a guest by the way.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use madang_hub::{Action, Caller, Object, authorize};
use madang_protocol::{ErrorCode, RateClass};

use crate::error::ApiError;
use crate::gateway::Shared;
use crate::identity::{Credential, Presented, Who, presented};
use crate::router::layers::WhoAsks;

/// Which credentials a path takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::router) enum Doors {
    /// A cookie or a bearer token.
    Standing,
    /// A ticket as well, for clients that can't set a header.
    Tickets,
}

/// Who sends a request.
///
/// # Errors
/// INVALID_AUTH or TOKEN_EXPIRED for nobody, and for whoever is refused.
pub(in crate::router) async fn person(
    shared: &Shared,
    parts: &Parts,
    doors: Doors,
) -> Result<Caller, ApiError> {
    let presented = presented(parts);
    match presented {
        Presented::Nothing => return Err(ApiError::of(ErrorCode::InvalidAuth)),
        // A query gets into logs and histories: only what is used up by being shown may stand there.
        Presented::Explicit(Credential::Query(_)) => return Err(ApiError::of(ErrorCode::InvalidAuth)),
        Presented::Explicit(Credential::Ticket(_)) if doors != Doors::Tickets => {
            return Err(ApiError::of(ErrorCode::InvalidAuth));
        }
        Presented::Explicit(_) | Presented::Cookie(_) => {}
    }
    match shared.identity.who(presented, shared.now()).await {
        Ok(Who::Known(caller)) => {
            WhoAsks::is(parts, caller.user);
            Ok(caller)
        }
        Ok(Who::NewGuest(..) | Who::Nobody) => Err(ApiError::of(ErrorCode::InvalidAuth)),
        Err(code) => Err(ApiError::of(code)),
    }
}

/// Somebody known, by a credential that stays: what every handler of a resource begins with.
pub(in crate::router) struct Person {
    pub(in crate::router) shared: Arc<Shared>,
    pub(in crate::router) caller: Caller,
}

impl FromRequestParts<Arc<Shared>> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Person, ApiError> {
        let caller = person(shared, parts, Doors::Standing).await?;
        Ok(Person { shared: Arc::clone(shared), caller })
    }
}

/// An administrator, by a credential that reaches everything; everyone else is told FORBIDDEN.
pub(in crate::router) struct Administrator(pub(in crate::router) Arc<Shared>);

impl FromRequestParts<Arc<Shared>> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Administrator, ApiError> {
        let Person { shared, caller } = Person::from_request_parts(parts, shared).await?;
        let taken = shared.limiter.command(caller.user, RateClass::Control, shared.now_us());
        taken.map_err(|wait_ms| ApiError::of(ErrorCode::RateLimited).retry_after(wait_ms))?;
        authorize(caller.standing(), Action::Administer, Object::Server)?;
        Ok(Administrator(shared))
    }
}
