//! A session's mailbox: bounded, in order, and small while it is empty.
//!
//! tokio's channel does the same and keeps a block of 32 messages for ever, which is more than anything else that a session
//! at rest has.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use parking_lot::Mutex;
use tokio::sync::{Semaphore, TryAcquireError};
use tokio::task::coop;

/// Why a message was not taken; it is given back.
#[derive(Debug)]
pub(crate) enum Refused<T> {
    /// There is no room now.
    Full(T),
    /// Nobody reads any more.
    Closed(T),
}

/// What waits, behind a short lock.
struct Waiting<T> {
    messages: VecDeque<T>,
    /// Whoever waits for the next one.
    reader: Option<Waker>,
    closed: bool,
}

struct Shared<T> {
    /// Places that are free; closed with the mailbox.
    room: Semaphore,
    waiting: Mutex<Waiting<T>>,
}

/// The way in. Cheap to clone.
pub(crate) struct Mailbox<T>(Arc<Shared<T>>);

/// The way out; dropping it closes the mailbox and drops what is in it.
pub(crate) struct Inbox<T>(Arc<Shared<T>>);

/// A mailbox with room for so many messages.
pub(crate) fn mailbox<T>(places: usize) -> (Mailbox<T>, Inbox<T>) {
    let waiting = Mutex::new(Waiting { messages: VecDeque::new(), reader: None, closed: false });
    let shared = Arc::new(Shared { room: Semaphore::new(places), waiting });
    (Mailbox(shared.clone()), Inbox(shared))
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Mailbox(self.0.clone())
    }
}

impl<T> Mailbox<T> {
    /// Hands a message in, as soon as there is room.
    ///
    /// # Errors
    /// The message, when nobody reads any more.
    pub(crate) async fn send(&self, message: T) -> Result<(), T> {
        match self.0.room.acquire().await {
            Ok(place) => place.forget(),
            Err(_) => return Err(message),
        }
        self.0.put(message)
    }

    /// Hands a message in if there is room now.
    pub(crate) fn try_send(&self, message: T) -> Result<(), Refused<T>> {
        match self.0.room.try_acquire() {
            Ok(place) => place.forget(),
            Err(TryAcquireError::NoPermits) => return Err(Refused::Full(message)),
            Err(TryAcquireError::Closed) => return Err(Refused::Closed(message)),
        }
        self.0.put(message).map_err(Refused::Closed)
    }

    /// Whether nobody reads any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.room.is_closed()
    }
}

impl<T> Inbox<T> {
    /// The next message; none once the mailbox is closed and empty.
    pub(crate) async fn receive(&mut self) -> Option<T> {
        poll_fn(|cx| self.poll_receive(cx)).await
    }

    fn poll_receive(&self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        // One who always finds something lets others have a turn all the same.
        let turn = ready!(coop::poll_proceed(cx));
        let mut waiting = self.0.waiting.lock();
        let message = waiting.take();
        if message.is_none() && !waiting.closed {
            if !waiting.reader.as_ref().is_some_and(|reader| reader.will_wake(cx.waker())) {
                waiting.reader = Some(cx.waker().clone());
            }
            return Poll::Pending;
        }
        drop(waiting);
        turn.made_progress();
        Poll::Ready(self.0.freed(message))
    }

    /// The next message if there is one.
    pub(crate) fn try_receive(&mut self) -> Option<T> {
        let message = self.0.waiting.lock().take();
        self.0.freed(message)
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.waiting.lock().messages.is_empty()
    }

    /// Takes nothing more in; what is there can be received.
    pub(crate) fn close(&mut self) {
        self.0.room.close();
        self.0.waiting.lock().closed = true;
    }
}

impl<T> Drop for Inbox<T> {
    fn drop(&mut self) {
        self.close();
        // Outside the lock: a message may hold the last of anything.
        let left = std::mem::take(&mut self.0.waiting.lock().messages);
        drop(left);
    }
}

impl<T> Waiting<T> {
    fn take(&mut self) -> Option<T> {
        let message = self.messages.pop_front();
        if self.messages.is_empty() {
            // Most of the time most sessions rest: no room is kept.
            self.messages = VecDeque::new();
        }
        message
    }
}

impl<T> Shared<T> {
    fn put(&self, message: T) -> Result<(), T> {
        let reader = {
            let mut waiting = self.waiting.lock();
            if waiting.closed {
                return Err(message);
            }
            waiting.messages.push_back(message);
            waiting.reader.take()
        };
        if let Some(reader) = reader {
            reader.wake();
        }
        Ok(())
    }

    /// Gives the place of a message back.
    fn freed(&self, message: Option<T>) -> Option<T> {
        if message.is_some() {
            self.room.add_permits(1);
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_come_in_order_and_a_full_one_makes_senders_wait() {
        let (mailbox, mut inbox) = mailbox(2);
        mailbox.send(1).await.unwrap();
        mailbox.try_send(2).unwrap();
        assert!(matches!(mailbox.try_send(3), Err(Refused::Full(3))));
        let third = tokio::spawn({
            let mailbox = mailbox.clone();
            async move { mailbox.send(3).await }
        });
        assert_eq!((inbox.receive().await, inbox.receive().await), (Some(1), Some(2)));
        assert_eq!((inbox.receive().await, third.await.unwrap()), (Some(3), Ok(())));
        assert!(inbox.is_empty() && inbox.try_receive().is_none());
        assert_eq!(inbox.0.waiting.lock().messages.capacity(), 0, "no room is kept at rest");
    }

    #[tokio::test]
    async fn a_closed_one_gives_out_what_it_has_and_messages_back() {
        let (mailbox, mut inbox) = mailbox(1);
        mailbox.send(1).await.unwrap();
        let waits = tokio::spawn({
            let mailbox = mailbox.clone();
            async move { mailbox.send(2).await }
        });
        tokio::task::yield_now().await;
        inbox.close();
        assert_eq!(waits.await.unwrap(), Err(2));
        assert!(mailbox.is_closed() && matches!(mailbox.try_send(3), Err(Refused::Closed(3))));
        assert_eq!((inbox.receive().await, inbox.receive().await), (Some(1), None));
    }

    #[tokio::test]
    async fn who_always_finds_something_lets_others_have_a_turn() {
        let (mailbox, mut inbox) = mailbox(1);
        let busy = tokio::spawn(async move {
            loop {
                mailbox.try_send(()).unwrap();
                inbox.receive().await;
            }
        });
        // On this one thread it would never end.
        tokio::task::yield_now().await;
        busy.abort();
    }

    #[tokio::test]
    async fn what_is_in_it_is_dropped_with_its_reader() {
        let (mailbox, inbox) = mailbox(1);
        let (told, wait) = tokio::sync::oneshot::channel::<()>();
        mailbox.try_send(told).unwrap();
        drop(inbox);
        assert!(wait.await.is_err() && mailbox.is_closed());
    }
}
