//! Rates by class, per person and per address (CM5): token buckets, each a single number (GCRA).

use std::collections::HashMap;
use std::net::IpAddr;

use madang_protocol::{RateClass, UserId};
use parking_lot::Mutex;

use crate::Settings;
use crate::caps::network;

/// Microseconds in a second.
const SECOND_US: u64 = 1_000_000;

/// Whose rate is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Person(UserId),
    Network(IpAddr),
}

/// What a bucket holds and how fast it fills.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    interval_us: u64,
    tolerance_us: u64,
}

impl Rate {
    /// So many a period, so many of them at once.
    pub(crate) fn new(per_period: u32, period_us: u64, burst: u32) -> Rate {
        let interval_us = period_us / u64::from(per_period.max(1));
        Rate { interval_us, tolerance_us: interval_us * u64::from(burst.saturating_sub(1)) }
    }

    /// Takes one from a bucket, or says in how many milliseconds there will be one.
    ///
    /// A bucket is the moment at which it will be full again; zero is a full one.
    pub(crate) fn take(self, full_at_us: &mut u64, now_us: u64) -> Result<(), u64> {
        let at = (*full_at_us).max(now_us);
        match (at - now_us).checked_sub(self.tolerance_us + 1) {
            Some(early) => Err((early + 1).div_ceil(1000)),
            None => {
                *full_at_us = at + self.interval_us;
                Ok(())
            }
        }
    }
}

/// The buckets of everyone seen lately.
pub(crate) struct Limiter {
    full_at_us: Mutex<HashMap<Key, [u64; 4]>>,
    chat: Rate,
    control: Rate,
    awareness: Rate,
    code: Rate,
    guests: Rate,
    max: usize,
}

impl Limiter {
    pub(crate) fn new(settings: &Settings) -> Limiter {
        Limiter {
            full_at_us: Mutex::default(),
            chat: Rate::new(settings.chat_per_second, SECOND_US, settings.chat_burst),
            control: Rate::new(settings.control_per_second, SECOND_US, settings.control_burst),
            awareness: Rate::new(settings.awareness_per_second, SECOND_US, settings.awareness_burst),
            code: Rate::new(settings.code_per_second, SECOND_US, settings.code_burst),
            guests: Rate::new(settings.guests_per_minute, 60 * SECOND_US, settings.guests_per_minute),
            max: settings.rates_max,
        }
    }

    /// Counts a person's command; refused, it says in how many milliseconds one is allowed.
    pub(crate) fn command(&self, user: UserId, class: RateClass, now_us: u64) -> Result<(), u64> {
        match class {
            RateClass::Chat => self.take(Key::Person(user), 0, self.chat, now_us),
            RateClass::Control => self.take(Key::Person(user), 1, self.control, now_us),
            RateClass::Awareness => self.take(Key::Person(user), 2, self.awareness, now_us),
            RateClass::Code => self.take(Key::Person(user), 3, self.code, now_us),
        }
    }

    /// Counts a guest made for an address.
    pub(crate) fn guest(&self, address: IpAddr, now_us: u64) -> Result<(), u64> {
        self.take(Key::Network(network(address)), 0, self.guests, now_us)
    }

    /// Forgets those whose buckets are full.
    pub(crate) fn sweep(&self, now_us: u64) {
        self.full_at_us.lock().retain(|_, buckets| buckets.iter().any(|full_at| *full_at > now_us));
    }

    fn take(&self, key: Key, bucket: usize, rate: Rate, now_us: u64) -> Result<(), u64> {
        let mut table = self.full_at_us.lock();
        if table.len() >= self.max && !table.contains_key(&key) {
            table.retain(|_, buckets| buckets.iter().any(|full_at| *full_at > now_us));
            if table.len() >= self.max {
                table.clear();
            }
        }
        rate.take(&mut table.entry(key).or_default()[bucket], now_us)
    }
}

#[cfg(test)]
mod tests {
    use madang_protocol::UnixMs;

    use super::*;

    fn user(n: u8) -> UserId {
        UserId::new(UnixMs(1), [n; 10])
    }

    #[test]
    fn cm5_a_burst_then_the_rate_then_the_burst_again() {
        let limiter = Limiter::new(&Settings { chat_per_second: 10, chat_burst: 10, ..Settings::default() });
        let take = |now_ms: u64| limiter.command(user(1), RateClass::Chat, now_ms * 1000);
        assert!((0..10).all(|_| take(0).is_ok()));
        assert_eq!(take(0), Err(100));
        assert_eq!(take(60), Err(40));
        assert_eq!(take(100), Ok(()));
        assert_eq!(take(100), Err(100));
        assert!((0..10).all(|_| take(5000).is_ok()), "a full bucket holds the burst and no more");
        assert_eq!(take(5000), Err(100));
    }

    #[test]
    fn cm5_classes_and_people_are_counted_apart() {
        let limiter = Limiter::new(&Settings { chat_burst: 1, control_burst: 1, ..Settings::default() });
        assert!(limiter.command(user(1), RateClass::Chat, 0).is_ok());
        assert!(limiter.command(user(1), RateClass::Chat, 0).is_err());
        assert!(limiter.command(user(1), RateClass::Control, 0).is_ok());
        assert!(limiter.command(user(2), RateClass::Chat, 0).is_ok());
    }

    #[test]
    fn cm5_the_table_is_bounded_and_swept() {
        let limiter = Limiter::new(&Settings { rates_max: 10, ..Settings::default() });
        for n in 0..100 {
            assert!(limiter.command(user(n), RateClass::Chat, 0).is_ok());
            assert!(limiter.full_at_us.lock().len() <= 10);
        }
        limiter.sweep(10 * SECOND_US);
        assert_eq!(limiter.full_at_us.lock().len(), 0);
    }
}
