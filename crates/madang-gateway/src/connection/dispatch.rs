//! What commands do: the edge's own here (`hello`, `auth`, `ping`), all others into the hub.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;

use madang_hub::{Caller, Submission};
use madang_protocol::limits::{Limits, MALFORMED_IN_A_ROW_MAX, RESUMED_SESSIONS_MAX};
use madang_protocol::{
    Ack, Auth, CloseCode, Command, Connected, ErrorCode, Event, FollowSession, Hello, Inbound, InboundError,
    Ping, Pong, ProtocolVersion, ResumeRequest, SessionId, SessionRef,
};

use super::held::Held;
use super::reader::{Deed, Reader};
use super::v1::Asked;
use crate::error::ApiError;
use crate::message_router::{self, Sender, Verdict, Way, Who};

/// What this server offers beyond the base of version 2.
const CAPABILITIES: [&str; 4] = ["resume", "branches", "parts", "tickets"];

/// What someone is told who has as many sockets as one person may.
const TOO_MANY: &str = "You have as many connections open as one person may. Close one elsewhere first.";

/// How far a connection's beginning has come.
#[derive(Debug)]
pub(super) struct Greeting {
    /// Who it is, until the link has it; boxed, because the link has room for it too.
    caller: Option<Box<Caller>>,
    /// Whether `hello` has come, or is not needed.
    hello: bool,
    /// What `hello` wants resumed.
    resume: Option<Box<ResumeRequest>>,
}

impl Greeting {
    pub(super) fn new(version: ProtocolVersion, caller: Option<Caller>) -> Greeting {
        Greeting { caller: caller.map(Box::new), hello: version == ProtocolVersion::V1, resume: None }
    }

    /// Whether `connected` is to be sent.
    pub(super) fn is_due(&self) -> bool {
        self.hello && self.caller.is_some()
    }

    /// Whether the credential is known.
    pub(super) fn is_known(&self) -> bool {
        self.caller.is_some()
    }
}

impl Reader {
    /// Does what a read came to.
    pub(super) async fn obey(&mut self, deed: Deed) {
        match deed {
            Deed::Commands(commands) => {
                for inbound in commands {
                    if !self.connection.is_open() {
                        return;
                    }
                    self.connection.taken_in().await;
                    self.command(inbound).await;
                }
            }
            Deed::Malformed(error) => self.malformed(&error, None),
            Deed::Binary => {
                let error = InboundError::Data("binary messages are not read here".into());
                self.malformed(&error, None);
            }
            Deed::Release => self.release().await,
            Deed::Refused => {
                let error = ApiError::of(ErrorCode::ServiceUnavailable).retry_after(1000);
                self.connection.tell(error.event(), None);
            }
        }
    }

    async fn command(&mut self, inbound: Inbound) {
        let Inbound { id, command, digest_input } = inbound;
        let idempotent = id.is_some();
        let id = id.unwrap_or_else(crate::ids::own_id);
        self.expect_reply(&id, &command, &digest_input);
        let command = match command {
            Ok(command) => command,
            Err(error) => {
                self.begin(&id, message_router::kind_of(&error, &digest_input));
                return self.malformed(&error, Some(&id));
            }
        };
        self.malformed = 0;
        self.begin(&id, command.kind());
        let verdict = self.admit(&command);
        if let Verdict::Refuse(error) = verdict {
            return self.connection.tell(error.event(), Some(&id));
        }
        if let Command::Hello(hello) = command {
            self.hello(hello, &id).await;
        } else if let Command::Auth(auth) = command {
            self.auth(&auth, &id).await;
        } else if let Command::Ping(ping) = command {
            self.ping(ping, &id);
        } else {
            let digest = message_router::digest(&digest_input);
            let submission = Submission { id, idempotent, digest, command };
            match verdict {
                Verdict::Hold(wait_ms) => self.hold(submission, wait_ms),
                Verdict::Pass | Verdict::Refuse(_) => self.submit(submission).await,
            }
        }
    }

