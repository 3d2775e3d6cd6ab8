//! The answers to a session's newest commands: a repeat that comes while the first is under way finds them here (CM2).

use std::collections::{HashMap, VecDeque};

use madang_protocol::{Ack, UserId};

use super::write::Cause;

/// Commands whose answers a session remembers. Older ones are found in the store; this many cover what can be under way
/// and what waits in the mailbox.
const RECENT_MAX: usize = 1_024;

/// Answers by person and id, with the digest of what was asked.
#[derive(Default)]
pub(super) struct Recent {
    answers: HashMap<(UserId, String), ([u8; 16], Ack)>,
    order: VecDeque<(UserId, String)>,
}

impl Recent {
    pub(super) fn add(&mut self, cause: &Cause) {
        let Some(digest) = cause.digest else { return };
        let key = (cause.user, cause.id.clone());
        if self.order.len() >= RECENT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.answers.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.answers.insert(key, (digest, cause.answer.clone()));
    }

    pub(super) fn forget(&mut self, cause: &Cause) {
        let key = (cause.user, cause.id.clone());
        if cause.digest.is_some() && self.answers.remove(&key).is_some() {
            self.order.retain(|kept| *kept != key);
        }
    }

    pub(super) fn find(&self, user: UserId, id: &str) -> Option<&([u8; 16], Ack)> {
        self.answers.get(&(user, id.to_owned()))
    }
}
