//! A disk that fails, or stands still, when a test says so.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use madang_protocol::{Budget, LoginId, SessionId, Spent, TokenId, UnixMs, UserId};
use madang_store::{
    AccountPage, AccountRow, Append, AuditRecord, AuditVerdict, Before, BoxFuture, BudgetRow, CommandRow,
    Commit, InviteRow, JournaledReply, LoadedSession, LoginRow, People, Purse, Record, SecretHash,
    SessionPage, SessionQuery, Settings, SnapshotRow, Stale, Store, StoreError, Stream, Subject, TextPage,
    TextQuery, TokenRow, UsageBy, UsageRow, UserRow,
};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot, watch};

/// The settings of a store whose redo log is there at the start, as that of a server that has run for a while is, and small.
#[must_use]
pub fn disk() -> Settings {
    Settings { redo_bytes: 512 * 1024, redo_after: 0, ..Settings::default() }
}

/// Appends that wait in front of the real store.
const QUEUE: usize = 4_096;
/// How long [`FlakyStore::handed_in`] waits; a test that is right never comes near.
const WAIT: Duration = Duration::from_secs(20);

/// How a commit fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The disk is full.
    Full,
    /// Another owner wrote.
    Conflict,
    /// Anything else.
    Failed,
    /// The append is on disk, and the word of that is lost.
    Late,
}

impl Failure {
    fn error(self) -> StoreError {
        match self {
            Self::Full => StoreError::Full,
            Self::Conflict => StoreError::Conflict,
            Self::Failed | Self::Late => {
                StoreError::Failed { during: "a test", source: "as the test said".into() }
            }
        }
    }
}

/// What was asked for.
#[derive(Debug, Default)]
struct Plan {
    /// One entry for each coming append.
    script: VecDeque<Option<Failure>>,
    /// For all after them.
    always: Option<Failure>,
}

struct Job(Append, oneshot::Sender<Result<(), StoreError>>);

/// A store in front of a store: commits fail or wait on command, order is kept, the rest passes through.
pub struct FlakyStore {
    inner: Arc<dyn Store>,
    jobs: mpsc::Sender<Job>,
    plan: Arc<Mutex<Plan>>,
    held: watch::Sender<bool>,
    fail_reads: Mutex<u32>,
    fail_commands: Mutex<u32>,
    records_read: Arc<AtomicU64>,
    appends: watch::Sender<u64>,
    asked: AtomicU64,
}

impl FlakyStore {
    /// Wraps a store; needs a tokio runtime.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Arc<FlakyStore> {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let (held, watch) = watch::channel(false);
        let plan = Arc::new(Mutex::new(Plan::default()));
        let (appends, _) = watch::channel(0);
        tokio::spawn(pump(inner.clone(), waiting, watch, plan.clone()));
        Arc::new(FlakyStore {
            inner,
            jobs,
            plan,
            held,
            fail_reads: Mutex::new(0),
            fail_commands: Mutex::new(0),
            records_read: Arc::default(),
            appends,
            asked: AtomicU64::new(0),
        })
    }

    /// Fails the next append.
    pub fn fail_next(&self, failure: Failure) {
        self.plan.lock().script.push_back(Some(failure));
    }

    /// Lets the next append through: to fail the one after it.
    pub fn pass_next(&self) {
        self.plan.lock().script.push_back(None);
    }

    /// Fails every append from now on; none: the disk is sound again.
    pub fn fail_all(&self, failure: Option<Failure>) {
        self.plan.lock().always = failure;
    }

    /// Fails so many reads of logs and sessions from now on.
    pub fn fail_reads(&self, times: u32) {
        *self.fail_reads.lock() = times;
    }

    /// Fails to find so many commands from now on.
    pub fn fail_commands(&self, times: u32) {
        *self.fail_commands.lock() = times;
    }

    /// How many records of logs were read.
    #[must_use]
    pub fn records_read(&self) -> u64 {
        self.records_read.load(Ordering::SeqCst)
    }

    /// Holds commits back: nothing reaches the disk.
    pub fn hold(&self) {
        self.held.send_replace(true);
    }

    /// Lets what was held go on, in order.
    pub fn release(&self) {
        self.held.send_replace(false);
    }

    /// How many appends were handed in; one that was answered is among them.
    #[must_use]
    pub fn appends(&self) -> u64 {
        *self.appends.borrow()
    }

    /// Waits until so many appends were handed in, as [`appends`](FlakyStore::appends) counts.
    ///
    /// # Panics
    /// When they are not within 20 seconds.
    pub async fn handed_in(&self, appends: u64) {
        let mut counted = self.appends.subscribe();
        let all = counted.wait_for(|counted| *counted >= appends);
        let counted = tokio::time::timeout(WAIT, all).await.expect("so many appends are handed in");
        drop(counted.expect("the sender is this store's"));
    }

    /// How many questions about accounts, logins and tokens were asked.
    #[must_use]
    pub fn questions(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    fn asked(&self) {
        self.asked.fetch_add(1, Ordering::SeqCst);
    }

    fn read_fails(&self) -> Option<StoreError> {
        let mut left = self.fail_reads.lock();
        (*left > 0).then(|| {
            *left -= 1;
            Failure::Failed.error()
        })
    }
}

