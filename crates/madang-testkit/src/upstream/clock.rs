//! The stand-in's clock: real time plus whatever a test skipped over.
//!
//! Only deadlines that are *looked up* (cache entries, rate-limit buckets) follow the skipped time; a pause inside a
//! stream is real, because the client on the other side has a real clock too.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Time since the stand-in started, with a knob to move it forward.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    started_wall: Duration,
    skipped_us: AtomicU64,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), started_wall: wall(), skipped_us: AtomicU64::new(0) }
    }

    /// Time since the start, the skipped time included.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed() + Duration::from_micros(self.skipped_us.load(Ordering::Relaxed))
    }

    /// Moves [`Clock::now`] forward; caches age and buckets refill as if `by` had passed.
    pub(crate) fn advance(&self, by: Duration) {
        let us = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
        self.skipped_us.fetch_add(us, Ordering::Relaxed);
    }

    /// The date that belongs to `at`, a value of [`Clock::now`], as in `2026-11-22T09:00:00Z`.
    pub(crate) fn rfc3339(&self, at: Duration) -> String {
        rfc3339((self.started_wall + at).as_secs())
    }
}

/// Microseconds since 1970 by the system clock: what the knob `stamp=1` writes into each delta.
///
/// A benchmark on the same machine reads the same clock and subtracts.
pub fn stamp_us() -> u64 {
    u64::try_from(wall().as_micros()).unwrap_or(u64::MAX)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the edge: stamps and dates need the machine's wall clock"
)]
fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Formats seconds since 1970 in UTC, by the days-to-civil algorithm (Source: Howard Hinnant, chrono-compatible dates).
fn rfc3339(unix_s: u64) -> String {
    let (days, rest) = (unix_s / 86_400, unix_s % 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_shifted + 2) / 5 + 1;
    let month = if month_shifted < 10 { month_shifted + 3 } else { month_shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn dates_are_formatted_in_utc() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(rfc3339(1_795_346_703), "2026-11-22T11:25:03Z");
    }
}
