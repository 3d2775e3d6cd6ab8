//! Who follows the session: connections, the presence that follows from them (RS4), and word to its people's lists.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use madang_protocol::{
    Actor, Author, ConnectionId, Event, ParticipantJoined, ParticipantLeft, PresenceChanged, ProtocolVersion,
    Removed, SessionChanged, UserId,
};
use tokio::time::Instant;

use super::presence::News;
use super::round::Round;
use super::{Live, Request};
use crate::few::make_room;
use crate::followed::{Followed, NotFollowed};
use crate::{Batch, Outgoing, Viewer};

/// One connection that follows.
pub(super) struct Watcher {
    pub(super) connection: ConnectionId,
    pub(super) viewer: Arc<dyn Viewer>,
    pub(super) user: UserId,
    followed: Arc<Followed>,
    /// How many batches of the round it was told.
    pub(super) told: u64,
}

impl Watcher {
    /// Follows from now on.
    pub(super) fn new(
        viewer: Arc<dyn Viewer>,
        user: UserId,
        followed: Arc<Followed>,
        round: &Round,
    ) -> Watcher {
        Watcher { connection: viewer.connection_id(), viewer, user, followed, told: round.head() }
    }
}

/// How a connection stops following.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parting {
    /// It is gone without a word, and may be back in a moment.
    Vanished,
    /// Its person said so.
    Left,
}

impl Live {
    pub(super) fn is_watching(&self, followed: &Arc<Followed>) -> bool {
        self.watchers.iter().any(|watcher| Arc::ptr_eq(&watcher.followed, followed))
    }

    /// Attaches a request's connection, unless it is gone or follows too many. Those who followed before are told.
    pub(super) fn watch(&mut self, request: &Request) -> Result<(), NotFollowed> {
        if !request.viewer.stays() {
            return Ok(());
        }
        request.followed.enter(self.session.id())?;
        let connection = request.viewer.connection_id();
        self.presence.arrive(request.caller.user);
        // A connection that said anew who it is has another link; the old one's place is taken.
        self.take_out(|watcher| watcher.connection == connection, Parting::Left);
        self.forget_readers();
        self.tell_presence();
        self.add_watcher(request);
        Ok(())
    }

    /// Attaches the connection that makes the session; who is here is told after the first event.
    pub(super) fn watch_from_birth(&mut self, request: &Request) -> Result<(), NotFollowed> {
        if !request.viewer.stays() {
            return Ok(());
        }
        request.followed.enter(self.session.id())?;
        self.presence.arrive(request.caller.user);
        self.add_watcher(request);
        Ok(())
    }

    fn add_watcher(&mut self, request: &Request) {
        let (viewer, followed) = (request.viewer.clone(), request.followed.clone());
        make_room(&mut self.watchers);
        self.watchers.push(Watcher::new(viewer, request.caller.user, followed, &self.round));
        self.round.changed(&self.watchers);
    }

    pub(super) fn unwatch(&mut self, followed: &Arc<Followed>, parting: Parting) {
        self.take_out(|watcher| Arc::ptr_eq(&watcher.followed, followed), parting);
        self.forget_readers();
        followed.leave(self.session.id());
        self.idle_since = Instant::now();
        self.tell_presence();
    }

    fn take_out(&mut self, gone: impl Fn(&Watcher) -> bool, parting: Parting) {
        if parting == Parting::Left {
            self.tell_before(&gone);
        }
        let away_until = Instant::now() + Duration::from_millis(self.hub.inner.settings.away_ms);
        let presence = &mut self.presence;
        self.watchers.retain(|watcher| {
            let stays = !gone(watcher);
            match parting {
                _ if stays => {}
                Parting::Vanished => presence.vanish(watcher.user, away_until),
                Parting::Left => presence.leave(watcher.user),
            }
            stays
        });
        self.round.changed(&self.watchers);
    }

    pub(super) fn unwatch_all(&mut self) {
        self.finish_round();
        for watcher in self.watchers.drain(..) {
            watcher.followed.leave(self.session.id());
            self.presence.remove(watcher.user);
        }
        self.forget_readers();
    }

