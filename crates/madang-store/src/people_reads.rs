//! The store's questions about people.

use madang_protocol::{Budget, LoginId, SessionId, TokenId, UserId};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Row as _, query};

use crate::bind::to_column;
use crate::changes::purse_name;
use crate::fault::failed;
use crate::rows::people as rows;
use crate::statements::people as sql;
use crate::{
    AccountPage, AccountRow, AuditRecord, Before, BudgetRow, InviteRow, LoginRow, Purse, SUBJECTS_MAX,
    SecretHash, SessionQuery, Stale, StoreError, Subject, TokenRow, fold,
};

/// Bytes of a search text or cursor; a longer one is no account's.
const NAME_BYTES_MAX: usize = 4 * 1024;
/// What a cursor of accounts begins with.
const CURSOR: &str = "n.";

fn all<T>(
    found: &[SqliteRow],
    read: fn(&SqliteRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, sqlx::Error> {
    found.iter().map(read).collect()
}

/// An account.
pub(crate) async fn account(readers: &SqlitePool, user: UserId) -> Result<Option<AccountRow>, sqlx::Error> {
    let found = query(sql::ACCOUNT).bind(user.to_string()).fetch_optional(readers).await?;
    found.as_ref().map(rows::account).transpose()
}

/// Ids as a JSON array: one bound value, however many they are, and one statement to prepare.
fn ids<T: std::fmt::Display>(ids: &[T]) -> String {
    let quoted: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
    format!("[{}]", quoted.join(","))
}

/// The accounts of many people.
pub(crate) async fn accounts_by_id(
    readers: &SqlitePool,
    users: Vec<UserId>,
) -> Result<Vec<AccountRow>, sqlx::Error> {
    all(&query(sql::ACCOUNTS_BY_ID).bind(ids(&users)).fetch_all(readers).await?, rows::account)
}

/// Many logins.
pub(crate) async fn logins_by_id(
    readers: &SqlitePool,
    logins: Vec<LoginId>,
) -> Result<Vec<LoginRow>, sqlx::Error> {
    all(&query(sql::LOGINS_BY_ID).bind(ids(&logins)).fetch_all(readers).await?, rows::login)
}

/// Many tokens.
pub(crate) async fn tokens_by_id(
    readers: &SqlitePool,
    tokens: Vec<TokenId>,
) -> Result<Vec<TokenRow>, sqlx::Error> {
    all(&query(sql::TOKENS_BY_ID).bind(ids(&tokens)).fetch_all(readers).await?, rows::token)
}

/// The account of a login name.
pub(crate) async fn account_named(
    readers: &SqlitePool,
    name: &str,
) -> Result<Option<AccountRow>, sqlx::Error> {
    if name.len() > NAME_BYTES_MAX {
        return Ok(None);
    }
    let found = query(sql::ACCOUNT_NAMED).bind(fold::name(name)).fetch_optional(readers).await?;
    found.as_ref().map(rows::account).transpose()
}

/// The account of an outside identity.
pub(crate) async fn account_of_subject(
    readers: &SqlitePool,
    subject: &Subject,
) -> Result<Option<AccountRow>, sqlx::Error> {
    let question = query(sql::ACCOUNT_OF_SUBJECT).bind(&subject.subject).bind(&subject.issuer);
    question.fetch_optional(readers).await?.as_ref().map(rows::account).transpose()
}

/// The outside identities of an account.
pub(crate) async fn subjects_of(readers: &SqlitePool, user: UserId) -> Result<Vec<Subject>, sqlx::Error> {
    let question = query(sql::SUBJECTS_OF).bind(user.to_string()).bind(i64::from(SUBJECTS_MAX));
    let read = |row: &SqliteRow| Ok(Subject { issuer: row.try_get(0)?, subject: row.try_get(1)? });
    all(&question.fetch_all(readers).await?, read)
}

/// The accounts of a subject whoever issued it, two at most.
pub(crate) async fn accounts_of_any_subject(
    readers: &SqlitePool,
    subject: &str,
) -> Result<Vec<AccountRow>, sqlx::Error> {
    let found = query(sql::ACCOUNTS_OF_ANY_SUBJECT).bind(subject).fetch_all(readers).await?;
    all(&found, rows::account)
}

/// A page of accounts.
pub(crate) async fn accounts(readers: &SqlitePool, asked: SessionQuery) -> Result<AccountPage, StoreError> {
    const DURING: &str = "listing accounts";
    let after = match &asked.cursor {
        // No name is empty.
        None => "",
        Some(cursor) => {
            let name = cursor.strip_prefix(CURSOR).filter(|name| name.len() <= NAME_BYTES_MAX);
            name.filter(|name| fold::name(name) == **name).ok_or(StoreError::BadCursor)?
        }
    };
    let part = asked.title.unwrap_or_default();
    let limit = asked.limit as usize;
    if limit == 0 || part.len() > NAME_BYTES_MAX {
        return Ok(AccountPage { accounts: Vec::new(), next: None });
    }
    let question = query(sql::ACCOUNTS)
        .bind(after)
        .bind(fold::containing(&fold::name(&part)))
        .bind(i64::from(asked.limit) + 1);
    let found = question.fetch_all(readers).await.map_err(failed(DURING))?;
    let accounts = all(&found[..found.len().min(limit)], rows::account).map_err(failed(DURING))?;
    let last = accounts.last().filter(|_| found.len() > limit);
    let next = last.map(|account| format!("{CURSOR}{}", fold::name(&account.name)));
    Ok(AccountPage { accounts, next })
}

/// Whether there is an account in force that administers.
pub(crate) async fn has_admin(readers: &SqlitePool) -> Result<bool, sqlx::Error> {
    Ok(query(sql::ADMIN).fetch_optional(readers).await?.is_some())
}

/// A login.
pub(crate) async fn login(readers: &SqlitePool, hash: SecretHash) -> Result<Option<LoginRow>, sqlx::Error> {
    let found = query(sql::LOGIN).bind(hash.as_slice()).fetch_optional(readers).await?;
    found.as_ref().map(rows::login).transpose()
}

/// A person's logins.
pub(crate) async fn logins(readers: &SqlitePool, user: UserId) -> Result<Vec<LoginRow>, sqlx::Error> {
    all(&query(sql::LOGINS_OF).bind(user.to_string()).fetch_all(readers).await?, rows::login)
}

/// A token.
pub(crate) async fn token(readers: &SqlitePool, hash: SecretHash) -> Result<Option<TokenRow>, sqlx::Error> {
    let found = query(sql::TOKEN).bind(hash.as_slice()).fetch_optional(readers).await?;
    found.as_ref().map(rows::token).transpose()
}

/// A person's tokens.
pub(crate) async fn tokens(readers: &SqlitePool, user: UserId) -> Result<Vec<TokenRow>, sqlx::Error> {
    all(&query(sql::TOKENS_OF).bind(user.to_string()).fetch_all(readers).await?, rows::token)
}

/// What a person is to be told of sessions that they were asked into.
pub(crate) async fn invitations(readers: &SqlitePool, user: UserId) -> Result<Vec<String>, sqlx::Error> {
    let found = query(sql::INVITATIONS_OF).bind(user.to_string()).fetch_all(readers).await?;
    found.iter().map(|row| row.try_get(0)).collect()
}

/// An invite link.
pub(crate) async fn invite(readers: &SqlitePool, hash: SecretHash) -> Result<Option<InviteRow>, sqlx::Error> {
    let found = query(sql::INVITE).bind(hash.as_slice()).fetch_optional(readers).await?;
    found.as_ref().map(rows::invite).transpose()
}

/// The invite links of a session or of the server.
pub(crate) async fn invites(
    readers: &SqlitePool,
    session: Option<SessionId>,
) -> Result<Vec<InviteRow>, sqlx::Error> {
    let session = session.map(|session| session.to_string()).unwrap_or_default();
    all(&query(sql::INVITES_OF).bind(session).fetch_all(readers).await?, rows::invite)
}

/// A budget.
pub(crate) async fn budget(readers: &SqlitePool, purse: Purse) -> Result<Option<Budget>, sqlx::Error> {
    let found = query(sql::BUDGET).bind(purse_name(purse)).fetch_optional(readers).await?;
    found.as_ref().map(rows::budget).transpose()
}

/// People with a budget, by id.
pub(crate) async fn budgets(
    readers: &SqlitePool,
    after: Option<UserId>,
    limit: u32,
) -> Result<Vec<BudgetRow>, sqlx::Error> {
    let after = after.map(|user| user.to_string()).unwrap_or_default();
    let found = query(sql::BUDGETS).bind(after).bind(i64::from(limit)).fetch_all(readers).await?;
    all(&found, rows::persons_budget)
}

/// What can go.
pub(crate) async fn stale(readers: &SqlitePool, before: Before, limit: u32) -> Result<Stale, sqlx::Error> {
    let limit = i64::from(limit);
    let shown = to_column(before.shown.0);
    let logins = query(sql::LOGINS_STALE).bind(to_column(before.now.0)).bind(to_column(before.idle.0));
    let logins = logins.bind(limit).fetch_all(readers).await?;
    let tokens = query(sql::TOKENS_STALE).bind(shown).bind(limit).fetch_all(readers).await?;
    let invites = query(sql::INVITES_STALE).bind(shown).bind(limit).fetch_all(readers).await?;
    Ok(Stale {
        logins: all(&logins, rows::id)?,
        tokens: all(&tokens, rows::id)?,
        invites: all(&invites, rows::id)?,
    })
}

/// Lines of the audit log before a position (0: from the end), newest first.
pub(crate) async fn audit(
    readers: &SqlitePool,
    before: u64,
    limit: u32,
) -> Result<Vec<AuditRecord>, sqlx::Error> {
    let before = if before == 0 { i64::MAX } else { to_column(before) };
    let question = query(sql::AUDIT_BEFORE).bind(before).bind(i64::from(limit));
    all(&question.fetch_all(readers).await?, rows::audit)
}
