//! From applied commands to the disk, and from there to everyone: in order, written before it is sent (invariant 6).

use std::collections::{HashMap, VecDeque};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::FutureExt;
use madang_protocol::{Ack, Actor, ConnectionId, Event, MessageId, Position, SessionId, UserId};
use madang_session::{Applied, Effect, Rejection, Session};
use madang_store::{
    Append, CommandRow, Commit, JournalEntry, MemberRow, Record, SessionRow, SnapshotRow, StoreError, Stream,
};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::load::asker;
use super::reply::Ending;
use super::{Live, Request, SAVE_RETRY, SUMMARY_DELAY};
use crate::hub::store_rejection;
use crate::link::{is_durable, repeat};
use crate::{Batch, Outgoing, Viewer};

/// Commands whose answers a session remembers; older ones are found in the store.
const RECENT_MAX: usize = 4_096;
/// A snapshot is written when the log has grown by this much since the last one, so that loading stays quick.
const SNAPSHOT_EVENTS: u64 = 2_000;

/// The command that caused a write, and how it is answered.
#[derive(Clone)]
pub(super) struct Cause {
    viewer: Arc<dyn Viewer>,
    user: UserId,
    id: String,
    digest: Option<[u8; 16]>,
    answer: Ack,
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
        }
    }
}

/// A write on its way to the disk.
pub(super) struct Pending {
    commit: Commit,
    events: Vec<Outgoing>,
    causes: Vec<Cause>,
    /// The reply whose start it contains: its deltas are held until it is on disk.
    starts: Option<MessageId>,
    /// The end of a reply, to be tried again if this fails.
    ends: Option<Ending>,
    /// Deltas of a reply that ended before its start was on disk.
    after: Vec<Outgoing>,
    born: Option<oneshot::Sender<Result<(), Rejection>>>,
}

/// Resolves when the oldest write is done; never when there is none.
pub(super) async fn front(pending_writes: &mut VecDeque<Pending>) -> Result<(), StoreError> {
    match pending_writes.front_mut() {
        Some(write) => (&mut write.commit).await,
        None => pending().await,
    }
}

/// The answers to the newest commands, so that a repeat is not carried out twice (CM2).
#[derive(Default)]
pub(super) struct Recent {
    answers: HashMap<(UserId, String), ([u8; 16], Ack)>,
    order: VecDeque<(UserId, String)>,
}

impl Recent {
    fn add(&mut self, cause: &Cause) {
        let Some(digest) = cause.digest else { return };
        let key = (cause.user, cause.id.clone());
        if self.order.len() >= RECENT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.answers.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.answers.insert(key, (digest, cause.answer.clone()));
    }

    fn forget(&mut self, cause: &Cause) {
        let key = (cause.user, cause.id.clone());
        self.answers.remove(&key);
        self.order.retain(|kept| *kept != key);
    }

    pub(super) fn find(&self, user: UserId, id: &str) -> Option<&([u8; 16], Ack)> {
        self.answers.get(&(user, id.to_owned()))
    }
}

impl Live {
    /// Does what applied commands ask for, and writes their events.
    pub(super) async fn carry_out(&mut self, mut applied: Applied, cause: Option<Cause>) {
        let mut append = Append::default();
        let mut ends = None;
        for effect in std::mem::take(&mut applied.effects) {
            match effect {
                Effect::Start { turn_id, message_id, prompt_id } => {
                    let asked_by = asker(&self.session, prompt_id);
                    if let Err(error) = self.start_reply(turn_id, message_id, asked_by, &mut append).await {
                        return self.give_up(&error, cause).await;
                    }
                }
                Effect::Stop { message_id, by } => {
                    if let Some(ending) = self.stopped(message_id, Some(by)) {
                        let ended = self.end_of(&ending, &mut append);
                        applied.events.extend(ended.events);
                        ends = Some(ending);
                        // A queue goes on with its next prompt: its start is part of the same write.
                        for next in ended.effects {
                            self.start_next(next, &mut append).await;
                        }
                    }
                }
            }
        }
        let cause = cause.map(|cause| Cause {
            answer: Ack { seq: applied.events.first().map(|(seq, _)| *seq), ..cause.answer.clone() },
            ..cause
        });
        self.write_all(applied, cause, append, (ends, None)).await;
    }

