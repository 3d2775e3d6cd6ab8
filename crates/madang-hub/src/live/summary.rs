//! "While you were away", asked of a live session.

use std::sync::Arc;

use madang_protocol::{ErrorCode, Event, MessageId, SessionId};
use madang_session::{Action, Rejection};

use super::{Live, Request, ToLive};
use crate::summarize::{Job, Wanted};
use crate::{Batch, Caller, Hub, Viewer};

/// An answer that took its time: whether its asker may still have it is looked at when it is there.
pub(crate) struct LateAnswer {
    caller: Caller,
    viewer: Arc<dyn Viewer>,
    id: String,
    event: Event,
}

impl LateAnswer {
    /// There is no session that could say whether its asker may have it.
    pub(super) fn refuse(self, hub: &Hub, session: SessionId, rejection: &Rejection) {
        let answer = hub.outgoing(Some(session), Some(&self.id), Event::from(rejection.to_error()));
        self.viewer.deliver(&[Batch::asked_for(vec![answer])]);
    }
}

impl Live {
    /// Has Claude tell what happened since a message, or since the asker's mark; the answer comes when it is written,
    /// to the asker alone.
    pub(super) fn summarize(&self, request: &Request, since: Option<MessageId>) -> Result<(), Rejection> {
        self.session.check(&request.caller.in_session(), Action::Prompt)?;
        if self.hub.draining() {
            let restarting = "The server is restarting. Ask again in a moment.";
            return Err(Rejection::new(ErrorCode::ServiceUnavailable, restarting));
        }
        let reader = &request.caller;
        let since = since.or_else(|| self.marks.get(reader.user).copied());
        let connection = request.viewer.connection_id();
        let payer = self.payer(reader.user);
        let wanted = Wanted { session: &self.session, since, payer, reader, connection };
        let job = Job::new(&self.hub, &wanted)?;
        if !self.hub.inner.people.has(reader.user, connection) {
            // It went while this waited its turn, and would stop nothing any more.
            return Ok(());
        }
        let (hub, session) = (self.hub.clone(), self.session.id());
        let (caller, viewer) = (reader.clone(), request.viewer.clone());
        let id = request.submission.id.clone();
        tokio::spawn(async move {
            let event = match job.write().await {
                Ok(summary) => Event::from(summary),
                Err(rejection) => Event::from(rejection.to_error()),
            };
            if !hub.inner.people.has(caller.user, connection) {
                // Nobody is there to hear it: no session is woken for that.
                return;
            }
            let answer = LateAnswer { caller, viewer, id, event };
            if hub.send(session, ToLive::Late(Box::new(answer))).await.is_err() {
                tracing::warn!(session.id = %session, "a summary could not be handed out");
            }
        });
        Ok(())
    }

    /// Hands out what was asked for a while ago, unless its asker was put out meanwhile.
    pub(super) fn answer_late(&self, late: LateAnswer) {
        let LateAnswer { caller, viewer, id, event } = late;
        let may = self.session.check(&caller.in_session(), Action::Read);
        let event = may.map_or_else(|rejection| Event::from(rejection.to_error()), |()| event);
        let answer = self.hub.outgoing(Some(self.session.id()), Some(&id), event);
        viewer.deliver(&[Batch::asked_for(vec![answer])]);
    }
}
