//! The door to all sessions.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use madang_bus::Bus;
use madang_model::Model;
use madang_protocol::{
    Delivery, ErrorCode, Event, Head, ModelInfo, Models, SessionId, SessionStatus, SessionSummary, Sessions,
    UnixMs, UserId,
};
use madang_session::Rejection;
use madang_store::{JournaledReply, ListedSession, SessionPage, SessionQuery, Store, StoreError};
use parking_lot::{Mutex, RwLock};
use tokio::sync::{MutexGuard, oneshot};
use tokio::time::Instant;

use crate::budget::Budgets;
use crate::link::{Caller, Link};
use crate::live::{Live, ToLive};
use crate::people::People;
use crate::pool::{Pool, PoolState};
use crate::registry::Registry;
use crate::summarize::Summaries;
use crate::{Clock, Outgoing, Settings, Viewer};

/// Stripes of the lock under which sessions are made: a person's two tabs must not make two default ones.
const MAKING_LOCKS: usize = 64;

/// Figures for metrics and health.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HubStats {
    /// Sessions in memory.
    pub live_sessions: usize,
    /// Attached connections.
    pub connections: usize,
    /// Turns that are being answered.
    pub running_turns: usize,
    /// Requests to the model that wait in the pool.
    pub waiting_turns: usize,
}

/// All live sessions of this node. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) model: Arc<dyn Model>,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) people: People,
    pub(crate) pool: Pool,
    pub(crate) budgets: Arc<Budgets>,
    pub(crate) summaries: Arc<Summaries>,
    pub(crate) draining: AtomicBool,
    /// Replies that an earlier run left unfinished, until their session takes them (RS5).
    pub(crate) unfinished: Mutex<HashMap<SessionId, JournaledReply>>,
    /// Sessions whose task panicked: the next one reads its log and not its snapshot, which may be why.
    pub(crate) distrusted: Mutex<HashSet<SessionId>>,
    pub(crate) models: RwLock<Arc<[ModelInfo]>>,
    making: [tokio::sync::Mutex<()>; MAKING_LOCKS],
    unique: AtomicU64,
    started: Instant,
}

impl Hub {
    /// Starts the hub and finalises the replies that an earlier run left unfinished (RS5).
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn start(
        settings: Settings,
        store: Arc<dyn Store>,
        model: Arc<dyn Model>,
        bus: Arc<dyn Bus>,
        clock: Arc<dyn Clock>,
    ) -> Result<Hub, StoreError> {
        let unfinished: HashMap<_, _> =
            store.journaled_replies().await?.into_iter().map(|reply| (reply.session, reply)).collect();
        let sessions: Vec<_> = unfinished.keys().copied().collect();
        let hub = Hub {
            inner: Arc::new(Inner {
                registry: Registry::new(settings.mailbox, settings.live_sessions_max),
                people: People::default(),
                pool: Pool::new(&settings, model.clone()),
                summaries: Arc::default(),
                budgets: Budgets::new(store.clone(), model.clone(), clock.clone()),
                draining: AtomicBool::new(false),
                unfinished: Mutex::new(unfinished),
                distrusted: Mutex::default(),
                models: RwLock::new(Arc::from(Vec::new())),
                making: std::array::from_fn(|_| tokio::sync::Mutex::new(())),
                unique: AtomicU64::new(1),
                started: Instant::now(),
                settings,
                store,
                model,
                bus,
                clock,
            }),
        };
        hub.finish_unfinished(sessions);
        Ok(hub)
    }

    /// Wakes each session that was cut off; its task does the rest when it loads.
    fn finish_unfinished(&self, sessions: Vec<SessionId>) {
        let hub = self.clone();
        tokio::spawn(async move {
            for session in sessions {
                if hub.send(session, ToLive::Wake).await.is_err() {
                    tracing::warn!(session.id = %session, "an unfinished reply waits for its session to be opened");
                }
            }
            // So that the first choice of a model can be checked; a failure only leaves the list unknown.
            drop(hub.refresh_models().await);
        });
    }

