//! The pool: when each request to the upstream is made. Who comes next is [`queue`]'s to say; here are clock and chance.
//!
//! The pool waits *before* a try, the model decides whether there is a further one: `docs/decisions/0006-pool.md`.

mod bucket;
mod lane;
mod queue;
mod state;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use madang_model::{Model, ModelError};
use madang_protocol::ErrorCode;
use parking_lot::Mutex;
use rand::RngExt;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;

use crate::Settings;
pub(crate) use lane::Failure;
pub(crate) use queue::{Ask, Outlook};
use queue::{Expired, Queue, Rules, Ticket};
pub use state::{ModelCondition, ModelState, PoolState};

/// How often those who wait are told how many are before them, at most: nobody reads faster.
pub(crate) const OUTLOOK_EVERY: Duration = Duration::from_millis(500);
/// Milliseconds of a pause when the upstream says 429 and not for how long.
const LIMITED_MS: u64 = 5_000;
/// Milliseconds after which someone turned away by a full queue may try again: some requests will have ended.
const FULL_RETRY_MS: u64 = 5_000;

/// What a request is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// Nothing yet.
    Asked,
    /// It waits.
    Waits(Outlook),
    /// It has a place.
    Goes,
    /// It has waited too long.
    Expired(Expired),
}

/// The pool of one upstream. Dropping it stops its clock.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    _clock: AbortOnDropHandle<()>,
}

struct Shared {
    model: Arc<dyn Model>,
    started: Instant,
    places: usize,
    books: Mutex<Books>,
    /// Rung when the clock has to look anew when to wake.
    bell: Notify,
}

struct Books {
    queue: Queue,
    words: HashMap<Ticket, watch::Sender<Word>>,
    /// Whether something moved since those who wait were told, and when that was.
    moved: bool,
    told_at: Option<Instant>,
}

impl Pool {
    /// Makes a pool; its clock is a task, so this needs a runtime.
    pub(crate) fn new(settings: &Settings, model: Arc<dyn Model>) -> Pool {
        let rules = Rules {
            places: settings.running_turns_max,
            places_per_person: settings.running_turns_per_person_max,
            waiting_max: settings.waiting_turns_max,
            wait_ms: settings.waiting_turn_ms,
            shut_wait_ms: settings.upstream_wait_ms,
        };
        let shared = Arc::new(Shared {
            model,
            started: Instant::now(),
            places: rules.places,
            books: Mutex::new(Books {
                queue: Queue::new(rules),
                words: HashMap::new(),
                moved: false,
                told_at: None,
            }),
            bell: Notify::new(),
        });
        let clock = tokio::spawn(keep_time(shared.clone()));
        Pool { shared, _clock: AbortOnDropHandle::new(clock) }
    }

    /// Lines a request up; dropping the pass takes it out, wherever it stands.
    ///
    /// # Errors
    /// MODEL_OVERLOADED when too many wait.
    pub(crate) fn enter(&self, ask: Ask) -> Result<Pass, ModelError> {
        self.shared.enter(ask)
    }

    /// A handle for the tasks of turns.
    pub(crate) fn door(&self) -> Door {
        Door(self.shared.clone())
    }

    /// Whether one more request may wait.
    ///
    /// # Errors
    /// MODEL_OVERLOADED when too many do.
    pub(crate) fn check_room(&self) -> Result<(), ModelError> {
        if self.shared.books.lock().queue.has_room() { Ok(()) } else { Err(full()) }
    }

    /// Requests that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.shared.books.lock().queue.waiting()
    }

    /// Figures.
    pub(crate) fn state(&self) -> PoolState {
        let now = self.shared.now();
        PoolState::of(&self.shared.books.lock().queue, self.shared.places, now)
    }
}

/// Where requests line up.
#[derive(Clone)]
pub(crate) struct Door(Arc<Shared>);

