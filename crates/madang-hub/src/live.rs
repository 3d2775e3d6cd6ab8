//! One live session: the task that owns it, decides the order, writes the log and hands out events (invariant 4).

mod commands;
mod commit;
mod load;
mod reply;
mod watch;

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt;
use madang_bus::Lease;
use madang_protocol::{ConnectionId, CreateSession, ErrorCode, MessageId, SessionId, TurnId};
use madang_session::{Fork, Rejection, Session};
use rand::rngs::StdRng;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::history::History;
use crate::registry::{Facts, Place, Seat};
use crate::{Caller, Hub, Submission, Viewer};
use commit::{Pending, Recent};
use reply::{Ending, LiveReply};
use watch::Watcher;

/// Messages taken from the mailbox at once: a batch is framed once and written once.
const BATCH: usize = 64;
/// Commits under way of one session; beyond, it reads no more commands until some are done.
const PENDING_MAX: usize = 512;
/// How soon after a mere message the lists of its people are told of the activity.
const SUMMARY_DELAY: Duration = Duration::from_secs(1);
/// How soon the end of a reply that could not be saved is tried again.
const SAVE_RETRY: Duration = Duration::from_millis(500);

/// A command on its way to a session.
pub(crate) struct Request {
    pub(crate) caller: Caller,
    pub(crate) viewer: Arc<dyn Viewer>,
    pub(crate) submission: Submission,
    /// Whether it attaches the connection.
    pub(crate) follows: bool,
}

/// What a fork takes along: the transcript's branch and what the model was sent for it.
pub(crate) struct Seed {
    pub(crate) fork: Fork,
    pub(crate) history: Vec<(TurnId, String, Box<RawValue>)>,
}

/// Where a new session comes from.
pub(crate) enum Origin {
    New { data: CreateSession, default: bool },
    Fork(Seed),
}

/// A session to be made; the first message of its task.
pub(crate) struct Birth {
    pub(crate) request: Request,
    pub(crate) origin: Origin,
    pub(crate) born: oneshot::Sender<Result<(), Rejection>>,
}

/// What a session's task is told.
pub(crate) enum ToLive {
    Birth(Box<Birth>),
    Command(Box<Request>),
    Fork {
        caller: Caller,
        message: MessageId,
        reply: oneshot::Sender<Result<Seed, Rejection>>,
    },
    Detach(ConnectionId),
    /// Load, and finish what an earlier run left.
    Wake,
    Drain {
        deadline: Instant,
        done: oneshot::Sender<()>,
    },
}

/// A live session.
pub(crate) struct Live {
    hub: Hub,
    session: Session,
    facts: Arc<Facts>,
    rng: StdRng,
    watchers: Vec<Watcher>,
    pending: VecDeque<Pending>,
    /// Requests that need the committed state: they wait until no commit is under way.
    parked: VecDeque<Request>,
    recent: Recent,
    history: History,
    reply: Option<LiveReply>,
    /// The end of a reply that could not be saved, and when to try again.
    unsaved: Option<(Ending, Instant)>,
    /// Where the newest snapshot stands.
    snapshot_at: u64,
    summary_due: Option<Instant>,
    idle_since: Instant,
    drain: Option<(Instant, oneshot::Sender<()>)>,
    /// Nothing more to do here: deleted, or its log can't be read.
    over: bool,
}

/// Gives the session's lease back, however its task ends.
struct Held {
    hub: Hub,
    lease: Lease,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.hub.inner.bus.release(self.lease);
    }
}

impl Live {
    /// Starts a session's task.
    pub(crate) fn spawn(hub: Hub, id: SessionId, place: Place) {
        tokio::spawn(Live::own(hub, id, place));
    }

    /// Waits for the one before, takes the lease, and serves until there is nothing to do.
    async fn own(hub: Hub, id: SessionId, place: Place) {
        let Place { mut mailbox, facts, before, seat } = place;
        if let Some(mut before) = before {
            // An error means that its sender is gone, and so is the task.
            before.wait_for(|done| *done).await.ok();
        }
        let Some(lease) = hub.inner.bus.acquire(id) else {
            let elsewhere =
                Rejection::new(ErrorCode::ServiceUnavailable, "This session is open on another server.");
            return refuse_all(&hub, mailbox, elsewhere).await;
        };
        let _held = Held { hub: hub.clone(), lease };
        let first = mailbox.recv().await;
        let live = match first {
            None => return,
            Some(ToLive::Birth(birth)) => Live::born(&hub, id, facts, *birth).await,
            Some(message) => Live::loaded(&hub, id, facts, message).await,
        };
        match live {
            Ok(live) => live.guarded(mailbox, seat).await,
            Err(rejection) => refuse_all(&hub, mailbox, rejection).await,
        }
    }