async fn pump(
    inner: Arc<dyn Store>,
    mut jobs: mpsc::Receiver<Job>,
    mut held: watch::Receiver<bool>,
    plan: Arc<Mutex<Plan>>,
) {
    while let Some(Job(append, answer)) = jobs.recv().await {
        if held.wait_for(|held| !*held).await.is_err() {
            return;
        }
        let failure = {
            let mut plan = plan.lock();
            plan.script.pop_front().unwrap_or(plan.always)
        };
        let late = failure == Some(Failure::Late);
        let commit = match failure.filter(|_| !late) {
            Some(failure) => Err(failure.error()),
            None => inner.submit(append).await,
        };
        tokio::spawn(async move {
            let done = match commit {
                Ok(commit) => commit.await,
                Err(error) => Err(error),
            };
            let done = if late { done.and(Err(Failure::Late.error())) } else { done };
            // Nobody has to wait for a commit.
            drop(answer.send(done));
        });
    }
}

impl Store for FlakyStore {
    fn submit(&self, append: Append) -> BoxFuture<'_, Result<Commit, StoreError>> {
        Box::pin(async move {
            let (answer, done) = oneshot::channel();
            let room = self.jobs.reserve().await.map_err(|_| Failure::Failed.error())?;
            self.appends.send_modify(|appends| *appends += 1);
            room.send(Job(append, answer));
            let commit: Commit =
                Box::pin(async move { done.await.unwrap_or_else(|_| Err(Failure::Failed.error())) });
            Ok(commit)
        })
    }

    fn load(&self, session: SessionId) -> BoxFuture<'_, Result<Option<LoadedSession>, StoreError>> {
        match self.read_fails() {
            Some(error) => Box::pin(std::future::ready(Err(error))),
            None => self.inner.load(session),
        }
    }

    fn snapshot(&self, session: SessionId) -> BoxFuture<'_, Result<Vec<SnapshotRow>, StoreError>> {
        match self.read_fails() {
            Some(error) => Box::pin(std::future::ready(Err(error))),
            None => self.inner.snapshot(session),
        }
    }

    fn snapshot_part(
        &self,
        session: SessionId,
        stream: Stream,
        part: u32,
    ) -> BoxFuture<'_, Result<Option<SnapshotRow>, StoreError>> {
        match self.read_fails() {
            Some(error) => Box::pin(std::future::ready(Err(error))),
            None => self.inner.snapshot_part(session, stream, part),
        }
    }

    fn read(
        &self,
        session: SessionId,
        stream: Stream,
        after: u64,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Record>, StoreError>> {
        match self.read_fails() {
            Some(error) => Box::pin(std::future::ready(Err(error))),
            None => {
                let (read, page) =
                    (self.records_read.clone(), self.inner.read(session, stream, after, limit));
                Box::pin(async move {
                    let page = page.await?;
                    read.fetch_add(page.len() as u64, Ordering::SeqCst);
                    Ok(page)
                })
            }
        }
    }

    fn command<'a>(
        &'a self,
        user: UserId,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<CommandRow>, StoreError>> {
        let mut left = self.fail_commands.lock();
        if *left > 0 {
            *left -= 1;
            return Box::pin(std::future::ready(Err(Failure::Failed.error())));
        }
        self.inner.command(user, id)
    }

    fn sessions_of(
        &self,
        user: UserId,
        query: SessionQuery,
    ) -> BoxFuture<'_, Result<SessionPage, StoreError>> {
        self.inner.sessions_of(user, query)
    }

    fn user(&self, user: UserId) -> BoxFuture<'_, Result<Option<UserRow>, StoreError>> {
        match self.read_fails() {
            Some(error) => Box::pin(std::future::ready(Err(error))),
            None => self.inner.user(user),
        }
    }

    fn journaled_replies(&self) -> BoxFuture<'_, Result<Vec<JournaledReply>, StoreError>> {
        self.inner.journaled_replies()
    }

    fn all_sessions(&self, query: SessionQuery) -> BoxFuture<'_, Result<SessionPage, StoreError>> {
        self.inner.all_sessions(query)
    }

    fn healthy(&self) -> bool {
        self.inner.healthy() && self.plan.lock().always.is_none()
    }
}