    /// Notes when a command came in, so that its outcome can be counted.
    fn begin(&self, id: &str, kind: &'static str) {
        let now_us = self.connection.shared.now_us();
        self.connection.outbox.lock().unanswered.begin(id, kind, now_us);
    }

    /// Sends a command through the message router's filters.
    fn admit(&mut self, command: &Command) -> Verdict {
        if self.link.is_none() {
            // Costs work and comes from nobody in particular.
            self.spend();
        }
        let who = match &self.link {
            Some(link) => Who::Known(link.caller()),
            None if self.greeting.is_known() => Who::Silent,
            None => Who::Nameless,
        };
        message_router::admit(&self.connection.shared, Sender { way: Way::Socket, who }, command)
    }

    /// Keeps a signal back that came too fast; the one before it is void, and answered.
    fn hold(&mut self, submission: Submission, wait_ms: u64) {
        let held = self.held.get_or_insert_with(|| Held::new(wait_ms));
        if let Some(void) = held.put(submission) {
            self.connection.tell(Event::from(Ack::default()), Some(&void.id));
        }
    }

    /// Passes on what was held back, as far as it may go now.
    async fn release(&mut self) {
        let Some(mut held) = self.held.take() else { return };
        while let Some(submission) = held.oldest() {
            if let Verdict::Hold(wait_ms) = self.admit(&submission.command) {
                held.put_back(submission, wait_ms);
                self.held = Some(held);
                return;
            }
            self.submit(submission).await;
        }
    }

    /// Tells a version-1 connection's gate that a prompt is coming: whatever becomes of it, it must get an end (TU2).
    fn expect_reply(&self, id: &str, command: &Result<Command, InboundError>, digest_input: &str) {
        let mut outbox = self.connection.outbox.lock();
        let Some(gate) = &mut outbox.gate else { return };
        let stream = match command {
            Ok(Command::ClaudeMessage(prompt)) => prompt.stream,
            Err(InboundError::Data(_)) if digest_input.starts_with("claude_message\n") => true,
            Ok(Command::UnfollowSession(_) | Command::LeaveCollaboration(_)) => return gate.leave(id),
            Ok(_) | Err(_) => return,
        };
        gate.ask(Asked { id: id.to_owned(), stream });
    }

    /// Answers a malformed message; the tenth in a row ends the connection (CM4).
    fn malformed(&mut self, error: &InboundError, id: Option<&str>) {
        let answer = ApiError::new(error.code(), error.to_string()).details(error.details());
        self.connection.tell(answer.event(), id);
        match error {
            // A newer or older client may speak of things that this server does not know (EN2).
            InboundError::UnknownType(_) => {}
            InboundError::Envelope(_) | InboundError::Data(_) => self.malformed += 1,
        }
        if id.is_none() {
            let kind = message_router::kind_of(error, "");
            self.connection.shared.commands.count(kind, Some(error.code()), 0);
        }
        if self.malformed >= MALFORMED_IN_A_ROW_MAX {
            self.connection.close(CloseCode::PolicyViolation, None);
        }
    }

    async fn hello(&mut self, hello: Hello, id: &str) {
        if self.greeting.hello {
            let answer =
                ApiError::new(ErrorCode::Conflict, "`hello` comes once, as the first command of version 2.");
            return self.connection.tell(answer.event(), Some(id));
        }
        self.greeting.hello = true;
        self.greeting.resume = hello.resume.map(Box::new);
        if self.greeting.is_due() {
            self.greet(Some(id)).await;
        } else {
            self.connection.outbox.lock().watch.nameless = true;
        }
    }