    /// Serves; a panic ends this session alone, and its viewers are told to come back.
    async fn guarded(mut self, mut mailbox: mpsc::Receiver<ToLive>, seat: Seat) {
        let served = AssertUnwindSafe(self.serve(&mut mailbox)).catch_unwind().await;
        if served.is_err() {
            tracing::error!(session.id = %self.session.id(), "a session's task panicked and is dropped");
            self.watchers.iter().for_each(|watcher| watcher.viewer.invalidate());
        }
        mailbox.close();
        drop(seat);
        // What came in between the last look and the closing goes to the next task.
        while let Some(message) = mailbox.recv().await {
            let (hub, id) = (self.hub.clone(), self.session.id());
            tokio::spawn(async move { hub.send(id, message).await.ok() });
        }
    }

    async fn serve(&mut self, mailbox: &mut mpsc::Receiver<ToLive>) {
        let mut messages = Vec::with_capacity(BATCH);
        let mut updates = Vec::new();
        // The message that a session was loaded for may be waiting already.
        self.serve_parked().await;
        while !self.finished(mailbox) {
            let reads = self.parked.is_empty() && self.pending.len() < PENDING_MAX;
            let due = self.next_due();
            tokio::select! {
                biased;
                result = commit::front(&mut self.pending) => self.front_done(result).await,
                _ = reply::updates(&mut self.reply, &mut updates) => self.updates(&mut updates).await,
                _ = mailbox.recv_many(&mut messages, BATCH), if reads => {
                    for message in messages.drain(..) {
                        self.message(message).await;
                    }
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.timers().await,
            }
            self.serve_parked().await;
        }
        self.close().await;
    }

    /// Whether the task can end: nobody here, nothing under way, and idle for long enough.
    fn finished(&mut self, mailbox: &mpsc::Receiver<ToLive>) -> bool {
        if !self.pending.is_empty() {
            return false;
        }
        let quiet = self.reply.is_none() && self.unsaved.is_none() && self.parked.is_empty();
        if self.drain.is_some() && quiet {
            return mailbox.is_empty();
        }
        if self.over {
            return quiet;
        }
        let idle = Duration::from_millis(self.hub.inner.settings.idle_eviction_ms);
        quiet && self.watchers.is_empty() && mailbox.is_empty() && self.idle_since.elapsed() >= idle
    }

    fn next_due(&self) -> Option<Instant> {
        let idle = self.watchers.is_empty() && self.reply.is_none() && self.pending.is_empty();
        let eviction =
            idle.then(|| self.idle_since + Duration::from_millis(self.hub.inner.settings.idle_eviction_ms));
        let drain = self.drain.as_ref().map(|(deadline, _)| *deadline).filter(|_| self.reply.is_some());
        let journal = self.reply.as_ref().and_then(|reply| reply.journal_due);
        let unsaved = self.unsaved.as_ref().map(|(_, due)| *due);
        [eviction, drain, journal, unsaved, self.summary_due].into_iter().flatten().min()
    }

    async fn timers(&mut self) {
        let now = Instant::now();
        if self.reply.as_ref().and_then(|reply| reply.journal_due).is_some_and(|due| due <= now) {
            self.journal().await;
        }
        if self.summary_due.is_some_and(|due| due <= now) {
            self.tell_people();
        }
        if self.unsaved.as_ref().is_some_and(|(_, due)| *due <= now) && self.pending.is_empty() {
            self.save_again().await;
        }
        if self.drain.as_ref().is_some_and(|(deadline, _)| *deadline <= now) {
            self.interrupt().await;
        }
    }

    async fn message(&mut self, message: ToLive) {
        self.idle_since = Instant::now();
        match message {
            ToLive::Command(request) => self.request(*request).await,
            ToLive::Fork { caller, message, reply } => {
                let seed = self.seed(&caller, message).await;
                // The asker may have gone: nothing was changed.
                reply.send(seed).ok();
            }
            ToLive::Detach(connection) => self.unwatch(connection),
            ToLive::Wake => {}
            ToLive::Drain { deadline, done } => self.drain = Some((deadline, done)),
            ToLive::Birth(birth) => {
                let taken = Rejection::new(ErrorCode::Conflict, "This session exists already.");
                birth.born.send(Err(taken)).ok();
            }
        }
    }

    /// Leaves memory: a snapshot when the log has grown, and word to whoever waits for the drain.
    async fn close(&mut self) {
        self.tell_people();
        self.write_snapshot().await;
        self.facts.viewers.store(0, Ordering::Relaxed);
        if let Some((_, done)) = self.drain.take() {
            done.send(()).ok();
        }
    }
}

/// Answers everything in a mailbox with the same refusal, and closes it.
async fn refuse_all(hub: &Hub, mut mailbox: mpsc::Receiver<ToLive>, rejection: Rejection) {
    mailbox.close();
    while let Some(message) = mailbox.recv().await {
        load::refuse(hub, message, &rejection);
    }
}
