//! A viewer for one request: takes the answer to its command, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use madang_hub::{Batch, Caller, Imported, Link, Submission, Viewer};
use madang_protocol::{Command, ConnectionId, ErrorCode, Event, ProtocolVersion, SessionId};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::error::ApiError;
use crate::gateway::Shared;
use crate::message_router::{self, Answered, Sender, Verdict, Way, Who};

/// A command over HTTP.
pub(in crate::router) struct Asked {
    /// The client's own id for it; none when a repeat is to be carried out again.
    pub(in crate::router) key: Option<String>,
    /// Hash of type and data.
    pub(in crate::router) digest: [u8; 16],
    /// The command.
    pub(in crate::router) command: Command,
    /// How it came; none for the further pages of one request, which passed the filters with its first.
    pub(in crate::router) way: Option<Way>,
}

impl Asked {
    /// A question, which has no repeats.
    pub(in crate::router) fn look(command: Command) -> Asked {
        Asked { key: None, digest: [0; 16], command, way: Some(Way::Resource) }
    }
}

/// One request's tie to the hub.
pub(in crate::router) struct Asking {
    shared: Arc<Shared>,
    viewer: Arc<Asker>,
    link: Link,
}

impl Asking {
    pub(in crate::router) fn begin(shared: &Arc<Shared>, caller: Caller) -> Asking {
        let id = ConnectionId::new(shared.now(), crate::random::bytes());
        let viewer = Arc::new(Asker { id, waiting: Mutex::default(), answered_by: Mutex::default() });
        let link = shared.hub.attach(caller, viewer.clone());
        Asking { shared: Arc::clone(shared), viewer, link }
    }

    /// Sends a command through the message router and waits for its answer.
    ///
    /// # Errors
    /// What the command is answered with when it is refused; SERVICE_UNAVAILABLE when no answer comes in time.
    pub(in crate::router) async fn ask(&self, asked: Asked) -> Result<Event, ApiError> {
        let kind = asked.command.kind();
        self.noted(kind, self.carry_out(asked)).await
    }

    /// As [`Asking::ask`], for a conversation from elsewhere.
    ///
    /// # Errors
    /// As `create_session`.
    pub(in crate::router) async fn import(
        &self,
        (key, digest): (String, [u8; 16]),
        imported: Imported,
    ) -> Result<Event, ApiError> {
        let wait = self.viewer.expect(&key, false);
        self.noted("create_session", async {
            let made = self.link.import(key, digest, imported).await;
            made.map_err(ApiError::from)?;
            self.answer(wait).await
        })
        .await
    }

    /// Times a command, and counts and logs how it came out.
    async fn noted(
        &self,
        kind: &'static str,
        done: impl Future<Output = Result<Event, ApiError>>,
    ) -> Result<Event, ApiError> {
        let begun_us = self.shared.now_us();
        let answer = done.await;
        let duration_us = self.shared.now_us() - begun_us;
        let outcome = answer.as_ref().err().map(|error| error.code);
        let session = *self.viewer.answered_by.lock();
        let answered = Answered { kind, outcome, duration_us, way: Way::Http, session };
        message_router::note(&self.shared, &answered, (Some(self.link.caller().user), None));
        answer.map_err(|error| error.about(kind, session))
    }

    async fn carry_out(&self, asked: Asked) -> Result<Event, ApiError> {
        let Asked { key, digest, command, way } = asked;
        while let Some(way) = way {
            let sender = Sender { way, who: Who::Known(self.link.caller()) };
            match message_router::admit(&self.shared, sender, &command) {
                Verdict::Pass => break,
                Verdict::Refuse(error) => return Err(error),
                // Nobody waits behind a request: it is passed on a little later.
                Verdict::Hold(wait_ms) => tokio::time::sleep(Duration::from_millis(wait_ms)).await,
            }
        }
        let idempotent = key.is_some();
        let id = key.unwrap_or_else(crate::ids::own_id);
        // Claude's words come some time after the command was taken.
        let wait = self.viewer.expect(&id, matches!(command, Command::Summarize(_)));
        self.link.submit(Submission { id, idempotent, digest, command }).await;
        self.answer(wait).await
    }

    async fn answer(&self, wait: oneshot::Receiver<Event>) -> Result<Event, ApiError> {
        let time = Duration::from_millis(self.shared.settings.answer_ms);
        let late = || {
            let sentence = "No answer came in time. Ask again with the same `Idempotency-Key` to learn it.";
            ApiError::new(ErrorCode::ServiceUnavailable, sentence).retry_after(1000)
        };
        match tokio::time::timeout(time, wait).await {
            Ok(Ok(Event::Error(error))) => Err(ApiError::told(*error)),
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) | Err(_) => Err(late()),
        }
    }
}

/// Takes one answer at a time.
struct Asker {
    id: ConnectionId,
    waiting: Mutex<Option<Waiting>>,
    /// The session that answered last.
    answered_by: Mutex<Option<SessionId>>,
}

struct Waiting {
    command_id: String,
    /// Whether an `ack` is only the first word.
    beyond_ack: bool,
    answer: oneshot::Sender<Event>,
}

impl Asker {
    fn expect(&self, command_id: &str, beyond_ack: bool) -> oneshot::Receiver<Event> {
        let (answer, wait) = oneshot::channel();
        let waiting = Waiting { command_id: command_id.to_owned(), beyond_ack, answer };
        *self.waiting.lock() = Some(waiting);
        wait
    }
}

impl Viewer for Asker {
    fn connection_id(&self) -> ConnectionId {
        self.id
    }

    fn version(&self) -> ProtocolVersion {
        ProtocolVersion::V2
    }

    fn stays(&self) -> bool {
        false
    }

    fn invalidate(&self) {
        // Whoever waits is told that no answer came.
        self.waiting.lock().take();
    }

    fn deliver(&self, batches: &[Arc<Batch>]) {
        let mut waiting = self.waiting.lock();
        let Some(Waiting { command_id, beyond_ack, .. }) = &*waiting else { return };
        let events = batches.iter().flat_map(|batch| batch.events());
        let answers = events.filter(|event| event.correlation_id.as_ref() == Some(command_id));
        let answer = answers
            .filter_map(|event| Some((event.event.as_ref()?, event.session)))
            .find(|(event, _)| !(*beyond_ack && matches!(event, Event::Ack(_))));
        if let Some((answer, session)) = answer.map(|(event, session)| (event.clone(), session))
            && let Some(waiting) = waiting.take()
        {
            *self.answered_by.lock() = session;
            // Whoever asked may have gone.
            drop(waiting.answer.send(answer));
        }
    }
}
