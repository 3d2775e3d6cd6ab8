//! The live sessions' map: one task a session, found by id, started at need.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use madang_protocol::{ErrorCode, SessionId};
use madang_session::Rejection;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::live::ToLive;
use crate::mailbox::{Inbox, Mailbox, mailbox};

/// What others may see of a live session without asking its task.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// People who are here or away.
    pub(crate) present: AtomicU32,
    /// Whether Claude is writing.
    pub(crate) running: AtomicBool,
}

/// One live session's address.
struct Entry {
    mailbox: Mailbox<ToLive>,
    facts: Arc<Facts>,
    generation: u64,
    /// What its task leaves to the next one, in order; resolves when it has let go of the session.
    left: Option<Left>,
}

/// Resolves to what a task left to its successor; an error when it left nothing.
pub(crate) type Left = oneshot::Receiver<VecDeque<ToLive>>;

/// What a session's task needs of the registry, and gives back when it ends, however it ends.
pub(crate) struct Place {
    pub(crate) inbox: Inbox<ToLive>,
    pub(crate) facts: Arc<Facts>,
    /// The task that had the session before; wait for it.
    pub(crate) before: Option<Left>,
    pub(crate) seat: Seat,
}

/// A task's right to its entry; dropping it frees the entry and lets a successor in.
pub(crate) struct Seat {
    registry: Arc<Registry>,
    session: SessionId,
    generation: u64,
    left: Option<oneshot::Sender<VecDeque<ToLive>>>,
}

impl Seat {
    /// Ends, and leaves what came too late to the next task, before all that came later still; starts one if need be.
    pub(crate) fn leave(mut self, left: VecDeque<ToLive>, start: impl FnOnce(Place)) {
        if left.is_empty() {
            return;
        }
        // The mailbox is closed by now: whoever asks for it gets a successor that waits for what is left here.
        if let Ok((_, Some(place))) = self.registry.mailbox(self.session) {
            start(place);
        }
        if let Some(sender) = self.left.take() {
            drop(sender.send(left));
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut map = self.registry.map.lock();
        if map.get(&self.session).is_some_and(|entry| entry.generation == self.generation) {
            map.remove(&self.session);
        }
    }
}

/// The live sessions of this node.
pub(crate) struct Registry {
    map: Mutex<HashMap<SessionId, Entry>>,
    generation: AtomicU64,
    mailbox: usize,
    live_max: usize,
}

impl Registry {
    pub(crate) fn new(mailbox: usize, live_max: usize) -> Arc<Registry> {
        Arc::new(Registry { map: Mutex::default(), generation: AtomicU64::new(0), mailbox, live_max })
    }

    /// A session's mailbox, with the place of its task when one has to be started.
    pub(crate) fn mailbox(
        self: &Arc<Self>,
        session: SessionId,
    ) -> Result<(Mailbox<ToLive>, Option<Place>), Rejection> {
        let mut map = self.map.lock();
        let mut before = None;
        if let Some(entry) = map.get_mut(&session) {
            if !entry.mailbox.is_closed() {
                return Ok((entry.mailbox.clone(), None));
            }
            before = entry.left.take();
        } else if map.len() >= self.live_max {
            return Err(Rejection::new(
                ErrorCode::ServiceUnavailable,
                "Too many sessions are open on this server.",
            ));
        }
        let generation = self.generation.fetch_add(1, Ordering::Relaxed);
        let (sender, inbox) = mailbox(self.mailbox);
        let (sends_left, left) = oneshot::channel();
        let facts = Arc::new(Facts::default());
        let entry = Entry { mailbox: sender.clone(), facts: facts.clone(), generation, left: Some(left) };
        map.insert(session, entry);
        let seat = Seat { registry: self.clone(), session, generation, left: Some(sends_left) };
        Ok((sender, Some(Place { inbox, facts, before, seat })))
    }

    /// A session's mailbox, if its task runs.
    pub(crate) fn running(&self, session: SessionId) -> Option<Mailbox<ToLive>> {
        self.map.lock().get(&session).map(|entry| entry.mailbox.clone())
    }

    /// How many people are in the session, and whether Claude writes in it.
    pub(crate) fn facts(&self, session: SessionId) -> (u32, bool) {
        self.map.lock().get(&session).map_or((0, false), |entry| {
            (entry.facts.present.load(Ordering::Relaxed), entry.facts.running.load(Ordering::Relaxed))
        })
    }

    /// Every live session's mailbox.
    pub(crate) fn all(&self) -> Vec<Mailbox<ToLive>> {
        self.map.lock().values().map(|entry| entry.mailbox.clone()).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.map.lock().len()
    }

    pub(crate) fn running_turns(&self) -> usize {
        self.map.lock().values().filter(|entry| entry.facts.running.load(Ordering::Relaxed)).count()
    }
}
