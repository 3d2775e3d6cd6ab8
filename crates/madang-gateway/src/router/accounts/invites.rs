//! What an invite link is, for whoever has it.

use axum::Json;
use madang_accounts::{Accounts, Admission};
use madang_protocol::{Actor, Author, Role, SessionId, SessionStatus, UnixMs, UserId};
use madang_store::InviteRow;
use serde::{Deserialize, Serialize};

use super::{Asker, Body};
use crate::error::ApiError;
use crate::identity::display_name;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Code {
    code: String,
}

#[derive(Serialize)]
pub(super) struct Look {
    session_id: Option<SessionId>,
    title: String,
    role: Role,
    by: Author,
    sign_up: bool,
    expires_at: UnixMs,
    member: bool,
}

/// Tells what a code lets one do; one that lets nobody in is not told from one that never was.
pub(super) async fn look(asker: Asker, Body(data): Body<Code>) -> Result<Json<Look>, ApiError> {
    let accounts = &asker.shared.accounts;
    accounts.may_look(&asker.by())?;
    let nothing = || ApiError::from(Admission::refused());
    let row = accounts.find_invite(&data.code).await?.ok_or_else(nothing)?;
    let mut holds = row.holds(asker.shared.now());
    let (mut title, mut member) = (String::new(), false);
    if let Some(session) = row.session {
        let loaded = accounts.store().load(session).await.map_err(madang_accounts::Refusal::from)?;
        let loaded =
            loaded.filter(|loaded| loaded.row.status != SessionStatus::Deleted).ok_or_else(nothing)?;
        let own = asker.anyone().map(|caller| caller.user);
        // The link of someone who was removed ended with them.
        holds &= loaded.members.iter().any(|(user, _)| *user == row.by);
        member = loaded.members.iter().any(|(user, _)| Some(*user) == own);
        title = loaded.row.title;
    }
    // What its maker may not give now it does not give (SE5): asked last, and for what would let somebody in alone.
    if holds && !member {
        holds = match row.session {
            Some(_) => asker.shared.hub.link_stands(&row).await?,
            None => accounts.stands_for(&row).await?,
        };
    }
    // A code that is used up stays its users' name for the session (SE7).
    if !holds && !member {
        return Err(nothing());
    }
    let by = author(accounts, row.by).await?;
    let InviteRow { session, role, sign_up, expires_at, .. } = row;
    let sign_up = sign_up && accounts.links_make_accounts();
    Ok(Json(Look { session_id: session, title, role, by, sign_up, expires_at, member }))
}

async fn author(accounts: &Accounts, user: UserId) -> Result<Author, ApiError> {
    let name = match accounts.account(user).await? {
        Some(account) => account.display_name,
        None => display_name(user),
    };
    Ok(Author { user_id: Actor::User(user), display_name: name })
}
