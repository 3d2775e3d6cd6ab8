//! Who follows the session: attaching, exact resume, detaching, and the lists of its people.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use madang_protocol::{
    ClaudeResponse, ConnectionId, Event, FollowSession, Position, ResumePoint, Resumed, SessionChanged,
};
use madang_session::{Outcome, Rejection};
use madang_store::Stream;
use tokio::time::Instant;

use super::{Live, Request};
use crate::hub::store_rejection;
use crate::{Batch, Outgoing, Viewer};

/// Events that an exact resume replays; a gap beyond gets a snapshot (DC1 keeps at least so many).
const REPLAY_MAX: u64 = 10_000;
/// Events read and sent at a time while replaying.
const REPLAY_PAGE: u32 = 500;

/// One connection that follows.
pub(super) struct Watcher {
    pub(super) viewer: Arc<dyn Viewer>,
}

impl Live {
    pub(super) fn is_watching(&self, connection: ConnectionId) -> bool {
        self.watchers.iter().any(|watcher| watcher.viewer.connection_id() == connection)
    }

    pub(super) fn watch(&mut self, viewer: Arc<dyn Viewer>) {
        self.watchers.push(Watcher { viewer });
        self.count_watchers();
    }

    pub(super) fn unwatch(&mut self, connection: ConnectionId) {
        self.watchers.retain(|watcher| watcher.viewer.connection_id() != connection);
        self.parked.retain(|request| request.viewer.connection_id() != connection);
        self.idle_since = Instant::now();
        self.count_watchers();
    }

    fn count_watchers(&mut self) {
        let before = self.facts.viewers.swap(self.watchers.len(), Ordering::Relaxed);
        if (before == 0) != self.watchers.is_empty() {
            // Active and idle are what the list shows.
            self.summary_due.get_or_insert_with(|| Instant::now() + super::SUMMARY_DELAY);
        }
    }

    /// Serves what waited for the committed state.
    pub(super) async fn serve_parked(&mut self) {
        while self.pending.is_empty()
            && let Some(request) = self.parked.pop_front()
        {
            self.attach(request).await;
        }
    }

    /// Attaches a connection, with everything it missed or with the whole state; then does what else it asked for.
    async fn attach(&mut self, request: Request) {
        let id = request.submission.id.clone();
        if let Err(rejection) = self.admit(&request) {
            let error =
                self.hub.outgoing(Some(self.session.id()), Some(&id), Event::from(rejection.to_error()));
            return request.viewer.deliver(&[Batch::new(vec![error])]);
        }
        let follow = match &request.submission.command {
            madang_protocol::Command::FollowSession(FollowSession { resume, .. }) => Some(resume.clone()),
            _ => None,
        };
        if !self.is_watching(request.viewer.connection_id()) {
            self.watch(request.viewer.clone());
        }
        let answers = follow.is_some().then_some(id.as_str());
        match self.resume(&request, follow.flatten(), answers).await {
            Ok(()) => {}
            Err(rejection) => {
                self.unwatch(request.viewer.connection_id());
                let error =
                    self.hub.outgoing(Some(self.session.id()), Some(&id), Event::from(rejection.to_error()));
                return request.viewer.deliver(&[Batch::new(vec![error])]);
            }
        }
        if answers.is_none() {
            self.command(request).await;
        }
    }

    fn admit(&self, request: &Request) -> Result<(), Rejection> {
        // A snapshot for a stranger is refused by the core; that of a deleted session too.
        self.session.status_data(request.caller.user, true)?;
        if self.watchers.len() >= self.hub.inner.settings.viewers_max {
            return Err(Rejection::new(
                madang_protocol::ErrorCode::SessionFull,
                "Too many connections follow this session.",
            ));
        }
        Ok(())
    }

    /// RS1: exactly what was missed, or the whole state; never a part.
    async fn resume(
        &mut self,
        request: &Request,
        point: Option<ResumePoint>,
        answers: Option<&str>,
    ) -> Result<(), Rejection> {
        let exact = point.filter(|point| {
            point.epoch == self.session.epoch()
                && point.seq <= self.session.seq()
                && self.session.seq() - point.seq <= REPLAY_MAX
        });
        match exact {
            Some(point) => self.replay(request, &point, answers).await,
            None => self.send_state(request, answers),
        }
    }

