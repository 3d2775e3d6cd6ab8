//! What everyone who follows is told, and how far each of them has been told.
//!
//! A thousand writes take some milliseconds of a processor. So they are made a few at a time, and everything else
//! (sockets, the model's stream, commits) has its turn in between. What it brings leaves with the writes that come next: a session
//! with news goes round and round among its followers, and each gets all that has come since their last turn in
//! one write. Nobody waits for a round to end, so what is new is with all after one round and not after two.

use std::collections::VecDeque;
use std::sync::Arc;

use madang_protocol::ConnectionId;
use tokio::task::{JoinHandle, yield_now};

use super::Live;
use super::followers::Watcher;
use crate::few::Few;
use crate::{Batch, Outgoing};

/// Writes between two turns of everything else, while news come: some 0.4 ms of a processor.
const WRITES: u32 = 64;
/// The same when nothing has come for some turns: those of everything else are not for nothing that often.
const WRITES_MAX: u32 = 4 * WRITES;

/// News on their way to those who follow.
#[derive(Default)]
pub(super) struct Round {
    /// What somebody lacks, oldest first.
    batches: VecDeque<Arc<Batch>>,
    /// Answers that leave with them, for one connection each.
    answers: Few<ConnectionId, Vec<Outgoing>>,
    /// How many batches there ever were, these included.
    head: u64,
    /// Whose turn it is.
    next: usize,
    /// How many are still to be looked at until all have everything.
    left: u32,
    /// How many writes the next turn has.
    writes: u32,
}

impl Round {
    /// Up to where those know everything who begin to follow now.
    pub(super) fn head(&self) -> u64 {
        self.head
    }

    /// Whether somebody lacks something.
    pub(super) fn is_on(&self) -> bool {
        self.left > 0
    }

    /// Adds what all these are told.
    pub(super) fn add(&mut self, batch: Arc<Batch>, watchers: &[Watcher]) {
        if watchers.is_empty() {
            return;
        }
        self.batches.push_back(batch);
        self.head += 1;
        self.left = count(watchers);
        self.writes = WRITES;
    }

    /// Adds an answer for one of these.
    pub(super) fn answer(&mut self, connection: ConnectionId, answer: Outgoing, watchers: &[Watcher]) {
        self.answers.get_or_make(connection, Vec::new).push(answer);
        self.left = count(watchers);
    }

    /// Those who follow are others now, or in another order.
    pub(super) fn changed(&mut self, watchers: &[Watcher]) {
        let nothing = self.batches.is_empty() && self.answers.len() == 0;
        self.left = if nothing { 0 } else { count(watchers) };
        self.rest();
    }

    /// The next few writes.
    pub(super) fn turn(&mut self, watchers: &mut [Watcher]) {
        let mut writes = 0;
        // Neighbours mostly lack the same.
        let mut last: Option<(u64, Arc<Batch>)> = None;
        while self.left > 0 && writes < self.writes.max(WRITES) {
            if self.next >= watchers.len() {
                self.next = 0;
                self.forget(watchers);
            }
            let Some(watcher) = watchers.get_mut(self.next) else { break };
            self.next += 1;
            self.left -= 1;
            let own = self.answers.remove(watcher.connection);
            if watcher.told != self.head && last.as_ref().is_none_or(|(told, _)| *told != watcher.told) {
                last = Some((watcher.told, Batch::joined(self.since(watcher.told))));
            }
            let news = last.as_ref().filter(|_| watcher.told != self.head).map(|(_, batch)| batch);
            watcher.told = self.head;
            match (own.map(Batch::new), news) {
                (None, None) => continue,
                (None, Some(news)) => watcher.viewer.deliver(std::slice::from_ref(news)),
                (Some(own), None) => watcher.viewer.deliver(&[own]),
                (Some(own), Some(news)) => watcher.viewer.deliver(&[own, news.clone()]),
            }
            writes += 1;
        }
        self.writes = (2 * self.writes).min(WRITES_MAX);
        self.rest();
    }

    /// Tells one at once what it lacks.
    pub(super) fn tell(&mut self, watcher: &mut Watcher) {
        let own = self.answers.remove(watcher.connection).map(Batch::new);
        let batches: Vec<_> = own.into_iter().chain(self.since(watcher.told).cloned()).collect();
        watcher.told = self.head;
        if !batches.is_empty() {
            watcher.viewer.deliver(&batches);
        }
    }

    fn since(&self, told: u64) -> impl Iterator<Item = &Arc<Batch>> {
        let lacks = usize::try_from(self.head - told).unwrap_or(usize::MAX);
        self.batches.iter().skip(self.batches.len().saturating_sub(lacks))
    }

    /// Lets go of what all have.
    fn forget(&mut self, watchers: &[Watcher]) {
        let lacks = watchers.iter().map(|watcher| self.head - watcher.told).max().unwrap_or_default();
        let kept = usize::try_from(lacks).unwrap_or(usize::MAX).min(self.batches.len());
        self.batches.drain(..self.batches.len() - kept);
    }

    fn rest(&mut self) {
        if self.left == 0 {
            // No room is kept: there are many sessions, and most rest.
            self.batches = VecDeque::new();
            self.answers = Few::default();
        }
    }
}

fn count(watchers: &[Watcher]) -> u32 {
    u32::try_from(watchers.len()).unwrap_or(u32::MAX)
}

/// Resolves when everything else that could run has had its turn.
///
/// A task of its own says so: the session's is woken by each message, before the others have brought theirs.
pub(super) async fn others(turn: &mut Option<JoinHandle<()>>) {
    let turns = async {
        // First the sockets are asked what they have, then those have their turn who read from them.
        yield_now().await;
        yield_now().await;
    };
    // It does nothing that could fail.
    drop(turn.get_or_insert_with(|| tokio::spawn(turns)).await);
    *turn = None;
}

impl Live {
    /// The next few writes, after everything else had its turn.
    pub(super) fn turn(&mut self) {
        self.round.turn(&mut self.watchers);
        if !self.pending.is_empty() {
            // The store's thread, too, where there is one processor.
            std::thread::yield_now();
        }
    }

    /// Among few, a round is over at once.
    pub(super) fn small_round(&mut self) {
        if count(&self.watchers) <= WRITES {
            self.finish_round();
        }
    }

    /// Tells those who are meant, now, what they lack: before they are told something else, or no more.
    pub(super) fn tell_before(&mut self, meant: impl Fn(&Watcher) -> bool) {
        if self.round.is_on() {
            for watcher in self.watchers.iter_mut().filter(|watcher| meant(watcher)) {
                self.round.tell(watcher);
            }
        }
    }

    /// Tells everyone all there is.
    pub(super) fn finish_round(&mut self) {
        while self.round.is_on() {
            self.round.turn(&mut self.watchers);
        }
    }
}

#[cfg(test)]
mod tests;
