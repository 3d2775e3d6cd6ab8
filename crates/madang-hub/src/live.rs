//! One live session: the task that owns it, decides the order, writes the log and hands out events (invariant 4).

mod commands;
mod ending;
mod failure;
mod journal;
mod load;
mod publish;
mod recent;
mod reply;
mod task;
mod watch;
mod write;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use madang_protocol::{CreateSession, Message, MessageId, TurnId};
use madang_session::{Fork, Rejection, Session};
use rand::rngs::StdRng;
use serde_json::value::RawValue;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::followed::Followed;
use crate::history::History;
use crate::import::Told;
use crate::registry::Facts;
use crate::{Caller, Hub, Submission, Viewer};
use ending::Ending;
use recent::Recent;
use reply::LiveReply;
use watch::Watcher;
use write::Pending;

/// How soon after a mere message the lists of its people are told of the activity.
const SUMMARY_DELAY: Duration = Duration::from_secs(1);

/// A command on its way to a session.
pub(crate) struct Request {
    pub(crate) caller: Caller,
    pub(crate) viewer: Arc<dyn Viewer>,
    pub(crate) followed: Arc<Followed>,
    pub(crate) submission: Submission,
    /// Whether it attaches the connection.
    pub(crate) follows: bool,
}

/// What a fork takes along: the transcript's branch and what the model was sent for it.
pub(crate) struct Seed {
    pub(crate) fork: Fork,
    pub(crate) history: Vec<(TurnId, String, Arc<RawValue>)>,
}

/// Where a new session comes from.
pub(crate) enum Origin {
    New { data: CreateSession, default: bool },
    Fork(Seed),
    Import { data: CreateSession, messages: Vec<Message>, told: Vec<Told> },
}

/// Told once a session is on disk, or why it is not. Whoever waits answers a refusal; an `ack` was sent by then.
pub(crate) type Born = oneshot::Sender<Result<(), Rejection>>;

/// A session to be made; the first message of its task.
pub(crate) struct Birth {
    pub(crate) request: Request,
    pub(crate) origin: Origin,
    pub(crate) born: Born,
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
    Detach(Arc<Followed>),
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
    /// What has to wait until no commit is under way, and all that came after it.
    parked: VecDeque<ToLive>,
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
