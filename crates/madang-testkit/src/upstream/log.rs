//! The request log: what arrived, what was sent, and how it ended.
//!
//! API keys and prompts never enter an entry; bodies are kept beside it, for tests that check history.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::conn::Meter;

/// Entries kept; older ones are dropped.
const ENTRIES_MAX: usize = 20_000;
/// Bytes of request bodies kept; older ones are dropped first.
const BODIES_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How the response to a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Not over yet.
    Open,
    /// Sent whole, or refused with a status.
    Done,
    /// The client left first.
    Aborted,
    /// The scenario broke it off.
    Cut,
}

/// One request and its response.
#[derive(Debug, Clone, Serialize)]
pub struct LogEntry {
    /// Number of the request, from 1.
    pub number: u64,
    /// Number of the connection it came on, from 1.
    pub connection: u64,
    /// When it was read, in microseconds since the stand-in started.
    pub at_us: u64,
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Query without the question mark.
    pub query: String,
    /// `bearer` or `x-api-key`; none without a credential.
    pub auth: Option<&'static str>,
    /// Eight hex digits that stand for the key.
    pub key: Option<String>,
    /// The header `anthropic-version`.
    pub version: Option<String>,
    /// The names in `anthropic-beta`.
    pub betas: Vec<String>,
    /// The header `x-stainless-retry-count`: 0 for a first attempt by an official SDK.
    pub attempt: Option<u64>,
    /// The header `user-agent`.
    pub user_agent: Option<String>,
    /// The model string as sent.
    pub model: Option<String>,
    /// The scenario that answered, with its knobs.
    pub scenario: Option<String>,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// Bytes of the request body.
    pub body_bytes: usize,
    /// Sixteen hex digits of the body's hash.
    pub body_hash: String,
    /// Status of the response; none while there is no head.
    pub status: Option<u16>,
    /// The header `request-id` of the response.
    pub request_id: String,
    /// Input tokens that were not read from or written to the cache.
    pub input_tokens: usize,
    /// Input tokens written to the cache.
    pub cache_write_tokens: usize,
    /// Input tokens read from the cache.
    pub cache_read_tokens: usize,
    /// Output tokens sent before the end.
    pub output_tokens: usize,
    /// Events sent, pings included.
    pub events_sent: u64,
    /// Deltas sent.
    pub deltas_sent: u64,
    /// Bytes the kernel took for this response.
    pub bytes_sent: u64,
    /// Microseconds spent waiting for a slow reader.
    pub blocked_us: u64,
    /// Longest single wait for a slow reader, in microseconds.
    pub blocked_max_us: u64,
    /// Writes that found the socket buffer full.
    pub blocked_writes: u64,
    /// How it ended.
    pub ending: Ending,
    /// The client left before the end.
    pub aborted: bool,
    /// When it ended, in microseconds since the stand-in started.
    pub ended_us: Option<u64>,
}

/// The log with the bodies beside it, and a signal for those who wait.
#[derive(Debug)]
pub(crate) struct Log {
    kept: Mutex<Kept>,
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<LogEntry>,
    bodies: VecDeque<(u64, Value)>,
    bodies_bytes: usize,
    last_number: u64,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self { kept: Mutex::new(Kept::default()), changes: watch::Sender::new(0) }
    }

    /// The number of the next request.
    pub(crate) fn next_number(&self) -> u64 {
        let mut kept = self.kept.lock();
        kept.last_number += 1;
        kept.last_number
    }

    /// Adds a request as it was read.
    pub(crate) fn open(&self, entry: LogEntry) {
        let mut kept = self.kept.lock();
        if kept.entries.len() >= ENTRIES_MAX {
            kept.entries.pop_front();
        }
        kept.entries.push_back(entry);
        drop(kept);
        self.changed();
    }

    /// Keeps the body of a request.
    pub(crate) fn keep_body(&self, number: u64, body: &Value, bytes: usize) {
        let mut kept = self.kept.lock();
        kept.bodies.push_back((number, body.clone()));
        kept.bodies_bytes += bytes;
        while kept.bodies_bytes > BODIES_BYTES_MAX && kept.bodies.len() > 1 {
            let dropped = kept.bodies.pop_front().map_or(0, |(_, body)| body.to_string().len());
            kept.bodies_bytes = kept.bodies_bytes.saturating_sub(dropped);
        }
    }

    /// Changes the entry of a request that is still kept.
    pub(crate) fn update(&self, number: u64, change: impl FnOnce(&mut LogEntry)) {
        let mut kept = self.kept.lock();
        if let Some(entry) = kept.entries.iter_mut().rev().find(|entry| entry.number == number) {
            change(entry);
        }
        drop(kept);
        self.changed();
    }

    /// Notes the end of a response and what it cost on the wire.
    pub(crate) fn close(&self, number: u64, ending: Ending, meter: Meter, at: Duration) {
        self.update(number, |entry| {
            entry.ending = ending;
            entry.aborted = ending == Ending::Aborted;
            entry.bytes_sent = meter.bytes_sent;
            entry.blocked_us = micros(meter.blocked);
            entry.blocked_max_us = micros(meter.blocked_max);
            entry.blocked_writes = meter.blocked_writes;
            entry.ended_us = Some(micros(at));
        });
    }

    pub(crate) fn entries(&self) -> Vec<LogEntry> {
        self.kept.lock().entries.iter().cloned().collect()
    }

    /// The oldest entry that satisfies a condition.
    pub(crate) fn find(&self, condition: &dyn Fn(&LogEntry) -> bool) -> Option<LogEntry> {
        self.kept.lock().entries.iter().find(|entry| condition(entry)).cloned()
    }

    /// The kept bodies of Messages requests, oldest first, with the numbers of their requests.
    pub(crate) fn bodies(&self) -> Vec<(u64, Value)> {
        self.kept.lock().bodies.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        let mut kept = self.kept.lock();
        kept.entries.clear();
        kept.bodies.clear();
        kept.bodies_bytes = 0;
        drop(kept);
        self.changed();
    }

    /// Wakes at every change of the log.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn changed(&self) {
        self.changes.send_modify(|version| *version += 1);
    }

    /// Sums over the kept entries, for `GET /_stats`.
    pub(crate) fn stats(&self) -> Value {
        let entries = self.entries();
        let sum = |of: fn(&LogEntry) -> u64| entries.iter().map(of).sum::<u64>();
        let ended = |ending: Ending| entries.iter().filter(|entry| entry.ending == ending).count();
        json!({
            "requests": entries.len(),
            "open": ended(Ending::Open),
            "done": ended(Ending::Done),
            "aborted": ended(Ending::Aborted),
            "cut": ended(Ending::Cut),
            "bytes_sent": sum(|entry| entry.bytes_sent),
            "events_sent": sum(|entry| entry.events_sent),
            "deltas_sent": sum(|entry| entry.deltas_sent),
            "blocked_us": sum(|entry| entry.blocked_us),
        })
    }
}

/// Whole microseconds of a time.
pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
