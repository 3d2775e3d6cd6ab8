//! One model of one credential: its upstream's limits, its pause after a 429, its circuit breaker. Pure.

use std::collections::HashMap;

use madang_model::{RateLimit, RateLimits};
use madang_protocol::ErrorCode;

use super::bucket::Bucket;
use super::queue::Ticket;

/// Failures in a row that open the breaker: fewer are the upstream's bad moment, which retries bridge.
const BREAKER_FAILURES: u32 = 5;
/// Milliseconds that the breaker stays open at first; doubled with each probe that fails.
const BREAKER_OPEN_MS: u64 = 5_000;
/// Milliseconds that it stays open at most.
const BREAKER_OPEN_MS_MAX: u64 = 60_000;

/// Why no request is made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The upstream said 429.
    Limited,
    /// It can't be reached, or fails; the code of the last failure.
    Broken(ErrorCode),
}

impl Why {
    /// What those who wait are told.
    pub(crate) fn code(self) -> ErrorCode {
        match self {
            Why::Limited => ErrorCode::ModelRateLimited,
            Why::Broken(code) => code,
        }
    }
}

/// Whether requests may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// They may.
    Open,
    /// None before `until`; shut `since`, earlier trips included.
    Shut { why: Why, since: u64, until: u64 },
    /// One at a time, until one is answered.
    Probe { why: Why, since: u64, ticket: Option<Ticket> },
}

/// What a failed try says of the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// 429: nothing before so many milliseconds are over.
    Limited(u64),
    /// It can't be reached, fails, or is overloaded.
    Broken(ErrorCode),
    /// It answered, and the answer was no: nothing is wrong with it.
    Refused,
}

/// A model's state.
#[derive(Debug)]
pub(crate) struct Lane {
    gate: Gate,
    /// Failures in a row.
    failures: u32,
    /// Times in a row that the breaker opened.
    trips: u32,
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    input_tokens: Option<Bucket>,
    output_tokens: Option<Bucket>,
    /// When the limits were told.
    told_at: Option<u64>,
    /// Requests that were sent and have not been answered, with their tokens.
    unanswered: HashMap<Ticket, u64>,
    /// The request whose turn it is and that waits for tokens: nobody passes it, or large ones would wait for ever.
    pub(crate) first: Option<Ticket>,
    /// Requests that wait.
    pub(crate) waiting: usize,
    /// Requests that were let through and have not ended.
    pub(crate) running: usize,
}

impl Default for Lane {
    fn default() -> Self {
        Lane {
            gate: Gate::Open,
            failures: 0,
            trips: 0,
            requests: None,
            tokens: None,
            input_tokens: None,
            output_tokens: None,
            told_at: None,
            unanswered: HashMap::new(),
            first: None,
            waiting: 0,
            running: 0,
        }
    }
}

impl Lane {
    #[cfg(test)]
    pub(crate) fn gate(&self) -> Gate {
        self.gate
    }

