//! One connection's tie to the hub: where its commands go in.

use std::sync::Arc;

use madang_protocol::limits::{FOLLOWED_SESSIONS_MAX, SESSIONS_PAGE_MAX};
use madang_protocol::{
    Ack, Command, CreateSession, ErrorCode, Event, ListSessions, LoginId, MessageOnly, ProtocolVersion,
    Scope, SessionId, SessionRef, TokenId, UnixMs, UserId,
};
use madang_session::{Account, Rejection, Standing};
use madang_store::{CommandRow, SessionQuery};
use rand::Rng;
use tokio::sync::{mpsc, oneshot};

use crate::followed::Followed;
use crate::hub::store_rejection;
use crate::live::{Birth, Origin, Request, Seed, ToLive};
use crate::{Batch, Hub, Viewer};

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
        for session in self.followed.close() {
            self.hub.detach(session, self.followed.clone());
        }
    }
}

impl Hub {
    /// Tells a session that a connection is gone, if the session is live.
    fn detach(&self, session: SessionId, followed: Arc<Followed>) {
        let Some(mailbox) = self.inner.registry.running(session) else { return };
        if let Err(mpsc::error::TrySendError::Full(message)) = mailbox.try_send(ToLive::Detach(followed)) {
            // Must arrive, and a destructor can't wait: a task does.
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

    fn answer(&self, session: Option<SessionId>, id: &str, event: Event) {
        self.viewer.deliver(&[Batch::asked_for(vec![self.hub.outgoing(session, Some(id), event)])]);
    }

    async fn route(&self, submission: Submission) -> Result<(), Rejection> {
        if submission.idempotent && self.answered_before(&submission).await? {
            return Ok(());
        }
        let session = match &submission.command {
            Command::ListSessions(data) => return self.list_sessions(&submission.id, data).await,
            Command::ListModels(_) => {
                let models = self.hub.refresh_models().await?;
                self.answer(None, &submission.id, Event::from(models));
                return Ok(());
            }
            Command::CreateSession(data) => {
                let data = data.clone();
                return self.create(submission, Origin::New { data, default: false }).await.map(|_| ());
            }
            Command::ForkSession(data) => return self.fork(data.clone(), submission).await,
            Command::Hello(_) | Command::Auth(_) | Command::Ping(_) => {
                return Err(Rejection::new(ErrorCode::InvalidData, "This command can't be sent here."));
            }
            Command::FollowSession(data) => &data.session_id,
            Command::UnfollowSession(data)
            | Command::SessionStatus(data)
            | Command::CloseSession(data)
            | Command::ReopenSession(data)
            | Command::DeleteSession(data) => &data.session_id,
            Command::RenameSession(data) => &data.session_id,
            Command::ConfigureSession(data) => &data.session_id,
            Command::GetHistory(data) => &data.session_id,
            Command::ClaudeMessage(data) => &data.session_id,
            Command::ChatMessage(data) => &data.session_id,
            Command::Cancel(data) => &data.session_id,
            Command::EditQueued(data) => &data.session_id,
            Command::Regenerate(data) => &data.session_id,
            Command::EditPrompt(data) => &data.session_id,
            Command::SelectBranch(data) => &data.session_id,
            Command::JoinCollaboration(data)
            | Command::LeaveCollaboration(data)
            | Command::LeaveSession(data)
            | Command::ListInvites(data) => &data.session_id,
            Command::InviteUser(data) => &data.session_id,
            Command::RemoveUser(data) | Command::TransferOwnership(data) => &data.session_id,
            Command::SetRole(data) => &data.session_id,
            Command::CreateInvite(data) => &data.session_id,
            Command::RevokeInvite(data) => &data.session_id,
            Command::EditMessage(data) => &data.session_id,
            Command::DeleteMessage(data) | Command::GetRevisions(data) | Command::MarkRead(data) => {
                &data.session_id
            }
            Command::React(data) => &data.session_id,
            Command::SetTyping(data) => &data.session_id,
            Command::SetBudget(data) => &data.session_id,
            Command::Summarize(data) => &data.session_id,
            Command::Search(_) => {
                return Err(Rejection::new(ErrorCode::ServiceUnavailable, "Search is not ready yet."));
            }
        };
        let session = self.resolve(session).await?;
        self.pass(session, submission).await
    }

    /// Hands a command to its session's task.
    async fn pass(&self, session: SessionId, submission: Submission) -> Result<(), Rejection> {
        let follows = matches!(
            submission.command,
            Command::FollowSession(_) | Command::ClaudeMessage(_) | Command::ChatMessage(_)
        );
        self.hub.send(session, ToLive::Command(Box::new(self.request(submission, follows)))).await
    }

    fn request(&self, submission: Submission, follows: bool) -> Request {
        let (viewer, followed) = (self.viewer.clone(), self.followed.clone());
        Request { caller: self.caller.clone(), viewer, followed, submission, follows }
    }

    /// The session a client means. Only version 1 has a default one (TU1).
    async fn resolve(&self, session: &SessionRef) -> Result<SessionId, Rejection> {
        match session {
            SessionRef::Id(id) => Ok(*id),
            SessionRef::Other(_) => {
                Err(Rejection::new(ErrorCode::InvalidSession, "This is not a session id.")
                    .details("session_id"))
            }
            SessionRef::Default if self.viewer.version() == ProtocolVersion::V1 => {
                self.default_session().await
            }
            SessionRef::Default => Err(Rejection::invalid("session_id", "is missing")),
        }
    }

    /// The person's default session, made when it is first needed.
    async fn default_session(&self) -> Result<SessionId, Rejection> {
        let _making = self.hub.making(self.caller.user).await;
        let found = self.hub.find_default(self.caller.user).await;
        if let Some(session) = found.map_err(|error| store_rejection(&error))? {
            return Ok(session);
        }
        let data = CreateSession { title: None, model: None, effort: None };
        let command = Command::CreateSession(data.clone());
        let submission = Submission { id: String::new(), idempotent: false, digest: [0; 16], command };
        self.make(submission, Origin::New { data, default: true }).await
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
    async fn fork(&self, data: MessageOnly, submission: Submission) -> Result<(), Rejection> {
        let session = self.resolve(&data.session_id).await?;
        let (reply, wait) = oneshot::channel();
        let ask = ToLive::Fork { caller: self.caller.clone(), message: data.message_id, reply };
        self.hub.send(session, ask).await?;
        let lost = || {
            Err(Rejection::new(ErrorCode::ServiceUnavailable, "The session could not be read. Try again."))
        };
        let seed: Seed = wait.await.unwrap_or_else(|_| lost())?;
        self.create(submission, Origin::Fork(seed)).await.map(|_| ())
    }

    async fn list_sessions(&self, id: &str, data: &ListSessions) -> Result<(), Rejection> {
        let limit = data.limit.unwrap_or(50).clamp(1, SESSIONS_PAGE_MAX as u32);
        let title = data.query.clone().filter(|query| !query.trim().is_empty());
        let query = SessionQuery { title, cursor: data.cursor.clone(), limit };
        let sessions = self.hub.sessions_of(self.caller.user, query).await?;
        self.answer(None, id, Event::from(sessions));
        Ok(())
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

/// Whether a command leaves something behind, so that a repeat must not be carried out again.
pub(crate) fn is_durable(command: &Command) -> bool {
    match command {
        Command::CreateSession(_)
        | Command::RenameSession(_)
        | Command::ConfigureSession(_)
        | Command::CloseSession(_)
        | Command::ReopenSession(_)
        | Command::DeleteSession(_)
        | Command::ClaudeMessage(_)
        | Command::ChatMessage(_)
        | Command::Cancel(_)
        | Command::EditQueued(_)
        | Command::Regenerate(_)
        | Command::EditPrompt(_)
        | Command::SelectBranch(_)
        | Command::ForkSession(_)
        | Command::JoinCollaboration(_)
        | Command::LeaveSession(_)
        | Command::InviteUser(_)
        | Command::RemoveUser(_)
        | Command::SetRole(_)
        | Command::TransferOwnership(_)
        | Command::RevokeInvite(_)
        | Command::EditMessage(_)
        | Command::DeleteMessage(_)
        | Command::React(_)
        | Command::SetBudget(_) => true,
        Command::Hello(_)
        | Command::Auth(_)
        | Command::Ping(_)
        | Command::ListSessions(_)
        | Command::ListModels(_)
        | Command::FollowSession(_)
        | Command::UnfollowSession(_)
        | Command::SessionStatus(_)
        | Command::GetHistory(_)
        | Command::LeaveCollaboration(_)
        | Command::CreateInvite(_)
        | Command::ListInvites(_)
        | Command::GetRevisions(_)
        | Command::SetTyping(_)
        | Command::MarkRead(_)
        | Command::Summarize(_)
        | Command::Search(_) => false,
    }
}

/// Random bytes of an id.
pub(crate) fn random() -> [u8; 10] {
    let mut bytes = [0; 10];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}