    fn send_state(&self, request: &Request, answers: Option<&str>) -> Result<(), Rejection> {
        let live = self.reply.as_ref().map_or((0, &[][..]), |reply| (reply.n, &reply.parts[..]));
        let state = self.session.snapshot(request.caller.user, true, live)?;
        let state = self.hub.outgoing(Some(self.session.id()), answers, Event::from(state));
        request.viewer.deliver(&[Batch::new(vec![state])]);
        Ok(())
    }

    async fn replay(
        &mut self,
        request: &Request,
        point: &ResumePoint,
        answers: Option<&str>,
    ) -> Result<(), Rejection> {
        let id = self.session.id();
        // The whole gap is read before the first word of it is sent: complete, or declared failed (RS1).
        let mut events = Vec::new();
        let mut after = point.seq;
        while after < self.session.seq() {
            let page = self.hub.inner.store.read(id, Stream::SESSION, after, REPLAY_PAGE).await;
            let page = page.map_err(|error| store_rejection(&error))?;
            let Some(last) = page.last() else { break };
            after = last.position;
            events.extend(page.iter().map(|record| {
                let position = Position { epoch: self.session.epoch(), seq: record.position };
                Outgoing::stored(&record.kind, &record.data, id, position, record.at)
            }));
        }
        if after != self.session.seq() {
            return self.send_state(request, answers);
        }
        let resumed = Resumed { session_id: id, from: point.seq, to: after, recovered: true };
        let mut batches = vec![Batch::new(vec![self.hub.outgoing(Some(id), answers, Event::from(resumed))])];
        if !events.is_empty() {
            batches.push(Batch::new(events));
        }
        if let Some(snapshot) = self.reattachment() {
            batches.push(Batch::new(vec![snapshot]));
        }
        request.viewer.deliver(&batches);
        Ok(())
    }

    /// RS2: one snapshot of the running reply, then deltas go on.
    fn reattachment(&self) -> Option<Outgoing> {
        let reply = self.reply.as_ref()?;
        let id = self.session.id();
        let snapshot = ClaudeResponse {
            n: Some(reply.n),
            parts: Some(reply.parts.clone()),
            ..delta(id, reply.message_id, Outcome::text(&reply.parts))
        };
        Some(self.hub.outgoing(Some(id), None, Event::from(snapshot)))
    }

    /// Sends the session's line to every connection of its people, whatever they follow.
    pub(super) fn tell_people(&mut self) {
        if self.summary_due.take().is_none() {
            return;
        }
        for (user, _) in self.session.people() {
            let viewers = self.hub.inner.people.viewers(user);
            let Some(summary) = self.session.summary(user, !self.watchers.is_empty()) else { continue };
            if viewers.is_empty() {
                continue;
            }
            let event = Event::from(SessionChanged { summary });
            let batch = Batch::new(vec![self.hub.outgoing(Some(self.session.id()), None, event)]);
            viewers.iter().for_each(|viewer| viewer.deliver(std::slice::from_ref(&batch)));
        }
    }

    /// Sends events that are not in the log to everyone who follows.
    pub(super) fn broadcast(&self, events: Vec<Outgoing>) {
        if events.is_empty() || self.watchers.is_empty() {
            return;
        }
        let batch = Batch::new(events);
        self.watchers.iter().for_each(|watcher| watcher.viewer.deliver(std::slice::from_ref(&batch)));
    }
}

/// A delta without its particulars.
pub(super) fn delta(
    session_id: madang_protocol::SessionId,
    message_id: madang_protocol::MessageId,
    content: String,
) -> ClaudeResponse {
    ClaudeResponse {
        session_id,
        message_id,
        content,
        stream: true,
        completed: false,
        n: None,
        part: None,
        kind: None,
        name: None,
        parts: None,
        status: None,
        usage: None,
        cost: None,
        model: None,
        stop_reason: None,
        simulated: None,
        stopped_by: None,
        error: None,
        ended_at: None,
    }
}
