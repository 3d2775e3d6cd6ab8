//! A client of the hub without a socket: a link, a viewer, and commands that wait for their answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use madang_hub::{Caller, Hub, Link, Submission, Via};
use madang_protocol::{
    Ack, Command, ErrorCode, ErrorData, FollowSession, ProtocolVersion, ResumePoint, Scope, SessionId,
    SessionRef, UnixMs, UserId,
};
use serde_json::Value;

use crate::{Mirror, TestViewer};

/// The n-th person of a test.
#[must_use]
pub fn person(n: u64) -> Caller {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&n.to_be_bytes());
    Caller {
        user: UserId::new(UnixMs(1), bytes),
        display_name: format!("Person {n}").into(),
        color: format!("#0000{:02x}", n % 256).into(),
        language: "en".into(),
        guest: false,
        admin: false,
        scope: Scope::Full,
        via: Via::Guest,
    }
}

/// The answer to a command: the acknowledgement, or the refusal.
pub type Answer = Result<Ack, ErrorData>;

/// One connection of a person.
pub struct HubClient {
    /// Its link; dropping the client drops it.
    pub link: Link,
    /// What it is sent.
    pub viewer: Arc<TestViewer>,
}

impl HubClient {
    /// Connects with version 2.
    #[must_use]
    pub fn connect(hub: &Hub, caller: Caller) -> HubClient {
        Self::connect_as(hub, caller, ProtocolVersion::V2)
    }

    /// Connects.
    #[must_use]
    pub fn connect_as(hub: &Hub, caller: Caller, version: ProtocolVersion) -> HubClient {
        let viewer = TestViewer::new(version);
        HubClient { link: hub.attach(caller, viewer.clone()), viewer }
    }

    /// Asks once, as a request over HTTP does: it follows nothing.
    #[must_use]
    pub fn pass_by(hub: &Hub, caller: Caller) -> HubClient {
        let viewer = TestViewer::passing();
        HubClient { link: hub.attach(caller, viewer.clone()), viewer }
    }

    /// Who it is.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.link.caller().user
    }

    /// Connects anew with what this one knows, as a client does after a lost connection; drop this one before or after.
    #[must_use]
    pub fn reconnect(&self, hub: &Hub) -> HubClient {
        Self::come_back(hub, self.link.caller().clone(), &self.viewer)
    }

    /// Connects with what a viewer knows; its hub may be long gone.
    #[must_use]
    pub fn come_back(hub: &Hub, caller: Caller, before: &TestViewer) -> HubClient {
        let next = Self::connect(hub, caller);
        next.viewer.inherit(before);
        next
    }

    /// Sends a command with an id and returns at once.
    ///
    /// # Panics
    /// When the data is not that command's.
    pub async fn send(&self, id: &str, kind: &str, data: Value) {
        let data = data.to_string();
        let command = Command::parse(kind, Some(&data)).expect("a command of the protocol");
        let digest = blake3::hash(format!("{kind}\n{data}").as_bytes());
        let digest = digest.as_bytes()[..16].try_into().expect("16 bytes");
        self.link.submit(Submission { id: id.to_owned(), idempotent: true, digest, command }).await;
    }

    /// Sends a command under a fresh id and waits for its answer.
    ///
    /// # Errors
    /// The refusal.
    pub async fn ask(&self, kind: &str, data: Value) -> Answer {
        let id = fresh_id();
        self.send(&id, kind, data).await;
        self.answer(&id).await
    }

    /// Sends a command that must succeed.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn done(&self, kind: &str, data: Value) -> Ack {
        match self.ask(kind, data.clone()).await {
            Ok(ack) => ack,
            Err(error) => panic!("{kind} {data} was refused: {error:?}"),
        }
    }

    /// Sends a command that must be refused.
    ///
    /// # Panics
    /// When it is not.
    pub async fn refused(&self, kind: &str, data: Value) -> ErrorCode {
        match self.ask(kind, data.clone()).await {
            Ok(ack) => panic!("{kind} {data} was not refused: {ack:?}"),
            Err(error) => error.code,
        }
    }

    /// Waits for the answer to a command; any event that carries its id is one, and those that are no `ack` give an empty one.
    ///
    /// # Errors
    /// The refusal.
    pub async fn answer(&self, id: &str) -> Answer {
        let envelope = self.answer_envelope(id).await;
        let data = envelope["data"].clone();
        match envelope["type"].as_str() {
            Some("error") => Err(serde_json::from_value(data).expect("an error's data")),
            Some("ack") => Ok(serde_json::from_value(data).expect("an ack's data")),
            _ => Ok(Ack::default()),
        }
    }

    async fn answer_envelope(&self, id: &str) -> Value {
        let find = |mirror: &Mirror| {
            mirror.envelopes.iter().find(|envelope| envelope["correlation_id"] == id).cloned()
        };
        self.viewer.wait_for(&format!("the answer to {id}"), find).await
    }

    /// Sends a command that is answered by an event of its own, and returns that event's data.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// When an error's data is none.
    pub async fn question(&self, kind: &str, data: Value) -> Result<Value, ErrorData> {
        let id = fresh_id();
        self.send(&id, kind, data).await;
        let envelope = self.answer_envelope(&id).await;
        if envelope["type"] == "error" {
            return Err(serde_json::from_value(envelope["data"].clone()).expect("an error's data"));
        }
        Ok(envelope["data"].clone())
    }

    /// Makes a session and waits for it.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn create(&self) -> SessionId {
        let ack = self.done("create_session", serde_json::json!({})).await;
        ack.session_id.expect("an ack of create_session names it")
    }

    /// Follows a session: from where this client stands when it knows it, else anew.
    ///
    /// # Errors
    /// The refusal.
    pub async fn follow(&self, session: SessionId) -> Result<(), ErrorData> {
        let resume = self.viewer.look(|mirror| {
            // Who was put out forgets what they knew.
            let known = mirror.session(session).filter(|known| !known.removed)?;
            let streams =
                known.messages.iter().filter(|(_, text)| text.n > 0).map(|(id, text)| (*id, text.n));
            Some(ResumePoint { epoch: known.epoch.parse().ok()?, seq: known.seq, streams: streams.collect() })
        });
        self.follow_from(session, resume).await
    }

    /// Follows a session from a point.
    ///
    /// # Errors
    /// The refusal.
    pub async fn follow_from(
        &self,
        session: SessionId,
        resume: Option<ResumePoint>,
    ) -> Result<(), ErrorData> {
        let id = fresh_id();
        let command = Command::FollowSession(FollowSession { session_id: SessionRef::Id(session), resume });
        self.link.submit(Submission { id: id.clone(), idempotent: true, digest: [0; 16], command }).await;
        self.answer(&id).await.map(|_| ())
    }
}

fn fresh_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("test-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
