//! Rows about people.

use madang_protocol::{Budget, Period, Scope, SessionId, UnixMs};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Damage, number, parsed, role, time};
use crate::{
    AccountRow, AuditRecord, AuditRow, BudgetRow, InviteRow, LoginRow, MentionRow, ReadRow, TokenRow,
};

fn hash(row: &SqliteRow, column: usize) -> Result<[u8; 32], sqlx::Error> {
    let bytes = row.try_get::<&[u8], _>(column)?.try_into();
    bytes.map_err(|_| Damage::Value { column, kind: "hash" }.into())
}

fn flag(row: &SqliteRow, column: usize) -> Result<bool, sqlx::Error> {
    Ok(row.try_get::<i64, _>(column)? != 0)
}

fn amount_or_none(row: &SqliteRow, column: usize) -> Result<Option<u64>, sqlx::Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(i64::unsigned_abs))
}

fn time_or_none(row: &SqliteRow, column: usize) -> Result<Option<UnixMs>, sqlx::Error> {
    Ok(amount_or_none(row, column)?.map(UnixMs))
}

fn session_or(none: Option<&str>, column: usize) -> Result<Option<SessionId>, sqlx::Error> {
    let parsed = none.map(str::parse).transpose();
    parsed.map_err(|_| Damage::Value { column, kind: "session id" }.into())
}

/// An account; columns as in `ACCOUNT`.
pub(crate) fn account(row: &SqliteRow) -> Result<AccountRow, sqlx::Error> {
    Ok(AccountRow {
        user: parsed(row, 0, "user id")?,
        name: row.try_get(1)?,
        display_name: row.try_get(2)?,
        color: row.try_get(3)?,
        language: row.try_get(4)?,
        password: row.try_get(5)?,
        admin: flag(row, 6)?,
        disabled_at: time_or_none(row, 7)?,
        created_at: time(row, 8)?,
    })
}

/// A login; columns as in `LOGIN`.
pub(crate) fn login(row: &SqliteRow) -> Result<LoginRow, sqlx::Error> {
    Ok(LoginRow {
        login: parsed(row, 0, "login id")?,
        hash: hash(row, 1)?,
        user: parsed(row, 2, "user id")?,
        created_at: time(row, 3)?,
        seen_at: time(row, 4)?,
        expires_at: time(row, 5)?,
        agent: row.try_get(6)?,
        address: row.try_get(7)?,
    })
}

/// A token; columns as in `TOKEN`.
pub(crate) fn token(row: &SqliteRow) -> Result<TokenRow, sqlx::Error> {
    Ok(TokenRow {
        token: parsed(row, 0, "token id")?,
        hash: hash(row, 1)?,
        user: parsed(row, 2, "user id")?,
        name: row.try_get(3)?,
        scope: scope(row, 4)?,
        created_at: time(row, 5)?,
        expires_at: time(row, 6)?,
        used_at: time_or_none(row, 7)?,
    })
}

/// An invite link; columns as in `INVITE`.
pub(crate) fn invite(row: &SqliteRow) -> Result<InviteRow, sqlx::Error> {
    let session = row.try_get::<&str, _>(2)?;
    Ok(InviteRow {
        invite: parsed(row, 0, "invite id")?,
        hash: hash(row, 1)?,
        session: session_or(Some(session).filter(|text| !text.is_empty()), 2)?,
        role: role(row, 3)?,
        sign_up: flag(row, 4)?,
        by: parsed(row, 5, "user id")?,
        created_at: time(row, 6)?,
        expires_at: time(row, 7)?,
        uses_left: number(row, 8)?,
        revoked_at: time_or_none(row, 9)?,
    })
}

/// A budget; columns as in `BUDGET`.
pub(crate) fn budget(row: &SqliteRow) -> Result<Budget, sqlx::Error> {
    let period = match row.try_get::<&str, _>(2)? {
        "day" => Period::Day,
        "month" => Period::Month,
        _ => return Err(Damage::Value { column: 2, kind: "period" }.into()),
    };
    Ok(Budget { tokens: amount_or_none(row, 0)?, micro_usd: amount_or_none(row, 1)?, period })
}

/// A person's budget; columns as in `BUDGETS`.
pub(crate) fn persons_budget(row: &SqliteRow) -> Result<BudgetRow, sqlx::Error> {
    Ok(BudgetRow {
        budget: budget(row)?,
        user: parsed(row, 3, "user id")?,
        name: row.try_get(4)?,
        display_name: row.try_get(5)?,
    })
}

/// An id alone.
pub(crate) fn id<T: std::str::FromStr>(row: &SqliteRow) -> Result<T, sqlx::Error> {
    parsed(row, 0, "id")
}

/// A read mark; columns as in `READS_OF`.
pub(crate) fn read(row: &SqliteRow) -> Result<ReadRow, sqlx::Error> {
    Ok(ReadRow {
        user: parsed(row, 0, "user id")?,
        message: parsed(row, 1, "message id")?,
        count: number(row, 2)?,
    })
}

/// What concerns a person; columns as in `MENTIONS_OF`.
pub(crate) fn mention(row: &SqliteRow) -> Result<MentionRow, sqlx::Error> {
    Ok(MentionRow { user: parsed(row, 0, "user id")?, unread: number(row, 1)? })
}

/// A line of the audit log; columns as in `AUDIT_BEFORE`.
pub(crate) fn audit(row: &SqliteRow) -> Result<AuditRecord, sqlx::Error> {
    Ok(AuditRecord {
        position: number(row, 0)?,
        row: AuditRow {
            at: time(row, 1)?,
            actor: parsed(row, 2, "actor")?,
            kind: row.try_get(3)?,
            session: session_or(row.try_get(4)?, 4)?,
            target: row.try_get(5)?,
            details: row.try_get(6)?,
            address: row.try_get(7)?,
        },
        hash: hash(row, 8)?,
    })
}

fn scope(row: &SqliteRow, column: usize) -> Result<Scope, sqlx::Error> {
    match row.try_get::<&str, _>(column)? {
        "read" => Ok(Scope::Read),
        "write" => Ok(Scope::Write),
        "full" => Ok(Scope::Full),
        _ => Err(Damage::Value { column, kind: "scope" }.into()),
    }
}
