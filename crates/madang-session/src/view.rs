//! What a client is told of a session as a whole.

use madang_protocol::limits::HISTORY_PAGE_MAX;
use madang_protocol::{
    ErrorCode, GetHistory, History, MessageId, Part, QueuedTurn, RunningTurn, SessionState,
    SessionStatusData, SessionSummary, UserId,
};

use crate::{Action, Rejection, Session, authorize};

/// Messages in a `session_state`: two screens of a large monitor.
const STATE_MESSAGES: usize = 50;

impl Session {
    /// The line of the list, as this person sees it; none for someone who does not belong.
    #[must_use]
    pub fn summary(&self, user: UserId, present: bool) -> Option<SessionSummary> {
        Some(SessionSummary {
            session_id: self.id,
            title: self.title.clone(),
            status: self.status(present),
            role: self.role(user)?,
            created_at: self.created_at,
            last_activity: self.last_activity,
            participant_count: self.participant_count(),
            message_count: self.message_count(),
            running: self.running.is_some(),
        })
    }

    /// Participants, Claude not counted.
    #[must_use]
    pub fn participant_count(&self) -> u32 {
        u32::try_from(self.people().count()).unwrap_or(u32::MAX)
    }

    /// Messages on all branches.
    #[must_use]
    pub fn message_count(&self) -> u32 {
        u32::try_from(self.transcript.len()).unwrap_or(u32::MAX)
    }

    /// The session whole, as of its `seq`, for one reader.
    ///
    /// # Errors
    /// NOT_FOUND for strangers.
    pub fn snapshot(
        &self,
        user: UserId,
        present: bool,
        live: (u32, &[Part]),
    ) -> Result<SessionState, Rejection> {
        authorize(self.role(user), Action::Read)?;
        let summary = self.summary(user, present).ok_or_else(|| Rejection::not_found("session"))?;
        let (messages, has_more) = self.transcript.page(self.head, STATE_MESSAGES);
        let running = self.running.as_ref().map(|running| RunningTurn {
            turn_id: running.turn_id,
            prompt_id: running.prompt_id,
            message_id: running.message_id,
            n: live.0,
            parts: live.1.to_vec(),
        });
        Ok(SessionState {
            session_id: self.id,
            epoch: self.epoch,
            seq: self.seq,
            recovered: false,
            summary,
            model: self.model.clone(),
            effort: self.effort,
            participants: self.participants.clone(),
            branches: self.transcript.siblings(messages.iter()),
            messages,
            has_more,
            head: self.head,
            running,
            queued: self.queued(),
        })
    }

    /// The prompts that wait.
    #[must_use]
    pub fn queued(&self) -> Vec<QueuedTurn> {
        (1..)
            .zip(&self.queue)
            .map(|(position, waiting)| QueuedTurn {
                turn_id: waiting.turn_id,
                prompt_id: waiting.prompt_id,
                position,
                regenerates: waiting.regenerates,
            })
            .collect()
    }

    /// A page of the shown branch.
    ///
    /// # Errors
    /// NOT_FOUND for strangers and for a message that is not there.
    pub fn history(&self, user: UserId, data: &GetHistory) -> Result<History, Rejection> {
        authorize(self.role(user), Action::Read)?;
        let limit = data.limit.map_or(STATE_MESSAGES, |limit| limit as usize).clamp(1, HISTORY_PAGE_MAX);
        let last = match data.before {
            None => self.head,
            Some(before) => self.before(before)?,
        };
        let (messages, has_more) = match (last, data.before) {
            (None, Some(_)) => (Vec::new(), false),
            (last, _) => self.transcript.page(last, limit),
        };
        Ok(History {
            session_id: self.id,
            branches: self.transcript.siblings(messages.iter()),
            messages,
            has_more,
        })
    }

    fn before(&self, message: MessageId) -> Result<Option<MessageId>, Rejection> {
        let message = self.transcript.get(message).ok_or_else(|| Rejection::not_found("message"))?;
        Ok(message.parent_id)
    }

    /// The session's status.
    ///
    /// # Errors
    /// NOT_FOUND for strangers, INVALID_SESSION for a deleted one.
    pub fn status_data(&self, user: UserId, present: bool) -> Result<SessionStatusData, Rejection> {
        authorize(self.role(user), Action::Read)?;
        if self.deleted {
            return Err(Rejection::new(ErrorCode::InvalidSession, "This session was deleted."));
        }
        Ok(SessionStatusData {
            session_id: self.id,
            status: self.status(present),
            created_at: self.created_at,
            last_activity: self.last_activity,
            participant_count: self.participant_count(),
            message_count: self.message_count(),
        })
    }
}
