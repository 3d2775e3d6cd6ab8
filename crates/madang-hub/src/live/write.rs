//! From applied commands to the disk: every write of a session is made here, in the order of its events (invariant 6).

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, MaybeDone, maybe_done};
use madang_protocol::{
    Ack, Actor, Author, ConnectionId, Event, MessageId, Position, SessionId, UnixMs, UserId,
};
use madang_session::{Applied, Effect};
use madang_store::{Append, CommandRow, Commit, JournalEntry, Record, SessionRow, StoreError, Stream};

use super::documents::DocumentNews;
use super::ending::Ending;
use super::{Born, Live, Request};
use crate::link::is_durable;
use crate::{Outgoing, Viewer};

/// The command that caused a write, and how it is answered.
#[derive(Clone)]
pub(super) struct Cause {
    pub(super) viewer: Arc<dyn Viewer>,
    pub(super) user: UserId,
    pub(super) id: String,
    /// Present when a repeat must find the answer.
    pub(super) digest: Option<[u8; 16]>,
    pub(super) answer: Ack,
    /// Told in place of the `ack`: the answer of a command that has one of its own.
    pub(super) instead: Option<Event>,
}

/// What a write tells a person, on all their connections, whatever they follow.
#[derive(Clone)]
pub(super) struct Tell {
    pub(super) user: UserId,
    pub(super) event: Event,
    /// A connection that is told in another way.
    pub(super) except: Option<ConnectionId>,
}

impl Cause {
    pub(super) fn of(request: &Request, answer: Ack) -> Cause {
        let submission = &request.submission;
        let kept = submission.idempotent && is_durable(&submission.command);
        Cause {
            viewer: request.viewer.clone(),
            user: request.caller.user,
            id: submission.id.clone(),
            digest: kept.then_some(submission.digest),
            answer,
            instead: None,
        }
    }
}

/// A write that is being put together.
#[derive(Default)]
pub(super) struct Draft {
    /// When its events happen.
    pub(super) at: UnixMs,
    pub(super) events: Vec<(u64, Event)>,
    pub(super) cause: Option<Cause>,
    pub(super) append: Append,
    pub(super) born: Option<Born>,
    pub(super) ends: Option<Box<Ending>>,
    pub(super) tells: Vec<Tell>,
    /// Whom it cuts off, and who did that.
    pub(super) cuts: Vec<(UserId, Author)>,
    /// What it changes of a document.
    pub(super) documents: Option<DocumentNews>,
    /// Whether someone comes in with it.
    pub(super) enters: bool,
    /// Why it can't be written: what it needs could not be read.
    pub(super) lost: Option<StoreError>,
}

/// A write on its way to the disk.
pub(super) struct Pending {
    /// Its outcome stays here until it is this write's turn.
    pub(super) commit: MaybeDone<Commit>,
    pub(super) events: Vec<Outgoing>,
    pub(super) causes: Vec<Cause>,
    /// The reply whose start it contains: its deltas are held until it is on disk.
    pub(super) starts: Option<MessageId>,
    /// The end of a reply, to be tried again if this fails.
    pub(super) ends: Option<Box<Ending>>,
    /// Deltas of a reply that ended before its start was on disk.
    pub(super) after: Vec<Outgoing>,
    pub(super) born: Option<Born>,
    pub(super) tells: Vec<Tell>,
    /// Whom it cuts off: they hear what was before, and no more.
    pub(super) cuts: Vec<(UserId, Author)>,
    /// What it changes of a document, for those who have it open.
    pub(super) documents: Option<DocumentNews>,
    /// Whether someone comes in with it.
    pub(super) enters: bool,
}

/// Resolves when the oldest write is done; never when there is none.
pub(super) async fn front(pending: &mut VecDeque<Box<Pending>>) -> Result<(), StoreError> {
    match pending.front_mut() {
        Some(write) => {
            (&mut write.commit).await;
            write.outcome()
        }
        None => std::future::pending().await,
    }
}

impl Pending {
    /// What has become of it, if that is known.
    pub(super) fn done(&mut self) -> Option<Result<(), StoreError>> {
        (&mut self.commit).now_or_never().map(|()| self.outcome())
    }

    fn outcome(&mut self) -> Result<(), StoreError> {
        let outcome = Pin::new(&mut self.commit).take_output();
        outcome.expect("the commit has ended, and a write has its turn once")
    }
}

impl Live {
    /// Does what applied commands ask for, and writes their events.
    pub(super) async fn carry_out(&mut self, at: UnixMs, mut applied: Applied, cause: Option<Cause>) {
        let effects = std::mem::take(&mut applied.effects);
        let mut draft = Draft { at, events: applied.events, cause, ..Draft::default() };
        for effect in effects {
            match effect {
                Effect::Start { turn_id, message_id, .. } => {
                    self.add_start(&mut draft, (turn_id, message_id)).await;
                }
                Effect::Stop { message_id, by } => {
                    if let Some(ending) = self.stopped(message_id, Some(by)) {
                        self.add_end(&mut draft, ending).await;
                    }
                }
                Effect::Cut { user, by } => draft.cuts.push((user, by)),
                Effect::TellInvited { user, invited } => {
                    draft.tells.push(Tell { user, event: Event::Invited(invited), except: None });
                }
                Effect::Erase { message_id } => self.add_erasure(&mut draft, message_id).await,
            }
        }
        self.write(draft).await;
    }

