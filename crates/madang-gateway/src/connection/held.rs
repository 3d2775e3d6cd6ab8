//! Signals that came faster than they are passed on: of each kind in each session the newest waits (CM5, DC3).

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use madang_hub::Submission;
use madang_protocol::limits::FOLLOWED_SESSIONS_MAX;
use madang_protocol::{Command, DocumentRef, SessionRef};
use tokio::time::{Instant, Sleep};

/// Signals that wait at most: three kinds in each session that a connection may follow.
const HELD_MAX: usize = 3 * FOLLOWED_SESSIONS_MAX;

/// What waits, and until when.
pub(super) struct Held {
    waiting: Vec<Submission>,
    timer: Pin<Box<Sleep>>,
}

impl Held {
    pub(super) fn new(wait_ms: u64) -> Box<Held> {
        let timer = Box::pin(tokio::time::sleep(Duration::from_millis(wait_ms)));
        Box::new(Held { waiting: Vec::new(), timer })
    }

    /// Takes a signal in, and gives back the one that it makes void.
    pub(super) fn put(&mut self, submission: Submission) -> Option<Submission> {
        let same = |held: &Submission| key(&held.command) == key(&submission.command);
        let old = self.waiting.iter().position(same).map(|at| self.waiting.remove(at));
        let old = old.or_else(|| (self.waiting.len() >= HELD_MAX).then(|| self.waiting.remove(0)));
        self.waiting.push(submission);
        old
    }

    /// Waits until it is worth trying again.
    pub(super) fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.timer.as_mut().poll(cx)
    }

    /// The oldest that waits, to be passed on or put back.
    pub(super) fn oldest(&mut self) -> Option<Submission> {
        (!self.waiting.is_empty()).then(|| self.waiting.remove(0))
    }

    /// Puts one back that may not be passed on yet.
    pub(super) fn put_back(&mut self, submission: Submission, wait_ms: u64) {
        self.waiting.insert(0, submission);
        self.timer.as_mut().reset(Instant::now() + Duration::from_millis(wait_ms));
    }
}

/// What a signal is about.
#[expect(clippy::wildcard_enum_match_arm, reason = "only signals are held")]
fn key(command: &Command) -> (&'static str, &SessionRef, &DocumentRef) {
    match command {
        Command::SetTyping(data) => (command.kind(), &data.session_id, &DocumentRef::Main),
        Command::MarkRead(data) => (command.kind(), &data.session_id, &DocumentRef::Main),
        Command::CursorUpdate(data) => (command.kind(), &data.session_id, &data.document),
        other => (other.kind(), &SessionRef::Default, &DocumentRef::Main),
    }
}

#[cfg(test)]
mod tests {
    use madang_protocol::{SessionId, SetTyping, UnixMs};

    use super::*;

    fn typing(id: &str, session: u8, typing: bool) -> Submission {
        let session_id = SessionRef::Id(SessionId::new(UnixMs(1), [session; 10]));
        let command = Command::SetTyping(SetTyping { session_id, typing });
        Submission { id: id.into(), idempotent: true, digest: [0; 16], command }
    }

    #[tokio::test]
    async fn cm5_of_each_session_the_newest_signal_waits() {
        let mut held = Held::new(5);
        assert!(held.put(typing("a", 1, true)).is_none());
        assert!(held.put(typing("b", 2, true)).is_none());
        assert_eq!(held.put(typing("c", 1, false)).map(|old| old.id), Some("a".into()));
        let order: Vec<_> = std::iter::from_fn(|| held.oldest()).map(|kept| kept.id).collect();
        assert_eq!(order, ["b", "c"]);
    }
}
