//! Attaching to a session: the whole state, or exactly what was missed (RS1, RS2).

use madang_protocol::{
    ClaudeResponse, Command, ErrorCode, Event, Position, PresenceChanged, ResumePoint, Resumed, SessionState,
};
use madang_session::{Action, Around, Outcome, Rejection};
use madang_store::{StoreError, Stream};

use super::followers::Parting;
use super::{Live, Request};
use crate::followed::NotFollowed;
use crate::hub::store_rejection;
use crate::link::follows_too_many;
use crate::{Batch, Caller, Outgoing};

/// Events that an exact resume replays; a gap beyond gets a snapshot (DC1 keeps at least so many).
const REPLAY_MAX: u64 = 10_000;
/// Events read at a time while replaying.
const REPLAY_PAGE: u32 = 500;

impl Live {
    /// Whether a request attaches its connection, or asks where it stands.
    pub(super) fn attaches(&self, request: &Request) -> bool {
        let command = &request.submission.command;
        let asks = matches!(command, Command::FollowSession(_) | Command::JoinCollaboration(_));
        asks || (request.follows && request.viewer.stays() && !self.is_watching(&request.followed))
    }

    /// Attaches a connection, with everything it missed or with the whole state; then does what else it asked for.
    pub(super) async fn attach(&mut self, request: Request) {
        self.tell_before_answer(&request);
        let new = request.viewer.stays() && !self.is_watching(&request.followed);
        let attached = match self.admit(&request, new) {
            Ok(()) if new => self.watch(&request),
            Ok(()) => Ok(()),
            Err(rejection) => return self.reply_to(&request, rejection.to_error().into()),
        };
        let own = request.submission.id.as_str();
        let (mut point, mut answers) = (None, None);
        if let Command::FollowSession(data) = &request.submission.command {
            (point, answers) = (data.resume.clone(), Some(own));
        } else if let Command::JoinCollaboration(_) = &request.submission.command {
            answers = Some(own);
        }
        let resumed = match attached {
            Ok(()) => self.resume(&request, point, answers).await,
            Err(NotFollowed::Full) => Err(follows_too_many()),
            // Whoever asked is gone; what they asked for is done all the same (RS3).
            Err(NotFollowed::Gone) => {
                self.note_joined(&request).await;
                Ok(())
            }
        };
        if let Err(rejection) = resumed {
            if new {
                self.unwatch(&request.followed, Parting::Left);
            }
            return self.reply_to(&request, rejection.to_error().into());
        }
        if new {
            self.refresh_profile(&request).await;
        }
        if answers.is_none() {
            self.command(request).await;
        }
    }

    fn admit(&self, request: &Request, new: bool) -> Result<(), Rejection> {
        let caller = request.caller.in_session();
        // A snapshot for a stranger is refused here; that of a deleted session too.
        self.session.check(&caller, Action::Read)?;
        if matches!(request.submission.command, Command::JoinCollaboration(_)) {
            self.session.check(&caller, Action::Join)?;
        }
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
            None => self.send_state(request, answers).await,
        }
    }

    /// The session whole, for one reader.
    pub(super) async fn state_for(&mut self, caller: &Caller) -> Result<SessionState, Rejection> {
        let spent = self.spent().await?;
        let live = self.written().map_or((0, &[][..]), |(_, n, parts)| (n, parts));
        let around = Around {
            live,
            presence: self.presence.list(),
            read_to: self.marks.get(caller.user).copied(),
            unread_mentions: self.unread_mentions(caller.user),
            spent,
        };
        self.session.snapshot(&caller.in_session(), around)
    }

    async fn send_state(&mut self, request: &Request, answers: Option<&str>) -> Result<(), Rejection> {
        let mut state = self.state_for(&request.caller).await?;
        state.document = self.document_for_version1(request).await;
        // Whoever hears that they have joined, and then loses the connection or the server, must find it noted.
        self.note_joined(request).await;
        let state = self.hub.outgoing(Some(self.session.id()), answers, Event::from(state));
        request.viewer.deliver(&[Batch::asked_for(vec![state])]);
        self.roll_call(request.viewer.as_ref());
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
        let events = self.stored_after(point.seq).await.map_err(|error| store_rejection(&error))?;
        let after = events.last().and_then(|event| event.position).map_or(point.seq, |last| last.seq);
        let bytes: usize = events.iter().map(|event| event.envelope.len()).sum();
        if after != self.session.seq() || bytes > self.hub.inner.settings.replay_bytes_max {
            return self.send_state(request, answers).await;
        }
        let resumed = Resumed { session_id: id, from: point.seq, to: after, recovered: true };
        let mut batches = vec![Batch::new(vec![self.hub.outgoing(Some(id), answers, Event::from(resumed))])];
        if !events.is_empty() {
            batches.push(Batch::asked_for(events));
        }
        if let Some(snapshot) = self.reattachment() {
            batches.push(Batch::asked_for(vec![snapshot]));
        }
        let present = self.present();
        if !present.is_empty() {
            batches.push(Batch::asked_for(present));
        }
        request.viewer.deliver(&batches);
        Ok(())
    }

    /// The log's events after a position, as they are stored.
    pub(super) async fn stored_after(&mut self, mut after: u64) -> Result<Vec<Outgoing>, StoreError> {
        let id = self.session.id();
        let mut events = Vec::new();
        while after < self.session.seq() {
            let page = self.hub.inner.store.read(id, Stream::SESSION, after, REPLAY_PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.position;
            events.extend(page.iter().map(|record| {
                let position = Position { epoch: self.session.epoch(), seq: record.position };
                Outgoing::stored(&record.kind, &record.data, id, position, record.at)
            }));
        }
        Ok(events)
    }

    /// Who is here, after an exact replay: a client starts over with it, since comings and goings are in no log (RS4).
    fn present(&self) -> Vec<Outgoing> {
        let session_id = self.session.id();
        let event = |presence| {
            let event = Event::from(PresenceChanged { session_id, presence });
            self.hub.outgoing(Some(session_id), None, event)
        };
        self.presence.list().into_iter().map(event).collect()
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
}
