//! Which pages may talk to this server, and by which names (CN2, HT4): against foreign pages and DNS rebinding.

use http::{HeaderMap, header};

use super::{Authority, only};

/// The hosts and origins of this server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Site {
    /// Accepted as `Host`; without a port, with any.
    pub(crate) hosts: Vec<Authority>,
    /// Trusted origins, lower case.
    pub(crate) origins: Vec<String>,
    /// With guests on loopback, every loopback origin is trusted (HT4).
    pub(crate) guests: bool,
}

/// Where a request's page comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// No page: a program.
    Program,
    /// A page of this very host.
    SameHost,
    /// A page of an origin that is trusted.
    Trusted,
}

/// Why a request is refused before anything else is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OriginRefusal {
    /// `Host` is missing, doubled, malformed or not ours.
    #[error("This server does not answer to that host name; set `public_url` or `allowed_hosts`.")]
    Host,
    /// `Origin` is doubled, null, malformed or not trusted.
    #[error("Pages of that origin may not use this server; set `allowed_origins`.")]
    Origin,
}

impl Site {
    /// Judges `Host` and `Origin`; `authority` is HTTP/2's in place of `Host`.
    pub(crate) fn judge(
        &self,
        headers: &HeaderMap,
        authority: Option<&str>,
        loopback: bool,
    ) -> Result<Source, OriginRefusal> {
        let host = match headers.contains_key(header::HOST) {
            true => only(headers, &header::HOST),
            false => authority,
        };
        let host = host.and_then(Authority::of_host).ok_or(OriginRefusal::Host)?;
        if !self.accepts_host(&host, loopback) {
            return Err(OriginRefusal::Host);
        }
        if !headers.contains_key(header::ORIGIN) {
            return Ok(Source::Program);
        }
        let text = only(headers, &header::ORIGIN).ok_or(OriginRefusal::Origin)?;
        let origin = Authority::of_origin(text).ok_or(OriginRefusal::Origin)?;
        if origin == host {
            return Ok(Source::SameHost);
        }
        let listed = self.origins.iter().any(|listed| listed.eq_ignore_ascii_case(text));
        if listed || (self.guests && loopback && origin.is_loopback()) {
            return Ok(Source::Trusted);
        }
        Err(OriginRefusal::Origin)
    }

    /// Whether an origin is trusted though it is not this host's own (HT4).
    pub(crate) fn trusts(&self, origin: &str, loopback: bool) -> bool {
        self.origins.iter().any(|listed| listed.eq_ignore_ascii_case(origin))
            || (self.guests
                && loopback
                && Authority::of_origin(origin).is_some_and(|origin| origin.is_loopback()))
    }

    fn accepts_host(&self, host: &Authority, loopback: bool) -> bool {
        let listed =
            |known: &Authority| known.host == host.host && (known.port.is_none() || known.port == host.port);
        if self.hosts.iter().any(listed) {
            return true;
        }
        // `localhost` is this machine for every browser, and an address needs no DNS: neither can be rebound.
        host.is_loopback() || (!loopback && host.is_address())
    }
}
