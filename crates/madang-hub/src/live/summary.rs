//! "While you were away", asked of a live session.

use madang_protocol::{ErrorCode, Event, MessageId};
use madang_session::{Action, Rejection};

use super::{Live, Request};
use crate::Batch;
use crate::summarize::{Job, Wanted};

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
        let since = since.or_else(|| self.marks.get(&reader.user).copied());
        let wanted = Wanted { session: &self.session, since, payer: self.payer(reader.user), reader };
        let job = Job::new(&self.hub, &wanted)?;
        let (hub, session) = (self.hub.clone(), self.session.id());
        let (viewer, id) = (request.viewer.clone(), request.submission.id.clone());
        tokio::spawn(async move {
            let event = match job.write().await {
                Ok(summary) => Event::from(summary),
                Err(rejection) => Event::from(rejection.to_error()),
            };
            let answer = hub.outgoing(Some(session), Some(&id), event);
            viewer.deliver(&[Batch::asked_for(vec![answer])]);
        });
        Ok(())
    }
}
