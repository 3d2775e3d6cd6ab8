//! Whose a credential is: one path for every kind, and a short memory, so that a busy client costs no read a message.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use madang_protocol::{LoginId, Scope, TokenId, UnixMs, UserId};
use madang_store::{AccountRow, LoginRow, PersonChange, SecretHash, TokenRow};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::Refusal;
use crate::accounts::{Accounts, Step};
use crate::ended::Proof;
use crate::secret::{LOGIN_PREFIX, OPAQUE_BYTES_MAX, TOKEN_PREFIX, hash_of};

/// `seen_at` and `used_at` are written at most so often: an hour.
const TOUCH_MS: u64 = 3_600_000;
/// Credentials that one question to the store is about; more are asked about in several.
const AT_ONCE: usize = 2_000;

/// A person who proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The account, in force.
    pub account: Arc<AccountRow>,
    /// What the credential reaches.
    pub scope: Scope,
    /// How they proved it.
    pub proof: Proof,
}

/// How a credential stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Holds {
        /// Until then, if it is known when.
        until: Option<UnixMs>,
        /// Whether its person administers.
        admin: bool,
    },
    /// It ended.
    Ended,
}

/// What one chunk of credentials rests on.
struct Found {
    /// Of each person with an account: whether they are in force, and whether they administer.
    people: HashMap<UserId, (bool, bool)>,
    logins: HashMap<(UserId, LoginId), UnixMs>,
    tokens: HashMap<(UserId, TokenId), UnixMs>,
}

impl Found {
    async fn read(accounts: &Accounts, asked: &[(UserId, Option<Proof>)]) -> Result<Found, Refusal> {
        let store = &accounts.inner.store;
        let users: HashSet<UserId> = asked.iter().map(|(user, _)| *user).collect();
        let login = |(_, proof): &(UserId, Option<Proof>)| match proof {
            Some(Proof::Login(login)) => Some(*login),
            Some(Proof::Token(_) | Proof::Embedder(_)) | None => None,
        };
        let token = |(_, proof): &(UserId, Option<Proof>)| match proof {
            Some(Proof::Token(token)) => Some(*token),
            Some(Proof::Login(_) | Proof::Embedder(_)) | None => None,
        };
        let logins: Vec<LoginId> = asked.iter().filter_map(login).collect();
        let tokens: Vec<TokenId> = asked.iter().filter_map(token).collect();
        let people = store.accounts_by_id(users.into_iter().collect()).await?;
        let logins = if logins.is_empty() { Vec::new() } else { store.logins_by_id(logins).await? };
        let tokens = if tokens.is_empty() { Vec::new() } else { store.tokens_by_id(tokens).await? };
        Ok(Found {
            people: people.iter().map(|row| (row.user, (row.disabled_at.is_none(), row.admin))).collect(),
            logins: logins.iter().map(|row| ((row.user, row.login), row.expires_at)).collect(),
            tokens: tokens.iter().map(|row| ((row.user, row.token), row.expires_at)).collect(),
        })
    }

    fn standing(&self, user: UserId, proof: Option<Proof>) -> Standing {
        let (admin, proof) = match (self.people.get(&user), proof) {
            (None, None) => return Standing::Holds { until: None, admin: false },
            (Some((true, admin)), Some(proof)) => (*admin, proof),
            // Suspended, or a guest who has an account by now, or a credential whose account is gone.
            _ => return Standing::Ended,
        };
        let until = match proof {
            Proof::Login(id) => self.logins.get(&(user, id)).copied(),
            Proof::Token(id) => self.tokens.get(&(user, id)).copied(),
            Proof::Embedder(until) => Some(until),
        };
        until.map_or(Standing::Ended, |until| Standing::Holds { until: Some(until), admin })
    }
}

/// What was found good a moment ago.
pub(crate) struct Checked {
    seen: Mutex<Seen>,
    life: Duration,
    max: usize,
}

#[derive(Default)]
struct Seen {
    /// Grows with every change of accounts: what was read before it is not remembered after it.
    generation: u64,
    people: HashMap<SecretHash, (Option<Known>, Instant)>,
}

impl Checked {
    pub(crate) fn new(life: Duration, max: usize) -> Checked {
        Checked { seen: Mutex::default(), life, max }
    }

    /// Forgets everything, because something changed.
    pub(crate) fn forget(&self) {
        let mut seen = self.seen.lock();
        seen.generation += 1;
        seen.people.clear();
    }

    fn find(&self, key: &SecretHash) -> Result<Option<Known>, u64> {
        let seen = self.seen.lock();
        match seen.people.get(key) {
            Some((known, at)) if at.elapsed() < self.life => Ok(known.clone()),
            _ => Err(seen.generation),
        }
    }

    fn remember(&self, key: SecretHash, known: Option<Known>, generation: u64) {
        let mut seen = self.seen.lock();
        if seen.generation != generation {
            return;
        }
        if seen.people.len() >= self.max {
            let life = self.life;
            seen.people.retain(|_, (_, at)| at.elapsed() < life);
        }
        if seen.people.len() < self.max {
            seen.people.insert(key, (known, Instant::now()));
        }
    }
}

