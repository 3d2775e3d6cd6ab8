//! How many sockets there may be: in all, from one address, and of one person.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use madang_protocol::UserId;
use parking_lot::Mutex;

/// Sockets beyond the limit that are still taken, so that they can be told why they must go (CN2).
const MARGIN: usize = 512;

/// Counts the sockets that are open.
pub(crate) struct Caps {
    open: Mutex<Open>,
    max: usize,
    per_address_max: usize,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_network: HashMap<IpAddr, usize>,
}

/// A socket's place; given back when dropped.
pub(crate) struct Permit {
    caps: Arc<Caps>,
    network: Option<IpAddr>,
}

impl Caps {
    pub(crate) fn new(max: usize, per_address_max: usize) -> Arc<Caps> {
        Arc::new(Caps { open: Mutex::default(), max, per_address_max })
    }

    /// Takes a place, if there is one.
    pub(crate) fn admit(self: &Arc<Caps>, address: IpAddr) -> Option<Permit> {
        let network = (!address.to_canonical().is_loopback()).then(|| network(address));
        let mut open = self.open.lock();
        if open.all >= self.max + MARGIN {
            return None;
        }
        if let Some(network) = network {
            let count = open.by_network.entry(network).or_default();
            if *count >= self.per_address_max {
                return None;
            }
            *count += 1;
        }
        open.all += 1;
        Some(Permit { caps: Arc::clone(self), network })
    }

    /// Whether there are more sockets than there should be.
    pub(crate) fn overloaded(&self) -> bool {
        self.open.lock().all > self.max
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.caps.open.lock();
        open.all -= 1;
        if let Some(network) = self.network
            && let Some(count) = open.by_network.get_mut(&network)
        {
            *count -= 1;
            if *count == 0 {
                open.by_network.remove(&network);
            }
        }
    }
}

/// The sockets of each person.
#[derive(Default)]
pub(crate) struct Sockets {
    by_person: Mutex<HashMap<UserId, usize>>,
}

/// One socket of a person; given back when dropped.
pub(crate) struct Place {
    sockets: Arc<Sockets>,
    user: UserId,
}

impl Sockets {
    /// Takes a place among a person's sockets, if there is one.
    pub(crate) fn admit(self: &Arc<Sockets>, user: UserId, max: usize) -> Option<Place> {
        let mut by_person = self.by_person.lock();
        let count = by_person.entry(user).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(Place { sockets: Arc::clone(self), user })
    }

    /// Whether a person has as many as they may.
    pub(crate) fn is_full(&self, user: UserId, max: usize) -> bool {
        self.by_person.lock().get(&user).is_some_and(|count| *count >= max)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_person = self.sockets.by_person.lock();
        if let Some(count) = by_person.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                by_person.remove(&self.user);
            }
        }
    }
}

/// What counts as one address: an IPv4 address, or the /64 that one IPv6 customer is given.
pub(crate) fn network(address: IpAddr) -> IpAddr {
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
    use madang_protocol::UnixMs;

    use super::*;

    #[test]
    fn one_address_has_its_share_and_loopback_is_exempt() {
        let caps = Caps::new(100, 2);
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let held: Vec<_> =
            ["2001:db8::1", "2001:db8::2"].map(|text| caps.admit(address(text)).unwrap()).into();
        assert!(caps.admit(address("2001:db8::3")).is_none(), "one /64 is one customer");
        assert!(caps.admit(address("2001:db8:0:1::3")).is_some());
        let loopback: Vec<_> = (0..10).map(|_| caps.admit(address("::ffff:127.0.0.1")).unwrap()).collect();
        drop((held, loopback));
        assert!(caps.admit(address("2001:db8::3")).is_some());
        assert_eq!(caps.open.lock().all, 0);
    }

    #[test]
    fn a_persons_places_are_given_back_and_leave_nothing() {
        let sockets = Arc::new(Sockets::default());
        let (one, two) = (UserId::new(UnixMs(1), [1; 10]), UserId::new(UnixMs(1), [2; 10]));
        let held: Vec<_> = (0..9).map_while(|_| sockets.admit(one, 3)).collect();
        assert_eq!(held.len(), 3);
        assert!(sockets.is_full(one, 3) && !sockets.is_full(two, 3));
        let other = sockets.admit(two, 3);
        assert!(other.is_some());
        drop((held, other));
        assert!(sockets.by_person.lock().is_empty());
    }

    #[test]
    fn a_few_beyond_the_limit_are_taken_to_be_told() {
        let caps = Caps::new(1, 1);
        let held: Vec<_> = (0..2000).map_while(|_| caps.admit(IpAddr::V6(Ipv6Addr::LOCALHOST))).collect();
        assert_eq!(held.len(), 1 + MARGIN);
        assert!(caps.overloaded());
    }
}
