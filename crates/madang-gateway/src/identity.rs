//! Who someone is: the order of credentials (CN1), guests, tickets, and what the accounts know. One path for every kind
//! of credential and every way it comes (AU-09). It must never put a token into a log.

mod names;
mod ticket;
mod token;

use std::sync::{Arc, LazyLock};

use http::header;
use http::request::Parts;
use http::{HeaderMap, Uri};
use madang_accounts::{Accounts, BOOTSTRAP_PREFIX, Known, Proof, Refusal, css_color};
use madang_hub::{Caller, Via};
use madang_protocol::{ErrorCode, PALETTE, Scope, UnixMs, UserId, color_of};

pub use names::display_name;
pub(crate) use ticket::Tickets;
pub use token::{GuestKey, TokenError};

/// The cookie that carries a login, or a guest's credential: `__Host-` binds it to this host, HTTPS (or loopback) and all paths.
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
    presented_in(&parts.uri, &parts.headers)
}

/// As [`presented`], of a request that is still whole.
pub(crate) fn presented_in<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Presented<'a> {
    let bearer = || {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
    };
    if let Some(ticket) = query(uri, "ticket") {
        return Presented::Explicit(Credential::Ticket(ticket));
    }
    if let Some(token) = bearer() {
        return Presented::Explicit(Credential::Bearer(token));
    }
    if let Some(token) = query(uri, "token") {
        return Presented::Explicit(Credential::Query(token));
    }
    cookie(headers).map_or(Presented::Nothing, Presented::Cookie)
}

/// A parameter of the query that is there and not empty; our tokens need no percent-decoding.
fn query<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
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
    accounts: Accounts,
    pub(crate) tickets: Tickets,
    guests: bool,
}

impl Identity {
    pub(crate) fn new(key: GuestKey, accounts: Accounts, tickets: Tickets, guests: bool) -> Identity {
        Identity { key, accounts, tickets, guests }
    }

    /// Tells who a request comes from, making a guest where that is allowed.
    ///
    /// # Errors
    /// INVALID_AUTH or TOKEN_EXPIRED for an explicit credential that is refused, SERVICE_UNAVAILABLE when it can't be told
    /// now. A bad cookie is no error: the browser sends it unasked, and after a change of keys every visitor has one.
    pub(crate) async fn who(&self, presented: Presented<'_>, now: UnixMs) -> Result<Who, ErrorCode> {
        match presented {
            Presented::Explicit(Credential::Ticket(ticket)) => {
                self.tickets.redeem(ticket, now).map(Who::Known).ok_or(ErrorCode::InvalidAuth)
            }
            Presented::Explicit(Credential::Bearer(token) | Credential::Query(token)) => {
                self.verify(token, now).await.map(Who::Known)
            }
            Presented::Cookie(token) => match self.verify(token, now).await {
                Ok(caller) => Ok(Who::Known(caller)),
                Err(code) if is_refused(code) => Ok(self.stranger(now)),
                Err(code) => Err(code),
            },
            Presented::Nothing => Ok(self.stranger(now)),
        }
    }

    /// Checks a bearer credential: a guest's, a login's, a personal token, or an embedding application's JWT.
    ///
    /// # Errors
    /// As [`Identity::who`].
    pub(crate) async fn verify(&self, token: &str, now: UnixMs) -> Result<Caller, ErrorCode> {
        if token.starts_with(BOOTSTRAP_PREFIX) {
            return Err(ErrorCode::InvalidAuth);
        }
        if !GuestKey::is_ours(token) {
            return self.accounts.known_by(token).await.map(known).map_err(|refusal| code_of(&refusal));
        }
        let user = match self.key.verify(token, now) {
            Ok(user) => user,
            Err(TokenError::Expired) => return Err(ErrorCode::TokenExpired),
            Err(TokenError::Invalid) => return Err(ErrorCode::InvalidAuth),
        };
        // Whoever signed up is known by their account from then on, and by what can be ended.
        match self.accounts.is_guest(user).await {
            Ok(true) => Ok(guest(user)),
            Ok(false) => Err(ErrorCode::InvalidAuth),
            Err(refusal) => Err(code_of(&refusal)),
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

    /// The `Set-Cookie` value that keeps a login in a browser.
    pub(crate) fn set_login(&self, token: &str) -> String {
        let seconds = self.accounts.settings().login_life_ms / 1000;
        format!("{COOKIE}={token}; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age={seconds}")
    }

    /// The `Set-Cookie` value that takes a credential out of a browser.
    pub(crate) fn clear_cookie() -> String {
        format!("{COOKIE}=; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=0")
    }

    fn stranger(&self, now: UnixMs) -> Who {
        self.new_guest(now).map_or(Who::Nobody, |(caller, token)| Who::NewGuest(caller, token))
    }
}

/// Whether a credential was looked at and found wanting.
pub(crate) fn is_refused(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::InvalidAuth | ErrorCode::TokenExpired)
}

/// A person with an account, as the hub wants to know them.
pub(crate) fn known(known: Known) -> Caller {
    let Known { account, scope, proof } = known;
    let via = match proof {
        Proof::Login(login) => Via::Login(login),
        Proof::Token(token) => Via::Token(token),
        Proof::Embedder(until) => Via::Embedder(until),
    };
    Caller {
        user: account.user,
        display_name: Arc::from(account.display_name.as_str()),
        color: shared_color(css_color(&account)),
        language: Arc::from(account.language.as_str()),
        guest: false,
        admin: account.admin,
        scope,
        via,
    }
}

/// A refusal's code; what the person is not told goes to the log, without the credential.
fn code_of(refusal: &Refusal) -> ErrorCode {
    if !is_refused(refusal.code) {
        let cause = refusal.source.as_ref().map(ToString::to_string).unwrap_or_default();
        tracing::warn!(code = refusal.code.as_str(), cause, "who someone is could not be told");
    }
    refusal.code
}

fn guest(user: UserId) -> Caller {
    Caller {
        user,
        display_name: Arc::from(display_name(user)),
        color: shared_color(color_of(user)),
        language: Arc::default(),
        guest: true,
        admin: false,
        scope: Scope::Write,
        via: Via::Guest,
    }
}

/// A colour; those of the palette are there once, and not once a connection.
fn shared_color(color: &str) -> Arc<str> {
    static SHARED: LazyLock<[Arc<str>; PALETTE.len()]> = LazyLock::new(|| PALETTE.map(Arc::from));
    let known = SHARED.iter().find(|known| known.as_ref() == color);
    known.cloned().unwrap_or_else(|| Arc::from(color))
}
