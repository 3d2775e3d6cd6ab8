//! Tickets: single-use credentials of half a minute, for sockets whose clients can't set a header (CN1).

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madang_hub::Caller;
use madang_protocol::UnixMs;
use parking_lot::Mutex;

/// What the text form starts with.
const PREFIX: &str = "mdt1.";

/// The tickets that wait to be used, by their hash: the table itself opens no door.
pub(crate) struct Tickets {
    waiting: Mutex<HashMap<blake3::Hash, (Caller, UnixMs)>>,
    life_ms: u64,
    max: usize,
}

impl Tickets {
    pub(crate) fn new(life_ms: u64, max: usize) -> Tickets {
        Tickets { waiting: Mutex::default(), life_ms, max }
    }

    /// How long a ticket holds, in milliseconds.
    pub(crate) fn life_ms(&self) -> u64 {
        self.life_ms
    }

    /// Makes a ticket; none while too many wait.
    pub(crate) fn issue(&self, caller: Caller, now: UnixMs) -> Option<String> {
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(crate::random::bytes::<32>()));
        let mut waiting = self.waiting.lock();
        if waiting.len() >= self.max {
            waiting.retain(|_, (_, until)| *until > now);
        }
        if waiting.len() >= self.max {
            return None;
        }
        waiting.insert(blake3::hash(text.as_bytes()), (caller, UnixMs(now.0 + self.life_ms)));
        Some(text)
    }

    /// Uses a ticket up; of two that race with it exactly one wins.
    pub(crate) fn redeem(&self, ticket: &str, now: UnixMs) -> Option<Caller> {
        let (caller, until) = self.waiting.lock().remove(&blake3::hash(ticket.as_bytes()))?;
        (now < until).then_some(caller)
    }

    /// Forgets those of whom something ended or changed: they would let in by what holds no longer (AU-11).
    pub(crate) fn end(&self, ended: impl Fn(&Caller) -> bool) {
        self.waiting.lock().retain(|_, (caller, _)| !ended(caller));
    }

    /// Forgets those that ran out.
    pub(crate) fn sweep(&self, now: UnixMs) {
        self.waiting.lock().retain(|_, (_, until)| *until > now);
    }
}
