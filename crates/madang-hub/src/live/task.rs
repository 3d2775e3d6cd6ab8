//! The task of a live session: taking the lease, serving, leaving.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt;
use madang_bus::Lease;
use madang_protocol::{ErrorCode, SessionId};
use madang_session::Rejection;
use tokio::time::{Instant, sleep_until};

use super::round::others;
use super::{Live, ToLive, load, reply, write};
use crate::Hub;
use crate::mailbox::Inbox;
use crate::registry::{Facts, Left, Place};

/// Messages taken from the mailbox at once: a batch is framed once and written once.
const BATCH: usize = 64;
/// Commits under way of one session; beyond, it reads no more commands until some are done.
const PENDING_MAX: usize = 512;

/// Gives the session's lease back, however its task ends.
struct Held {
    hub: Hub,
    id: SessionId,
    lease: Lease,
}

impl Drop for Held {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.hub.inner.distrusted.lock().insert(self.id);
        }
        self.hub.inner.bus.release(self.lease);
    }
}

impl Live {
    /// Starts a session's task.
    pub(crate) fn spawn(hub: Hub, id: SessionId, place: Place) {
        tokio::spawn(Live::own(hub, id, place));
    }

    /// Waits for the one before, takes the lease, serves until there is nothing to do, and lets go in that order:
    /// the lease first, because a successor asks for it as soon as the seat is free.
    ///
    /// Not an `async fn`: its arguments would be there twice, for as long as the session is live.
    fn own(hub: Hub, id: SessionId, place: Place) -> impl Future<Output = ()> + Send {
        let Place { mut inbox, facts, before, seat } = place;
        async move {
            // Boxed: no room is kept for what comes once.
            let begun = Box::pin(Live::begin((&hub, id), (facts, before), &mut inbox)).await;
            let Some((held, live)) = begun else { return };
            live.guarded(&mut inbox).await;
            inbox.close();
            let left = std::iter::from_fn(|| inbox.try_receive()).filter(is_worth_a_task).collect();
            drop(held);
            seat.leave(left, |place| Live::spawn(hub, id, place));
        }
    }

    /// The session, made or read back, with the lease; none when there is nothing to serve.
    async fn begin(
        (hub, id): (&Hub, SessionId),
        (facts, before): (Arc<Facts>, Option<Left>),
        inbox: &mut Inbox<ToLive>,
    ) -> Option<(Held, Box<Live>)> {
        let mut first = match before {
            // An error means that it left nothing.
            Some(before) => before.await.unwrap_or_default(),
            None => VecDeque::new(),
        };
        let Some(lease) = hub.inner.bus.acquire(id) else {
            let elsewhere =
                Rejection::new(ErrorCode::ServiceUnavailable, "This session is open on another server.");
            refuse_all((hub, id), first, inbox, &elsewhere);
            return None;
        };
        let held = Held { hub: hub.clone(), id, lease };
        if first.is_empty() {
            first.extend(inbox.receive().await);
        }
        let live = match first.pop_front() {
            None => return None,
            Some(ToLive::Birth(birth)) => Box::pin(Live::born(hub, id, facts, *birth)).await,
            Some(message) => {
                first.push_front(message);
                Box::pin(Live::loaded(hub, id, facts)).await
            }
        };
        match live {
            Ok(live) => {
                let mut live = Box::new(live);
                live.parked = first;
                Some((held, live))
            }
            Err(rejection) => {
                refuse_all((hub, id), first, inbox, &rejection);
                None
            }
        }
    }

    /// Serves; a panic ends this session alone, and its viewers are told to come back.
    async fn guarded(mut self: Box<Self>, inbox: &mut Inbox<ToLive>) {
        let served = AssertUnwindSafe(self.serve(inbox)).catch_unwind().await;
        if served.is_err() {
            tracing::error!(session.id = %self.session.id(), "a session's task panicked and is dropped");
            self.hub.inner.distrusted.lock().insert(self.session.id());
            self.abandon();
        }
    }

    async fn serve(&mut self, inbox: &mut Inbox<ToLive>) {
        self.serve_parked().await;
        while !self.is_finished(inbox) {
            self.tell_drained();
            // Timers that are due come first: a busy mailbox or upstream must not starve the journal.
            if self.next_work().is_some_and(|due| due <= Instant::now()) {
                Box::pin(self.timers()).await;
                self.small_round();
                continue;
            }
            let due = self.next_work().into_iter().chain(self.eviction_due()).min();
            let reads = self.reads();
            // What is done is boxed, so that the task of a session that waits is small.
            tokio::select! {
                result = write::front(&mut self.pending) => Box::pin(self.front_done(result)).await,
                () = reply::updates(&mut self.reply) => Box::pin(self.updates()).await,
                Some(message) = inbox.receive(), if reads => self.messages(message, inbox).await,
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
                // Everything else has its turn between a few writes and the next.
                () = others(&mut self.others), if self.round.is_on() => self.turn(),
            }
            self.serve_parked().await;
            self.small_round();
        }
        self.close().await;
    }

    /// Takes a message and those behind it.
    async fn messages(&mut self, first: ToLive, inbox: &mut Inbox<ToLive>) {
        self.message(first).await;
        for _ in 1..BATCH {
            let Some(message) = self.reads().then(|| inbox.try_receive()).flatten() else { break };
            self.message(message).await;
        }
    }

    /// Whether there is room for more commands.
    fn reads(&self) -> bool {
        self.parked.is_empty() && self.pending.len() < PENDING_MAX && !self.owes_documents()
    }

