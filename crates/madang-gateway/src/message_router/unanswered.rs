//! The middleware around commands: notes when each came in, and finds its answer among what goes out.
//!
//! It sits in a connection's outbox, so it must cost nothing where nobody waits: a fan-out looks at one length.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use madang_hub::Batch;
use madang_protocol::{ErrorCode, Event, SessionId};

use super::Way;

/// Commands of one connection whose answers are looked out for; of more, the oldest are no longer counted. More than
/// the bursts of all classes together (CM5), so that no one hides a refusal behind other commands.
const UNANSWERED_MAX: usize = 128;
/// Room that is kept while nothing waits: for one, since most clients wait for an answer before they go on.
const ROOM: usize = 1;

/// A command that was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answered {
    /// Its type.
    pub(crate) kind: &'static str,
    /// The code it was refused with; none when it was carried out.
    pub(crate) outcome: Option<ErrorCode>,
    /// From its coming in to its answer.
    pub(crate) duration_us: u64,
    /// The way it came.
    pub(crate) way: Way,
    /// The session that answered.
    pub(crate) session: Option<SessionId>,
}

#[derive(Debug)]
struct Begun {
    id: u64,
    kind: &'static str,
    at_us: u64,
}

/// The commands of one connection that wait for their answers.
#[derive(Debug, Default)]
pub(crate) struct Unanswered(VecDeque<Begun>);

impl Unanswered {
    /// Notes a command.
    pub(crate) fn begin(&mut self, id: &str, kind: &'static str, now_us: u64) {
        if self.0.len() >= UNANSWERED_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Begun { id: hash(id), kind, at_us: now_us });
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes out the commands that batches answer.
    pub(crate) fn take(&mut self, batches: &[Arc<Batch>], now_us: u64) -> Vec<Answered> {
        let mut answered = Vec::new();
        for event in batches.iter().flat_map(|batch| batch.events()) {
            let Some(id) = event.correlation_id.as_deref().map(hash) else { continue };
            let Some(at) = self.0.iter().position(|begun| begun.id == id) else { continue };
            let Some(begun) = self.0.remove(at) else { continue };
            let outcome = match &event.event {
                Some(Event::Error(error)) => Some(error.code),
                Some(_) | None => None,
            };
            let duration_us = now_us.saturating_sub(begun.at_us);
            let (kind, session) = (begun.kind, event.session);
            answered.push(Answered { kind, outcome, duration_us, way: Way::Socket, session });
        }
        if self.0.is_empty() {
            self.0.shrink_to(ROOM);
        }
        answered
    }
}

/// Ids are compared by hash: a mistake would put one command's time under another's name, and no more.
fn hash(id: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(id)
}