    /// Puts the end of a reply into the log and starts the next turn.
    pub(super) fn end_reply(&mut self, ending: Ending) -> BoxFuture<'_, ()> {
        // Boxed: it is large, and no task that waits for other things should keep room for it.
        Box::pin(async move {
            let mut draft = Draft { at: self.hub.inner.clock.now(), ..Draft::default() };
            self.add_end(&mut draft, ending).await;
            self.write(draft).await;
        })
    }

    /// The end of a reply: its event, its journal's end, what the model is reminded of later, its line of the ledger;
    /// and the start of the next turn.
    async fn add_end(&mut self, draft: &mut Draft, ending: Ending) {
        let id = self.session.id();
        if self.session.running_reply().is_none_or(|(_, running)| running != ending.outcome.message_id) {
            return;
        }
        if !ending.messages.is_empty()
            && let Err(error) = self.history.load(self.hub.inner.store.as_ref(), &self.session).await
        {
            draft.lost.get_or_insert(error);
        }
        for message in &ending.messages {
            let record = self.history.add(ending.turn_id, draft.at, "assistant", message.clone());
            draft.append.records.push((id, record));
        }
        draft.append.journal.push((id, JournalEntry::End { message: ending.outcome.message_id }));
        draft.append.ledger.extend(ending.ledger.iter().cloned());
        self.session.hold_queue(self.hub.draining());
        if let Err(error) = self.weed(draft).await {
            draft.lost.get_or_insert(error);
        }
        let ended = self.session.end_turn(draft.at, &mut rand::rng(), ending.outcome.clone());
        draft.ends = Some(Box::new(ending));
        draft.events.extend(ended.events);
        for effect in ended.effects {
            if let Effect::Start { turn_id, message_id, .. } = effect {
                self.add_start(draft, (turn_id, message_id)).await;
            }
        }
    }

    async fn add_start(
        &mut self,
        draft: &mut Draft,
        (turn_id, message_id): (madang_protocol::TurnId, MessageId),
    ) {
        let asked_by = self.session.asked_by(turn_id);
        let started = self.start_reply((turn_id, message_id), asked_by, &mut draft.append).await;
        if let Err(error) = started {
            // A turn that is in the log must be answered: nothing of this write is kept.
            draft.lost.get_or_insert(error);
        }
    }

    /// Hands events and rows to the store; what they mean to others follows when they are on disk.
    pub(super) async fn write(&mut self, mut draft: Draft) {
        self.add_rows(&mut draft);
        self.add_snapshot(&mut draft);
        let Draft { at, events, mut cause, mut append, born, ends, tells, cuts, documents, enters, lost } =
            draft;
        let id = self.session.id();
        if let Some(cause) = &mut cause {
            cause.answer.seq = events.first().map(|(seq, _)| *seq);
            append.command = cause.digest.map(|digest| command_row(cause, digest, id));
            self.recent.add(cause);
        }
        let starts = events.iter().rev().find_map(|(_, event)| started(event));
        let events = self.encode(events, at, &mut append);
        if !events.is_empty() {
            append.sessions.push(self.row());
        }
        let commit = match lost {
            Some(error) => Err(error),
            None => self.hub.inner.store.submit(append).await,
        };
        let commit = commit.unwrap_or_else(|error| std::future::ready(Err(error)).boxed());
        let causes = cause.into_iter().collect();
        let after = Vec::new();
        let commit = maybe_done(commit);
        let write =
            Pending { commit, events, causes, starts, ends, after, born, tells, cuts, documents, enters };
        self.pending.push_back(Box::new(write));
        self.facts.running.store(self.session.running_reply().is_some(), Ordering::Relaxed);
    }

    /// Events as they are stored, which is how they are sent.
    fn encode(&self, events: Vec<(u64, Event)>, at: UnixMs, append: &mut Append) -> Vec<Outgoing> {
        let (id, epoch) = (self.session.id(), self.session.epoch());
        let encode = |(seq, event): (u64, Event)| {
            let data = event.data_json();
            let outgoing = Outgoing::durable(event, &data, id, Position { epoch, seq }, at);
            let (actor, kind) = (
                outgoing.event.as_ref().map_or(Actor::Server, |event| self.session.actor_of(event)),
                outgoing.kind.clone(),
            );
            append
                .records
                .push((id, Record { stream: Stream::SESSION, position: seq, at, actor, kind, data }));
            outgoing
        };
        events.into_iter().map(encode).collect()
    }

    fn row(&self) -> SessionRow {
        SessionRow {
            session: self.session.id(),
            epoch: self.session.epoch(),
            title: self.session.title().to_owned(),
            status: self.session.status(false),
            created_at: self.session.created_at(),
            last_activity: self.session.last_activity(),
            message_count: self.session.message_count(),
            participant_count: self.session.participant_count(),
        }
    }
}

fn started(event: &Event) -> Option<MessageId> {
    if let Event::TurnStarted(started) = event { Some(started.message.message_id) } else { None }
}

fn command_row(cause: &Cause, digest: [u8; 16], session: SessionId) -> CommandRow {
    let answer = serde_json::to_string(&cause.answer).expect("an ack is plain data");
    CommandRow { user: cause.user, id: cause.id.clone(), digest, session, position: cause.answer.seq, answer }
}
