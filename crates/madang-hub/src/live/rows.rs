//! What events mean in rows beside the log: memberships, the search, read marks, the audit log.

use madang_protocol::{
    Actor, AuditKind, Event, Invitation, Invited, Message, MessageKind, Role, SessionId, UnixMs, UserId,
};
use madang_store::{AuditRow, MemberRow, PersonChange, ReadRow, TextRow};
use serde_json::json;

use super::Live;
use super::write::Draft;

impl Live {
    /// Adds the rows of a write's events, which the session has taken in already.
    pub(super) fn add_rows(&mut self, draft: &mut Draft) {
        let id = self.session.id();
        let events = std::mem::take(&mut draft.events);
        let mut concerned = Vec::new();
        for (_, event) in &events {
            self.concern(event, &mut concerned);
            draft.append.members.extend(member(event).map(|row| (id, row)));
            draft.append.audit.extend(audit(id, draft.at, event));
            draft.append.people.extend(self.offers(event));
            let texts = self.texts(event);
            draft.append.texts.extend(texts.into_iter().map(|row| (id, row)));
            if let Some(row) = self.own_mark(event) {
                // Who has said it types it no more.
                self.presence.typing(row.user, None);
                self.marks.insert(row.user, row.message);
                draft.append.reads.push((id, row));
            }
        }
        draft.events = events;
        self.count_mentions(&mut draft.append, &concerned);
    }

    /// What people who were asked in are told when they connect, and whose invitation is over.
    #[expect(clippy::wildcard_enum_match_arm, reason = "few events are about invitations")]
    fn offers(&self, event: &Event) -> Vec<PersonChange> {
        let session = self.session.id();
        let over = |user| PersonChange::Invitation(session, user, None);
        match event {
            Event::UserInvited(data) => vec![self.offer(&data.invitation)],
            // They are told its title: neither the one before nor words that were deleted.
            Event::SessionRenamed(_) => {
                self.session.invitations().iter().map(|asked| self.offer(asked)).collect()
            }
            Event::MemberAdded(data) => data.participant.user_id.user().map(over).into_iter().collect(),
            Event::InvitationWithdrawn(data) => vec![over(data.user_id)],
            Event::SessionDeleted(_) => {
                self.session.invitations().iter().map(|asked| over(asked.user_id)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn offer(&self, invitation: &Invitation) -> PersonChange {
        let session = self.session.id();
        let Invitation { user_id, role, by, .. } = invitation.clone();
        let title = self.session.title().to_owned();
        let told = Event::from(Invited { session_id: session, title, role, by }).data_json();
        PersonChange::Invitation(session, user_id, Some(told))
    }

    /// What the search is to know.
    #[expect(clippy::wildcard_enum_match_arm, reason = "few events say what people read")]
    fn texts(&self, event: &Event) -> Vec<TextRow> {
        let known = |id| self.session.transcript().get(id);
        match event {
            Event::MessageCreated(data) => vec![text(&data.message)],
            Event::MessagesCopied(data) => {
                data.messages.iter().filter(|message| message.deleted_at.is_none()).map(text).collect()
            }
            Event::PromptEdited(data) => known(data.message_id).map(text).into_iter().collect(),
            Event::MessageEdited(data) => known(data.message_id).map(text).into_iter().collect(),
            Event::ClaudeResponse(data) if !data.content.trim().is_empty() => {
                known(data.message_id).map(text).into_iter().collect()
            }
            Event::MessageDeleted(data) => {
                let row = known(data.message_id).map(text);
                row.map(|row| TextRow { text: None, ..row }).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Who writes has read what stands above, and what is copied for someone was read by them.
    #[expect(clippy::wildcard_enum_match_arm, reason = "few events are a person's own words")]
    fn own_mark(&self, event: &Event) -> Option<ReadRow> {
        let (user, message) = match event {
            Event::MessageCreated(data) => (data.message.author.user_id.user()?, data.message.message_id),
            Event::MessagesCopied(data) => {
                let owner = self.session.people().find(|(_, role)| *role == Role::Owner);
                (owner?.0, data.messages.last()?.message_id)
            }
            _ => return None,
        };
        Some(ReadRow { user, message, count: self.session.count_to(message)? })
    }
}

fn text(message: &Message) -> TextRow {
    TextRow {
        message: message.message_id,
        author: message.author.user_id,
        author_name: message.author.display_name.clone(),
        at: message.created_at,
        text: Some(message.content.clone()).filter(|text| {
            // A reply has no text while it is written.
            message.kind != MessageKind::Reply || !text.is_empty()
        }),
    }
}

/// The membership that an event gives or takes.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other events leave memberships alone")]
fn member(event: &Event) -> Option<MemberRow> {
    match event {
        Event::SessionCreated(data) => {
            Some(MemberRow { user: data.owner.user_id.user()?, role: Some(data.owner.role) })
        }
        Event::MemberAdded(data) => {
            let participant = &data.participant;
            Some(MemberRow { user: participant.user_id.user()?, role: Some(participant.role) })
        }
        Event::RoleChanged(data) => Some(MemberRow { user: data.user_id, role: Some(data.role) }),
        Event::MemberRemoved(data) => Some(MemberRow { user: data.user_id, role: None }),
        _ => None,
    }
}

/// The line of the audit log that an event is worth: who did what to whom; never content.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the audit log is about rights, not about what people say"
)]
fn audit(session: SessionId, at: UnixMs, event: &Event) -> Option<AuditRow> {
    let of = |user: UserId| Some(user.to_string());
    let (actor, kind, target, details) = match event {
        Event::SessionDeleted(data) => (data.0.by.user_id, AuditKind::SessionDeleted, None, json!({})),
        Event::MemberAdded(data) => {
            let details = json!({"role": data.participant.role, "invite_id": data.invite_id});
            let who = data.participant.user_id.user()?;
            (Actor::User(who), AuditKind::MemberAdded, data.by.user_id.user().and_then(of), details)
        }
        Event::MemberRemoved(data) => {
            (data.by.user_id, AuditKind::MemberRemoved, of(data.user_id), json!({}))
        }
        Event::RoleChanged(data) => {
            let details = json!({"role": data.role, "rights": data.rights});
            (data.by.user_id, AuditKind::RoleChanged, of(data.user_id), details)
        }
        Event::UserInvited(data) => {
            let invitation = &data.invitation;
            let details = json!({"role": invitation.role});
            (invitation.by.user_id, AuditKind::UserInvited, of(invitation.user_id), details)
        }
        Event::InvitationWithdrawn(data) => {
            (data.by.user_id, AuditKind::InvitationWithdrawn, of(data.user_id), json!({}))
        }
        Event::BudgetChanged(data) => {
            (data.by.user_id, AuditKind::BudgetChanged, None, json!({"budget": data.budget}))
        }
        _ => return None,
    };
    Some(audit_row((session, at), actor, (kind, target), &details))
}

/// A line of the audit log about a session.
pub(super) fn audit_row(
    (session, at): (SessionId, UnixMs),
    actor: Actor,
    (kind, target): (AuditKind, Option<String>),
    details: &serde_json::Value,
) -> AuditRow {
    AuditRow {
        at,
        actor,
        kind: kind.as_str().to_owned(),
        session: Some(session),
        target,
        details: details.to_string(),
        address: None,
    }
}
