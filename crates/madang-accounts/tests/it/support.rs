//! Accounts with a clock that a test sets.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use madang_accounts::{Accounts, By, LoggedIn, NameAndPassword, NewAccount, Refusal, Settings, Which};
use madang_protocol::{ErrorCode, UnixMs};
use madang_store::{AccountRow, SqliteStore};

/// When every test begins.
pub(crate) const START: u64 = 1_800_000_000_000;
/// A password that may be chosen.
pub(crate) const PASSWORD: &str = "a quiet courtyard";
/// Another.
pub(crate) const OTHER: &str = "a persimmon tree";

/// Accounts, their clock, and what they said has ended.
pub(crate) struct World {
    pub(crate) accounts: Accounts,
    pub(crate) clock: Arc<AtomicU64>,
    pub(crate) ended: Arc<Mutex<Vec<Which>>>,
    pub(crate) dir: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> World {
        World::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> World {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        let store = SqliteStore::open(&path, madang_store::Settings::default()).await.unwrap();
        let clock = Arc::new(AtomicU64::new(START));
        let hands = Arc::clone(&clock);
        let now = Arc::new(move || UnixMs(hands.load(Ordering::Relaxed)));
        let accounts = Accounts::new(settings, Arc::new(store), now).unwrap();
        let ended = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&ended);
        accounts.listen(Box::new(move |which| told.lock().unwrap().push(which)));
        World { accounts, clock, ended, dir }
    }

    /// The same store and clock with accounts that remember nothing.
    pub(crate) fn restarted(self) -> World {
        let hands = Arc::clone(&self.clock);
        let now = Arc::new(move || UnixMs(hands.load(Ordering::Relaxed)));
        let (settings, store) = (self.accounts.settings().clone(), Arc::clone(self.accounts.store()));
        World { accounts: Accounts::new(settings, store, now).unwrap(), ..self }
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, ms: u64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    /// Takes what ended since the last look.
    pub(crate) fn ended(&self) -> Vec<Which> {
        std::mem::take(&mut self.ended.lock().unwrap())
    }

    /// Makes an account.
    pub(crate) async fn person(&self, name: &str) -> AccountRow {
        self.accounts.create(new(name), false, &By::operator()).await.unwrap().0
    }

    /// Logs someone in.
    pub(crate) async fn enter(&self, name: &str, password: &str) -> Result<LoggedIn, Refusal> {
        self.accounts.log_in(typed(name, password), &from("203.0.113.5"), None).await
    }

    /// What the verdict on a credential is.
    pub(crate) async fn verdict(&self, token: &str) -> Result<String, ErrorCode> {
        self.accounts
            .known_by(token)
            .await
            .map(|known| known.account.name.clone())
            .map_err(|refusal| refusal.code)
    }

    /// The kinds of all lines of the audit log, oldest first.
    pub(crate) async fn audited(&self) -> Vec<String> {
        let mut records = self.accounts.audit_page(0, 1_000).await.unwrap();
        records.reverse();
        records.into_iter().map(|record| record.row.kind).collect()
    }
}

/// Someone at an address.
pub(crate) fn from(address: &str) -> By {
    By {
        address: Some(address.parse::<IpAddr>().unwrap()),
        agent: "Browser\u{7} 1".to_owned(),
        ..By::operator()
    }
}

pub(crate) fn new(name: &str) -> NewAccount {
    NewAccount { name: name.to_owned(), password: PASSWORD.to_owned(), ..NewAccount::default() }
}

pub(crate) fn typed(name: &str, password: &str) -> NameAndPassword {
    NameAndPassword { name: name.to_owned(), password: password.to_owned() }
}

/// A refusal as a person sees it.
pub(crate) fn seen<T>(result: Result<T, Refusal>) -> (ErrorCode, String) {
    let refusal = result.err().expect("a refusal");
    (refusal.code, refusal.message.into_owned())
}
