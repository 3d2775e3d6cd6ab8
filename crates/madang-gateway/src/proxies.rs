//! Where a request really came from, behind proxies that are trusted by name. Nobody else's word about it counts.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;

use crate::gateway::Shared;
use crate::listener::Peer;

/// Addresses in one `X-Forwarded-For` that are looked at, from the nearest on: no honest chain is longer.
const HOPS_MAX: usize = 16;

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    address: IpAddr,
    bits: u8,
}

impl Range {
    fn parse(text: &str) -> Option<Range> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let address = address.parse::<IpAddr>().ok()?.to_canonical();
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(all);
        (bits <= all).then_some(Range { address, bits })
    }

    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(range), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.bits);
                (u32::from(range) ^ u32::from(address)).checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V6(range), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.bits);
                (u128::from(range) ^ u128::from(address)).checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// The proxies whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Proxies(Vec<Range>);

impl Proxies {
    /// Reads a list of addresses and ranges (`10.0.0.0/8`); the first that is none of either is the error.
    pub(crate) fn parse(list: &[String]) -> Result<Proxies, &str> {
        list.iter().map(|text| Range::parse(text).ok_or(text.as_str())).collect::<Result<_, _>>().map(Proxies)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(address.to_canonical()))
    }

    /// The first address, from the nearest on, that is none of ours: what a client wrote itself stands beyond it.
    fn client(&self, nearest: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = nearest;
        let lines = headers.get_all("x-forwarded-for").iter().rev().filter_map(|line| line.to_str().ok());
        for hop in lines.flat_map(|line| line.rsplit(',')).take(HOPS_MAX) {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = address_of(hop.trim()) else { break };
            client = address;
        }
        client
    }
}

/// An address as proxies write it: bare, in brackets, with or without a port.
fn address_of(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok();
    address
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .map(|ip| ip.to_canonical())
}

/// Puts the client's own address where the proxy's stood, for limits and the audit log.
pub(crate) async fn unwrap(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    if let Some(mut peer) = request.extensions().get::<Peer>().cloned() {
        let nearest = peer.remote.ip();
        let client = shared.proxies.client(nearest, request.headers());
        if client != nearest {
            // The port is the proxy's and means nothing any more.
            peer.remote = SocketAddr::new(client, 0);
            request.extensions_mut().insert(peer);
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &[&str], nearest: &str, lines: &[&'static str]) -> String {
        let list: Vec<_> = proxies.iter().map(|&text| text.to_owned()).collect();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", http::HeaderValue::from_static(line));
        }
        Proxies::parse(&list).unwrap().client(nearest.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn nobody_is_believed_unless_named() {
        assert_eq!(client(&[], "127.0.0.1", &["203.0.113.9"]), "127.0.0.1");
        assert_eq!(client(&["10.0.0.0/8"], "192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
    }

    #[test]
    fn what_a_client_writes_itself_does_not_count() {
        let forged = &["1.2.3.4, 203.0.113.9"];
        assert_eq!(client(&["10.0.0.0/8"], "10.1.2.3", forged), "203.0.113.9");
        assert_eq!(client(&["10.0.0.0/8"], "10.1.2.3", &["1.2.3.4", "203.0.113.9, 10.0.0.7"]), "203.0.113.9");
        assert_eq!(client(&["10.0.0.0/8"], "10.1.2.3", &["203.0.113.9, nonsense"]), "10.1.2.3");
        assert_eq!(client(&["10.0.0.0/8"], "10.1.2.3", &[]), "10.1.2.3");
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        assert_eq!(client(&["::1"], "::1", &["[2001:db8::7]:443"]), "2001:db8::7");
        assert_eq!(client(&["::1"], "::1", &["[2001:db8::7]"]), "2001:db8::7");
        assert_eq!(client(&["127.0.0.0/8"], "::ffff:127.0.0.1", &["203.0.113.9:5000"]), "203.0.113.9");
        assert_eq!(client(&["0.0.0.0/0"], "198.51.100.1", &["203.0.113.9"]), "203.0.113.9");
    }

    #[test]
    fn a_range_that_is_none_is_named() {
        for bad in ["", "10.0.0.0/33", "10.0.0", "::/129", "host.example", "10.0.0.0/-1"] {
            assert_eq!(Proxies::parse(&[bad.to_owned()]), Err(bad));
        }
    }
}