    /// Puts the end of a reply into the log and starts the next turn.
    pub(super) async fn end_reply(&mut self, ending: Ending, cause: Option<Cause>) {
        let mut append = Append::default();
        let mut applied = self.end_of(&ending, &mut append);
        for effect in std::mem::take(&mut applied.effects) {
            self.start_next(effect, &mut append).await;
        }
        self.write_all(applied, cause, append, (Some(ending), None)).await;
    }

    /// The end of a reply: its event, its journal's end, what the model is reminded of later, its line of the ledger.
    fn end_of(&mut self, ending: &Ending, append: &mut Append) -> Applied {
        let id = self.session.id();
        let now = self.hub.inner.clock.now();
        append.journal.push((id, JournalEntry::End { message: ending.outcome.message_id }));
        append.ledger.extend(ending.ledger.clone());
        if let (Some(turn), Some(message)) = (ending.turn_id, ending.message.clone()) {
            append.records.push((id, self.history.add(turn, now, "assistant", message)));
        }
        self.session.end_turn(now, &mut self.rng, ending.outcome.clone())
    }

    /// Deltas that were held for a start which is still under way go out right after it.
    pub(super) fn after_start(&mut self, message: MessageId, held: Vec<Outgoing>) {
        if let Some(write) = self.pending.iter_mut().find(|write| write.starts == Some(message)) {
            write.after = held;
        }
    }

    async fn start_next(&mut self, effect: Effect, append: &mut Append) {
        let Effect::Start { turn_id, message_id, prompt_id } = effect else { return };
        let asked_by = asker(&self.session, prompt_id);
        if let Err(error) = self.start_reply(turn_id, message_id, asked_by, append).await {
            // The commit that follows will meet the same store; its failure reloads the session.
            tracing::warn!(session.id = %self.session.id(), error = &error as &dyn std::error::Error, "a waiting turn could not start");
        }
    }

    /// Hands events and rows to the store; what they mean to others follows when they are on disk.
    pub(super) async fn write(
        &mut self,
        applied: Applied,
        cause: Option<Cause>,
        append: Append,
        born: Option<oneshot::Sender<Result<(), Rejection>>>,
    ) {
        self.write_all(applied, cause, append, (None, born)).await;
    }

