//! One connection's tie to the hub: where its commands go in.

mod find;
mod names;

use std::sync::Arc;

use madang_protocol::limits::{FOLLOWED_SESSIONS_MAX, SESSIONS_PAGE_MAX};
use madang_protocol::{
    Ack, Command, ErrorCode, Event, ListSessions, LoginId, MessageId, Scope, SessionId, Sessions, TokenId,
    UnixMs, UserId,
};
use madang_session::{Account, Action, Object, Rejection, Standing, authorize};
use madang_store::{CommandRow, SessionQuery, UserRow};
use rand::Rng;
use tokio::sync::oneshot;

use crate::followed::Followed;
use crate::hub::store_rejection;
use crate::live::{Birth, Origin, Request, Seed, ToLive};
use crate::mailbox::Refused;
use crate::{Batch, Hub, Viewer};
use find::Found;
pub(crate) use names::is_durable;
use names::{follows, person_of, session_of};

/// Who acts, as the edge has established it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub user: UserId,
    /// The name others see.
    pub display_name: Arc<str>,
    /// Their colour, as CSS; the same for everyone.
    pub color: Arc<str>,
    /// The language they chose (`en`, `ko`); empty while they have not.
    pub language: Arc<str>,
    /// Whether they are a guest.
    pub guest: bool,
    /// Whether they administer the server.
    pub admin: bool,
    /// What their credential reaches.
    pub scope: Scope,
    /// By which credential they are known, so that ending it can cut what it opened (SE4).
    pub via: Via,
}

impl Caller {
    /// What they are on this server, whatever the session; the edge lets nobody in whose account is not in force.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing { account: Account::InForce, guest: self.guest, admin: self.admin, scope: self.scope }
    }

    /// Their row as of now, from what is known of them: they act, so from now on they are stored.
    pub(crate) fn row(&self, known: Option<UserRow>, now: UnixMs) -> UserRow {
        UserRow {
            user: self.user,
            display_name: self.display_name.to_string(),
            guest: self.guest,
            created_at: known.as_ref().map_or(now, |row| row.created_at),
            default_session: known.as_ref().and_then(|row| row.default_session),
            joined_session: known.and_then(|row| row.joined_session),
        }
    }

    /// As the pure core knows them.
    pub(crate) fn in_session(&self) -> madang_session::Caller {
        madang_session::Caller {
            user: self.user,
            display_name: self.display_name.to_string(),
            color: self.color.to_string(),
            standing: self.standing(),
        }
    }
}

/// The kind of credential, with its id where it can be ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// A guest's signed cookie or token.
    Guest,
    /// A login.
    Login(LoginId),
    /// A personal API token.
    Token(TokenId),
    /// A token of an embedding application, in force until this moment.
    Embedder(UnixMs),
}

/// A command as it came in.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The sender's id for it; answers carry it as `correlation_id`.
    pub id: String,
    /// Whether the id is the client's own, so that a repeat is answered and not carried out again (CM2).
    pub idempotent: bool,
    /// Hash of type and data.
    pub digest: [u8; 16],
    /// The command.
    pub command: Command,
}

/// One connection's tie to the hub.
pub struct Link {
    hub: Hub,
    caller: Caller,
    viewer: Arc<dyn Viewer>,
    followed: Arc<Followed>,
}

impl Drop for Link {
    fn drop(&mut self) {
        let connection = self.viewer.connection_id();
        self.hub.inner.people.remove(self.caller.user, connection);
        // A connection that said anew who it is, and is the same person, still hears what it asked for.
        if !self.hub.inner.people.has(self.caller.user, connection) {
            self.hub.inner.summaries.gone(connection, self.caller.user);
        }
        for session in self.followed.close() {
            self.hub.detach(session, self.followed.clone());
        }
    }
}

impl Hub {
    /// Tells a session that a connection is gone, if the session is live.
    fn detach(&self, session: SessionId, followed: Arc<Followed>) {
        self.tell_gone(session, ToLive::Detach(followed));
    }

