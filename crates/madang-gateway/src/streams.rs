//! Event streams (SSE, HT2): a session followed over plain HTTP. Alone knows how many there may be, and ends them all
//! when the server goes away.

mod body;
mod stream;
pub(crate) mod text;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use madang_protocol::{CloseCode, ConnectionId, Disconnected, ErrorCode, Event, UserId};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::error::ApiError;
pub(crate) use body::StreamBody;
pub(crate) use stream::Stream;

/// When someone who has too many streams may try again, in milliseconds.
const RETRY_MS: u64 = 5000;

/// The event streams of this server.
#[derive(Default)]
pub(crate) struct Streams {
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    streams: HashMap<ConnectionId, Arc<Stream>>,
    by_person: HashMap<UserId, usize>,
}

/// A stream's place; given back when dropped.
pub(crate) struct Seat {
    streams: Arc<Streams>,
    stream: ConnectionId,
    user: UserId,
}

impl Streams {
    /// Takes a place for a stream, if there is one.
    ///
    /// # Errors
    /// RATE_LIMITED when the person has as many as they may, SERVICE_UNAVAILABLE when the server has.
    pub(crate) fn admit(
        self: &Arc<Streams>,
        user: UserId,
        stream: &Arc<Stream>,
        (max, per_person_max): (usize, usize),
    ) -> Result<Seat, ApiError> {
        let mut open = self.open.lock();
        if open.streams.len() >= max {
            let full =
                ApiError::new(ErrorCode::ServiceUnavailable, "The server has no room for more streams.");
            return Err(full.retry_after(RETRY_MS));
        }
        let count = open.by_person.entry(user).or_default();
        if *count >= per_person_max {
            let many = ApiError::new(ErrorCode::RateLimited, "You follow as many streams as one person may.");
            return Err(many.retry_after(RETRY_MS));
        }
        *count += 1;
        open.streams.insert(stream.id(), Arc::clone(stream));
        Ok(Seat { streams: Arc::clone(self), stream: stream.id(), user })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.open.lock().streams.len()
    }

    /// Tells every stream that the server goes away, spread over a window, and ends it (CN8).
    pub(crate) async fn drain(&self, window_ms: u64) {
        let streams: Vec<_> = self.open.lock().streams.values().cloned().collect();
        let begun = Instant::now();
        let count = streams.len() as u64;
        // A hash map's order is random enough to spread those who came together.
        for (index, stream) in streams.into_iter().enumerate() {
            tokio::time::sleep_until(begun + Duration::from_millis(window_ms * index as u64 / count)).await;
            let event = Event::from(Disconnected {
                code: CloseCode::Drain.number(),
                reason: CloseCode::Drain.reason().to_owned(),
                reconnect_after_ms: Some(crate::random::below(window_ms)),
            });
            stream.end_with(&event);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock();
        open.streams.remove(&self.stream);
        if let Some(count) = open.by_person.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                open.by_person.remove(&self.user);
            }
        }
    }
}
