//! Coming in: people who were asked in, and people with an invite code (SE5, SE7); names and colours that changed.
//!
//! A use of a link is counted in the same write as the membership that it gives. Entries wait until no write is under
//! way and then look at the link anew, so that of fifty who race for its last use one gets in and the others are refused
//! before anything happened.

use madang_protocol::{
    Actor, Command, ErrorCode, ProtocolVersion, Role, SessionId, SessionOnly, SessionRef, SessionStatus,
    UnixMs, UserId,
};
use madang_session::{Applied, Door, Place, Rejection, Sender};
use madang_store::{Append, PersonChange, SecretHash, UserRow};

use super::followers::Parting;
use super::write::Draft;
use super::{Live, Request, ToLive};
use crate::hub::store_rejection;

/// Whether naming a session in this command is an entry for those who may enter.
fn is_entry(command: &Command) -> bool {
    matches!(
        command,
        Command::JoinCollaboration(_)
            | Command::FollowSession(_)
            | Command::ClaudeMessage(_)
            | Command::ChatMessage(_)
    )
}

impl Live {
    /// Whether a request's sender comes in with it.
    pub(super) fn enters(&self, request: &Request) -> bool {
        let may = match self.session.place(request.caller.user) {
            Place::Member(..) => false,
            Place::Invited => true,
            Place::Stranger => request.code.is_some(),
        };
        // A request that only looks (a GET, which any page can have a browser make) lets nobody in.
        let looks =
            !request.viewer.stays() && matches!(request.submission.command, Command::FollowSession(_));
        may && !looks && !request.entered && is_entry(&request.submission.command)
    }

    /// Lets someone in; their command goes on when that is on disk.
    pub(super) async fn enter(&mut self, mut request: Box<Request>) {
        request.entered = true;
        match self.let_in(&request).await {
            Ok(()) => self.parked.push_front(ToLive::Command(request)),
            Err(rejection) => self.reply_to(&request, rejection.to_error().into()),
        }
    }

    /// Answers someone whose entry could not be saved.
    pub(super) fn refuse_entry(&mut self, request: &Request) {
        if let Some(rejection) = self.refused_entry.take() {
            self.reply_to(request, rejection.to_error().into());
        }
    }

    async fn let_in(&mut self, request: &Request) -> Result<(), Rejection> {
        let now = self.hub.inner.clock.now();
        let door = match (self.session.place(request.caller.user), request.code) {
            (Place::Stranger, Some(code)) => Some(self.door(code, now).await?),
            (Place::Invited | Place::Member(..), _) | (Place::Stranger, None) => None,
        };
        // Held until the write is handed in: what else makes a row of this person waits for it, and reads it.
        let hub = self.hub.clone();
        let _making = hub.making(request.caller.user).await;
        let known = hub.inner.store.user(request.caller.user).await;
        let known = known.map_err(|error| store_rejection(&error))?;
        let applied = self.apply_join(request, now, door.as_ref())?;
        let mut draft = Draft { at: now, events: applied.events, enters: true, ..Draft::default() };
        draft.append.users.push(request.caller.row(known, now));
        draft.append.people.extend(door.map(|door| PersonChange::UseInvite(door.invite_id, now)));
        self.write(draft).await;
        Ok(())
    }

    /// A link of this session, if it lets in now. Whoever was removed left no door open: their links end with them. Who
    /// may no longer invite lets nobody in meanwhile, so that nobody gives what they do not have (SE7).
    async fn door(&mut self, code: SecretHash, now: UnixMs) -> Result<Door, Rejection> {
        let row = self.hub.inner.store.invite(code).await.map_err(|error| store_rejection(&error))?;
        let row = row.filter(|row| row.session == Some(self.session.id()) && row.holds(now));
        let row = row.filter(|row| self.session.role(row.by).is_some());
        let row = row.ok_or_else(|| Rejection::not_found("session"))?;
        let suspended = self.hub.is_suspended(row.by).await.map_err(|error| store_rejection(&error))?;
        if suspended || !self.opens(row.by, row.role) {
            let sentence = "This invite link lets nobody in at the moment. Ask for another.";
            return Err(Rejection::new(ErrorCode::NotFound, sentence));
        }
        Ok(Door { invite_id: row.invite, role: row.role })
    }

    /// Whether a link of this person's may let people in with this role, as things stand in the session.
    pub(super) fn opens(&self, by: UserId, role: Role) -> bool {
        self.session.status(false) != SessionStatus::Deleted && self.session.may_give(by, role)
    }

    fn apply_join(
        &mut self,
        request: &Request,
        now: UnixMs,
        door: Option<&Door>,
    ) -> Result<Applied, Rejection> {
        let caller = request.caller.in_session();
        let sender = Sender { caller: &caller, command_id: None, models: &[], target: None, door };
        let join = Command::JoinCollaboration(SessionOnly { session_id: SessionRef::Id(self.session.id()) });
        self.session.apply(now, &mut rand::rng(), &sender, &join)
    }

    /// Takes in a member's newer name and colour.
    pub(super) async fn refresh_profile(&mut self, request: &Request) {
        let now = self.hub.inner.clock.now();
        let (name, color) = (&*request.caller.display_name, &*request.caller.color);
        let known = self.session.participant(Actor::User(request.caller.user));
        if known.is_none_or(|known| known.display_name == name && known.color == color) {
            return;
        }
        // A token that only reads changes nothing; the person's next login will.
        if let Ok(applied) = self.apply_join(request, now, None) {
            self.carry_out(now, applied, None).await;
        }
    }

    /// A version-1 connection follows its default session and the last one it joined: not the one before (SE3).
    pub(super) async fn note_joined(&mut self, request: &Request) {
        let joins = matches!(request.submission.command, Command::JoinCollaboration(_));
        if !joins || request.viewer.version() != ProtocolVersion::V1 {
            return;
        }
        let (hub, user, own) = (self.hub.clone(), request.caller.user, self.session.id());
        self.write_joined(request, Some(own)).await;
        let Some(before) = request.followed.join(own) else { return };
        if hub.default_session(user).await != Some(before) {
            hub.leave(before, request.followed.clone());
        }
    }

    /// A connection says that its person goes; membership stays.
    pub(super) async fn depart(&mut self, request: &Request) {
        self.unwatch(&request.followed, Parting::Left);
        if request.viewer.version() == ProtocolVersion::V1
            && request.followed.forget_joined(self.session.id())
        {
            self.write_joined(request, None).await;
        }
    }

    /// Keeps what a version-1 client joined last, for when it comes back, over a restart too. It may fail: the client is
    /// then in its default session alone until it joins again.
    async fn write_joined(&mut self, request: &Request, joined_session: Option<SessionId>) {
        let hub = self.hub.clone();
        let _making = hub.making(request.caller.user).await;
        let Ok(known) = hub.inner.store.user(request.caller.user).await else { return };
        if known.as_ref().and_then(|row| row.joined_session) == joined_session {
            return;
        }
        let row = UserRow { joined_session, ..request.caller.row(known, hub.inner.clock.now()) };
        let append = Append { users: vec![row], ..Append::default() };
        // What else makes a row of this person reads it first, and must find this: it was lost to a session being made.
        if let Ok(commit) = hub.inner.store.submit(append).await {
            drop(commit.await);
        }
    }
}
