//! The door to all accounts, and the one place through which they change: written and audited in one commit.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use madang_protocol::{Actor, AuditKind, ErrorCode, LoginId, UnixMs, UserId};
use madang_store::{AccountRow, Append, AuditRow, PersonChange, Store};
use parking_lot::{Mutex, RwLock};
use serde_json::Value;
use tokio::sync::{MutexGuard, Semaphore};

use crate::attempts::Attempts;
use crate::bootstrap::Bootstrap;
use crate::ended::Which;
use crate::fetch::Fetcher;
use crate::jwt::Verifier;
use crate::known::Checked;
use crate::oidc::Oidc;
use crate::password::Passwords;
use crate::{Refusal, Settings, SettingsError};

/// Stripes of the lock under which an account is read, judged and written.
const STRIPES: usize = 64;

/// Tries that were turned away and wait for their answer; further ones are answered at once. Each is a request that is
/// held open, some kilobytes.
const PAUSED_MAX: usize = 1_000;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> UnixMs + Send + Sync>;

/// Is told what ends, after it is on disk; must not block.
pub type Listener = Box<dyn Fn(Which) + Send + Sync>;

/// Who does something, and from where: for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// From which address.
    pub address: Option<IpAddr>,
    /// With which browser; at most 120 characters are kept.
    pub agent: String,
}

impl By {
    /// The operator, at the machine itself.
    #[must_use]
    pub fn operator() -> By {
        By { actor: Actor::Server, address: None, agent: String::new() }
    }

    /// A person, with nothing known about where they are.
    #[must_use]
    pub fn person(user: UserId) -> By {
        By { actor: Actor::User(user), ..By::operator() }
    }

    /// The same place, another person.
    #[must_use]
    pub fn acting_as(&self, user: UserId) -> By {
        By { actor: Actor::User(user), ..self.clone() }
    }
}

/// All accounts of this server. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) attempts: Attempts,
    /// Room for refused tries that are answered late.
    patience: Arc<Semaphore>,
    pub(crate) checked: Checked,
    pub(crate) bootstrap: Mutex<Option<Bootstrap>>,
    pub(crate) embedders: Vec<Verifier>,
    pub(crate) oidc: Oidc,
    clock: Clock,
    listeners: RwLock<Vec<Listener>>,
    stripes: [tokio::sync::Mutex<()>; STRIPES],
    /// Held while it changes who administers: two must not take it from each other at once.
    admins: tokio::sync::Mutex<()>,
}

/// What one step changes: committed whole or not at all, then told to those whom it ends.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub(crate) people: Vec<PersonChange>,
    pub(crate) audit: Vec<AuditRow>,
    pub(crate) ends: Vec<Which>,
}

impl Accounts {
    /// Opens the accounts of a store. Calls nobody: an issuer's keys are fetched when they are needed.
    ///
    /// # Errors
    /// When the settings can't be used.
    pub fn new(settings: Settings, store: Arc<dyn Store>, clock: Clock) -> Result<Accounts, SettingsError> {
        settings.check()?;
        let fetcher = Fetcher::new(&settings)?;
        let embedders = settings
            .embedders
            .iter()
            .map(|one| Verifier::of_embedder(one, &settings, &fetcher))
            .collect::<Result<_, _>>()?;
        let inner = Inner {
            passwords: Arc::new(Passwords::new(settings.password_queue)),
            patience: Arc::new(Semaphore::new(PAUSED_MAX)),
            attempts: Attempts::new(&settings),
            checked: Checked::new(Duration::from_millis(settings.checked_ms), settings.checked_max),
            bootstrap: Mutex::default(),
            embedders,
            oidc: Oidc::new(&settings, &fetcher),
            clock,
            listeners: RwLock::default(),
            stripes: std::array::from_fn(|_| tokio::sync::Mutex::new(())),
            admins: tokio::sync::Mutex::new(()),
            settings,
            store,
        };
        Ok(Accounts { inner: Arc::new(inner) })
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Where everything is kept.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    /// Has a listener told of every credential that ends.
    pub fn listen(&self, listener: Listener) {
        self.inner.listeners.write().push(listener);
    }

    /// The account of a person.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn account(&self, user: UserId) -> Result<Option<AccountRow>, Refusal> {
        Ok(self.inner.store.account(user).await?)
    }

    /// Writes lines into the audit log of what this crate does not do itself: denied authorizations, say.
    ///
    /// # Errors
    /// When they can't be stored.
    pub async fn audit(&self, rows: Vec<AuditRow>) -> Result<(), Refusal> {
        let append = Append { audit: rows, ..Append::default() };
        Ok(self.inner.store.submit(append).await?.await?)
    }

    /// A line of the audit log, of now.
    #[must_use]
    pub fn line(&self, by: &By, kind: AuditKind, target: Option<String>, details: &Value) -> AuditRow {
        AuditRow {
            at: self.now(),
            actor: by.actor,
            kind: kind.as_str().to_owned(),
            session: None,
            target,
            details: if details.is_null() { "{}".to_owned() } else { details.to_string() },
            address: by.address.map(|address| address.to_canonical().to_string()),
        }
    }

    /// Answers a try that was turned away a moment later: whoever tries again as soon as they are answered, on however many
    /// connections, is slowed down, and those who talk are not. When too many wait for that, the answer comes at once.
    pub(crate) async fn turn_away(&self, refusal: &Refusal) {
        if refusal.code == ErrorCode::RateLimited
            && let Ok(_room) = self.inner.patience.try_acquire()
        {
            tokio::time::sleep(Duration::from_millis(self.inner.settings.turned_away_ms)).await;
        }
    }

    pub(crate) fn now(&self) -> UnixMs {
        (self.inner.clock)()
    }

    /// Commits a step and tells whom it ends.
    ///
    /// # Cancel safety
    /// Safe: it runs to its end in a task of its own, so that no one stays connected whose login is gone.
    pub(crate) async fn carry_out(&self, step: Step) -> Result<(), Refusal> {
        let accounts = self.clone();
        let done = tokio::spawn(async move {
            let Step { people, audit, ends } = step;
            let append = Append { people, audit, ..Append::default() };
            let committed = match accounts.inner.store.submit(append).await {
                Ok(commit) => commit.await,
                Err(error) => Err(error),
            };
            // Also after a failure: it may be on disk all the same.
            accounts.inner.checked.forget();
            committed?;
            for which in ends {
                accounts.tell(which);
            }
            Ok(())
        });
        done.await.map_err(|error| {
            Refusal::new(ErrorCode::InternalError, "Something went wrong on the server.").caused_by(error)
        })?
    }

    pub(crate) fn tell(&self, which: Which) {
        for listener in self.inner.listeners.read().iter() {
            listener(which);
        }
    }

    /// Held while an account is read, judged and written.
    pub(crate) async fn lock(&self, user: UserId) -> MutexGuard<'_, ()> {
        let stripe = user.to_string().bytes().fold(0, |sum, byte| (sum * 31 + usize::from(byte)) % 9973);
        self.inner.stripes[stripe % STRIPES].lock().await
    }

    pub(crate) async fn lock_admins(&self) -> MutexGuard<'_, ()> {
        self.inner.admins.lock().await
    }

    /// An account that must be there.
    pub(crate) async fn find(&self, user: UserId) -> Result<AccountRow, Refusal> {
        let row = self.inner.store.account(user).await?;
        row.ok_or_else(|| Refusal::nothing_here("There is no such account."))
    }

    pub(crate) fn new_login_id(&self) -> LoginId {
        LoginId::new(self.now(), crate::secret::random())
    }
}
