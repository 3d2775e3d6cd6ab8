//! One of the upstream's rate limits, between two of its answers: pure arithmetic over what it told last.

use madang_model::RateLimit;

/// Over which the upstream refills a bucket that does not say when it will be full: its limits are a minute's.
const MINUTE_MS: f64 = 60_000.0;

/// What is left of a limit, refilled steadily.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bucket {
    limit: f64,
    level: f64,
    per_ms: f64,
    at: u64,
}

impl Bucket {
    /// As an answer that came at `at` told it; `under_way` was sent before and may not be counted there yet.
    pub(crate) fn told(told: &RateLimit, at: u64, under_way: u64) -> Bucket {
        let limit = told.limit as f64;
        let missing = told.limit.saturating_sub(told.remaining) as f64;
        let per_ms = match told.reset_after_ms.filter(|reset| *reset > 0) {
            Some(reset) if missing > 0.0 => missing / reset as f64,
            Some(_) | None => limit / MINUTE_MS,
        };
        Bucket { limit, level: told.remaining as f64 - under_way as f64, per_ms, at }
    }

    fn level(&self, now: u64) -> f64 {
        let refilled = self.level + now.saturating_sub(self.at) as f64 * self.per_ms;
        refilled.min(self.limit)
    }

    /// Takes something out; what is not there yet is owed.
    pub(crate) fn take(&mut self, now: u64, amount: u64) {
        self.level = self.level(now) - amount as f64;
        self.at = self.at.max(now);
    }

    /// When `amount` will be there; `now` when it is. Nobody waits for more than the bucket can hold.
    pub(crate) fn ready_at(&self, now: u64, amount: u64) -> u64 {
        let missing = (amount as f64).min(self.limit) - self.level(now);
        if missing <= 0.0 {
            return now;
        }
        if self.per_ms <= 0.0 {
            return u64::MAX;
        }
        now.saturating_add((missing / self.per_ms).ceil() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(limit: u64, remaining: u64, reset_after_ms: Option<u64>) -> Bucket {
        Bucket::told(&RateLimit { limit, remaining, reset_after_ms }, 1_000, 0)
    }

    fn check(bucket: Bucket, now: u64, amount: u64, ready_at: u64) {
        assert_eq!(bucket.ready_at(now, amount), ready_at, "{amount} of {bucket:?} at {now}");
    }

    #[test]
    fn what_is_there_can_be_had_and_the_rest_is_waited_for() {
        check(bucket(100, 50, Some(5_000)), 1_000, 50, 1_000);
        // 50 come back in 5 s: 10 a second.
        check(bucket(100, 50, Some(5_000)), 1_000, 60, 2_000);
        check(bucket(100, 50, Some(5_000)), 3_000, 60, 3_000);
        // Without a word a minute refills all of it.
        check(bucket(60, 0, None), 1_000, 1, 2_000);
        check(bucket(60, 60, Some(0)), 1_000, 60, 1_000);
    }

    #[test]
    fn more_than_it_holds_waits_until_it_is_full_and_no_longer() {
        check(bucket(100, 0, Some(10_000)), 1_000, 1_000_000, 11_000);
        check(bucket(100, 0, Some(10_000)), 99_000, 1_000_000, 99_000);
        check(bucket(0, 0, None), 1_000, 7, 1_000);
    }

    #[test]
    fn what_is_under_way_or_taken_is_not_there() {
        let told = RateLimit { limit: 100, remaining: 50, reset_after_ms: Some(5_000) };
        check(Bucket::told(&told, 1_000, 45), 1_000, 10, 1_500);
        let mut taken = bucket(100, 50, Some(5_000));
        taken.take(1_000, 50);
        check(taken, 1_000, 10, 2_000);
        taken.take(1_000, 50);
        check(taken, 1_000, 10, 7_000);
        check(taken, 1_000_000, 100, 1_000_000);
    }

    #[test]
    fn an_answer_from_the_past_is_refilled_up_to_now() {
        let mut late = bucket(100, 0, Some(10_000));
        late.take(6_000, 10);
        check(late, 6_000, 50, 7_000);
    }
}
