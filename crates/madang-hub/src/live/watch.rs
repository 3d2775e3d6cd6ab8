//! Who follows the session: attaching, exact resume, detaching, and the lists of its people.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use madang_protocol::{
    ClaudeResponse, Command, ConnectionId, ErrorCode, Event, Position, ResumePoint, Resumed, SessionChanged,
};
use madang_session::{Around, Outcome, Rejection};
use madang_store::Stream;
use tokio::time::Instant;

use super::{Live, Request};
use crate::followed::{Followed, NotFollowed};
use crate::hub::store_rejection;
use crate::link::follows_too_many;
use crate::{Batch, Outgoing, Viewer};

/// Events that an exact resume replays; a gap beyond gets a snapshot (DC1 keeps at least so many).
const REPLAY_MAX: u64 = 10_000;
/// Events read at a time while replaying.
const REPLAY_PAGE: u32 = 500;

/// One connection that follows.
pub(super) struct Watcher {
    pub(super) connection: ConnectionId,
    pub(super) viewer: Arc<dyn Viewer>,
    followed: Arc<Followed>,
}

impl Live {
    fn is_watching(&self, followed: &Arc<Followed>) -> bool {
        self.watchers.iter().any(|watcher| Arc::ptr_eq(&watcher.followed, followed))
    }

    /// Whether a request attaches its connection, or asks where it stands.
    pub(super) fn attaches(&self, request: &Request) -> bool {
        let asks = matches!(request.submission.command, Command::FollowSession(_));
        asks || (request.follows && request.viewer.stays() && !self.is_watching(&request.followed))
    }

    /// Attaches a request's connection, unless it is gone or follows too many.
    pub(super) fn watch(&mut self, request: &Request) -> Result<(), NotFollowed> {
        if !request.viewer.stays() {
            return Ok(());
        }
        let (viewer, followed) = (request.viewer.clone(), request.followed.clone());
        followed.enter(self.session.id())?;
        let connection = viewer.connection_id();
        // A connection that said anew who it is has another link; the old one's place is taken.
        self.watchers.retain(|watcher| watcher.connection != connection);
        self.watchers.push(Watcher { connection, viewer, followed });
        self.count_watchers();
        Ok(())
    }

    pub(super) fn unwatch(&mut self, followed: &Arc<Followed>) {
        self.watchers.retain(|watcher| !Arc::ptr_eq(&watcher.followed, followed));
        followed.leave(self.session.id());
        self.idle_since = Instant::now();
        self.count_watchers();
    }

    pub(super) fn unwatch_all(&mut self) {
        for watcher in self.watchers.drain(..) {
            watcher.followed.leave(self.session.id());
        }
        self.count_watchers();
    }

    fn count_watchers(&mut self) {
        let before = self.facts.viewers.swap(self.watchers.len(), Ordering::Relaxed);
        if (before == 0) != self.watchers.is_empty() {
            // Active and idle are what the list shows.
            self.summary_due.get_or_insert_with(|| Instant::now() + super::SUMMARY_DELAY);
        }
    }

    /// Attaches a connection, with everything it missed or with the whole state; then does what else it asked for.
    pub(super) async fn attach(&mut self, request: Request) {
        let new = !self.is_watching(&request.followed);
        let attached = match self.admit(&request, new) {
            Ok(()) if new => self.watch(&request),
            Ok(()) => Ok(()),
            Err(rejection) => return self.reply_to(&request, rejection.to_error().into()),
        };
        let (mut point, mut answers) = (None, None);
        if let Command::FollowSession(data) = &request.submission.command {
            (point, answers) = (data.resume.clone(), Some(request.submission.id.as_str()));
        }
        let resumed = match attached {
            Ok(()) => self.resume(&request, point, answers).await,
            Err(NotFollowed::Full) => Err(follows_too_many()),
            // Whoever asked is gone; what they asked for is done all the same (RS3).
            Err(NotFollowed::Gone) => Ok(()),
        };
        match resumed {
            Ok(()) if answers.is_none() => self.command(request).await,
            Ok(()) => {}
            Err(rejection) => {
                if new {
                    self.unwatch(&request.followed);
                }
                self.reply_to(&request, rejection.to_error().into());
            }
        }
    }

    fn admit(&self, request: &Request, new: bool) -> Result<(), Rejection> {
        // A snapshot for a stranger is refused by the core; that of a deleted session too.
        self.session.status_data(&request.caller.in_session(), true)?;
        if new && self.watchers.len() >= self.hub.inner.settings.viewers_max {
            return Err(Rejection::new(ErrorCode::SessionFull, "Too many connections follow this session."));
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
        let live = self.written().map_or((0, &[][..]), |(_, n, parts)| (n, parts));
        let around = Around { live, ..Around::default() };
        let state = self.session.snapshot(&request.caller.in_session(), around)?;
        let state = self.hub.outgoing(Some(self.session.id()), answers, Event::from(state));
        request.viewer.deliver(&[Batch::asked_for(vec![state])]);
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
        let mut events: Vec<Outgoing> = Vec::new();
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
        let bytes: usize = events.iter().map(|event| event.envelope.len()).sum();
        if after != self.session.seq() || bytes > self.hub.inner.settings.replay_bytes_max {
            return self.send_state(request, answers);
        }
        let resumed = Resumed { session_id: id, from: point.seq, to: after, recovered: true };
        let mut batches = vec![Batch::new(vec![self.hub.outgoing(Some(id), answers, Event::from(resumed))])];
        if !events.is_empty() {
            batches.push(Batch::asked_for(events));
        }
        if let Some(snapshot) = self.reattachment() {
            batches.push(Batch::asked_for(vec![snapshot]));
        }
        request.viewer.deliver(&batches);
        Ok(())
    }

    /// RS2: one snapshot of the running reply, then deltas go on.
    fn reattachment(&self) -> Option<Outgoing> {
        let (message, n, parts) = self.written()?;
        let id = self.session.id();
        let snapshot = ClaudeResponse {
            n: Some(n),
            parts: Some(parts.to_vec()),
            stream: true,
            ..ClaudeResponse::bare(id, message, Outcome::text(parts))
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
            let present = u32::from(!self.watchers.is_empty());
            let Some(summary) = self.session.summary(user, present, None) else { continue };
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