impl Door {
    /// As [`Pool::enter`].
    pub(crate) fn enter(&self, ask: Ask) -> Result<Pass, ModelError> {
        self.0.enter(ask)
    }
}

/// Wakes when a pause ends, a bucket has filled, or those who wait are to be told; ends with the pool.
async fn keep_time(shared: Arc<Shared>) {
    loop {
        let due = shared.tick();
        let rung = shared.bell.notified();
        tokio::select! {
            () = rung => {}
            () = sleep_until(due.unwrap_or(shared.started)), if due.is_some() => {}
        }
    }
}

impl Shared {
    fn ms(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.started).as_millis()).unwrap_or(u64::MAX)
    }

    fn now(&self) -> u64 {
        self.ms(Instant::now())
    }

    fn enter(self: &Arc<Self>, ask: Ask) -> Result<Pass, ModelError> {
        let now = self.now();
        let model = ask.model.clone();
        let (sender, word) = watch::channel(Word::Asked);
        let ticket = {
            let mut books = self.books.lock();
            let ticket = books.queue.enter(now, ask).ok_or_else(full)?;
            books.words.insert(ticket, sender);
            books.serve(now);
            ticket
        };
        self.bell.notify_one();
        Ok(Pass { shared: self.clone(), model, ticket, word })
    }

    /// Changes something, and serves whoever can be served because of it.
    fn change(&self, change: impl FnOnce(&mut Queue, u64)) {
        let now = self.now();
        {
            let mut books = self.books.lock();
            change(&mut books.queue, now);
            books.serve(now);
        }
        self.bell.notify_one();
    }

    /// Does what time asks for, and says when it does so next.
    fn tick(&self) -> Option<Instant> {
        let at = Instant::now();
        let now = self.ms(at);
        let mut books = self.books.lock();
        books.serve(now);
        if books.queue.waiting() == 0 {
            return None;
        }
        let tell_at = books.told_at.map_or(at, |told| told + OUTLOOK_EVERY);
        if books.moved && tell_at <= at {
            books.tell(now);
            books.told_at = Some(at);
        }
        let tell_at = books.told_at.map(|told| told + OUTLOOK_EVERY).filter(|_| books.moved);
        let wake_at = books.queue.wake_at(now).map(|ms| self.started + Duration::from_millis(ms));
        tell_at.into_iter().chain(wake_at).min()
    }
}

impl Books {
    fn serve(&mut self, now: u64) {
        for expired in self.queue.expire(now) {
            self.say(expired.ticket, Word::Expired(expired));
        }
        while let Some(ticket) = self.queue.next(now) {
            self.say(ticket, Word::Goes);
        }
        self.moved = true;
    }

    fn say(&self, ticket: Ticket, word: Word) {
        if let Some(words) = self.words.get(&ticket) {
            words.send_if_modified(|known| std::mem::replace(known, word) != word);
        }
    }

    fn tell(&mut self, now: u64) {
        self.moved = false;
        for (ticket, outlook) in self.queue.outlooks(now) {
            self.say(ticket, Word::Waits(outlook));
        }
    }
}

/// A request's right to its place in the queue, and then to one of the places to run.
pub(crate) struct Pass {
    shared: Arc<Shared>,
    model: Arc<str>,
    ticket: Ticket,
    word: watch::Receiver<Word>,
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.shared.books.lock().words.remove(&self.ticket);
        self.shared.change(|queue, _| queue.leave(self.ticket));
    }
}

/// Where a request stands.
pub(crate) enum Standing {
    /// It waits; none while that is not worth a word.
    Waits(Option<Outlook>),
    /// It may be made now.
    Goes,
    /// It has waited too long.
    Failed(ModelError),
}

impl Pass {
    /// Where it stands now.
    pub(crate) fn standing(&mut self) -> Standing {
        match *self.word.borrow_and_update() {
            Word::Asked => Standing::Waits(None),
            Word::Waits(outlook) => Standing::Waits(Some(outlook)),
            Word::Goes => Standing::Goes,
            Word::Expired(expired) => Standing::Failed(waited_too_long(expired)),
        }
    }

