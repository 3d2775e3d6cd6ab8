//! Who belongs to a session, in which role, and who is asked in (SE1, SE7).

use madang_protocol::limits::{INVITATIONS_MAX, PARTICIPANTS_MAX};
use madang_protocol::{
    Actor, Author, ErrorCode, Invitation, InvitationWithdrawn, Invited, MemberAdded, MemberChanged,
    MemberRemoved, Participant, Right, Role, RoleChanged, SetRole, TurnDequeued, UnixMs, UserId, UserInvited,
};
use rand::Rng;

use crate::apply::{Applied, Door, Effect, Member, Step, Stopper, Target, session_of};
use crate::state::Waiting;
use crate::{Action, Object, Place, Rejection, Session, Standing, authorize};

/// People whom a session remembers to have removed; beyond, the one removed longest ago is forgotten.
const BARRED_MAX: usize = 1_000;

impl Session {
    pub(crate) fn add_member(&mut self, participant: &Participant) {
        if let Some(user) = participant.user_id.user() {
            self.drop_invitation(user);
            // They came by an invitation. One that is taken back before leaves the removal as it was.
            self.barred.retain(|barred| *barred != user);
        }
        self.participants.retain(|known| known.user_id != participant.user_id);
        // Of sessions there are many, with few people each: no spare room for more.
        self.participants.reserve_exact(1);
        self.participants.push(participant.clone());
    }

    pub(crate) fn remove_member(&mut self, data: &MemberRemoved) {
        let who = Actor::User(data.user_id);
        self.participants.retain(|known| known.user_id != who);
        if data.by.user_id != who {
            self.barred.push_back(data.user_id);
            if self.barred.len() > BARRED_MAX {
                self.barred.pop_front();
            }
        }
    }

    pub(crate) fn change_member(&mut self, participant: &Participant) {
        if let Some(known) = self.participants.iter_mut().find(|known| known.user_id == participant.user_id) {
            known.clone_from(participant);
        }
    }

    pub(crate) fn change_role(&mut self, data: &RoleChanged) {
        let who = Actor::User(data.user_id);
        if let Some(known) = self.participants.iter_mut().find(|known| known.user_id == who) {
            known.role = data.role;
            known.rights.clone_from(&data.rights);
        }
    }

    pub(crate) fn add_invitation(&mut self, invitation: &Invitation) {
        self.drop_invitation(invitation.user_id);
        self.invitations.push(invitation.clone());
    }

    pub(crate) fn drop_invitation(&mut self, user: UserId) {
        self.invitations.retain(|invitation| invitation.user_id != user);
    }
}

impl Session {
    /// An account was suspended: what waits in its name is taken back, and the reply that it asked for is to stop.
    pub fn suspend(&mut self, now: UnixMs, rng: &mut dyn Rng, user: UserId) -> Applied {
        let mut step = Step::new(self, now, rng);
        step.dequeue_all_of(user, &the_server());
        step.stop_reply_of(user, Stopper::Suspension);
        step.applied
    }

    /// Whether someone may ask people in, in this role, as things stand: nobody gives what they do not have.
    #[must_use]
    pub fn may_give(&self, user: UserId, role: Role) -> bool {
        let place = Object::Session(self.place(user));
        let rank = |role: Role| Role::ALL.iter().position(|other| *other == role);
        let above = self.role(user).is_none_or(|own| rank(role) < rank(own));
        authorize(Standing::PERSON, Action::Invite, place).is_ok() && !above
    }

    /// Who asked for the turn that comes next; none while nothing waits.
    #[must_use]
    pub fn next_asker(&self) -> Option<UserId> {
        self.queue.front().and_then(|waiting| self.asker(&waiting.asked()))
    }
}