    /// Tells a session that a connection's person went on to another one.
    pub(crate) fn leave(&self, session: SessionId, followed: Arc<Followed>) {
        self.tell_gone(session, ToLive::Leave(followed));
    }

    fn tell_gone(&self, session: SessionId, word: ToLive) {
        let Some(mailbox) = self.inner.registry.running(session) else { return };
        if let Err(Refused::Full(message)) = mailbox.try_send(word) {
            // Must arrive, and neither a destructor nor a session's task can wait: a task does.
            tokio::spawn(async move { drop(mailbox.send(message).await) });
        }
    }
}

impl Link {
    pub(crate) fn new(hub: Hub, caller: Caller, viewer: Arc<dyn Viewer>) -> Link {
        Link { hub, caller, viewer, followed: Arc::default() }
    }

    /// Who acts.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Hands in one command. Its answer and its events come through the viewer, in order, each `ack` or `error` with the
    /// submission's id as `correlation_id`. Waits while the session's mailbox is full: stop reading the socket meanwhile.
    ///
    /// `hello`, `auth` and `ping` are the edge's own and are refused here.
    pub async fn submit(&self, submission: Submission) {
        let id = submission.id.clone();
        if let Err(rejection) = self.route(submission).await {
            self.answer(None, &id, Event::from(rejection.to_error()));
        }
    }

    /// Tells the connection which sessions its person was asked into while they were away (SE7).
    pub async fn offer_invitations(&self) {
        let told = match self.hub.inner.store.invitations(self.caller.user).await {
            Ok(told) => told,
            // The invitations stay: they are told at the next connection.
            Err(error) => return drop(store_rejection(&error)),
        };
        let events = told.iter().filter_map(|data| Event::parse("invited", data).ok());
        let events: Vec<_> = events.map(|event| self.hub.outgoing(None, None, event)).collect();
        if !events.is_empty() {
            self.viewer.deliver(&[Batch::asked_for(events)]);
        }
    }

    fn answer(&self, session: Option<SessionId>, id: &str, event: Event) {
        self.viewer.deliver(&[Batch::asked_for(vec![self.hub.outgoing(session, Some(id), event)])]);
    }

    async fn route(&self, submission: Submission) -> Result<(), Rejection> {
        if submission.idempotent && self.answered_before(&submission).await? {
            return Ok(());
        }
        match session_of(&submission.command) {
            Some(session) => {
                let found = self.find_session(session).await?;
                self.pass(found, submission).await
            }
            None => self.serve(submission).await,
        }
    }

    /// Serves what is not a session's; the gate comes before anything else.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all others name a session, or are the edge's own")]
    async fn serve(&self, submission: Submission) -> Result<(), Rejection> {
        let not_here = || Rejection::new(ErrorCode::InvalidData, "This command can't be sent here.");
        let action = Action::of(&submission.command).ok_or_else(not_here)?;
        authorize(self.caller.standing(), action, Object::Server)?;
        let answer = match &submission.command {
            Command::CreateSession(data) => {
                let data = data.clone();
                return self.create(submission, Origin::New { data, default: false }).await.map(|_| ());
            }
            Command::ListSessions(data) => Event::from(self.list_sessions(data).await?),
            Command::ListModels(_) => Event::from(self.hub.refresh_models().await?),
            Command::Search(data) => Event::from(self.search(data).await?),
            _ => return Err(not_here()),
        };
        self.answer(None, &submission.id, answer);
        Ok(())
    }

    /// Hands a command to its session's task, where the session's own gate stands.
    async fn pass(&self, found: Found, submission: Submission) -> Result<(), Rejection> {
        if let Command::ForkSession(data) = &submission.command {
            let message = data.message_id;
            return self.fork(found.session, message, submission).await;
        }
        let target = match person_of(&submission.command) {
            Some(named) => self.find_person(named).await?,
            None => None,
        };
        let follows = follows(&submission.command);
        let request = Request { code: found.code, target, ..self.request(submission, follows) };
        self.hub.send(found.session, ToLive::Command(Box::new(request))).await
    }

