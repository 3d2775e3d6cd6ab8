//! One's outside identities: which there are, and taking one away. Adding one is `oidc::link`.

use axum::Json;
use axum::extract::Path;
use http::StatusCode;
use madang_accounts::LinkedIdentity;
use serde::Serialize;

use super::Asker;
use crate::error::ApiError;

#[derive(Serialize)]
pub(super) struct Identities {
    identities: Vec<Identity>,
    /// Whether one can come in with a password as well.
    password: bool,
}

#[derive(Serialize)]
struct Identity {
    identity_id: String,
    /// `provider` (OpenID Connect), `embedder` (an embedding application), `gone` (configured no more).
    kind: &'static str,
    /// The issuer's short name here, as in `/site` and in the paths below `/oidc`.
    issuer_id: Option<String>,
    /// Its name as people know it.
    issuer_name: String,
    issuer: String,
    /// The issuer's name for the person.
    subject: String,
    /// False for the last way in.
    removable: bool,
}

impl From<LinkedIdentity> for Identity {
    fn from(linked: LinkedIdentity) -> Identity {
        let LinkedIdentity { id, subject, kind, issuer_id, issuer_name, removable } = linked;
        Identity {
            identity_id: id,
            kind: kind.as_str(),
            issuer_id,
            issuer_name,
            issuer: subject.issuer,
            subject: subject.subject,
            removable,
        }
    }
}

/// One's identities.
pub(super) async fn list(asker: Asker) -> Result<Json<Identities>, ApiError> {
    let user = asker.account_holder()?.user;
    let linked = asker.shared.accounts.identities(user).await?;
    let identities = linked.identities.into_iter().map(Identity::from).collect();
    Ok(Json(Identities { identities, password: linked.password }))
}

/// Takes one away.
pub(super) async fn end(asker: Asker, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    let user = asker.account_holder()?.user;
    asker.shared.accounts.unlink(user, &id, &asker.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
