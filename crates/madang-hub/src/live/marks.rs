//! How far people have read (SE9): one mark a person, which only moves forward.

use madang_protocol::{Ack, Event, MessageId, ReadMarked, UserId};
use madang_session::{Action, Rejection};
use madang_store::ReadRow;

use super::write::{Cause, Draft, Tell};
use super::{Live, Request};

impl Live {
    /// Moves the asker's mark; told to all of their connections when it is on disk.
    pub(super) async fn mark_read(&mut self, request: &Request, message: MessageId) -> Result<(), Rejection> {
        self.session.check(&request.caller.in_session(), Action::Signal)?;
        let user = request.caller.user;
        let count = self.session.count_to(message).ok_or_else(|| Rejection::not_found("message"))?;
        let before = self.marks.get(user).and_then(|mark| self.session.count_to(*mark));
        if before.is_some_and(|before| before >= count) {
            self.reply_to(request, self.marked(user));
            return Ok(());
        }
        self.marks.insert(user, message);
        let event = self.marked(user);
        let mut draft = Draft { at: self.hub.inner.clock.now(), ..Draft::default() };
        draft.append.reads.push((self.session.id(), ReadRow { user, message, count }));
        self.count_mentions(&mut draft.append, &[user]);
        draft.cause = Some(Cause { instead: Some(event.clone()), ..Cause::of(request, Ack::default()) });
        let except = Some(request.viewer.connection_id());
        draft.tells.push(Tell { user, event, except });
        self.write(draft).await;
        Ok(())
    }

    fn marked(&self, user: UserId) -> Event {
        let mark = self.marks.get(user).copied();
        Event::from(ReadMarked {
            session_id: self.session.id(),
            message_id: mark.unwrap_or_else(|| MessageId::new(self.session.created_at(), [0; 10])),
            unread: self.session.unread(mark),
            unread_mentions: self.unread_mentions(user),
        })
    }
}
