//! One live session: the task that owns it, decides the order, writes the log and hands out events (invariant 4).

mod afford;
mod commands;
mod documents;
mod ending;
mod enter;
mod erase;
mod failure;
mod followers;
mod invites;
mod journal;
mod load;
mod marks;
mod mentions;
mod presence;
mod publish;
mod recent;
mod reply;
mod round;
mod rows;
mod snapshot;
mod summary;
mod suspension;
mod task;
mod watch;
mod write;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use madang_protocol::{CreateSession, Message, MessageId, Role, TurnId, UserId};
use madang_session::{Fork, Rejection, Session, Target};
use madang_store::SecretHash;
use serde_json::value::RawValue;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::few::Few;
use crate::followed::Followed;
use crate::history::History;
use crate::import::Told;
use crate::registry::Facts;
use crate::{Caller, Hub, Submission, Viewer};
pub(crate) use afford::rejection;
use documents::Documents;
use ending::Ending;
pub(crate) use ending::clip;
use followers::Watcher;
use mentions::Mentions;
use presence::PresenceTable;
use recent::Recent;
use reply::LiveReply;
use round::Round;
use snapshot::Snapshots;
use summary::LateAnswer;
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
    /// The invite code that it names the session by.
    pub(crate) code: Option<SecretHash>,
    /// Whether it let its sender in already, or tried to.
    pub(crate) entered: bool,
    /// The person that it is about.
    pub(crate) target: Option<Target>,
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

/// What a session's task is told. Small, since every session has room for a block of them: what is large is boxed.
pub(crate) enum ToLive {
    Birth(Box<Birth>),
    Command(Box<Request>),
    Fork {
        caller: Box<Caller>,
        message: MessageId,
        reply: oneshot::Sender<Result<Seed, Rejection>>,
    },
    /// Whether a link of this person's may let people in with this role.
    LinkStands {
        by: UserId,
        role: Role,
        reply: oneshot::Sender<Result<bool, Rejection>>,
    },
    /// An answer to what one of its people asked a while ago.
    Late(Box<LateAnswer>),
    /// The connection is gone.
    Detach(Arc<Followed>),
    /// The connection's person went on to another session.
    Leave(Arc<Followed>),
    /// The account of this person was suspended.
    Suspended(UserId),
    /// Load, and finish what an earlier run left.
    Wake,
    Drain {
        deadline: Instant,
        done: oneshot::Sender<()>,
    },
}

/// A live session. What few of them have at a time is boxed: there are many, and most rest.
pub(crate) struct Live {
    hub: Hub,
    session: Session,
    facts: Arc<Facts>,
    watchers: Vec<Watcher>,
    presence: PresenceTable,
    /// What they are told.
    round: Round,
    /// Everything else, between two turns of a round.
    others: Option<JoinHandle<()>>,
    /// When what is new about who is here is told, while it waits for more.
    presence_due: Option<Instant>,
    /// How far each person has read.
    marks: Few<UserId, MessageId>,
    /// Which messages concern whom.
    mentions: Mentions,
    /// What is open of its documents.
    documents: Documents,
    /// Why the one who was coming in could not.
    refused_entry: Option<Box<Rejection>>,
    pending: VecDeque<Box<Pending>>,
    /// What has to wait until no commit is under way, and all that came after it.
    parked: VecDeque<ToLive>,
    recent: Recent,
    history: History,
    reply: Option<Box<LiveReply>>,
    /// The end of a reply that could not be saved, and when to try again.
    unsaved: Option<(Box<Ending>, Instant)>,
    snapshots: Snapshots,
    summary_due: Option<Instant>,
    idle_since: Instant,
    drain: Option<(Instant, oneshot::Sender<()>)>,
    /// Nothing more to do here: deleted, or its log can't be read.
    over: bool,
}