impl Accounts {
    /// Tells whose a credential is: a login, a personal token, or an embedding application's JWT.
    ///
    /// # Errors
    /// INVALID_AUTH, TOKEN_EXPIRED, or SERVICE_UNAVAILABLE when it can't be told now.
    pub async fn known_by(&self, text: &str) -> Result<Known, Refusal> {
        let opaque = text.starts_with(LOGIN_PREFIX) || text.starts_with(TOKEN_PREFIX);
        if !opaque {
            return self.known_by_embedder(text).await;
        }
        if text.len() > OPAQUE_BYTES_MAX {
            return Err(Refusal::no_credential());
        }
        let key = hash_of(text);
        let generation = match self.inner.checked.find(&key) {
            Ok(Some(known)) => return Ok(known),
            Ok(None) => return Err(Refusal::no_credential()),
            Err(generation) => generation,
        };
        let known = if text.starts_with(LOGIN_PREFIX) {
            self.known_by_login(&key).await?
        } else {
            self.known_by_token(&key).await?
        };
        self.inner.checked.remember(key, Some(known.clone()), generation);
        Ok(known)
    }

    /// Whether a guest's credential still stands: it does until the guest has an account (AU-10).
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn is_guest(&self, user: UserId) -> Result<bool, Refusal> {
        let key = hash_of(&user.to_string());
        let generation = match self.inner.checked.find(&key) {
            Ok(known) => return Ok(known.is_none()),
            Err(generation) => generation,
        };
        let guest = self.inner.store.account(user).await?.is_none();
        if guest {
            self.inner.checked.remember(key, None, generation);
        }
        Ok(guest)
    }

    /// How credentials stand now, past every memory, in the order of the question; none is a guest's. So many people
    /// may come back at once that they are asked about in chunks, and not one by one.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn standings(&self, asked: &[(UserId, Option<Proof>)]) -> Result<Vec<Standing>, Refusal> {
        let mut standings = Vec::with_capacity(asked.len());
        for chunk in asked.chunks(AT_ONCE) {
            let found = Found::read(self, chunk).await?;
            standings.extend(chunk.iter().map(|(user, proof)| found.standing(*user, *proof)));
        }
        Ok(standings)
    }

    /// Notes that logins are in use though nothing new came by them: sockets of them are open.
    ///
    /// # Errors
    /// When the store can't be read or written.
    pub async fn are_in_use(&self, logins: &[LoginId]) -> Result<(), Refusal> {
        let (now, touch_ms) = (self.now(), self.touch_ms());
        for chunk in logins.chunks(AT_ONCE) {
            let mut rows = self.inner.store.logins_by_id(chunk.to_vec()).await?;
            rows.retain(|row| now.since(row.seen_at) >= touch_ms);
            if !rows.is_empty() {
                // One that ends meanwhile is not brought back by this: the store changes only what is there.
                let seen = |row| PersonChange::Login(LoginRow { seen_at: now, ..row });
                let people = rows.into_iter().map(seen).collect();
                self.carry_out(Step { people, ..Step::default() }).await?;
            }
        }
        Ok(())
    }

    async fn known_by_login(&self, hash: &SecretHash) -> Result<Known, Refusal> {
        let row = self.inner.store.login(*hash).await?.ok_or_else(Refusal::no_credential)?;
        let account = self.in_force(row.user).await?;
        let now = self.now();
        if now >= row.expires_at || now.since(row.seen_at) >= self.inner.settings.login_idle_ms {
            return Err(Refusal::ran_out());
        }
        let proof = Proof::Login(row.login);
        if now.since(row.seen_at) >= self.touch_ms() {
            self.touch(Used::Login(LoginRow { seen_at: now, ..row }));
        }
        Ok(Known { account: Arc::new(account), scope: Scope::Full, proof })
    }

    async fn known_by_token(&self, hash: &SecretHash) -> Result<Known, Refusal> {
        let row = self.inner.store.token(*hash).await?.ok_or_else(Refusal::no_credential)?;
        let account = self.in_force(row.user).await?;
        let now = self.now();
        if now >= row.expires_at {
            return Err(Refusal::ran_out());
        }
        let (scope, proof) = (row.scope, Proof::Token(row.token));
        if row.used_at.is_none_or(|used_at| now.since(used_at) >= self.touch_ms()) {
            self.touch(Used::Token(TokenRow { used_at: Some(now), ..row }));
        }
        Ok(Known { account: Arc::new(account), scope, proof })
    }

    /// The account of a credential, unless it is suspended: refused alike for every kind (AU-10).
    pub(crate) async fn in_force(&self, user: UserId) -> Result<AccountRow, Refusal> {
        let account = self.inner.store.account(user).await?;
        account.filter(|account| account.disabled_at.is_none()).ok_or_else(Refusal::no_credential)
    }

    fn touch_ms(&self) -> u64 {
        TOUCH_MS.min(self.inner.settings.login_idle_ms / 4)
    }

    /// Notes that a credential was used, beside the request and under its person's lock: one that ends must not come
    /// back.
    fn touch(&self, used: Used) {
        let accounts = self.clone();
        tokio::spawn(async move {
            let (user, hash) = match &used {
                Used::Login(row) => (row.user, row.hash),
                Used::Token(row) => (row.user, row.hash),
            };
            let _guard = accounts.lock(user).await;
            let store = &accounts.inner.store;
            let change = match used {
                Used::Login(row) if matches!(store.login(hash).await, Ok(Some(_))) => {
                    PersonChange::Login(row)
                }
                Used::Token(row) if matches!(store.token(hash).await, Ok(Some(_))) => {
                    PersonChange::Token(row)
                }
                Used::Login(_) | Used::Token(_) => return,
            };
            let step = Step { people: vec![change], ..Step::default() };
            if let Err(refusal) = accounts.carry_out(step).await {
                let error = &refusal as &dyn std::error::Error;
                tracing::debug!(error, "a credential's last use was not noted");
            }
        });
    }
}

/// A credential that was used, with the time of it.
enum Used {
    Login(LoginRow),
    Token(TokenRow),
}
