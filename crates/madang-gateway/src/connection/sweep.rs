//! One task that watches all sockets' clocks: no timer a connection (CN4, CN5).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use madang_protocol::CloseCode;
use tokio_util::sync::CancellationToken;

use super::Connection;
use super::outbox::{Outbox, Phase};
use crate::Settings;
use crate::codec::Opcode;
use crate::gateway::Shared;

/// A sweep looks at one connection in so many, so that none of them takes long.
const SLICES: usize = 8;
/// Sweeps between two tidyings of tickets and rates.
const TIDY_EVERY: usize = 64;

/// Sweeps until told to stop and no connection is left. Those that were told to go and don't answer are cut then: a
/// server that waits for them is away for everyone else.
pub(crate) async fn sweep(shared: Arc<Shared>, stop: CancellationToken) {
    let mut gone_by = None;
    let mut ticks = tokio::time::interval(interval(&shared.settings));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for turn in (0..TIDY_EVERY * SLICES).cycle() {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled(), if gone_by.is_none() => {
                gone_by = Some(shared.now_ms() + shared.settings.drain_window_ms / 5);
            }
        }
        if gone_by.is_some() && shared.connections.len() == 0 {
            return;
        }
        let now_ms = shared.now_ms();
        let some = shared.connections.some(turn % SLICES, SLICES);
        some.iter().for_each(|connection| connection.tick(now_ms, gone_by));
        if turn == 0 {
            shared.identity.tickets.sweep(shared.now());
            shared.limiter.sweep(shared.now_us());
        }
    }
}

/// The pause between sweeps: each connection is looked at in a quarter of its shortest time-out, or in a second.
fn interval(settings: &Settings) -> Duration {
    let times = [
        settings.heartbeat_ms,
        settings.pong_ms,
        settings.hello_ms,
        settings.read_stall_ms,
        settings.write_stall_ms,
        settings.close_ms,
    ];
    let shortest = times.into_iter().min().unwrap_or(1000);
    Duration::from_micros((shortest * 1000 / 4).min(1_000_000) / SLICES as u64).max(Duration::from_millis(1))
}

impl Connection {
    /// Does what has come due; what is closing is gone by the time that is given, if one is.
    fn tick(&self, now_ms: u64, gone_by: Option<u64>) {
        let settings = &self.shared.settings;
        let mut outbox = self.outbox.lock();
        match outbox.phase {
            Phase::Closed => {}
            Phase::Closing(_) => {
                let until = *outbox.watch.goodbye.get_or_insert(now_ms + settings.close_ms);
                if now_ms >= gone_by.map_or(until, |by| by.min(until)) {
                    outbox.end();
                }
            }
            Phase::Open if outbox.watch.greeting.is_some_and(|until| now_ms >= until) => {
                // Whoever has no credential gets none by coming back; whoever is only late may.
                let code = if outbox.watch.nameless { CloseCode::BadCredential } else { CloseCode::NoHello };
                outbox.close(code, None, self.terms());
            }
            Phase::Open if outbox.is_full() && now_ms >= outbox.progress_ms + settings.write_stall_ms => {
                outbox.end()
            }
            Phase::Open => self.listen(&mut outbox, now_ms),
        }
    }

    /// Pings into silence, and closes what stays silent.
    fn listen(&self, outbox: &mut Outbox, now_ms: u64) {
        let settings = &self.shared.settings;
        let mut heard_ms = self.heard_ms.load(Ordering::Relaxed);
        if outbox.asked_bytes > 0 {
            // It is not read from before it has taken what it asked for; that it takes some is its sign of life.
            heard_ms = heard_ms.max(outbox.progress_ms);
        }
        let silence = now_ms.saturating_sub(heard_ms);
        if self.inside.load(Ordering::Relaxed) && silence >= settings.read_stall_ms {
            let sentence = "A message began and did not go on.";
            return outbox.close(CloseCode::NoPong, Some(sentence), self.terms());
        }
        match outbox.watch.pong {
            // Whoever is pinged was silent, so what was heard in that millisecond came after it.
            Some(until) if heard_ms + settings.pong_ms >= until => outbox.watch.pong = None,
            Some(until) if now_ms >= until => outbox.close(CloseCode::NoPong, None, self.terms()),
            Some(_) => {}
            None if silence >= self.heartbeat_ms() => {
                outbox.watch.pong = Some(now_ms + settings.pong_ms);
                outbox.control(Opcode::Ping, b"", self.terms());
            }
            None => {}
        }
    }

    /// The silence after which this connection is pinged: the setting, give or take 10 %, so that they don't all fall
    /// together.
    fn heartbeat_ms(&self) -> u64 {
        let base = self.shared.settings.heartbeat_ms;
        let spread = base / 5;
        base - base / 10 + self.jitter % (spread + 1)
    }
}
