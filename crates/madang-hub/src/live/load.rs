//! How a session comes to life: made anew, or read back from its log.

use std::collections::VecDeque;
use std::sync::Arc;

use madang_protocol::{Epoch, Event, MessageId, SessionId, UserId};
use madang_session::{Birth as SessionBirth, Rejection, Session, SnapshotError};
use madang_store::{Append, Record, StoreError, Stream};
use tokio::time::Instant;

use super::documents::Documents;
use super::ending::Ending;
use super::journal::replay;
use super::mentions::Mentions;
use super::presence::PresenceTable;
use super::recent::Recent;
use super::round::Round;
use super::snapshot::{Snapshots, restore};
use super::write::{Cause, Draft};
use super::{Birth, Live, Origin, ToLive};
use crate::few::Few;
use crate::history::History;
use crate::hub::store_rejection;
use crate::prompt::PROMPT_VERSION;
use crate::registry::Facts;
use crate::{Batch, Hub};

/// Records read from the store at a time.
const PAGE: u32 = 1_000;

/// Answers a message that no task will take.
pub(super) fn refuse(hub: &Hub, session: SessionId, message: ToLive, rejection: &Rejection) {
    match message {
        ToLive::Command(request) => {
            let error = Event::from(rejection.to_error());
            let answer = hub.outgoing(Some(session), Some(&request.submission.id), error);
            request.viewer.deliver(&[Batch::new(vec![answer])]);
        }
        ToLive::Late(answer) => answer.refuse(hub, session, rejection),
        ToLive::Birth(birth) => {
            drop(birth.born.send(Err(rejection.clone())));
        }
        ToLive::Fork { reply, .. } => {
            drop(reply.send(Err(rejection.clone())));
        }
        ToLive::LinkStands { reply, .. } => {
            drop(reply.send(Err(rejection.clone())));
        }
        ToLive::Drain { done, .. } => {
            // Its being dropped is the word.
            drop(done);
        }
        ToLive::Detach(_) | ToLive::Leave(_) | ToLive::Suspended(_) | ToLive::Wake => {}
    }
}

impl Live {
    fn new(hub: &Hub, facts: Arc<Facts>, mut session: Session) -> Live {
        session.set_simulated(hub.simulated());
        session.hold_queue(hub.draining());
        Live {
            hub: hub.clone(),
            snapshots: Snapshots::default(),
            session,
            facts,
            watchers: Vec::new(),
            presence: PresenceTable::default(),
            round: Round::default(),
            others: None,
            presence_due: None,
            marks: Few::default(),
            mentions: Mentions::default(),
            documents: Documents::default(),
            refused_entry: None,
            pending: VecDeque::new(),
            parked: VecDeque::new(),
            recent: Recent::default(),
            history: History::default(),
            reply: None,
            unsaved: None,
            summary_due: None,
            idle_since: Instant::now(),
            drain: None,
            over: false,
        }
    }

    /// Makes a session; its maker follows it from the first event on.
    pub(super) async fn born(
        hub: &Hub,
        id: SessionId,
        facts: Arc<Facts>,
        birth: Birth,
    ) -> Result<Live, Rejection> {
        let Birth { request, origin, born } = birth;
        let known = match hub.inner.store.user(request.caller.user).await {
            Ok(known) => known,
            Err(error) => {
                let rejection = store_rejection(&error);
                drop(born.send(Err(rejection.clone())));
                return Err(rejection);
            }
        };
        let now = hub.inner.clock.now();
        let default_model = hub.inner.model.default_model();
        let plan = SessionBirth {
            id,
            epoch: Epoch::new(rand::random()),
            default_model: &default_model,
            prompt_version: PROMPT_VERSION,
            models: &hub.models(),
        };
        let caller = request.caller.in_session();
        let default = matches!(origin, Origin::New { default: true, .. });
        let (made, copies) = match origin {
            Origin::New { data, .. } => {
                (Session::create(now, &mut rand::rng(), &caller, &data, &plan), Vec::new())
            }
            Origin::Import { data, messages, told } => {
                (Session::create_import(now, &mut rand::rng(), &caller, &data, (messages, &plan)), told)
            }
            Origin::Fork(seed) => {
                (Ok(Session::create_fork(now, &mut rand::rng(), &caller, seed.fork, &plan)), seed.history)
            }
        };
        let (session, applied) = match made {
            Ok(made) => made,
            Err(rejection) => {
                drop(born.send(Err(rejection.clone())));
                return Err(rejection);
            }
        };
        let mut live = Live::new(hub, facts, session);
        live.history = History::of_a_new_session();
        // A connection that is gone meanwhile has its session all the same.
        if live.watch_from_birth(&request).is_err() {
            tracing::debug!(session.id = %id, "its maker has gone");
        }
        let records =
            copies.into_iter().map(|(turn, role, raw)| (id, live.history.add(turn, now, &role, raw)));
        let mut append = Append { records: records.collect(), ..Append::default() };
        let mut row = request.caller.row(known, live.session.created_at());
        if default {
            row.default_session = Some(id);
        }
        append.users.push(row);
        let cause = Some(Cause::of(&request, applied.answer)).filter(|_| !default);
        let born = Some(born);
        live.write(Draft { at: now, events: applied.events, cause, append, born, ..Draft::default() }).await;
        Ok(live)
    }