    fn is_busy(&self) -> bool {
        !self.pending.is_empty() || self.reply.is_some() || !self.parked.is_empty() || self.round.is_on()
    }

    /// Whether the task can end: nobody here, nothing under way, and idle for long enough.
    fn is_finished(&self, inbox: &Inbox<ToLive>) -> bool {
        if self.is_busy() {
            return false;
        }
        self.over || (inbox.is_empty() && self.eviction_due().is_some_and(|due| due <= Instant::now()))
    }

    /// When the session leaves memory if nothing happens.
    fn eviction_due(&self) -> Option<Instant> {
        let quiet = !self.is_busy() && self.unsaved.is_none() && self.watchers.is_empty();
        quiet.then(|| self.idle_since + Duration::from_millis(self.hub.inner.settings.idle_eviction_ms))
    }

    /// When the session, which has something to forget, rests.
    fn rest_due(&self) -> Option<Instant> {
        let rest = Duration::from_millis(self.hub.inner.settings.rest_ms);
        (!self.is_busy() && !self.recent.is_empty()).then(|| self.idle_since + rest)
    }

    /// When [`Live::timers`] has something to do next.
    fn next_work(&self) -> Option<Instant> {
        let drain = self.drain.as_ref().map(|(deadline, _)| *deadline).filter(|_| self.reply.is_some());
        let journal = self.reply.as_ref().and_then(|reply| reply.journal.due());
        let unsaved = self.unsaved.as_ref().map(|(_, due)| *due).filter(|_| self.pending.is_empty());
        let presence = [self.presence.due(), self.presence_due, self.documents_due()];
        [drain, journal, unsaved, self.summary_due, self.rest_due()]
            .into_iter()
            .chain(presence)
            .flatten()
            .min()
    }

    async fn timers(&mut self) {
        let now = Instant::now();
        if self.reply.as_ref().and_then(|reply| reply.journal.due()).is_some_and(|due| due <= now) {
            self.journal().await;
        }
        if self.presence.due().is_some_and(|due| due <= now) {
            self.presence.expire(now);
            self.tell_presence();
        }
        if self.presence_due.is_some_and(|due| due <= now) {
            self.tell_presence_now();
        }
        if self.documents_due().is_some_and(|due| due <= now) {
            Box::pin(self.document_timers(now)).await;
        }
        if self.summary_due.is_some_and(|due| due <= now) {
            self.tell_people();
        }
        if self.rest_due().is_some_and(|due| due <= now) {
            self.recent.clear();
        }
        if self.unsaved.as_ref().is_some_and(|(_, due)| *due <= now) && self.pending.is_empty() {
            self.save_again().await;
        }
        if self.drain.as_ref().is_some_and(|(deadline, _)| *deadline <= now) {
            self.interrupt().await;
        }
    }

    /// Says that this session has drained: nothing runs, and all is saved or can't be before the deadline.
    fn tell_drained(&mut self) {
        let Some((deadline, _)) = &self.drain else { return };
        let saved = self.unsaved.is_none() || *deadline <= Instant::now();
        if saved
            && !self.is_busy()
            && let Some((_, done)) = self.drain.take()
        {
            drop(done);
        }
    }

    /// Leaves memory: a snapshot when the log has grown, and word to whoever waits for the drain.
    async fn close(&mut self) {
        self.tell_people();
        self.write_snapshot().await;
        self.finish_snapshot().await;
        self.unwatch_all();
        Box::pin(self.leave_documents(|_| true)).await;
        self.facts.present.store(0, Ordering::Relaxed);
        if let Some((_, done)) = self.drain.take() {
            drop(done);
        }
    }

    /// Drops everything after a fault: whoever waits here has to come back.
    pub(super) fn abandon(&mut self) {
        for message in self.parked.drain(..) {
            if let ToLive::Command(request) = message {
                request.viewer.invalidate();
            }
        }
        for write in self.pending.drain(..) {
            write.causes.iter().for_each(|cause| cause.viewer.invalidate());
        }
        self.watchers.iter().for_each(|watcher| watcher.viewer.invalidate());
        self.unwatch_all();
    }
}

/// Answers everything that came with the same refusal, and closes the mailbox.
fn refuse_all(
    (hub, session): (&Hub, SessionId),
    first: VecDeque<ToLive>,
    inbox: &mut Inbox<ToLive>,
    rejection: &Rejection,
) {
    inbox.close();
    let all = first.into_iter().chain(std::iter::from_fn(|| inbox.try_receive()));
    all.for_each(|message| load::refuse(hub, session, message, rejection));
}

/// Whether a message that came too late is for a new task. Nothing is attached any more, and nothing runs: only questions
/// and commands are.
fn is_worth_a_task(message: &ToLive) -> bool {
    matches!(
        message,
        ToLive::Command(_)
            | ToLive::Late(_)
            | ToLive::Fork { .. }
            | ToLive::LinkStands { .. }
            | ToLive::Birth(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of what an async function makes.
    fn size<F>(_: impl FnOnce(Hub, SessionId, Place) -> F) -> usize {
        size_of::<F>()
    }

    /// Of sessions there may be thousands, and most rest: they were 15 KiB each, and a mailbox was 4 KiB. A task takes 144
    /// bytes more, and memory for both comes in steps of 128 and 256 bytes.
    #[test]
    fn a_session_at_rest_is_small() {
        let task = size(Live::own);
        assert!(task <= 624, "{task} bytes: is a large branch not boxed?");
        let live = size_of::<Live>();
        assert!(live <= 1_280, "{live} bytes: is what few sessions have not boxed?");
    }
}
