//! Whom messages concern (SE9).

use madang_protocol::{Message, MessageKind, ReplyStatus, UserId};

use crate::Session;

impl Session {
    /// Whom a message concerns: whom it names, whose message it answers; a reply of Claude's concerns who asked for it once it
    /// has ended, unless somebody stopped it, who looks at it. Nobody is concerned by what they wrote themselves.
    #[must_use]
    pub fn concerned(&self, message: &Message) -> Vec<UserId> {
        if message.deleted_at.is_some() {
            return Vec::new();
        }
        let author = |id| self.transcript.get(id).and_then(|known| known.author.user_id.user());
        let mut users = match (&message.kind, &message.reply) {
            (MessageKind::Reply, Some(reply)) => match reply.status {
                ReplyStatus::Complete | ReplyStatus::Error | ReplyStatus::Interrupted => {
                    message.parent_id.and_then(author).into_iter().collect()
                }
                ReplyStatus::Streaming | ReplyStatus::Cancelled => Vec::new(),
            },
            (MessageKind::Prompt | MessageKind::Chat | MessageKind::Reply, _) => message.mentions.clone(),
        };
        users.extend(message.reply_to.and_then(author).filter(|user| !users.contains(user)));
        users.retain(|user| message.author.user_id.user() != Some(*user));
        users
    }
}
