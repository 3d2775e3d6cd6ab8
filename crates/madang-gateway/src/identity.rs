//! Who someone is: the order of credentials (CN1), guests, tickets. It must never put a token into a log.

mod names;
mod ticket;
mod token;

use std::sync::Arc;

use http::HeaderMap;
use http::header;
use http::request::Parts;
use madang_hub::{Caller, Via};
use madang_protocol::{ErrorCode, Scope, UnixMs, UserId, color_of};

pub use names::display_name;
pub(crate) use ticket::Tickets;
pub use token::{GuestKey, TokenError};

/// The cookie that carries a guest's credential: `__Host-` binds it to this host, HTTPS (or loopback) and all paths.
pub const COOKIE: &str = "__Host-madang";

/// A credential as it was presented; the most explicit one alone counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Credential<'a> {
    /// `?ticket=`: single use.
    Ticket(&'a str),
    /// `Authorization: Bearer`.
    Bearer(&'a str),
    /// `?token=`, for version-1 clients that can't set headers.
    Query(&'a str),
}

/// What a request says about who sent it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Presented<'a> {
    /// Something explicit: right or refused, never passed over.
    Explicit(Credential<'a>),
    /// The browser's cookie alone, and the person in it if its signature holds.
    Cookie(&'a str),
    /// Nothing.
    Nothing,
}

/// Finds the credential that counts: ticket, bearer, query token, cookie; an empty one counts as absent.
#[must_use]
pub fn presented(parts: &Parts) -> Presented<'_> {
    let bearer = || {
        let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
    };
    if let Some(ticket) = query(parts, "ticket") {
        return Presented::Explicit(Credential::Ticket(ticket));
    }
    if let Some(token) = bearer() {
        return Presented::Explicit(Credential::Bearer(token));
    }
    if let Some(token) = query(parts, "token") {
        return Presented::Explicit(Credential::Query(token));
    }
    cookie(&parts.headers).map_or(Presented::Nothing, Presented::Cookie)
}

/// A parameter of the query that is there and not empty; our tokens need no percent-decoding.
fn query<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    let pairs = parts.uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value).next()
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(key, value)| *key == COOKIE && !value.is_empty()).map(|(_, value)| value).next()
}

/// Who a connection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A person who proved it.
    Known(Caller),
    /// A guest made now, with the credential to keep.
    NewGuest(Caller, String),
    /// Nobody yet: `auth` must come.
    Nobody,
}

/// Keeps what is needed to tell who someone is.
pub(crate) struct Identity {
    key: GuestKey,
    pub(crate) tickets: Tickets,
    guests: bool,
}

impl Identity {
    pub(crate) fn new(key: GuestKey, tickets: Tickets, guests: bool) -> Identity {
        Identity { key, tickets, guests }
    }

    /// Tells who a request comes from, making a guest where that is allowed.
    ///
    /// # Errors
    /// INVALID_AUTH or TOKEN_EXPIRED for an explicit credential that is refused. A bad cookie is no error: the browser
    /// sends it unasked, and after a change of keys every visitor has one.
    pub(crate) fn who(&self, presented: Presented<'_>, now: UnixMs) -> Result<Who, ErrorCode> {
        match presented {
            Presented::Explicit(Credential::Ticket(ticket)) => {
                self.tickets.redeem(ticket, now).map(Who::Known).ok_or(ErrorCode::InvalidAuth)
            }
            Presented::Explicit(Credential::Bearer(token) | Credential::Query(token)) => {
                self.verify(token, now).map(Who::Known)
            }
            Presented::Cookie(token) => match self.verify(token, now) {
                Ok(caller) => Ok(Who::Known(caller)),
                Err(_) => Ok(self.stranger(now)),
            },
            Presented::Nothing => Ok(self.stranger(now)),
        }
    }

    /// Checks a bearer credential.
    pub(crate) fn verify(&self, token: &str, now: UnixMs) -> Result<Caller, ErrorCode> {
        match self.key.verify(token, now) {
            Ok(user) => Ok(guest(user)),
            Err(TokenError::Expired) => Err(ErrorCode::TokenExpired),
            Err(TokenError::Invalid) => Err(ErrorCode::InvalidAuth),
        }
    }

    /// Makes a guest and their credential; none where guests are not allowed. Costs nothing stored.
    pub(crate) fn new_guest(&self, now: UnixMs) -> Option<(Caller, String)> {
        self.guests.then(|| {
            let user = UserId::new(now, crate::random::bytes());
            (guest(user), self.key.sign(user, now))
        })
    }

    /// The `Set-Cookie` value that keeps a credential in a browser.
    pub(crate) fn set_cookie(&self, token: &str) -> String {
        let seconds = self.key.life_ms() / 1000;
        format!("{COOKIE}={token}; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age={seconds}")
    }

    fn stranger(&self, now: UnixMs) -> Who {
        self.new_guest(now).map_or(Who::Nobody, |(caller, token)| Who::NewGuest(caller, token))
    }
}

fn guest(user: UserId) -> Caller {
    Caller {
        user,
        display_name: Arc::from(display_name(user)),
        color: Arc::from(color_of(user)),
        language: Arc::from(""),
        guest: true,
        admin: false,
        scope: Scope::Write,
        via: Via::Guest,
    }
}
