//! `host[:port]` as `Host` and `Origin` give it, in one spelling.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A host and, where one was given that is not its scheme's own, a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authority {
    /// In lower case; an IPv6 address keeps its brackets.
    pub(crate) host: String,
    /// None for 80 and 443: a proxy may have ended the TLS of a page's origin, so the two are not told apart.
    pub(crate) port: Option<u16>,
}

impl Authority {
    /// Reads a `Host` header's value.
    pub(crate) fn of_host(text: &str) -> Option<Authority> {
        let bracket = text.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match text[bracket..].find(':') {
            Some(colon) => (&text[..bracket + colon], Some(&text[bracket + colon + 1..])),
            None => (text, None),
        };
        if !is_host(host) {
            return None;
        }
        let port = match port {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(digits.parse::<u16>().ok()?)
            }
            Some(_) => return None,
            None => None,
        };
        let port = port.filter(|port| *port != 80 && *port != 443);
        Some(Authority { host: host.to_ascii_lowercase(), port })
    }

    /// Reads an `Origin` header's value: a scheme and an authority, nothing else.
    pub(crate) fn of_origin(text: &str) -> Option<Authority> {
        let (scheme, authority) = text.split_once("://")?;
        let first = scheme.bytes().next()?.is_ascii_alphabetic();
        let plain = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if first && plain { Authority::of_host(authority) } else { None }
    }

    /// `localhost`, 127.0.0.1 or [::1].
    pub(crate) fn is_loopback(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
    }

    /// An address instead of a name: no DNS answer can turn it into another server.
    pub(crate) fn is_address(&self) -> bool {
        let inside = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        match inside {
            Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
            None => self.host.parse::<Ipv4Addr>().is_ok(),
        }
    }
}

/// A name, an IPv4 address, or a bracketed IPv6 address.
fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|inside| inside.parse::<Ipv6Addr>().is_ok()),
        None => {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        }
    }
}
