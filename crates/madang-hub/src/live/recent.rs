//! The answers to a session's newest commands: a repeat that comes while the first is under way finds them here (CM2).

use std::collections::{HashMap, VecDeque};

use madang_protocol::{Ack, UserId};

use super::write::Cause;

/// Commands whose answers a session remembers. Older ones are found in the store; this many cover what can be under way
/// and what waits in the mailbox.
const RECENT_MAX: usize = 1_024;

/// Answers by person and id, with the digest of what was asked.
#[derive(Default)]
struct Answers {
    answers: HashMap<(UserId, String), ([u8; 16], Ack)>,
    order: VecDeque<(UserId, String)>,
}

/// None while there is none: a session that rests has forgotten them.
#[derive(Default)]
pub(super) struct Recent(Option<Box<Answers>>);

impl Recent {
    pub(super) fn add(&mut self, cause: &Cause) {
        let Some(digest) = cause.digest else { return };
        let key = (cause.user, cause.id.clone());
        let Answers { answers, order } = &mut **self.0.get_or_insert_default();
        if order.len() >= RECENT_MAX
            && let Some(oldest) = order.pop_front()
        {
            answers.remove(&oldest);
        }
        order.push_back(key.clone());
        answers.insert(key, (digest, cause.answer.clone()));
    }

    pub(super) fn forget(&mut self, cause: &Cause) {
        let Some(Answers { answers, order }) = self.0.as_deref_mut() else { return };
        let key = (cause.user, cause.id.clone());
        if cause.digest.is_some() && answers.remove(&key).is_some() {
            order.retain(|kept| *kept != key);
        }
    }

    pub(super) fn find(&self, user: UserId, id: &str) -> Option<&([u8; 16], Ack)> {
        self.0.as_ref()?.answers.get(&(user, id.to_owned()))
    }

    /// Forgets all of them. Only when nothing is under way: the store has them.
    pub(super) fn clear(&mut self) {
        self.0 = None;
    }

    /// Whether there is nothing to forget.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}