    /// Reads a session back, and finishes what was left.
    pub(super) async fn loaded(hub: &Hub, id: SessionId, facts: Arc<Facts>) -> Result<Live, Rejection> {
        let read = read(hub, id).await;
        let Stored { session, marks, mentions, snapshot_at } =
            read.map_err(|error| store_rejection(&error))?.ok_or_else(|| Rejection::not_found("session"))?;
        let mut live = Live::new(hub, facts, session);
        live.snapshots.stands_at(snapshot_at);
        live.marks = marks;
        live.mentions = mentions;
        live.finish_unfinished().await.map_err(|error| store_rejection(&error))?;
        if live.pending.is_empty() {
            // What was killed, or had a snapshot that this program can't read, opens quickly the next time.
            live.write_snapshot().await;
        }
        Ok(live)
    }

    /// Finalises a reply that was cut off by the end of an earlier run, and goes on with the queue (RS5).
    async fn finish_unfinished(&mut self) -> Result<(), StoreError> {
        if let Some(ending) = self.left_behind().await? {
            self.end_reply(ending).await;
            return Ok(());
        }
        let now = self.hub.inner.clock.now();
        let mut draft = Draft { at: now, ..Draft::default() };
        self.weed(&mut draft).await?;
        if !draft.events.is_empty() {
            self.write(draft).await;
        }
        let applied = self.session.resume_queue(now, &mut rand::rng());
        if !applied.events.is_empty() {
            self.carry_out(now, applied, None).await;
        }
        Ok(())
    }

    /// The end of a reply that runs by the log and by nothing else, with the text that was journalled.
    async fn left_behind(&mut self) -> Result<Option<Ending>, StoreError> {
        let Some((turn_id, message)) = self.session.running_reply() else { return Ok(None) };
        let known = self.hub.inner.unfinished.lock().remove(&self.session.id());
        let journal = match known.filter(|journal| journal.message == message) {
            Some(journal) => Some(journal),
            // Not from an earlier run, but from a task of this one that failed.
            None => {
                let journals = self.hub.inner.store.journaled_replies().await?;
                journals.into_iter().find(|journal| journal.message == message)
            }
        };
        let (parts, meters) = journal.as_ref().map(replay).unwrap_or_default();
        Ok(Some(self.left_by_a_kill((turn_id, message), parts, meters)))
    }

    /// Reads the session again, because memory was ahead of a commit that failed.
    pub(super) async fn reload(&mut self) -> Result<(), StoreError> {
        let Some(Stored { session, marks, mentions, snapshot_at }) =
            read(&self.hub, self.session.id()).await?
        else {
            // Its very first event was not saved: there is no session.
            self.over = true;
            return Ok(());
        };
        let before = std::mem::replace(&mut self.session, session);
        self.session.keep_askers(&before);
        self.session.set_simulated(self.hub.simulated());
        self.session.hold_queue(self.hub.draining());
        self.snapshots.stands_at(snapshot_at);
        self.marks = marks;
        self.mentions = mentions;
        self.history.reset();
        let running = self.session.running_reply().map(|(_, message)| message);
        self.reply = self.reply.take().filter(|reply| Some(reply.message_id) == running);
        self.unsaved = self.unsaved.take().filter(|(ending, _)| Some(ending.outcome.message_id) == running);
        if self.written().is_none()
            && let Some(ending) = self.left_behind().await?
        {
            self.keep_unsaved(ending);
        }
        Ok(())
    }
}

/// A session as it is stored.
struct Stored {
    session: Session,
    /// How far its people have read.
    marks: Few<UserId, MessageId>,
    /// What of it concerns them.
    mentions: Mentions,
    /// Where its snapshot stands.
    snapshot_at: u64,
}

/// A session from its newest snapshot and the log after it.
async fn read(hub: &Hub, id: SessionId) -> Result<Option<Stored>, StoreError> {
    let store = hub.inner.store.as_ref();
    let Some(loaded) = store.load(id).await? else { return Ok(None) };
    let marks = loaded.reads.iter().map(|row| (row.user, row.message)).collect();
    let distrusted = hub.inner.distrusted.lock().remove(&id);
    let parts = if distrusted { Vec::new() } else { store.snapshot(id).await? };
    let mut session = match restore(parts) {
        Ok(session) => Some(session),
        // One of another shape (an older program's), or damaged, is not needed: the log says the same.
        Err(SnapshotError::NoHead) => None,
        Err(error) => {
            tracing::warn!(session.id = %id, error = &error as &dyn std::error::Error, "a snapshot is not used");
            None
        }
    };
    let snapshot_at = session.as_ref().map_or(0, Session::seq);
    loop {
        let after = session.as_ref().map_or(0, Session::seq);
        let page = store.read(id, Stream::SESSION, after, PAGE).await?;
        let last = page.len() < PAGE as usize;
        for record in page {
            take(&mut session, &record, loaded.row.epoch)?;
        }
        if last {
            return Ok(session.map(|session| {
                let mentions = Mentions::of(&session, &loaded.mentions);
                Stored { session, marks, mentions, snapshot_at }
            }));
        }
    }
}

fn take(session: &mut Option<Session>, record: &Record, epoch: Epoch) -> Result<(), StoreError> {
    let event = Event::parse(&record.kind, &record.data).map_err(|source| StoreError::Failed {
        during: "reading a session's log",
        source: Box::new(source),
    })?;
    match (session.as_mut(), &event) {
        (Some(session), event) => session.evolve(record.at, event),
        (None, Event::SessionCreated(created)) => *session = Some(Session::begin(created, epoch)),
        (None, _) => {
            return Err(StoreError::Failed {
                during: "reading a session's log",
                source: "the log does not begin with session_created".into(),
            });
        }
    }
    Ok(())
}
