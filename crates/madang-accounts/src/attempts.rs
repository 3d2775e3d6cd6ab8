//! How often passwords may be tried: per account and address, and per address. Nobody can lock out someone elsewhere.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use parking_lot::Mutex;

use crate::{Refusal, Settings};

/// A minute.
const MINUTE_MS: u64 = 60_000;

/// Whose tries are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    /// A name, tried from a network; hashed, since people type passwords into the field for the name.
    Name([u8; 16]),
    /// A network, whatever the name.
    Network(IpAddr),
}

/// Tries that did not succeed, or are not over.
#[derive(Debug, Clone, Copy, Default)]
struct Tries {
    count: u32,
    last_ms: u64,
}

/// Counts tries.
pub(crate) struct Attempts {
    tries: Mutex<HashMap<Key, Tries>>,
    free: u32,
    pause_ms: u64,
    pause_ms_max: u64,
    per_network: u32,
    max: usize,
}

/// What someone tries; made by [`Attempts::begin`].
#[derive(Debug)]
pub(crate) struct Attempt(Key);

impl Attempts {
    pub(crate) fn new(settings: &Settings) -> Attempts {
        Attempts {
            tries: Mutex::default(),
            free: settings.login_tries,
            pause_ms: settings.login_pause_ms,
            pause_ms_max: settings.login_pause_ms_max,
            per_network: settings.login_tries_per_address,
            max: settings.tries_max,
        }
    }

    /// Counts a try before it is made, so that many at once are no way around; refused, it says how long to wait.
    pub(crate) fn begin(&self, name: &str, address: Option<IpAddr>, now_ms: u64) -> Result<Attempt, Refusal> {
        self.knock(address, now_ms)?;
        let key = Key::Name(name_key(name, address));
        let mut tries = self.tries.lock();
        let seen = tries.entry(key).or_default();
        if now_ms >= seen.last_ms + self.memory_ms(seen.count) {
            seen.count = 0;
        }
        let until = seen.last_ms + self.pause(seen.count);
        if seen.count >= self.free && now_ms < until {
            return Err(Refusal::rate_limited(until - now_ms));
        }
        *seen = Tries { count: seen.count.saturating_add(1), last_ms: now_ms };
        Ok(Attempt(key))
    }

    /// Counts whatever costs work and shows no credential, by address alone; loopback is exempt.
    pub(crate) fn knock(&self, address: Option<IpAddr>, now_ms: u64) -> Result<(), Refusal> {
        let mut tries = self.tries.lock();
        self.make_room(&mut tries, now_ms);
        let Some(address) = address.filter(|address| !address.to_canonical().is_loopback()) else {
            return Ok(());
        };
        let seen = tries.entry(Key::Network(network(address))).or_default();
        if now_ms >= seen.last_ms + MINUTE_MS {
            *seen = Tries { count: 0, last_ms: now_ms };
        }
        if seen.count >= self.per_network {
            return Err(Refusal::rate_limited(seen.last_ms + MINUTE_MS - now_ms));
        }
        seen.count += 1;
        Ok(())
    }

    /// Forgets the tries for that name from there: the password was right.
    pub(crate) fn succeeded(&self, attempt: &Attempt) {
        self.tries.lock().remove(&attempt.0);
    }

    /// The pause after so many tries: doubled with each one beyond the free ones.
    fn pause(&self, count: u32) -> u64 {
        match count.checked_sub(self.free) {
            None => 0,
            Some(beyond) => self.pause_ms.saturating_mul(1 << beyond.min(20)).min(self.pause_ms_max),
        }
    }

    /// How long tries count: a minute for the free ones, twice the pause for those that had to wait.
    fn memory_ms(&self, count: u32) -> u64 {
        MINUTE_MS.max(2 * self.pause(count))
    }

    fn make_room(&self, tries: &mut HashMap<Key, Tries>, now_ms: u64) {
        if tries.len() + 2 <= self.max {
            return;
        }
        tries.retain(|_, seen| now_ms < seen.last_ms + self.memory_ms(seen.count));
        if tries.len() + 2 > self.max {
            // Those whose pause is longest stay: a flood of new names must not make an old attack cheap again.
            let mut by_weight: Vec<_> =
                tries.iter().map(|(key, seen)| (seen.count, seen.last_ms, *key)).collect();
            by_weight.sort_unstable_by_key(|(count, last_ms, _)| (*count, *last_ms));
            for (.., key) in by_weight.into_iter().take(self.max / 2 + 2) {
                tries.remove(&key);
            }
        }
    }
}

fn name_key(name: &str, address: Option<IpAddr>) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(name.to_lowercase().as_bytes()).update(&[0]);
    if let Some(address) = address {
        hasher.update(network(address).to_string().as_bytes());
    }
    let mut half = [0; 16];
    half.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    half
}

/// What counts as one address: an IPv4 address, or the /64 that one IPv6 customer is given.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn au16_the_pause_grows_and_another_address_is_free() {
        let attempts = Attempts::new(&Settings::default());
        let (here, there) = (address("203.0.113.5"), address("198.51.100.7"));
        let mut now = 1_000_000;
        for _ in 0..5 {
            attempts.begin("Mina", here, now).unwrap();
        }
        let mut pauses = Vec::new();
        for _ in 0..15 {
            let wait = attempts.begin("mina", here, now).unwrap_err().retry_after_ms.unwrap();
            pauses.push(wait);
            now += wait;
            attempts.begin("MINA", here, now).unwrap();
        }
        assert_eq!(pauses[..4], [12_000, 24_000, 48_000, 96_000]);
        assert_eq!(pauses[14], 900_000);
        attempts.begin("mina", there, now).unwrap();
        let attempt = attempts.begin("mina", here, now + 900_000).unwrap();
        attempts.succeeded(&attempt);
        for _ in 0..5 {
            attempts.begin("mina", here, now + 900_000).unwrap();
        }
    }

    #[test]
    fn au16_one_address_may_not_try_all_names() {
        let attempts = Attempts::new(&Settings { login_tries_per_address: 10, ..Settings::default() });
        for n in 0..10 {
            attempts.begin(&format!("name{n}"), address("2001:db8::1"), 0).unwrap();
        }
        let refused = attempts.begin("another", address("2001:db8::2"), 10_000).unwrap_err();
        assert_eq!(refused.retry_after_ms, Some(50_000));
        attempts.begin("another", address("2001:db8:0:1::2"), 10_000).unwrap();
        attempts.begin("another", address("2001:db8::2"), 60_000).unwrap();
    }

    #[test]
    fn the_table_is_bounded_and_keeps_the_worst() {
        let attempts = Attempts::new(&Settings { tries_max: 20, ..Settings::default() });
        for _ in 0..5 {
            attempts.begin("victim", address("203.0.113.5"), 0).unwrap();
        }
        for n in 0..500 {
            attempts.begin(&format!("name{n}"), address("127.0.0.1"), 1).unwrap();
            assert!(attempts.tries.lock().len() <= 20);
        }
        assert!(attempts.begin("victim", address("203.0.113.5"), 2).is_err());
    }
}
