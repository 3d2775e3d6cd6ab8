//! Invite links of a session: made, listed, ended (SE5). They are rows of their own: the log, which all its people may
//! read, has no codes.

use madang_protocol::limits::{INVITE_LIFE_MS, INVITE_LIFE_MS_MAX, INVITE_USES_MAX, INVITES_MAX};
use madang_protocol::{
    Ack, Actor, AuditKind, CreateInvite, ErrorCode, Event, Invite, InviteCreated, InviteId, Invites, Role,
    UnixMs, UserId,
};
use madang_session::{Action, Rejection};
use madang_store::{InviteRow, PersonChange};
use serde_json::json;

use super::rows::audit_row;
use super::write::{Cause, Draft};
use super::{Live, Request};
use crate::hub::store_rejection;
use crate::invite::{code, invite_hash};

impl Live {
    /// Makes a link; its code is told once, when it is on disk.
    pub(super) async fn create_invite(
        &mut self,
        request: &Request,
        data: &CreateInvite,
    ) -> Result<(), Rejection> {
        self.may_invite(request)?;
        self.check_role(request, data.role)?;
        let (life_ms, uses) = check_bounds(data)?;
        let now = self.hub.inner.clock.now();
        if self.session.status(true) == madang_protocol::SessionStatus::Closed {
            return Err(Rejection::new(ErrorCode::Conflict, "This session is closed. Reopen it to invite."));
        }
        if self.holding(now).await?.len() >= INVITES_MAX {
            return Err(Rejection::new(
                ErrorCode::Conflict,
                "This session has as many invite links as it can have. End one first.",
            ));
        }
        let code = code(rand::random());
        let row = InviteRow {
            invite: InviteId::new(now, rand::random()),
            hash: invite_hash(&code),
            session: Some(self.session.id()),
            role: data.role,
            // Where the server lets links make accounts; a guest lets in guests alone.
            sign_up: !request.caller.guest,
            by: request.caller.user,
            created_at: now,
            expires_at: UnixMs(now.0 + life_ms),
            uses_left: uses,
            revoked_at: None,
        };
        let details = json!({"role": row.role, "uses": uses, "expires_at": row.expires_at});
        let mut draft = Draft { at: now, ..Draft::default() };
        let made = (AuditKind::InviteCreated, Some(row.invite.to_string()));
        let actor = Actor::User(request.caller.user);
        draft.append.audit.push(audit_row((self.session.id(), now), actor, made, &details));
        let invite = invite(&row);
        let event = Event::from(InviteCreated { session_id: self.session.id(), invite, code });
        draft.append.people.push(PersonChange::Invite(row));
        draft.cause = Some(Cause { instead: Some(event), ..Cause::of(request, Ack::default()) });
        self.write(draft).await;
        Ok(())
    }

    /// Tells the links that still hold.
    pub(super) async fn list_invites(&mut self, request: &Request) -> Result<(), Rejection> {
        self.may_invite(request)?;
        let rows = self.holding(self.hub.inner.clock.now()).await?;
        let invites = rows.iter().map(invite).collect();
        self.reply_to(request, Event::from(Invites { session_id: self.session.id(), invites }));
        Ok(())
    }

    /// Ends a link: the inviter's own, or any for the owner.
    pub(super) async fn revoke_invite(
        &mut self,
        request: &Request,
        invite: InviteId,
    ) -> Result<(), Rejection> {
        self.may_invite(request)?;
        let now = self.hub.inner.clock.now();
        let rows = self.hub.inner.store.invites(Some(self.session.id())).await;
        let rows = rows.map_err(|error| store_rejection(&error))?;
        let row = rows.into_iter().find(|row| row.invite == invite);
        let row = row.ok_or_else(|| Rejection::not_found("invite link"))?;
        if row.by != request.caller.user {
            self.session.check(&request.caller.in_session(), Action::Govern)?;
        }
        let mut draft = Draft { at: now, ..Draft::default() };
        if row.revoked_at.is_none() {
            draft.append.people.push(PersonChange::RevokeInvite(invite, now));
            let ended = (AuditKind::InviteRevoked, Some(invite.to_string()));
            let actor = Actor::User(request.caller.user);
            draft.append.audit.push(audit_row((self.session.id(), now), actor, ended, &json!({})));
        }
        let ack = Ack { session_id: Some(self.session.id()), ..Ack::default() };
        draft.cause = Some(Cause::of(request, ack));
        self.write(draft).await;
        Ok(())
    }

    fn may_invite(&self, request: &Request) -> Result<(), Rejection> {
        self.session.check(&request.caller.in_session(), Action::Invite)
    }

    /// A link gives no role above its maker's own, and never the owner's.
    fn check_role(&self, request: &Request, role: Role) -> Result<(), Rejection> {
        if role == Role::Owner {
            return Err(Rejection::invalid(
                "role",
                "can't be owner: a session has one, by transfer_ownership",
            ));
        }
        if self.is_above(role, request.caller.user) {
            return Err(Rejection::new(ErrorCode::Forbidden, "You can't give a role above your own."));
        }
        Ok(())
    }

    fn is_above(&self, role: Role, user: UserId) -> bool {
        let own = self.session.role(user);
        let rank = |role: Role| Role::ALL.iter().position(|other| *other == role);
        own.is_none_or(|own| rank(role) < rank(own))
    }

    /// The session's links that let people in now.
    async fn holding(&mut self, now: UnixMs) -> Result<Vec<InviteRow>, Rejection> {
        let rows = self.hub.inner.store.invites(Some(self.session.id())).await;
        let mut rows = rows.map_err(|error| store_rejection(&error))?;
        rows.retain(|row| row.holds(now));
        Ok(rows)
    }
}

/// How long a link holds and how often, within the limits.
fn check_bounds(data: &CreateInvite) -> Result<(u64, u32), Rejection> {
    let life_ms = data.expires_in_ms.unwrap_or(INVITE_LIFE_MS);
    if life_ms == 0 || life_ms > INVITE_LIFE_MS_MAX {
        return Err(Rejection::invalid("expires_in_ms", "is zero or too long")
            .details(format!("expires_in_ms: {INVITE_LIFE_MS_MAX} at most")));
    }
    let uses = data.uses.unwrap_or(1);
    if uses == 0 || uses > INVITE_USES_MAX {
        return Err(Rejection::invalid("uses", "is zero or too large")
            .details(format!("uses: {INVITE_USES_MAX} at most")));
    }
    Ok((life_ms, uses))
}

fn invite(row: &InviteRow) -> Invite {
    Invite {
        invite_id: row.invite,
        role: row.role,
        by: row.by,
        created_at: row.created_at,
        expires_at: row.expires_at,
        uses_left: row.uses_left,
    }
}
