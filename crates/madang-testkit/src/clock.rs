//! A clock that stands still until a test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use madang_hub::Clock;
use madang_protocol::UnixMs;

/// Wall-clock time under a test's control.
#[derive(Debug)]
pub struct FakeClock(AtomicU64);

impl FakeClock {
    /// Starts at this time, in Unix milliseconds.
    #[must_use]
    pub fn new(now: u64) -> Arc<FakeClock> {
        Arc::new(FakeClock(AtomicU64::new(now)))
    }

    /// Moves it forward by milliseconds.
    pub fn advance(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Sets it, backwards too: clocks do that.
    pub fn set(&self, now: u64) {
        self.0.store(now, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }
}
