//! What a client is told of a session as a whole.

use madang_protocol::limits::HISTORY_PAGE_MAX;
use madang_protocol::{
    GetHistory, History, MessageId, Part, Presence, QueuedTurn, Revision, Revisions, RunningTurn,
    SessionState, SessionStatusData, SessionSummary, Spent, UserId,
};

use crate::{Action, Caller, Rejection, Session};

/// Messages in a `session_state`: two screens of a large monitor.
const STATE_MESSAGES: usize = 50;

/// What is known of a session beside its log, for one reader.
#[derive(Debug, Clone, Default)]
pub struct Around<'a> {
    /// The number of the running reply's last delta, and what is written so far.
    pub live: (u32, &'a [Part]),
    /// Who is here.
    pub presence: Vec<Presence>,
    /// How far the reader has read.
    pub read_to: Option<MessageId>,
    /// How many messages after that concern the reader.
    pub unread_mentions: u32,
    /// What was spent in the budget's current period.
    pub spent: Spent,
}

impl Session {
    /// The line of the list, as this person sees it; none for someone who does not belong.
    #[must_use]
    pub fn summary(
        &self,
        user: UserId,
        present: u32,
        (read_to, unread_mentions): (Option<MessageId>, u32),
    ) -> Option<SessionSummary> {
        Some(SessionSummary {
            session_id: self.id,
            title: self.title.clone(),
            status: self.status(present > 0),
            role: self.role(user)?,
            created_at: self.created_at,
            last_activity: self.last_activity,
            participant_count: self.participant_count(),
            message_count: self.message_count(),
            running: self.running.is_some(),
            unread: self.unread(read_to),
            unread_mentions,
            present,
        })
    }

    /// Messages up to one, itself included, on all branches; none for one that is not there.
    #[must_use]
    pub fn count_to(&self, message: MessageId) -> Option<u32> {
        self.transcript.place(message).map(|place| u32::try_from(place + 1).unwrap_or(u32::MAX))
    }

    /// Messages after a mark; all of them without one.
    #[must_use]
    pub fn unread(&self, read_to: Option<MessageId>) -> u32 {
        let read = read_to.and_then(|message| self.count_to(message)).unwrap_or_default();
        self.message_count() - read
    }

    /// The texts that a message once had, the present one last.
    ///
    /// # Errors
    /// NOT_FOUND for strangers and for a message that is not there.
    pub fn revisions(&self, caller: &Caller, message: MessageId) -> Result<Revisions, Rejection> {
        self.check(caller, Action::Read)?;
        let known = self.transcript.get(message).ok_or_else(|| Rejection::not_found("message"))?;
        let mut revisions = self.transcript.revisions(message).to_vec();
        if known.deleted_at.is_none() {
            revisions.push(Revision {
                content: known.content.clone(),
                at: known.edited_at.unwrap_or(known.created_at),
            });
        }
        Ok(Revisions { session_id: self.id, message_id: message, revisions })
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
    pub fn snapshot(&self, caller: &Caller, around: Around<'_>) -> Result<SessionState, Rejection> {
        self.check(caller, Action::Read)?;
        let Around { live, presence, read_to, unread_mentions, spent } = around;
        let present = u32::try_from(presence.len()).unwrap_or(u32::MAX);
        let summary = self.summary(caller.user, present, (read_to, unread_mentions));
        let summary = summary.ok_or_else(|| Rejection::not_found("session"))?;
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
            invitations: self.invitations.clone(),
            presence,
            read_to,
            budget: self.budget,
            spent,
            documents: self.documents().cloned().collect(),
            document: None,
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
                by: waiting.by,
            })
            .collect()
    }

    /// A page of the shown branch.
    ///
    /// # Errors
    /// NOT_FOUND for strangers and for a message that is not there.
    pub fn history(&self, caller: &Caller, data: &GetHistory) -> Result<History, Rejection> {
        self.check(caller, Action::Read)?;
        let limit = data.limit.map_or(STATE_MESSAGES, |limit| limit as usize).clamp(1, HISTORY_PAGE_MAX);
        if data.all == Some(true) {
            let (messages, has_more) = match data.before {
                None => self.transcript.page_of_all(self.transcript.len(), limit),
                Some(before) => {
                    let place =
                        self.transcript.place(before).ok_or_else(|| Rejection::not_found("message"))?;
                    self.transcript.page_of_all(place, limit)
                }
            };
            let branches = self.transcript.siblings(messages.iter());
            return Ok(History { session_id: self.id, branches, messages, has_more });
        }
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
    pub fn status_data(&self, caller: &Caller, present: bool) -> Result<SessionStatusData, Rejection> {
        self.check(caller, Action::Read)?;
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
