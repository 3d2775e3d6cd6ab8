//! The task of a live session: taking the lease, serving, leaving.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt;
use madang_bus::Lease;
use madang_protocol::{ErrorCode, SessionId};
use madang_session::Rejection;
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

use super::write::Together;
use super::{Live, ToLive, load, reply, write};
use crate::Hub;
use crate::registry::Place;

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
    async fn own(hub: Hub, id: SessionId, place: Place) {
        let Place { mut mailbox, facts, before, seat } = place;
        let mut first = match before {
            // An error means that it left nothing.
            Some(before) => before.await.unwrap_or_default(),
            None => VecDeque::new(),
        };
        let Some(lease) = hub.inner.bus.acquire(id) else {
            let elsewhere =
                Rejection::new(ErrorCode::ServiceUnavailable, "This session is open on another server.");
            return refuse_all((&hub, id), first, &mut mailbox, &elsewhere).await;
        };
        let held = Held { hub: hub.clone(), id, lease };
        if first.is_empty() {
            first.extend(mailbox.recv().await);
        }
        let live = match first.pop_front() {
            None => return,
            Some(ToLive::Birth(birth)) => Box::pin(Live::born(&hub, id, facts, *birth)).await.map(Box::new),
            Some(message) => {
                first.push_front(message);
                Box::pin(Live::loaded(&hub, id, facts)).await.map(Box::new)
            }
        };
        match live {
            Ok(live) => live.guarded(first, &mut mailbox).await,
            Err(rejection) => refuse_all((&hub, id), first, &mut mailbox, &rejection).await,
        }
        mailbox.close();
        let mut left = VecDeque::new();
        while let Some(message) = mailbox.recv().await {
            // Nothing is attached any more, and nothing runs: only questions and commands are worth a new task.
            if matches!(
                message,
                ToLive::Command(_)
                    | ToLive::Late(_)
                    | ToLive::Fork { .. }
                    | ToLive::LinkStands { .. }
                    | ToLive::Birth(_)
            ) {
                left.push_back(message);
            }
        }
        drop(held);
        seat.leave(left, |place| Live::spawn(hub, id, place));
    }

    /// Serves; a panic ends this session alone, and its viewers are told to come back.
    async fn guarded(mut self: Box<Self>, first: VecDeque<ToLive>, mailbox: &mut mpsc::Receiver<ToLive>) {
        let served = AssertUnwindSafe(self.serve(first, mailbox)).catch_unwind().await;
        if served.is_err() {
            tracing::error!(session.id = %self.session.id(), "a session's task panicked and is dropped");
            self.hub.inner.distrusted.lock().insert(self.session.id());
            self.abandon();
        }
    }

    async fn serve(&mut self, first: VecDeque<ToLive>, mailbox: &mut mpsc::Receiver<ToLive>) {
        let mut messages = Vec::new();
        let mut updates = Vec::new();
        for message in first {
            self.message(message).await;
        }
        while !self.is_finished(mailbox) {
            self.tell_drained();
            // Timers that are due come first: a busy mailbox or upstream must not starve the journal.
            if self.next_work().is_some_and(|due| due <= Instant::now()) {
                self.timers().await;
                self.let_others_in(mailbox).await;
                continue;
            }
            let due = self.next_work().into_iter().chain(self.eviction_due()).min();
            let reads = self.reads();
            tokio::select! {
                result = write::front(&mut self.pending, self.together) => self.front_done(result).await,
                _ = reply::updates(&mut self.reply, &mut updates) => self.updates(&mut updates).await,
                _ = mailbox.recv_many(&mut messages, BATCH), if reads => {
                    for message in messages.drain(..) {
                        self.message(message).await;
                    }
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
            }
            self.serve_parked().await;
            self.let_others_in(mailbox).await;
        }
        self.close().await;
    }

    /// Whether there is room for more commands.
    fn reads(&self) -> bool {
        self.parked.is_empty() && self.pending.len() < PENDING_MAX
    }

    /// After many were written to: everything else has its turn, and this session takes in what it brings.
    async fn let_others_in(&mut self, mailbox: &mut mpsc::Receiver<ToLive>) {
        let mut any = false;
        while self.pace.take_turn(Instant::now(), !self.pending.is_empty()) {
            any = true;
            // The store's thread, too, where there is one processor.
            std::thread::yield_now();
            yield_now().await;
            while self.reads()
                && let Ok(message) = mailbox.try_recv()
            {
                self.message(message).await;
            }
        }
        if any {
            let writes = self.pending.len();
            self.together = self.pace.gathers_until().map(|until| Together { writes, until });
        }
    }

    fn is_busy(&self) -> bool {
        !self.pending.is_empty() || self.reply.is_some() || !self.parked.is_empty()
    }

    /// Whether the task can end: nobody here, nothing under way, and idle for long enough.
    fn is_finished(&self, mailbox: &mpsc::Receiver<ToLive>) -> bool {
        if self.is_busy() {
            return false;
        }
        self.over || (mailbox.is_empty() && self.eviction_due().is_some_and(|due| due <= Instant::now()))
    }

    /// When the session leaves memory if nothing happens.
    fn eviction_due(&self) -> Option<Instant> {
        let quiet = !self.is_busy() && self.unsaved.is_none() && self.watchers.is_empty();
        quiet.then(|| self.idle_since + Duration::from_millis(self.hub.inner.settings.idle_eviction_ms))
    }

    /// When [`Live::timers`] has something to do next.
    fn next_work(&self) -> Option<Instant> {
        let drain = self.drain.as_ref().map(|(deadline, _)| *deadline).filter(|_| self.reply.is_some());
        let journal = self.reply.as_ref().and_then(|reply| reply.journal.due());
        let unsaved = self.unsaved.as_ref().map(|(_, due)| *due).filter(|_| self.pending.is_empty());
        let presence = [self.presence.due(), self.presence_due];
        [drain, journal, unsaved, self.summary_due].into_iter().chain(presence).flatten().min()
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
        if self.summary_due.is_some_and(|due| due <= now) {
            self.tell_people();
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

/// Answers everything that came and comes with the same refusal, and closes the mailbox.
async fn refuse_all(
    (hub, session): (&Hub, SessionId),
    first: VecDeque<ToLive>,
    mailbox: &mut mpsc::Receiver<ToLive>,
    rejection: &Rejection,
) {
    mailbox.close();
    first.into_iter().for_each(|message| load::refuse(hub, session, message, rejection));
    while let Some(message) = mailbox.recv().await {
        load::refuse(hub, session, message, rejection);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of what an async function makes.
    fn size<F>(_: impl FnOnce(Hub, SessionId, Place) -> F) -> usize {
        size_of::<F>()
    }

    /// Of sessions there may be thousands, and most rest: they were 15 KiB each, and a mailbox was 4 KiB.
    #[test]
    fn a_session_at_rest_is_small() {
        let task = size(Live::own);
        assert!(task <= 1_408, "{task} bytes: is a large branch not boxed?");
        let live = size_of::<Live>();
        assert!(live <= 1_792, "{live} bytes: is what few sessions have not boxed?");
        assert!(size_of::<ToLive>() <= 40, "a mailbox has room for 32 at least");
    }
}