    /// Cuts a person off (SE4): what was said before is with them, and this is the last that they hear.
    pub(super) fn cut(&mut self, user: UserId, by: Author) {
        let session_id = self.session.id();
        self.tell_before(|watcher| watcher.user == user);
        self.presence.remove(user);
        self.hub.inner.summaries.left(session_id, user);
        self.watchers.retain(|watcher| {
            let stays = watcher.user != user;
            if !stays {
                watcher.followed.leave(session_id);
            }
            stays
        });
        self.round.changed(&self.watchers);
        self.forget_readers();
        let viewers = self.hub.inner.people.viewers(user);
        let event = Event::from(Removed { session_id, by });
        let batch = Batch::new(vec![self.hub.outgoing(Some(session_id), None, event)]);
        for viewer in viewers {
            viewer.deliver(std::slice::from_ref(&batch));
            viewer.removed(session_id);
        }
    }

    /// Notes that someone types, or no longer does.
    pub(super) fn set_typing(&mut self, request: &Request, typing: bool) {
        let wait = Duration::from_millis(self.hub.inner.settings.typing_ms);
        let now = Instant::now();
        self.presence.typing(request.caller.user, typing.then(|| now + wait));
        // Told with what else has come by then.
        let (news, many) = self.presence.has_news();
        if news {
            self.presence_due.get_or_insert(if many { now + self.presence_wait() } else { now });
        }
    }

    /// Tells those who follow what is new about who is here: at once among few, in batches among many.
    pub(super) fn tell_presence(&mut self) {
        let (news, many) = self.presence.has_news();
        if !news {
            return;
        }
        let before = self.facts.present.swap(self.presence.count(), Ordering::Relaxed);
        if before != self.presence.count() {
            // How many are here is what the list shows.
            self.summary_due.get_or_insert_with(|| Instant::now() + super::SUMMARY_DELAY);
        }
        if many {
            let wait = self.presence_wait();
            self.presence_due.get_or_insert_with(|| Instant::now() + wait);
        } else {
            self.tell_presence_now();
        }
    }

    /// How long news about many people is gathered.
    fn presence_wait(&self) -> Duration {
        Duration::from_millis(self.hub.inner.settings.presence_batch_ms)
    }

    pub(super) fn tell_presence_now(&mut self) {
        self.presence_due = None;
        let news = self.presence.news();
        let events = news.into_iter().filter_map(|news| self.presence_event(news)).collect();
        self.broadcast(events);
    }

    fn presence_event(&self, news: News) -> Option<Outgoing> {
        let session_id = self.session.id();
        let event = match news {
            News::Joined(user) => return self.joined_event(Actor::User(user)),
            News::Changed(presence) => Event::from(PresenceChanged { session_id, presence }),
            News::Left(user_id) => Event::from(ParticipantLeft { session_id, user_id }),
        };
        Some(self.hub.outgoing(Some(session_id), None, event))
    }

    fn joined_event(&self, who: Actor) -> Option<Outgoing> {
        let participant = self.session.participant(who)?;
        let event = ParticipantJoined {
            session_id: self.session.id(),
            user_id: participant.user_id,
            display_name: participant.display_name.clone(),
            role: participant.role,
            color: participant.color.clone(),
            joined_at: participant.joined_at,
        };
        Some(self.hub.outgoing(Some(self.session.id()), None, Event::from(event)))
    }

    /// Who is here, person by person, for a version-1 connection: it ignores those that it was not told of (SE3).
    pub(super) fn roll_call(&self, viewer: &dyn Viewer) {
        if viewer.version() != ProtocolVersion::V1 {
            return;
        }
        let people = self.presence.list().into_iter().map(|presence| Actor::User(presence.user_id));
        let events: Vec<_> = people.chain([Actor::Claude]).filter_map(|who| self.joined_event(who)).collect();
        if !events.is_empty() {
            viewer.deliver(&[Batch::asked_for(events)]);
        }
    }

    /// Sends the session's line to every connection of its people, whatever they follow.
    pub(super) fn tell_people(&mut self) {
        if self.summary_due.take().is_none() {
            return;
        }
        let present = self.presence.count();
        for (user, _) in self.session.people() {
            let viewers = self.hub.inner.people.viewers(user);
            if viewers.is_empty() {
                continue;
            }
            let read = (self.marks.get(user).copied(), self.unread_mentions(user));
            let Some(summary) = self.session.summary(user, present, read) else {
                continue;
            };
            let event = Event::from(SessionChanged { summary });
            let batch = Batch::new(vec![self.hub.outgoing(Some(self.session.id()), None, event)]);
            viewers.iter().for_each(|viewer| viewer.deliver(std::slice::from_ref(&batch)));
        }
    }

    /// Sends events that are not in the log to everyone who follows.
    pub(super) fn broadcast(&mut self, events: Vec<Outgoing>) {
        if !events.is_empty() {
            self.round.add(Batch::new(events), &self.watchers);
        }
    }
}
