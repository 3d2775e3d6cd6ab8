//! What the embedded store answers about people.

use madang_protocol::{Budget, LoginId, SessionId, Spent, TokenId, UnixMs, UserId};

use crate::fault::failed;
use crate::people_reads as reads;
use crate::{
    AccountPage, AccountRow, AuditRecord, AuditVerdict, Before, BoxFuture, BudgetRow, InviteRow, LoginRow,
    People, Purse, SecretHash, SessionQuery, SqliteStore, Stale, StoreError, Subject, TextPage, TextQuery,
    TokenRow, UsageBy, UsageRow, audit, search, usage,
};

/// An answer, with what was being done when it can't be given.
fn asked<'a, T>(
    during: &'static str,
    question: impl Future<Output = Result<T, sqlx::Error>> + Send + 'a,
) -> BoxFuture<'a, Result<T, StoreError>> {
    Box::pin(async move { question.await.map_err(failed(during)) })
}

impl People for SqliteStore {
    fn account(&self, user: UserId) -> BoxFuture<'_, Result<Option<AccountRow>, StoreError>> {
        asked("finding an account", reads::account(self.readers(), user))
    }

    fn accounts_by_id(&self, users: Vec<UserId>) -> BoxFuture<'_, Result<Vec<AccountRow>, StoreError>> {
        asked("finding accounts", reads::accounts_by_id(self.readers(), users))
    }

    fn account_named<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<AccountRow>, StoreError>> {
        asked("finding an account", reads::account_named(self.readers(), name))
    }

    fn account_of_subject<'a>(
        &'a self,
        subject: &'a Subject,
    ) -> BoxFuture<'a, Result<Option<AccountRow>, StoreError>> {
        asked("finding an account", reads::account_of_subject(self.readers(), subject))
    }

    fn accounts_of_any_subject<'a>(
        &'a self,
        subject: &'a str,
    ) -> BoxFuture<'a, Result<Vec<AccountRow>, StoreError>> {
        asked("finding an account", reads::accounts_of_any_subject(self.readers(), subject))
    }

    fn subjects_of(&self, user: UserId) -> BoxFuture<'_, Result<Vec<Subject>, StoreError>> {
        asked("listing an account's identities", reads::subjects_of(self.readers(), user))
    }

    fn accounts(&self, query: SessionQuery) -> BoxFuture<'_, Result<AccountPage, StoreError>> {
        Box::pin(reads::accounts(self.readers(), query))
    }

    fn has_admin(&self) -> BoxFuture<'_, Result<bool, StoreError>> {
        asked("looking for an administrator", reads::has_admin(self.readers()))
    }

    fn login(&self, hash: SecretHash) -> BoxFuture<'_, Result<Option<LoginRow>, StoreError>> {
        asked("finding a login", reads::login(self.readers(), hash))
    }

    fn logins_by_id(&self, logins: Vec<LoginId>) -> BoxFuture<'_, Result<Vec<LoginRow>, StoreError>> {
        asked("finding logins", reads::logins_by_id(self.readers(), logins))
    }

    fn logins(&self, user: UserId) -> BoxFuture<'_, Result<Vec<LoginRow>, StoreError>> {
        asked("listing logins", reads::logins(self.readers(), user))
    }

    fn token(&self, hash: SecretHash) -> BoxFuture<'_, Result<Option<TokenRow>, StoreError>> {
        asked("finding a token", reads::token(self.readers(), hash))
    }

    fn tokens_by_id(&self, tokens: Vec<TokenId>) -> BoxFuture<'_, Result<Vec<TokenRow>, StoreError>> {
        asked("finding tokens", reads::tokens_by_id(self.readers(), tokens))
    }

    fn tokens(&self, user: UserId) -> BoxFuture<'_, Result<Vec<TokenRow>, StoreError>> {
        asked("listing tokens", reads::tokens(self.readers(), user))
    }

    fn invite(&self, hash: SecretHash) -> BoxFuture<'_, Result<Option<InviteRow>, StoreError>> {
        asked("finding an invite link", reads::invite(self.readers(), hash))
    }

    fn invites(&self, session: Option<SessionId>) -> BoxFuture<'_, Result<Vec<InviteRow>, StoreError>> {
        asked("listing invite links", reads::invites(self.readers(), session))
    }

    fn invitations(&self, user: UserId) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        asked("listing invitations", reads::invitations(self.readers(), user))
    }

    fn budget(&self, purse: Purse) -> BoxFuture<'_, Result<Option<Budget>, StoreError>> {
        asked("finding a budget", reads::budget(self.readers(), purse))
    }

    fn budgets(
        &self,
        after: Option<UserId>,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<BudgetRow>, StoreError>> {
        asked("listing budgets", reads::budgets(self.readers(), after, limit))
    }

    fn stale(&self, before: Before, limit: u32) -> BoxFuture<'_, Result<Stale, StoreError>> {
        asked("looking for what can go", reads::stale(self.readers(), before, limit))
    }

    fn spent(&self, purse: Purse, since: UnixMs) -> BoxFuture<'_, Result<Spent, StoreError>> {
        Box::pin(async move {
            let readers = self.caught_up().await?;
            usage::spent(readers, purse, since).await.map_err(failed("summing up what was spent"))
        })
    }

    fn usage(
        &self,
        purse: Purse,
        span: (UnixMs, UnixMs),
        by: UsageBy,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<UsageRow>, StoreError>> {
        Box::pin(async move {
            let readers = self.caught_up().await?;
            usage::usage(readers, purse, span, by, limit).await.map_err(failed("summing up the ledger"))
        })
    }

    fn search(&self, user: UserId, query: TextQuery) -> BoxFuture<'_, Result<TextPage, StoreError>> {
        Box::pin(async move { search::find(self.caught_up().await?, user, query).await })
    }

    fn audit(&self, before: u64, limit: u32) -> BoxFuture<'_, Result<Vec<AuditRecord>, StoreError>> {
        asked("reading the audit log", reads::audit(self.readers(), before, limit))
    }

    fn verify_audit(&self) -> BoxFuture<'_, Result<AuditVerdict, StoreError>> {
        asked("going through the audit log", audit::verify(self.readers()))
    }
}