    /// Attaches a connection; dropping the link detaches it from every session.
    #[must_use]
    pub fn attach(&self, caller: Caller, viewer: Arc<dyn Viewer>) -> Link {
        self.inner.people.add(&caller, viewer.clone());
        Link::new(self.clone(), caller, viewer)
    }

    /// Whether the simulated model answers.
    #[must_use]
    pub fn simulated(&self) -> bool {
        self.inner.model.simulated()
    }

    /// The session that the person's version-1 clients mean when they name none, if it was made (TU1).
    pub async fn default_session(&self, user: UserId) -> Option<SessionId> {
        self.find_default(user).await.unwrap_or_default()
    }

    /// The session that the person's version-1 clients joined last and did not leave, if they still belong to it; they
    /// don't join again when they come back (CN8).
    pub async fn joined_session(&self, user: UserId) -> Option<SessionId> {
        let joined = self.inner.store.user(user).await.ok()??.joined_session?;
        let loaded = self.inner.store.load(joined).await.ok()??;
        let belongs = loaded.members.iter().any(|(member, _)| *member == user);
        (belongs && loaded.row.status != SessionStatus::Deleted).then_some(joined)
    }

    /// As [`Hub::default_session`]; a store that can't be read is not taken for a person without one.
    pub(crate) async fn find_default(&self, user: UserId) -> Result<Option<SessionId>, StoreError> {
        let row = self.inner.store.user(user).await?;
        let Some(session) = row.and_then(|row| row.default_session) else { return Ok(None) };
        let loaded = self.inner.store.load(session).await?;
        // Whoever gave it away and left gets another one.
        let belongs = |members: &[(UserId, _)]| members.iter().any(|(member, _)| *member == user);
        let found = loaded.filter(|loaded| loaded.row.status != SessionStatus::Deleted);
        Ok(found.filter(|loaded| belongs(&loaded.members)).map(|_| session))
    }

