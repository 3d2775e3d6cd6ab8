//! Logging in and out.

use madang_protocol::{AuditKind, ErrorCode, LoginId, UnixMs, UserId};
use madang_store::{AccountRow, LoginRow, PersonChange};
use serde_json::json;

use crate::Refusal;
use crate::accounts::{Accounts, By, Step};
use crate::ended::Which;
use crate::password::Check;
use crate::secret::{LOGIN_PREFIX, fresh, hash_of};

/// Characters of a browser's description that are kept.
const AGENT_CHARS_MAX: usize = 120;

/// A login that was just made: its token is for the cookie, and nowhere else.
#[derive(Debug)]
pub struct LoggedIn {
    /// The account.
    pub account: AccountRow,
    /// The login.
    pub login: LoginId,
    /// What the browser keeps.
    pub token: String,
}

/// A name and a password, as typed.
#[derive(Clone)]
pub struct NameAndPassword {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

impl Accounts {
    /// Logs someone in with their password; the login that the browser had before ends.
    ///
    /// Name unknown, password wrong, account suspended: the same answer after the same work (AU-20).
    ///
    /// # Errors
    /// INVALID_AUTH, RATE_LIMITED, or that the store failed.
    pub async fn log_in(
        &self,
        typed: NameAndPassword,
        by: &By,
        before: Option<LoginId>,
    ) -> Result<LoggedIn, Refusal> {
        let done = Box::pin(self.try_log_in(typed, by, before)).await;
        if let Err(refusal) = &done {
            self.turn_away(refusal).await;
        }
        done
    }

    async fn try_log_in(
        &self,
        typed: NameAndPassword,
        by: &By,
        before: Option<LoginId>,
    ) -> Result<LoggedIn, Refusal> {
        let NameAndPassword { name, password } = typed;
        let name = name.trim();
        // Who is turned away for want of room is looked up nowhere, and did not try.
        let turn = self.inner.passwords.turn()?;
        let attempt = self.inner.attempts.begin(name, by.address, self.now().0)?;
        let account = match crate::names::could_be(name) {
            true => self.inner.store.account_named(name).await?,
            false => None,
        };
        let phc = account.as_ref().and_then(|account| account.password.clone());
        let check = self.inner.passwords.check(turn, password.clone(), phc).await?;
        let Some(account) = account.filter(|account| check != Check::Wrong && account.disabled_at.is_none())
        else {
            // No name: people type passwords into its field.
            let line = self.line(by, AuditKind::LoginFailed, None, &json!(null));
            self.carry_out(Step { audit: vec![line], ..Step::default() }).await?;
            return Err(wrong());
        };
        let renewed = match check {
            Check::Stale => Some(self.inner.passwords.hash(password).await?),
            Check::Wrong | Check::Right => None,
        };
        let user = account.user;
        let _guard = self.lock(user).await;
        // While the password was checked, it may have been changed, or the account suspended.
        let now_there = self.inner.store.account(user).await?;
        let same = |found: &AccountRow| {
            found.password == account.password && found.disabled_at == account.disabled_at
        };
        let Some(mut account) = now_there.filter(same) else { return Err(wrong()) };
        let mut step = Step::default();
        if let Some(phc) = renewed {
            account.password = Some(phc);
            step.people.push(PersonChange::Account(account.clone()));
        }
        let logged_in = self.begin_login(account, by, before, step).await?;
        self.inner.attempts.succeeded(&attempt);
        Ok(logged_in)
    }

    /// Makes a login in one commit with what else the step says. The person's lock is held, or the account new.
    pub(crate) async fn begin_login(
        &self,
        account: AccountRow,
        by: &By,
        before: Option<LoginId>,
        mut step: Step,
    ) -> Result<LoggedIn, Refusal> {
        let by = by.acting_as(account.user);
        let (now, login, token) = (self.now(), self.new_login_id(), fresh(LOGIN_PREFIX));
        let row = LoginRow {
            login,
            hash: hash_of(&token),
            user: account.user,
            created_at: now,
            seen_at: now,
            expires_at: UnixMs(now.0 + self.inner.settings.login_life_ms),
            agent: describe(&by.agent),
            address: by.address.map(|address| address.to_canonical().to_string()).unwrap_or_default(),
        };
        let oldest = self.too_many(account.user).await?;
        for ended in before.into_iter().chain(oldest) {
            self.end(&mut step, &by, ended);
        }
        step.people.push(PersonChange::Login(row));
        step.audit.push(self.line(&by, AuditKind::LoginOk, Some(login.to_string()), &json!(null)));
        self.carry_out(step).await?;
        Ok(LoggedIn { account, login, token })
    }

    /// Ends one of a person's logins.
    ///
    /// # Errors
    /// NOT_FOUND when it is none of theirs.
    pub async fn end_login(&self, user: UserId, login: LoginId, by: &By) -> Result<(), Refusal> {
        let _guard = self.lock(user).await;
        let theirs = self.inner.store.logins(user).await?.iter().any(|row| row.login == login);
        if !theirs {
            return Err(Refusal::nothing_here("There is no such login."));
        }
        let mut step = Step::default();
        self.end(&mut step, by, login);
        self.carry_out(step).await
    }

    /// Ends all logins of a person but the one given.
    ///
    /// # Errors
    /// When it can't be stored.
    pub async fn end_logins(&self, user: UserId, keep: Option<LoginId>, by: &By) -> Result<(), Refusal> {
        let _guard = self.lock(user).await;
        let details = json!({ "all": true, "kept": keep.map(|login| login.to_string()) });
        self.carry_out(Step {
            people: vec![PersonChange::EndLogins(user, keep)],
            audit: vec![self.line(by, AuditKind::LoginEnded, Some(user.to_string()), &details)],
            ends: vec![Which::Logins(user, keep)],
        })
        .await
    }

    /// A person's logins that hold, newest first.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn logins(&self, user: UserId) -> Result<Vec<LoginRow>, Refusal> {
        let now = self.now();
        let idle_ms = self.inner.settings.login_idle_ms;
        let mut rows = self.inner.store.logins(user).await?;
        rows.retain(|row| now < row.expires_at && now.since(row.seen_at) < idle_ms);
        Ok(rows)
    }

    fn end(&self, step: &mut Step, by: &By, login: LoginId) {
        step.people.push(PersonChange::EndLogin(login));
        step.audit.push(self.line(by, AuditKind::LoginEnded, Some(login.to_string()), &json!(null)));
        step.ends.push(Which::Login(login));
    }

    /// The oldest logins, as far as there is no room for one more (AU-13); those that ran out go too.
    async fn too_many(&self, user: UserId) -> Result<Vec<LoginId>, Refusal> {
        let (now, idle_ms) = (self.now(), self.inner.settings.login_idle_ms);
        let rows = self.inner.store.logins(user).await?;
        let keep = self.inner.settings.logins_max - 1;
        let holds = |row: &LoginRow| now < row.expires_at && now.since(row.seen_at) < idle_ms;
        let over = rows.iter().enumerate().filter(|(index, row)| *index >= keep || !holds(row));
        Ok(over.map(|(_, row)| row.login).collect())
    }
}

fn wrong() -> Refusal {
    Refusal::new(ErrorCode::InvalidAuth, "The name or the password is not right.")
}

/// A browser in a few words, without control characters.
fn describe(agent: &str) -> String {
    agent.chars().filter(|one| !one.is_control()).take(AGENT_CHARS_MAX).collect()
}
