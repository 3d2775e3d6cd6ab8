//! Whose a credential is: one path for every kind, and a short memory, so that a busy client costs no read a message.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use madang_protocol::{LoginId, Scope, UnixMs, UserId};
use madang_store::{AccountRow, LoginRow, PersonChange, SecretHash, TokenRow};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::Refusal;
use crate::accounts::{Accounts, Step};
use crate::ended::Proof;
use crate::secret::{LOGIN_PREFIX, OPAQUE_BYTES_MAX, TOKEN_PREFIX, hash_of};

/// `seen_at` and `used_at` are written at most so often: an hour.
const TOUCH_MS: u64 = 3_600_000;

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
    /// It holds; until then, if it is known when.
    Holds(Option<UnixMs>),
    /// It ended.
    Ended,
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

    /// How a credential stands now, past every memory; none is a guest's.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn standing(&self, user: UserId, proof: Option<Proof>) -> Result<Standing, Refusal> {
        let account = self.inner.store.account(user).await?;
        let (account, proof) = match (account, proof) {
            (None, None) => return Ok(Standing::Holds(None)),
            (Some(account), Some(proof)) => (account, proof),
            _ => return Ok(Standing::Ended),
        };
        if account.disabled_at.is_some() {
            return Ok(Standing::Ended);
        }
        let until = match proof {
            Proof::Login(id) => {
                let row = self.inner.store.logins(user).await?.into_iter().find(|row| row.login == id);
                row.map(|row| row.expires_at)
            }
            Proof::Token(id) => {
                let row = self.inner.store.tokens(user).await?.into_iter().find(|row| row.token == id);
                row.map(|row| row.expires_at)
            }
            Proof::Embedder(until) => Some(until),
        };
        Ok(until.map_or(Standing::Ended, |until| Standing::Holds(Some(until))))
    }

    /// Notes that a login is in use though nothing new came by it: a socket of it is open.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn is_in_use(&self, user: UserId, login: LoginId) -> Result<(), Refusal> {
        let rows = self.inner.store.logins(user).await?;
        let now = self.now();
        let old = |row: &LoginRow| row.login == login && now.since(row.seen_at) >= self.touch_ms();
        if let Some(row) = rows.into_iter().find(old) {
            self.touch(Used::Login(LoginRow { seen_at: now, ..row }));
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