    /// Resolves when it stands otherwise than when that was last asked.
    ///
    /// # Cancel safety
    /// Safe.
    pub(crate) async fn moved(&mut self) {
        // The sender lives as long as the pass.
        drop(self.word.changed().await);
    }

    /// Waits until the request may be made.
    ///
    /// # Errors
    /// When it has waited too long.
    pub(crate) async fn turn(&mut self) -> Result<(), ModelError> {
        loop {
            match self.standing() {
                Standing::Goes => return Ok(()),
                Standing::Failed(error) => return Err(error),
                Standing::Waits(_) => self.moved().await,
            }
        }
    }

    /// The upstream began to answer.
    pub(crate) fn answered(&self) {
        let limits = self.shared.model.limits();
        let told = limits.iter().find(|limits| *limits.model == *self.model);
        self.shared.change(|queue, now| {
            queue.answered(self.ticket);
            if let Some(told) = told {
                queue.told(told.told_at.map_or(now, |at| self.shared.ms(at)), told);
            }
        });
    }

    /// The request failed for good.
    pub(crate) fn failed(&self, failure: Failure) {
        let chance = rand::rng().random();
        self.shared.change(|queue, now| queue.failed(now, self.ticket, failure, chance));
    }

    /// A try failed, and another one can be made after so many milliseconds: gives the place back until then, and
    /// until it is this request's turn.
    pub(crate) fn step_back(&mut self, code: ErrorCode, wait: u64, attempt: u32) {
        // What was said before is of the try that failed.
        self.shared.books.lock().say(self.ticket, Word::Asked);
        self.word.mark_unchanged();
        let (failure, chance) = (Failure::of(code, Some(wait)), rand::rng().random());
        self.shared.change(|queue, now| {
            queue.failed(now, self.ticket, failure, chance);
            queue.step_back(now, self.ticket, wait, (code, attempt));
        });
    }
}

impl Failure {
    /// What a code says of the upstream.
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other code is an answer to this request alone")]
    pub(crate) fn of(code: ErrorCode, retry_after_ms: Option<u64>) -> Failure {
        match code {
            ErrorCode::ModelRateLimited => Failure::Limited(retry_after_ms.unwrap_or(LIMITED_MS)),
            ErrorCode::ModelOverloaded | ErrorCode::ModelUnavailable => Failure::Broken(code),
            _ => Failure::Refused,
        }
    }

    /// What the error says that ended a request for good, after so many tries.
    pub(crate) fn of_last(error: &ModelError, tries: u32, answered: bool) -> Failure {
        // A key that is not accepted has the same code as an upstream that is down; but that one is tried again.
        let of_request = error.code == ErrorCode::ModelUnavailable && tries == 1;
        if of_request || answered { Failure::Refused } else { Failure::of(error.code, error.retry_after_ms) }
    }
}

fn full() -> ModelError {
    ModelError {
        code: ErrorCode::ModelOverloaded,
        message: "Too many requests wait for Claude on this server. Try again in a moment.".into(),
        retry_after_ms: Some(FULL_RETRY_MS),
        detail: "the pool's queue is full".into(),
        request_id: None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a request waits for nothing else")]
fn waited_too_long(expired: Expired) -> ModelError {
    let message = match expired.code {
        ErrorCode::ModelRateLimited => "This server has reached its rate limit at Claude. Try again later.",
        ErrorCode::ModelUnavailable => "Claude can't be reached right now. Try again later.",
        _ => "Claude was busy for too long. Try again later.",
    };
    ModelError {
        code: expired.code,
        message: message.into(),
        retry_after_ms: Some(expired.retry_after_ms),
        detail: "waited too long in the pool".into(),
        request_id: None,
    }
}
