//! What an operator may set about live sessions.

use madang_protocol::limits::{AWAY_MS, TYPING_MS};
use serde::{Deserialize, Serialize};

/// Settings of live sessions; times in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Deltas of a reply are rolled up over this long, after the first; 0 sends each at once, 500 is the most (TU3).
    pub rollup_ms: u64,
    /// A running reply's text is journalled at least this often (RS5).
    pub journal_ms: u64,
    /// The end of a reply that could not be saved (a full disk) is tried again after this long.
    pub save_retry_ms: u64,
    /// Bytes that an exact resume replays; a gap with more gets a snapshot (RS1). Some 10,000 ordinary events.
    pub replay_bytes_max: usize,
    /// A session's state is written out when its log has grown by this many events, in a quiet moment; without one, at
    /// twice as many. Opening a session reads at most so much of its log, whatever its age.
    pub snapshot_events: u64,
    /// A session without viewers and turns leaves memory after this long.
    pub idle_eviction_ms: u64,
    /// A session to which nobody said anything for this long forgets what the store has too: most of those that are
    /// followed rest, and there may be many.
    pub rest_ms: u64,
    /// Commands that wait for one session; a sender beyond waits.
    pub mailbox: usize,
    /// Sessions in memory at once; beyond, SERVICE_UNAVAILABLE.
    pub live_sessions_max: usize,
    /// Replies that run at once on this server; further turns wait, and people take turns.
    pub running_turns_max: usize,
    /// Replies that run at once for one person; further turns wait, so that others find a place.
    pub running_turns_per_person_max: usize,
    /// Turns that wait for a place or for the upstream at once; beyond, MODEL_OVERLOADED.
    pub waiting_turns_max: usize,
    /// A turn waits at most this long; then it fails with MODEL_OVERLOADED.
    pub waiting_turn_ms: u64,
    /// A turn waits at most this long for an upstream that is limited or can't be reached; then it fails.
    pub upstream_wait_ms: u64,
    /// Tokens a reply may have; capped to what the model can.
    pub reply_tokens_max: u32,
    /// Connections that follow one session; beyond, SESSION_FULL.
    pub viewers_max: usize,
    /// A person whose last connection vanished has left after this long (RS4).
    pub away_ms: u64,
    /// Someone who said that they are typing no longer is after this long.
    pub typing_ms: u64,
    /// With more than 50 people present, who came, went or typed is told at most this often.
    pub presence_batch_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            rollup_ms: 40,
            journal_ms: 200,
            save_retry_ms: 500,
            replay_bytes_max: 8 * 1024 * 1024,
            snapshot_events: 2_000,
            idle_eviction_ms: 60_000,
            rest_ms: 5_000,
            mailbox: 256,
            live_sessions_max: 20_000,
            running_turns_max: 256,
            running_turns_per_person_max: 64,
            waiting_turns_max: 2_000,
            waiting_turn_ms: 600_000,
            upstream_wait_ms: 60_000,
            reply_tokens_max: 32_000,
            viewers_max: 2_000,
            away_ms: AWAY_MS,
            typing_ms: TYPING_MS,
            presence_batch_ms: 100,
        }
    }
}