    async fn auth(&mut self, auth: &Auth, id: &str) {
        if auth.token_type.as_deref().is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            let answer =
                ApiError::new(ErrorCode::InvalidData, "Only credentials of type `bearer` are known.");
            return self.connection.tell(answer.event(), Some(id));
        }
        let shared = &self.connection.shared;
        match shared.identity.verify(&auth.token, shared.now()).await {
            Ok(caller) => {
                self.link = None;
                self.registered = None;
                self.greeting.caller = Some(Box::new(caller));
                self.widen();
                if self.greeting.is_due() {
                    self.greet(Some(id)).await;
                }
            }
            Err(code) => {
                self.connection.tell(ApiError::of(code).event(), Some(id));
                self.connection.close(code.row().close.unwrap_or(CloseCode::Overloaded), None);
            }
        }
    }

    fn ping(&self, ping: Ping, id: &str) {
        let pong = Pong { timestamp: ping.timestamp, server_time: self.connection.shared.now() };
        self.connection.tell(Event::from(pong), Some(id));
    }

    /// Sends `connected`, attaches to the hub, and follows what is to be followed (CN3, CN8, RS1).
    pub(super) async fn greet(&mut self, id: Option<&str>) {
        let Some(caller) = self.greeting.caller.take() else { return };
        let shared = &self.connection.shared;
        // By another credential it is another person's, or one of the same anew.
        self.place = None;
        self.place = shared.sockets.admit(caller.user, shared.settings.connections_per_person_max);
        if self.place.is_none() {
            return self.connection.close(CloseCode::Overloaded, Some(TOO_MANY));
        }
        let session = match self.connection.version {
            ProtocolVersion::V1 => shared.hub.default_session(caller.user).await,
            ProtocolVersion::V2 => None,
        };
        let joined = match self.connection.version {
            ProtocolVersion::V1 => shared.hub.joined_session(caller.user).await,
            ProtocolVersion::V2 => None,
        };
        self.connection.outbox.lock().watch.greeting = None;
        self.connection.tell(self.connected(&caller, session), id);
        self.connection.outbox.lock().person = Some((caller.user, Arc::clone(&caller.display_name)));
        let weak = Arc::downgrade(&self.connection);
        let cut = move |code, sentence| {
            if let Some(connection) = weak.upgrade() {
                connection.close(code, Some(sentence));
            }
        };
        self.registered = Some(shared.revocations.register(&caller, cut));
        self.link = Some(shared.hub.attach(*caller, self.connection.clone()));
        let resume = self.greeting.resume.take().map(|resume| resume.sessions).unwrap_or_default();
        let resumed =
            resume.into_iter().take(RESUMED_SESSIONS_MAX).map(|(session, point)| (session, Some(point)));
        // A version-1 client does not join again what it had joined before it lost its connection (CN8).
        let own = session.into_iter().chain(joined.filter(|joined| Some(*joined) != session));
        for (session, resume) in own.map(|session| (session, None)).chain(resumed) {
            self.connection.taken_in().await;
            let follow = FollowSession { session_id: SessionRef::Id(session), resume };
            let command = Command::FollowSession(follow);
            self.submit(Submission { id: crate::ids::own_id(), idempotent: false, digest: [0; 16], command })
                .await;
        }
        if let (Some(link), ProtocolVersion::V2) = (&self.link, self.connection.version) {
            link.offer_invitations().await;
        }
    }

    fn connected(&self, caller: &Caller, session_id: Option<SessionId>) -> Event {
        let shared = &self.connection.shared;
        Event::from(Connected {
            connection_id: self.connection.id,
            user_id: caller.user,
            display_name: caller.display_name.to_string(),
            guest: caller.guest,
            admin: caller.admin,
            color: caller.color.to_string(),
            language: (!caller.language.is_empty()).then(|| caller.language.to_string()),
            session_id,
            protocol: self.connection.version.subprotocol().to_owned(),
            server_version: env!("CARGO_PKG_VERSION").to_owned(),
            capabilities: CAPABILITIES.map(str::to_owned).to_vec(),
            heartbeat_ms: shared.settings.heartbeat_ms,
            limits: Limits::CURRENT,
            simulated: shared.hub.simulated(),
        })
    }

    /// Hands a command in. While the session's mailbox is full nothing is read, but what waits to be written goes on.
    async fn submit(&self, submission: Submission) {
        let Some(link) = &self.link else { return };
        let mut submitted = pin!(link.submit(submission));
        poll_fn(|cx| {
            // Only the flushing matters here: where the connection stands is looked at when this is done.
            let _: (_, bool) = self.connection.poll_outbox(cx);
            submitted.as_mut().poll(cx)
        })
        .await;
    }
}
