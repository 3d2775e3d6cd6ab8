//! Invite links: what a code lets one do, and links that only let people sign up.

use madang_protocol::limits::{INVITE_LIFE_MS, INVITE_LIFE_MS_MAX, INVITE_USES_MAX, INVITES_MAX};
use madang_protocol::{AuditKind, ErrorCode, InviteId, Role, UnixMs, UserId};
use madang_store::{InviteRow, PersonChange};
use serde_json::json;

use crate::Refusal;
use crate::accounts::{Accounts, By, Step};
use crate::secret::{INVITE_PREFIX, OPAQUE_BYTES_MAX, fresh, hash_of};

impl Accounts {
    /// The link of a code, whether or not it still lets anyone in.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn find_invite(&self, code: &str) -> Result<Option<InviteRow>, Refusal> {
        if !code.starts_with(INVITE_PREFIX) || code.len() > OPAQUE_BYTES_MAX {
            return Ok(None);
        }
        Ok(self.inner.store.invite(hash_of(code)).await?)
    }

    /// Whether accounts may be made with links at all.
    #[must_use]
    pub fn links_make_accounts(&self) -> bool {
        self.settings().sign_up != crate::SignUp::Closed
    }

    /// Counts a look at a code: guessing one is hopeless, and costs time besides.
    ///
    /// # Errors
    /// RATE_LIMITED.
    pub fn may_look(&self, by: &By) -> Result<(), Refusal> {
        self.inner.attempts.knock(by.address, self.now().0)
    }

    /// Makes a link that lets people sign up, and nothing else; its code is returned here and never again.
    ///
    /// # Errors
    /// INVALID_DATA, or CONFLICT when there are too many.
    pub async fn create_invite(
        &self,
        by_user: UserId,
        (expires_in_ms, uses): (Option<u64>, Option<u32>),
        by: &By,
    ) -> Result<(InviteRow, String), Refusal> {
        let life_ms = expires_in_ms.unwrap_or(INVITE_LIFE_MS);
        let uses = uses.unwrap_or(1);
        if !(1..=INVITE_LIFE_MS_MAX).contains(&life_ms) {
            return Err(Refusal::invalid("expires_in_ms", "must be at most 30 days"));
        }
        if !(1..=INVITE_USES_MAX).contains(&uses) {
            return Err(Refusal::invalid("uses", "must be 1 to 1000"));
        }
        let now = self.now();
        let open = self.inner.store.invites(None).await?.iter().filter(|row| row.holds(now)).count();
        if open >= INVITES_MAX {
            return Err(Refusal::new(
                ErrorCode::Conflict,
                "There are too many links: end one of them first.",
            ));
        }
        let code = fresh(INVITE_PREFIX);
        let row = InviteRow {
            invite: InviteId::new(now, crate::secret::random()),
            hash: hash_of(&code),
            session: None,
            role: Role::Viewer,
            sign_up: true,
            by: by_user,
            created_at: now,
            expires_at: UnixMs(now.0 + life_ms),
            uses_left: uses,
            revoked_at: None,
        };
        let details = json!({ "uses": uses, "expires_at": row.expires_at });
        self.carry_out(Step {
            people: vec![PersonChange::Invite(row.clone())],
            audit: vec![self.line(by, AuditKind::InviteCreated, Some(row.invite.to_string()), &details)],
            ends: Vec::new(),
        })
        .await?;
        Ok((row, code))
    }

    /// The links that only let people sign up, newest first.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn invites(&self) -> Result<Vec<InviteRow>, Refusal> {
        Ok(self.inner.store.invites(None).await?)
    }

    /// Ends such a link.
    ///
    /// # Errors
    /// NOT_FOUND when there is none.
    pub async fn revoke_invite(&self, invite: InviteId, by: &By) -> Result<(), Refusal> {
        let there = self.inner.store.invites(None).await?.iter().any(|row| row.invite == invite);
        if !there {
            return Err(Refusal::nothing_here("There is no such link."));
        }
        self.carry_out(Step {
            people: vec![PersonChange::RevokeInvite(invite, self.now())],
            audit: vec![self.line(by, AuditKind::InviteRevoked, Some(invite.to_string()), &json!(null))],
            ends: Vec::new(),
        })
        .await
    }

    /// Uses a link up by an account that is being made, in its commit. A session's link is used up when its person joins;
    /// that it makes no more accounts than it lets people in is counted beside.
    pub(crate) fn use_invite(&self, step: &mut Step, invite: &InviteRow, by: &By) {
        let now = self.now();
        if invite.session.is_some() {
            step.people.insert(0, PersonChange::SignUpByInvite(invite.invite, now));
            return;
        }
        step.people.insert(0, PersonChange::UseInvite(invite.invite, now));
        step.audit.push(self.line(by, AuditKind::InviteUsed, Some(invite.invite.to_string()), &json!(null)));
    }
}