    /// Whether nothing would be lost by forgetting it.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting == 0 && self.running == 0 && self.gate == Gate::Open
    }

    /// Whether it is shut, or lets through a single request to try: since when, until when if that is known, and why.
    pub(crate) fn shut(&self, now: u64) -> Option<(u64, Option<u64>, Why)> {
        match self.gate {
            Gate::Open => None,
            Gate::Shut { why, since, until } => Some((since, Some(until).filter(|until| *until > now), why)),
            Gate::Probe { why, since, .. } => Some((since, None, why)),
        }
    }

    /// Whether a request may be considered: neither the gate nor one that is first in line stands before it.
    pub(crate) fn lets_in(&self, now: u64, ticket: Ticket) -> bool {
        let open = match self.gate {
            Gate::Open => true,
            Gate::Shut { until, .. } => until <= now,
            Gate::Probe { ticket, .. } => ticket.is_none(),
        };
        open && self.first.is_none_or(|first| first == ticket)
    }

    /// When the upstream's limits have room for a request of so many tokens; `now` when they have.
    pub(crate) fn room_at(&self, now: u64, tokens: u64) -> u64 {
        let one = self.requests.map(|bucket| bucket.ready_at(now, 1));
        let whole = self.tokens.map(|bucket| bucket.ready_at(now, tokens));
        let input = self.input_tokens.map(|bucket| bucket.ready_at(now, tokens));
        // How much will be written is not known, and the upstream counts it as it is written: something must be left.
        let output = self.output_tokens.map(|bucket| bucket.ready_at(now, 1));
        [one, whole, input, output].into_iter().flatten().max().unwrap_or(now)
    }

    /// Lets a request through.
    pub(crate) fn let_in(&mut self, now: u64, ticket: Ticket, tokens: u64) {
        match &mut self.gate {
            Gate::Open => {}
            Gate::Shut { why, since, .. } => {
                self.gate = Gate::Probe { why: *why, since: *since, ticket: Some(ticket) };
            }
            Gate::Probe { ticket: probe, .. } => *probe = Some(ticket),
        }
        let buckets = [(&mut self.requests, 1), (&mut self.tokens, tokens), (&mut self.input_tokens, tokens)];
        for (bucket, amount) in buckets {
            if let Some(bucket) = bucket {
                bucket.take(now, amount);
            }
        }
        self.unanswered.insert(ticket, tokens);
        self.first = self.first.filter(|first| *first != ticket);
        self.running += 1;
    }

    /// The upstream began to answer a request, or refused it for what it is.
    pub(crate) fn answered(&mut self, ticket: Ticket) {
        if self.unanswered.remove(&ticket).is_none() {
            return;
        }
        self.failures = 0;
        if matches!(self.gate, Gate::Probe { ticket: Some(probe), .. } if probe == ticket) {
            self.trips = 0;
            self.gate = Gate::Open;
        }
    }

    /// A try failed; `chance` is from 0 to 1.
    pub(crate) fn failed(&mut self, now: u64, ticket: Ticket, failure: Failure, chance: f64) {
        let since = match self.gate {
            Gate::Open => now,
            Gate::Shut { since, .. } | Gate::Probe { since, .. } => since,
        };
        let probed = matches!(self.gate, Gate::Probe { ticket: Some(probe), .. } if probe == ticket);
        match failure {
            Failure::Refused => return self.answered(ticket),
            Failure::Limited(wait) => {
                let until = now.saturating_add(wait);
                // A breaker that is open stays so: less is known of an upstream that only says "not now".
                if !matches!(self.gate, Gate::Shut { until: known, .. } if known >= until) {
                    self.gate = Gate::Shut { why: Why::Limited, since, until };
                }
            }
            Failure::Broken(code) => {
                self.failures += 1;
                if probed || (self.failures >= BREAKER_FAILURES && self.gate == Gate::Open) {
                    let doubled = BREAKER_OPEN_MS.saturating_mul(1 << self.trips.min(16));
                    let most = doubled.min(BREAKER_OPEN_MS_MAX) as f64;
                    // From half to all of it, so that many servers don't come back in one moment.
                    let wait = most * (0.5 + 0.5 * chance.clamp(0.0, 1.0));
                    self.trips += 1;
                    self.gate = Gate::Shut { why: Why::Broken(code), since, until: now + wait as u64 };
                }
            }
        }
        self.unanswered.remove(&ticket);
    }

    /// A request that was let through is over, or has stepped back.
    pub(crate) fn left(&mut self, ticket: Ticket) {
        self.unanswered.remove(&ticket);
        self.running = self.running.saturating_sub(1);
        if let Gate::Probe { ticket: probe, .. } = &mut self.gate
            && *probe == Some(ticket)
        {
            // It was stopped before the upstream said a word: the next one tries.
            *probe = None;
        }
    }

    /// The upstream told its limits in an answer that came at `at`.
    pub(crate) fn told(&mut self, at: u64, limits: &RateLimits) {
        if self.told_at.is_some_and(|known| known >= at) {
            return;
        }
        self.told_at = Some(at);
        let (requests, tokens) = (self.unanswered.len() as u64, self.unanswered.values().sum());
        let bucket =
            |told: &Option<RateLimit>, under_way| told.as_ref().map(|told| Bucket::told(told, at, under_way));
        self.requests = bucket(&limits.requests, requests);
        self.tokens = bucket(&limits.tokens, tokens);
        self.input_tokens = bucket(&limits.input_tokens, tokens);
        self.output_tokens = bucket(&limits.output_tokens, 0);
    }
}