impl People for FlakyStore {
    fn account(&self, user: UserId) -> BoxFuture<'_, Result<Option<AccountRow>, StoreError>> {
        self.asked();
        self.inner.account(user)
    }

    fn accounts_by_id(&self, users: Vec<UserId>) -> BoxFuture<'_, Result<Vec<AccountRow>, StoreError>> {
        self.asked();
        self.inner.accounts_by_id(users)
    }

    fn account_named<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<AccountRow>, StoreError>> {
        self.inner.account_named(name)
    }

    fn account_of_subject<'a>(
        &'a self,
        subject: &'a Subject,
    ) -> BoxFuture<'a, Result<Option<AccountRow>, StoreError>> {
        self.inner.account_of_subject(subject)
    }

    fn accounts_of_any_subject<'a>(
        &'a self,
        subject: &'a str,
    ) -> BoxFuture<'a, Result<Vec<AccountRow>, StoreError>> {
        self.inner.accounts_of_any_subject(subject)
    }

    fn subjects_of(&self, user: UserId) -> BoxFuture<'_, Result<Vec<Subject>, StoreError>> {
        self.inner.subjects_of(user)
    }

    fn accounts(&self, query: SessionQuery) -> BoxFuture<'_, Result<AccountPage, StoreError>> {
        self.inner.accounts(query)
    }

    fn has_admin(&self) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.inner.has_admin()
    }

    fn login(&self, hash: SecretHash) -> BoxFuture<'_, Result<Option<LoginRow>, StoreError>> {
        self.inner.login(hash)
    }

    fn logins_by_id(&self, logins: Vec<LoginId>) -> BoxFuture<'_, Result<Vec<LoginRow>, StoreError>> {
        self.asked();
        self.inner.logins_by_id(logins)
    }

    fn logins(&self, user: UserId) -> BoxFuture<'_, Result<Vec<LoginRow>, StoreError>> {
        self.asked();
        self.inner.logins(user)
    }

    fn token(&self, hash: SecretHash) -> BoxFuture<'_, Result<Option<TokenRow>, StoreError>> {
        self.inner.token(hash)
    }

    fn tokens_by_id(&self, tokens: Vec<TokenId>) -> BoxFuture<'_, Result<Vec<TokenRow>, StoreError>> {
        self.asked();
        self.inner.tokens_by_id(tokens)
    }

    fn tokens(&self, user: UserId) -> BoxFuture<'_, Result<Vec<TokenRow>, StoreError>> {
        self.asked();
        self.inner.tokens(user)
    }

    fn invitations(&self, user: UserId) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        self.inner.invitations(user)
    }

    fn invite(&self, hash: SecretHash) -> BoxFuture<'_, Result<Option<InviteRow>, StoreError>> {
        self.inner.invite(hash)
    }

    fn invites(&self, session: Option<SessionId>) -> BoxFuture<'_, Result<Vec<InviteRow>, StoreError>> {
        self.inner.invites(session)
    }

    fn budget(&self, purse: Purse) -> BoxFuture<'_, Result<Option<Budget>, StoreError>> {
        self.inner.budget(purse)
    }

    fn budgets(
        &self,
        after: Option<UserId>,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<BudgetRow>, StoreError>> {
        self.inner.budgets(after, limit)
    }

    fn stale(&self, before: Before, limit: u32) -> BoxFuture<'_, Result<Stale, StoreError>> {
        self.inner.stale(before, limit)
    }

    fn spent(&self, purse: Purse, since: UnixMs) -> BoxFuture<'_, Result<Spent, StoreError>> {
        self.inner.spent(purse, since)
    }

    fn usage(
        &self,
        purse: Purse,
        span: (UnixMs, UnixMs),
        by: UsageBy,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<UsageRow>, StoreError>> {
        self.inner.usage(purse, span, by, limit)
    }

    fn search(&self, user: UserId, query: TextQuery) -> BoxFuture<'_, Result<TextPage, StoreError>> {
        self.inner.search(user, query)
    }

    fn audit(&self, before: u64, limit: u32) -> BoxFuture<'_, Result<Vec<AuditRecord>, StoreError>> {
        self.inner.audit(before, limit)
    }

    fn verify_audit(&self) -> BoxFuture<'_, Result<AuditVerdict, StoreError>> {
        self.inner.verify_audit()
    }
}
