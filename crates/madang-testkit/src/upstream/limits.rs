//! Rate limits: one set of token buckets for each API key, and the headers that report them.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::clock::Clock;
use super::error::ApiError;

/// Limits per minute for each API key; the buckets start full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests a minute; over it, 429 with `retry-after`.
    pub requests: u64,
    /// Input tokens a minute, cache reads free; over it, 429 with `retry-after`.
    pub input_tokens: u64,
    /// Output tokens a minute, taken when they were sent; while it is in debt, 429 with `retry-after`.
    pub output_tokens: u64,
}

impl Default for Limits {
    /// High enough that no test meets them by accident.
    fn default() -> Self {
        Self { requests: 600_000, input_tokens: 2_000_000_000, output_tokens: 400_000_000 }
    }
}

/// The buckets of every key.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    limits: Limits,
    keys: HashMap<String, [Bucket; 3]>,
}

/// What is left in one bucket, at the time it was last looked at.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    per_minute: f64,
    left: f64,
    at: Duration,
}

/// Keys with buckets; at this number all buckets start full again.
const KEYS_MAX: usize = 10_000;
const NAMES: [&str; 3] = ["requests", "input-tokens", "output-tokens"];
const SENTENCES: [&str; 3] = ["requests per minute", "input tokens per minute", "output tokens per minute"];

impl Bucket {
    fn full(per_minute: u64, at: Duration) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "limits are far below 2^52")]
        let per_minute = per_minute as f64;
        Self { per_minute, left: per_minute, at }
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.left = (self.left + passed * self.per_minute / 60.0).min(self.per_minute);
        self.at = now;
    }

    /// Time until `amount` is there.
    fn wait_for(&self, amount: f64) -> Duration {
        let seconds = (amount - self.left).max(0.0) * 60.0 / self.per_minute.max(f64::MIN_POSITIVE);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

impl Buckets {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, keys: HashMap::new() }
    }

    /// New limits for every key; the buckets start full again.
    pub(crate) fn set(&mut self, limits: Limits) {
        *self = Self::new(limits);
    }

    /// The limits in force.
    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// Takes one request with its input tokens, or says how long to wait.
    pub(crate) fn admit(&mut self, key: &str, input_tokens: usize, now: Duration) -> Result<(), ApiError> {
        let buckets = self.of(key, now);
        #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
        // A prompt larger than the whole bucket is let through when the bucket is full, or it could never be sent.
        let wanted =
            [1.0, (input_tokens as f64).min(buckets[1].per_minute), 1.0_f64.min(buckets[2].per_minute)];
        for (at, bucket) in buckets.iter().enumerate() {
            if bucket.left < wanted[at] {
                let wait = bucket.wait_for(wanted[at]);
                let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
                let message = format!(
                    "This request would exceed your organization's rate limit of {} {}",
                    bucket.per_minute, SENTENCES[at]
                );
                return Err(ApiError::new(429, message).with_header("retry-after", seconds.to_string()));
            }
        }
        buckets[0].left -= wanted[0];
        buckets[1].left -= wanted[1];
        Ok(())
    }

    /// Takes the output tokens of a response that is over; the bucket may go into debt.
    pub(crate) fn spend_output(&mut self, key: &str, tokens: usize, now: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
        let tokens = tokens as f64;
        self.of(key, now)[2].left -= tokens;
    }

    /// The `anthropic-ratelimit-*` headers of a key.
    pub(crate) fn headers(&mut self, key: &str, clock: &Clock) -> Vec<(String, String)> {
        let now = clock.now();
        let buckets = *self.of(key, now);
        let mut headers = Vec::with_capacity(12);
        for (at, bucket) in buckets.iter().enumerate() {
            push_headers(&mut headers, NAMES[at], *bucket, clock);
        }
        // `tokens` is the most restrictive limit in force.
        let tightest = if buckets[1].left <= buckets[2].left { buckets[1] } else { buckets[2] };
        push_headers(&mut headers, "tokens", tightest, clock);
        headers
    }

    /// What is left for each key, by the tag that stands for it.
    pub(crate) fn snapshot(&self) -> Value {
        let left = self.keys.iter().map(|(key, buckets)| {
            let parts =
                NAMES.iter().zip(buckets).map(|(name, bucket)| ((*name).to_owned(), json!(bucket.left)));
            (key.clone(), Value::Object(parts.collect()))
        });
        Value::Object(left.collect())
    }

    fn of(&mut self, key: &str, now: Duration) -> &mut [Bucket; 3] {
        if self.keys.len() >= KEYS_MAX && !self.keys.contains_key(key) {
            self.keys.clear();
        }
        let limits = self.limits;
        let full = || {
            [limits.requests, limits.input_tokens, limits.output_tokens].map(|limit| Bucket::full(limit, now))
        };
        let buckets = self.keys.entry(key.to_owned()).or_insert_with(full);
        buckets.iter_mut().for_each(|bucket| bucket.refill(now));
        buckets
    }
}

fn push_headers(headers: &mut Vec<(String, String)>, name: &str, bucket: Bucket, clock: &Clock) {
    let is_tokens = name.ends_with("tokens");
    let left = bucket.left.max(0.0);
    // Remaining tokens are rounded to thousands, as on the real wire.
    let left = if is_tokens { (left / 1_000.0).round() * 1_000.0 } else { left.floor() };
    let reset =
        clock.rfc3339(clock.now() + bucket.wait_for(bucket.per_minute).min(Duration::from_secs(3_600)));
    headers.push((format!("anthropic-ratelimit-{name}-limit"), format!("{:.0}", bucket.per_minute)));
    headers.push((format!("anthropic-ratelimit-{name}-remaining"), format!("{left:.0}")));
    headers.push((format!("anthropic-ratelimit-{name}-reset"), reset));
}