    async fn write_all(
        &mut self,
        applied: Applied,
        cause: Option<Cause>,
        mut append: Append,
        (ends, born): (Option<Ending>, Option<oneshot::Sender<Result<(), Rejection>>>),
    ) {
        let id = self.session.id();
        let now = self.hub.inner.clock.now();
        let mut starts = None;
        let mut events = Vec::with_capacity(applied.events.len());
        for (seq, event) in applied.events {
            let data = event.data_json();
            if let Event::TurnStarted(started) = &event {
                starts = Some(started.message.message_id);
            }
            append.records.push((id, record(seq, now, &event, data.clone())));
            let position = Position { epoch: self.session.epoch(), seq };
            events.push(Outgoing::durable(event, &data, id, position, now));
        }
        if !events.is_empty() {
            append.sessions.push(self.row());
        }
        if events.first().is_some_and(|event| event.kind == "session_created") {
            append.members = self
                .session
                .people()
                .map(|(user, role)| (id, MemberRow { user, role: Some(role) }))
                .collect();
        }
        if let Some(cause) = &cause
            && let Some(digest) = cause.digest
        {
            append.command = Some(command_row(cause, digest, id));
            self.recent.add(cause);
        }
        let causes = cause.into_iter().collect();
        let commit = match self.hub.inner.store.submit(append).await {
            Ok(commit) => commit,
            Err(error) => futures_util::future::ready(Err(error)).boxed(),
        };
        self.pending.push_back(Pending { commit, events, causes, starts, ends, after: Vec::new(), born });
        self.facts.running.store(self.session.running_reply().is_some(), Ordering::Relaxed);
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

    /// Adds a waiting answer to a write that is under way: the same command came twice.
    pub(super) fn answer_with(
        &mut self,
        request: &Request,
        digest: &[u8; 16],
        answer: &Ack,
    ) -> Result<bool, Rejection> {
        if *digest != request.submission.digest {
            return Err(Rejection::new(
                madang_protocol::ErrorCode::Conflict,
                "This id was used for another command.",
            ));
        }
        let same = |cause: &Cause| cause.user == request.caller.user && cause.id == request.submission.id;
        let under_way = self.pending.iter_mut().find(|write| write.causes.iter().any(same));
        let Some(write) = under_way else { return Ok(false) };
        write.causes.push(Cause { digest: None, ..Cause::of(request, answer.clone()) });
        Ok(true)
    }

    /// The oldest write is done: so may be others of the same group. Tells everyone, in order.
    pub(super) async fn front_done(&mut self, first: Result<(), StoreError>) {
        let mut result = first;
        let mut shared = Vec::new();
        let mut answers: Vec<Cause> = Vec::new();
        let mut borns = Vec::new();
        loop {
            let Some(write) = self.pending.pop_front() else { break };
            if let Err(error) = result {
                self.publish(shared, answers, borns);
                return self.failed(error, write).await;
            }
            shared.extend(write.events);
            answers.extend(write.causes);
            borns.extend(write.born);
            shared.extend(write.after);
            if let Some(message) = write.starts {
                shared.extend(self.started(message));
            }
            match self.pending.front_mut().and_then(|next| (&mut next.commit).now_or_never()) {
                Some(next) => result = next,
                None => break,
            }
        }
        self.publish(shared, answers, borns);
    }

    fn publish(
        &mut self,
        shared: Vec<Outgoing>,
        answers: Vec<Cause>,
        borns: Vec<oneshot::Sender<Result<(), Rejection>>>,
    ) {
        self.note_changes(&shared);
        let id = self.session.id();
        let mut private: HashMap<ConnectionId, Vec<Outgoing>> = HashMap::new();
        let mut strangers = Vec::new();
        for cause in answers {
            let ack = self.hub.outgoing(Some(id), Some(&cause.id), Event::from(cause.answer));
            let connection = cause.viewer.connection_id();
            match self.watchers.iter().any(|watcher| watcher.viewer.connection_id() == connection) {
                true => private.entry(connection).or_default().push(ack),
                false => strangers.push((cause.viewer, ack)),
            }
        }
        let shared = (!shared.is_empty()).then(|| Batch::new(shared));
        for watcher in &self.watchers {
            let own = match private.is_empty() {
                true => None,
                false => private.remove(&watcher.viewer.connection_id()).map(Batch::new),
            };
            match (own, &shared) {
                (Some(own), Some(shared)) => watcher.viewer.deliver(&[own, shared.clone()]),
                (Some(own), None) => watcher.viewer.deliver(&[own]),
                (None, Some(shared)) => watcher.viewer.deliver(std::slice::from_ref(shared)),
                (None, None) => {}
            }
        }
        strangers.into_iter().for_each(|(viewer, ack)| viewer.deliver(&[Batch::new(vec![ack])]));
        borns.into_iter().for_each(|born| {
            // Its maker's connection may be gone; the session stays.
            born.send(Ok(())).ok();
        });
        if self.over {
            self.watchers.clear();
        }
    }

    /// What committed events mean beyond the session: the lists of its people, and its own end.
    fn note_changes(&mut self, events: &[Outgoing]) {
        if events.is_empty() {
            return;
        }
        self.over |= events.iter().any(|event| event.kind == "session_deleted");
        let quiet = |event: &Outgoing| event.piece.is_some() || event.kind == "message_created";
        if events.iter().all(quiet) {
            self.summary_due.get_or_insert_with(|| Instant::now() + SUMMARY_DELAY);
        } else {
            self.summary_due = Some(Instant::now());
            self.tell_people();
        }
    }

    /// A write failed: memory is ahead of the disk. Everything uncommitted is refused and the session read again.
    async fn failed(&mut self, error: StoreError, write: Pending) {
        let rejection = store_rejection(&error);
        let mut lost = vec![write];
        lost.extend(self.pending.drain(..));
        for write in lost {
            if self.reply.as_ref().is_some_and(|reply| Some(reply.message_id) == write.starts) {
                self.reply = None;
            }
            if let Some(ending) = write.ends {
                self.unsaved.get_or_insert((ending, Instant::now() + SAVE_RETRY));
            }
            for cause in &write.causes {
                self.recent.forget(cause);
                self.answer_lost(cause, &rejection).await;
            }
            if let Some(born) = write.born {
                born.send(Err(rejection.clone())).ok();
                self.over = true;
            }
        }
        if self.over {
            self.watchers.clear();
            return;
        }
        if let Err(error) = self.reload().await {
            tracing::error!(session.id = %self.session.id(), error = &error as &dyn std::error::Error, "a session can't be read again and is dropped");
            self.over = true;
            self.reply = None;
            self.unsaved = None;
            self.watchers.drain(..).for_each(|watcher| watcher.viewer.invalidate());
        }
        self.facts.running.store(self.session.running_reply().is_some(), Ordering::Relaxed);
    }

    /// Answers a command whose write failed: if the very command is stored already, with its first answer.
    async fn answer_lost(&mut self, cause: &Cause, rejection: &Rejection) {
        let stored = match cause.digest {
            Some(_) => self.hub.inner.store.command(cause.user, &cause.id).await.ok().flatten(),
            None => None,
        };
        let event = match (stored, cause.digest) {
            (Some(row), Some(digest)) => match repeat(&row, &digest) {
                Ok(ack) => Event::from(ack),
                Err(conflict) => Event::from(conflict.to_error()),
            },
            _ => Event::from(rejection.to_error()),
        };
        let answer = self.hub.outgoing(Some(self.session.id()), Some(&cause.id), event);
        cause.viewer.deliver(&[Batch::new(vec![answer])]);
    }

    /// The store can't even be read: nothing was written, so the command is refused and the session read again.
    async fn give_up(&mut self, error: &StoreError, cause: Option<Cause>) {
        let rejection = store_rejection(error);
        if let Some(cause) = &cause {
            self.answer_lost(cause, &rejection).await;
        }
        // Everything uncommitted is lost with it: the next look at the queue does what `failed` does.
        let commit = futures_util::future::ready(Err(StoreError::Conflict)).boxed();
        let (events, causes, after) = (Vec::new(), Vec::new(), Vec::new());
        self.pending.push_back(Pending {
            commit,
            events,
            causes,
            starts: None,
            ends: None,
            after,
            born: None,
        });
    }

    /// Tries again to save the end of a reply.
    pub(super) async fn save_again(&mut self) {
        let Some((ending, _)) = self.unsaved.take() else { return };
        if self.session.running_reply().is_some_and(|(_, message)| message == ending.outcome.message_id) {
            // The position in the model's history was forgotten with everything uncommitted.
            if self.history.load(self.hub.inner.store.as_ref(), &self.session).await.is_err() {
                self.unsaved = Some((ending, Instant::now() + SAVE_RETRY));
                return;
            }
            self.end_reply(ending, None).await;
        }
    }

    /// Keeps loading quick: a long log gets a snapshot when its session leaves memory.
    pub(super) async fn write_snapshot(&mut self) {
        if self.over || self.session.seq() < self.snapshot_at + SNAPSHOT_EVENTS {
            return;
        }
        let Ok(data) = serde_json::to_string(&self.session) else { return };
        let row = SnapshotRow { stream: Stream::SESSION, position: self.session.seq(), data };
        let append = Append { snapshots: vec![(self.session.id(), row)], ..Append::default() };
        if let Ok(commit) = self.hub.inner.store.submit(append).await {
            // Only speed depends on it.
            commit.await.ok();
        }
    }
}

fn record(seq: u64, at: madang_protocol::UnixMs, event: &Event, data: String) -> Record {
    let actor: Actor = Session::actor_of(event);
    Record { stream: Stream::SESSION, position: seq, at, actor, kind: event.kind().to_owned(), data }
}

fn command_row(cause: &Cause, digest: [u8; 16], session: SessionId) -> CommandRow {
    let answer = serde_json::to_string(&cause.answer).expect("an ack is plain data");
    CommandRow { user: cause.user, id: cause.id.clone(), digest, session, position: cause.answer.seq, answer }
}