    fn request(&self, submission: Submission, follows: bool) -> Request {
        Request {
            caller: self.caller.clone(),
            viewer: self.viewer.clone(),
            followed: self.followed.clone(),
            submission,
            follows,
            code: None,
            entered: false,
            target: None,
        }
    }

    pub(crate) async fn create(
        &self,
        submission: Submission,
        origin: Origin,
    ) -> Result<SessionId, Rejection> {
        let _making = self.hub.making(self.caller.user).await;
        self.make(submission, origin).await
    }

    /// Makes a session and waits until its first event is on disk; the `ack` comes from its task.
    async fn make(&self, submission: Submission, origin: Origin) -> Result<SessionId, Rejection> {
        let session = SessionId::new(self.hub.inner.clock.now(), random());
        if self.followed.is_full() {
            return Err(follows_too_many());
        }
        let (born, wait) = oneshot::channel();
        let birth = Birth { request: self.request(submission, true), origin, born };
        self.hub.send(session, ToLive::Birth(Box::new(birth))).await?;
        let lost = || {
            Err(Rejection::new(ErrorCode::ServiceUnavailable, "The session could not be made. Try again."))
        };
        wait.await.unwrap_or_else(|_| lost()).map(|()| session)
    }

    /// Takes a copy of a branch out of one session and makes another of it.
    async fn fork(
        &self,
        session: SessionId,
        message: MessageId,
        submission: Submission,
    ) -> Result<(), Rejection> {
        authorize(self.caller.standing(), Action::CreateSession, Object::Server)?;
        let (reply, wait) = oneshot::channel();
        let ask = ToLive::Fork { caller: Box::new(self.caller.clone()), message, reply };
        self.hub.send(session, ask).await?;
        let lost = || {
            Err(Rejection::new(ErrorCode::ServiceUnavailable, "The session could not be read. Try again."))
        };
        let seed: Seed = wait.await.unwrap_or_else(|_| lost())?;
        self.create(submission, Origin::Fork(seed)).await.map(|_| ())
    }

    async fn list_sessions(&self, data: &ListSessions) -> Result<Sessions, Rejection> {
        let limit = data.limit.unwrap_or(50).clamp(1, SESSIONS_PAGE_MAX as u32);
        let title = data.query.clone().filter(|query| !query.trim().is_empty());
        let query = SessionQuery { title, cursor: data.cursor.clone(), limit };
        self.hub.sessions_of(self.caller.user, query).await
    }

    /// Answers a command that was carried out before; the same id with other content is CONFLICT (CM2).
    pub(crate) async fn answered_before(&self, submission: &Submission) -> Result<bool, Rejection> {
        if !is_durable(&submission.command) {
            return Ok(false);
        }
        let stored = self.hub.inner.store.command(self.caller.user, &submission.id).await;
        let Some(row) = stored.map_err(|error| store_rejection(&error))? else { return Ok(false) };
        let ack = repeat(&row, &submission.digest)?;
        self.answer(Some(row.session), &submission.id, Event::from(ack));
        Ok(true)
    }
}

/// Why a connection that follows as many sessions as it may is refused another.
pub(crate) fn follows_too_many() -> Rejection {
    Rejection::new(ErrorCode::InvalidData, "This connection follows too many sessions.")
        .details(format!("{FOLLOWED_SESSIONS_MAX} at most; send unfollow_session for some"))
}

/// The first answer to a repeated command.
pub(crate) fn repeat(row: &CommandRow, digest: &[u8; 16]) -> Result<Ack, Rejection> {
    if row.digest != *digest {
        return Err(Rejection::new(ErrorCode::Conflict, "This id was used for another command."));
    }
    Ok(serde_json::from_str(&row.answer).unwrap_or_default())
}

/// Random bytes of an id.
pub(crate) fn random() -> [u8; 10] {
    let mut bytes = [0; 10];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}