impl Step<'_> {
    /// Makes the caller one of its people, or takes in a member's newer name and colour.
    pub(crate) fn join(&mut self, member: &Member<'_>, door: Option<&Door>) -> Result<(), Rejection> {
        let session_id = session_of(self);
        if let Some(known) = self.session.participant(member.actor()) {
            let participant = Participant {
                display_name: member.caller.display_name.clone(),
                color: member.caller.color.clone(),
                ..known.clone()
            };
            if participant != *known {
                self.emit(MemberChanged { session_id, participant });
            }
            return Ok(());
        }
        self.session.writable()?;
        if self.session.people().count() >= PARTICIPANTS_MAX {
            return Err(Rejection::new(
                ErrorCode::SessionFull,
                "This session has no room for another person.",
            ));
        }
        let invitation = self.session.invitations.iter().find(|asked| asked.user_id == member.user);
        let role = match (invitation, door) {
            (Some(invitation), _) => invitation.role,
            (None, Some(door)) if !self.session.barred.contains(&member.user) => door.role,
            // Someone else's link must not undo a removal.
            (None, Some(_)) => return Err(Rejection::not_found("session")),
            (None, None) => return Err(Rejection::not_found("session")),
        };
        let own = Author { user_id: member.actor(), display_name: member.caller.display_name.clone() };
        let by = invitation.map_or(own, |invitation| invitation.by.clone());
        let invite_id = if invitation.is_some() { None } else { door.map(|door| door.invite_id) };
        let participant = Participant {
            user_id: member.actor(),
            display_name: member.caller.display_name.clone(),
            role,
            color: member.caller.color.clone(),
            joined_at: self.now,
            rights: Vec::new(),
        };
        self.emit(MemberAdded { session_id, participant, by, invite_id });
        Ok(())
    }

    pub(crate) fn leave(&mut self, member: &Member<'_>) -> Result<(), Rejection> {
        if self.session.role(member.user) == Some(Role::Owner) {
            return Err(Rejection::new(
                ErrorCode::Conflict,
                "The owner can't leave. Give the session to someone else first, or delete it.",
            ));
        }
        self.take_out(member, member.user);
        Ok(())
    }

    pub(crate) fn invite(
        &mut self,
        member: &Member<'_>,
        target: Option<&Target>,
        role: Role,
    ) -> Result<(), Rejection> {
        self.session.writable()?;
        let target = target.ok_or_else(|| Rejection::not_found("person"))?;
        check_given(role)?;
        match self.session.place(target.user) {
            Place::Member(..) => return Ok(()),
            Place::Stranger if self.session.invitations.len() >= INVITATIONS_MAX => {
                return Err(Rejection::new(ErrorCode::SessionFull, "Too many people are asked in already."));
            }
            Place::Stranger | Place::Invited => {}
        }
        let session_id = session_of(self);
        let by = self.session.author(member.actor());
        let invitation = Invitation {
            user_id: target.user,
            display_name: target.display_name.clone(),
            role,
            by: by.clone(),
            at: self.now,
        };
        self.emit(UserInvited { session_id, invitation });
        let invited = Invited { session_id, title: self.session.title.clone(), role, by };
        let tell = Effect::TellInvited { user: target.user, invited: Box::new(invited) };
        self.applied.effects.push(tell);
        Ok(())
    }

    /// Ends a membership (the owner's right) or takes an invitation back (the owner's and the inviter's).
    pub(crate) fn remove(&mut self, member: &Member<'_>, target: Option<&Target>) -> Result<(), Rejection> {
        let user = target.ok_or_else(|| Rejection::not_found("person"))?.user;
        match self.session.place(user) {
            Place::Member(..) if user == member.user => self.leave(member),
            Place::Member(..) => {
                member.may(Action::Govern)?;
                self.take_out(member, user);
                Ok(())
            }
            Place::Invited => {
                let asked = self.session.invitations.iter().find(|asked| asked.user_id == user);
                if asked.is_some_and(|asked| asked.by.user_id != member.actor()) {
                    member.may(Action::Govern)?;
                }
                let by = self.session.author(member.actor());
                self.emit(InvitationWithdrawn { session_id: session_of(self), user_id: user, by });
                Ok(())
            }
            Place::Stranger => Err(Rejection::not_found("person")),
        }
    }

    pub(crate) fn set_role(
        &mut self,
        target: Option<&Target>,
        member: &Member<'_>,
        data: &SetRole,
    ) -> Result<(), Rejection> {
        let user = target.ok_or_else(|| Rejection::not_found("person"))?.user;
        let role = self.session.role(user).ok_or_else(|| Rejection::not_found("person"))?;
        if role == Role::Owner {
            return Err(Rejection::new(
                ErrorCode::Conflict,
                "The owner's role changes by giving the session to someone else.",
            ));
        }
        check_given(data.role)?;
        let mut rights = data.rights.clone();
        rights.sort_unstable();
        rights.dedup();
        if let Some(right) = rights.iter().find(|right| !right.is_grantable_to(data.role)) {
            return Err(Rejection::invalid("rights", "has one that can't be granted to this role")
                .details(format!("{right:?} on top of {}", data.role.as_str())));
        }
        self.change(member, user, (data.role, rights));
        Ok(())
    }

    pub(crate) fn transfer(&mut self, member: &Member<'_>, target: Option<&Target>) -> Result<(), Rejection> {
        let user = target.ok_or_else(|| Rejection::not_found("person"))?.user;
        self.session.role(user).ok_or_else(|| Rejection::not_found("person"))?;
        if user == member.user {
            return Ok(());
        }
        self.change(member, user, (Role::Owner, Vec::new()));
        self.change(member, member.user, (Role::Collaborator, Vec::new()));
        Ok(())
    }

    fn change(&mut self, member: &Member<'_>, user: UserId, (role, rights): (Role, Vec<Right>)) {
        let known = self.session.participant(Actor::User(user));
        if known.is_some_and(|known| known.role == role && known.rights == rights) {
            return;
        }
        let by = self.session.author(member.actor());
        self.emit(RoleChanged { session_id: session_of(self), user_id: user, role, rights, by: by.clone() });
        self.take_back_prompts(member, user);
        self.withdraw_invitations_of(user, &by);
    }

    fn take_out(&mut self, member: &Member<'_>, user: UserId) {
        let by = self.session.author(member.actor());
        self.emit(MemberRemoved { session_id: session_of(self), user_id: user, by: by.clone() });
        self.take_back_prompts(member, user);
        self.stop_reply_of(user, Stopper::Departure);
        if member.user != user {
            self.withdraw_invitations_of(user, &by);
        }
        self.applied.effects.push(Effect::Cut { user, by });
    }

    /// Whoever is removed leaves no door open: whom they asked in, perhaps themselves by another name, is not let in. Nor is
    /// anyone by the invitation of someone who may no longer ask people in, or not in that role: a link of theirs lets
    /// nobody in either.
    fn withdraw_invitations_of(&mut self, inviter: UserId, by: &Author) {
        let session = &self.session;
        let theirs = |asked: &&Invitation| {
            asked.by.user_id == Actor::User(inviter) && !session.may_give(inviter, asked.role)
        };
        let asked: Vec<_> = self.session.invitations.iter().filter(theirs).map(|a| a.user_id).collect();
        for user_id in asked {
            self.emit(InvitationWithdrawn { session_id: session_of(self), user_id, by: by.clone() });
        }
    }

    /// Nobody goes on paying for the reply of someone who is gone.
    fn stop_reply_of(&mut self, user: UserId, by: Stopper) {
        let session = &self.session;
        let running = session.running.as_ref();
        let theirs = running.filter(|running| session.asker(&running.asked()) == Some(user));
        let stop = theirs.map(|running| Effect::Stop { message_id: running.message_id, by });
        self.applied.effects.extend(stop);
    }

    /// What waits in the name of someone who may no longer ask does not wait any more.
    fn take_back_prompts(&mut self, member: &Member<'_>, user: UserId) {
        let asks = match self.session.place(user) {
            Place::Member(role, rights) => role != Role::Viewer || rights.has(Right::Prompt),
            Place::Stranger | Place::Invited => false,
        };
        if asks {
            return;
        }
        // The remover may be the removed: their name is no longer among the people.
        let by = Author { user_id: member.actor(), display_name: member.caller.display_name.clone() };
        self.dequeue_all_of(user, &by);
    }

    fn dequeue_all_of(&mut self, user: UserId, by: &Author) {
        let own = |waiting: &&Waiting| self.session.asker(&waiting.asked()) == Some(user);
        let waiting: Vec<_> = self.session.queue.iter().filter(own).cloned().collect();
        for waiting in waiting {
            self.emit(TurnDequeued {
                session_id: session_of(self),
                turn_id: waiting.turn_id,
                prompt_id: waiting.prompt_id,
                by: by.clone(),
            });
        }
    }
}

/// The server as an author: of what it does when an account is suspended.
pub(crate) fn the_server() -> Author {
    Author { user_id: Actor::Server, display_name: "Madang".into() }
}

/// A session has one owner: the role goes over by `transfer_ownership` alone.
fn check_given(role: Role) -> Result<(), Rejection> {
    if role == Role::Owner {
        return Err(Rejection::invalid("role", "can't be owner: a session has one, by transfer_ownership"));
    }
    Ok(())
}