    /// Held while a session of this person is made: two at once would overwrite each other's row of the person.
    pub(crate) async fn making(&self, user: UserId) -> MutexGuard<'_, ()> {
        let stripe = user.to_string().bytes().fold(0, |sum, byte| (sum * 31 + usize::from(byte)) % 9973);
        self.inner.making[stripe % MAKING_LOCKS].lock().await
    }

    /// Figures.
    #[must_use]
    pub fn stats(&self) -> HubStats {
        HubStats {
            live_sessions: self.inner.registry.len(),
            connections: self.inner.people.connections(),
            running_turns: self.inner.registry.running_turns(),
            waiting_turns: self.inner.pool.waiting(),
        }
    }

    /// How it goes with requests to the model: places, queue, each model's upstream.
    #[must_use]
    pub fn pool_state(&self) -> PoolState {
        self.inner.pool.state()
    }

    /// Whether commands can be carried out, for `/readyz`.
    #[must_use]
    pub fn ready(&self) -> bool {
        !self.draining() && self.inner.store.healthy()
    }

    /// When running replies are journalled next: all of them at the same moments, so that they share a commit.
    pub(crate) fn journal_tick(&self) -> Instant {
        let interval = Duration::from_millis(self.inner.settings.journal_ms.max(1));
        let now = Instant::now();
        let into = (now - self.inner.started).as_nanos() % interval.as_nanos();
        now + interval - Duration::from_nanos(u64::try_from(into).unwrap_or(0))
    }

    pub(crate) fn draining(&self) -> bool {
        self.inner.draining.load(Ordering::Relaxed)
    }

    /// Takes no new prompts, waits until running turns have ended or `deadline_ms` is over, then interrupts and stores the rest.
    pub async fn drain(&self, deadline_ms: u64) {
        self.inner.draining.store(true, Ordering::Relaxed);
        let deadline = Instant::now() + Duration::from_millis(deadline_ms);
        let mut ended = Vec::new();
        for mailbox in self.inner.registry.all() {
            let (done, wait) = oneshot::channel();
            if mailbox.send(ToLive::Drain { deadline, done }).await.is_ok() {
                ended.push(wait);
            }
        }
        for wait in ended {
            // An error says that the session's task has ended already: all the better.
            drop(wait.await);
        }
    }

    /// Hands something to a session's task, which is started when it does not run.
    pub(crate) async fn send(&self, session: SessionId, message: ToLive) -> Result<(), Rejection> {
        let mut message = message;
        // A task that is just ending refuses; its successor takes it. Several in a row would be a fault.
        for _ in 0..8 {
            let (mailbox, place) = self.inner.registry.mailbox(session)?;
            if let Some(place) = place {
                Live::spawn(self.clone(), session, place);
            }
            match mailbox.send(message).await {
                Ok(()) => return Ok(()),
                Err(refused) => message = refused,
            }
        }
        Err(Rejection::new(ErrorCode::ServiceUnavailable, "This session can't be opened now. Try again."))
    }

    /// Encodes an answer to one connection.
    pub(crate) fn outgoing(
        &self,
        session: Option<SessionId>,
        correlation_id: Option<&str>,
        event: Event,
    ) -> Outgoing {
        debug_assert!(event.delivery() != Delivery::Durable, "durable events have a position");
        let at = self.inner.clock.now();
        let unique = self.inner.unique.fetch_add(1, Ordering::Relaxed);
        Outgoing::new(event, Head { session, position: None, correlation_id, at, unique })
    }

    /// An event of a document's log, as it is stored.
    pub(crate) fn of_a_document(&self, session: SessionId, data: &str, at: UnixMs) -> Outgoing {
        let unique = self.inner.unique.fetch_add(1, Ordering::Relaxed);
        Outgoing::of_a_document(
            data,
            Head { session: Some(session), position: None, correlation_id: None, at, unique },
        )
    }

    pub(crate) fn models(&self) -> Arc<[ModelInfo]> {
        self.inner.models.read().clone()
    }

    /// The models one may choose, as the upstream lists them now.
    pub(crate) async fn refresh_models(&self) -> Result<Models, Rejection> {
        let models = self.inner.model.models().await.map_err(|error| Rejection {
            retry_after_ms: error.retry_after_ms,
            ..Rejection::new(error.code, error.message)
        })?;
        *self.inner.models.write() = models.clone().into();
        Ok(Models { models, default: self.inner.model.default_model(), simulated: self.simulated() })
    }

    /// A page of the person's sessions, with what is live in them.
    pub(crate) async fn sessions_of(&self, user: UserId, query: SessionQuery) -> Result<Sessions, Rejection> {
        let page =
            self.inner.store.sessions_of(user, query).await.map_err(|error| store_rejection(&error))?;
        Ok(self.lines(page))
    }

    /// The lines of a page, with what is live in them.
    pub(crate) fn lines(&self, page: SessionPage) -> Sessions {
        let line = |listed: ListedSession| {
            let ListedSession { row, role, read_count, unread_mentions } = listed;
            let (present, running) = self.inner.registry.facts(row.session);
            let status = if present > 0 && row.status == SessionStatus::Idle {
                SessionStatus::Active
            } else {
                row.status
            };
            SessionSummary {
                session_id: row.session,
                title: row.title,
                status,
                role,
                created_at: row.created_at,
                last_activity: row.last_activity,
                participant_count: row.participant_count,
                message_count: row.message_count,
                running,
                unread: row.message_count.saturating_sub(read_count),
                unread_mentions,
                present,
            }
        };
        Sessions { sessions: page.sessions.into_iter().map(line).collect(), next: page.next }
    }
}

/// What a person is told when the store fails; the log has the cause.
pub(crate) fn store_rejection(error: &StoreError) -> Rejection {
    match error {
        StoreError::BadCursor => Rejection::invalid("cursor", "is not one that was given out"),
        StoreError::Full => Rejection::new(
            ErrorCode::ServiceUnavailable,
            "The server's disk is full. Nothing was saved; try again later.",
        ),
        StoreError::Taken => {
            Rejection::new(ErrorCode::Conflict, "This was taken by someone else in the meantime.")
        }
        StoreError::Conflict
        | StoreError::NewerSchema { .. }
        | StoreError::Locked
        | StoreError::Failed { .. }
        | _ => {
            tracing::error!(error = error as &dyn std::error::Error, "the store failed");
            Rejection::new(ErrorCode::ServiceUnavailable, "The server can't save or read now. Try again.")
        }
    }
}
