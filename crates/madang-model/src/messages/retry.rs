//! When to try again: pure arithmetic over what failed, how often, and how much time is left.

use std::time::Duration;

use super::failure::Failure;
use crate::settings::{Settings, ms};

/// The rules for trying again.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    retries: u32,
    budget: Duration,
    base: Duration,
    cap: Duration,
}

impl Policy {
    /// The rules that the settings name.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            retries: settings.retries,
            budget: ms(settings.retry_budget_ms),
            base: ms(settings.retry_base_ms),
            cap: ms(settings.retry_cap_ms),
        }
    }

    /// How long to wait before another try; none when there is to be none.
    ///
    /// `tries` were made since `elapsed` ago; `chance` is from 0 to 1. The upstream's wish is taken as it is; our own
    /// wait is drawn from the whole span up to the back-off ("full jitter"), so that many waiting replies spread out.
    pub(crate) fn wait(
        &self,
        failure: &Failure,
        tries: u32,
        elapsed: Duration,
        chance: f64,
    ) -> Option<Duration> {
        if !failure.retry || tries > self.retries {
            return None;
        }
        let doubled = 1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX);
        let back_off = self.base.saturating_mul(doubled).min(self.cap).mul_f64(chance.clamp(0.0, 1.0));
        let wait = failure.wait.unwrap_or(back_off);
        (elapsed + wait <= self.budget).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::failure;
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;

    fn check(status: u16, wait: Option<u64>, tries: u32, elapsed: u64, expected: Option<u64>) {
        let status = StatusCode::from_u16(status).unwrap();
        let mut failure = failure::of_status(status, &HeaderMap::new(), b"");
        failure.wait = wait.map(ms);
        let policy = Policy::new(&Settings { retries: 5, ..Settings::default() });
        assert_eq!(policy.wait(&failure, tries, ms(elapsed), 1.0), expected.map(ms));
    }

    #[test]
    fn our_own_waits_double_up_to_the_cap() {
        check(529, None, 1, 0, Some(500));
        check(500, None, 2, 0, Some(1000));
        check(503, None, 3, 0, Some(2000));
        check(504, None, 4, 0, Some(4000));
        check(408, None, 5, 0, Some(8000));
        check(409, None, 6, 0, None);
    }

    #[test]
    fn the_upstreams_wish_is_taken_within_the_budget() {
        check(429, Some(30_000), 1, 0, Some(30_000));
        check(429, Some(30_000), 1, 30_001, None);
        check(529, None, 1, 59_800, None);
    }

    #[test]
    fn what_cannot_help_is_not_tried() {
        for status in [300, 400, 401, 402, 403, 404, 413, 422] {
            check(status, Some(1), 1, 0, None);
        }
    }

    #[test]
    fn jitter_reaches_down_to_nothing() {
        let failure = failure::of_status(StatusCode::INTERNAL_SERVER_ERROR, &HeaderMap::new(), b"");
        let policy = Policy::new(&Settings::default());
        assert_eq!(policy.wait(&failure, 1, Duration::ZERO, 0.0), Some(Duration::ZERO));
        assert_eq!(policy.wait(&failure, 1, Duration::ZERO, 0.5), Some(ms(250)));
    }
}
