//! A group of appends in one transaction.

use crate::batch::Batch;
use crate::connection::Connection;
use crate::fault::{Fault, answer};
use crate::heads::{Claims, Heads};
use crate::{Append, StoreError, changes};

/// An answer for each append of a group.
pub(crate) type Answers = Vec<Result<(), StoreError>>;

/// Writes a group in one transaction; an append that can't be is told so, the others are written.
pub(crate) async fn write_together<'a>(
    connection: &mut Connection,
    heads: &mut Heads,
    appends: &'a [Append],
) -> Result<(Answers, Claims<'a>), sqlx::Error> {
    heads.learn(connection, appends).await?;
    let mut claims = Claims::default();
    let mut answers = Answers::with_capacity(appends.len());
    // People's changes are tried at once, each append's on its own: what comes later may depend on them.
    let mut begun = false;
    for append in appends {
        let mut claim = heads.claim(&claims, append);
        if claim.is_ok() && !append.people.is_empty() {
            if !begun {
                connection.run("BEGIN IMMEDIATE").await?;
                begun = true;
            }
            if let Err(refused) = change_people(connection, append).await? {
                claim = Err(refused);
            }
        }
        answers.push(claim.map(|claim| claims.take(claim)));
    }
    if answers.iter().any(Result::is_ok) {
        let accepted = appends.iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
        let mut tail = heads.audit_tail(&claims);
        let batch = Batch::of(accepted.map(|(append, _)| append), &mut tail);
        if !begun {
            connection.run("BEGIN IMMEDIATE").await?;
        }
        batch.write(connection).await?;
        connection.run("COMMIT").await?;
        if batch.audits() {
            claims.end_audit(tail);
        }
    } else if begun {
        connection.run("ROLLBACK").await?;
    }
    Ok((answers, claims))
}

/// The append's changes to people's rows, all or none.
async fn change_people(
    connection: &mut Connection,
    append: &Append,
) -> Result<Result<(), StoreError>, sqlx::Error> {
    connection.run("SAVEPOINT people").await?;
    let answer = changes::apply(connection, &append.people).await?;
    if answer.is_err() {
        connection.run("ROLLBACK TO people").await?;
    }
    connection.run("RELEASE people").await?;
    Ok(answer)
}

/// The slow way, when something in the group breaks a rule of the schema: each append on its own.
pub(crate) async fn write_one_by_one<'a>(
    connection: &mut Connection,
    heads: &mut Heads,
    appends: &'a [Append],
) -> Result<(Answers, Claims<'a>), sqlx::Error> {
    connection.run("BEGIN IMMEDIATE").await?;
    let mut claims = Claims::default();
    let mut answers = Answers::with_capacity(appends.len());
    for append in appends {
        connection.run("SAVEPOINT alone").await?;
        let answer = match write_alone(connection, heads, &mut claims, append).await {
            Ok(answer) => answer,
            Err(error) if Fault::of(&error).is_one_appends() => {
                Err(answer("writing an append", Fault::of(&error), error))
            }
            Err(error) => return Err(error),
        };
        if answer.is_err() {
            connection.run("ROLLBACK TO alone").await?;
        }
        connection.run("RELEASE alone").await?;
        answers.push(answer);
    }
    connection.run("COMMIT").await?;
    Ok((answers, claims))
}

async fn write_alone<'a>(
    connection: &mut Connection,
    heads: &mut Heads,
    claims: &mut Claims<'a>,
    append: &'a Append,
) -> Result<Result<(), StoreError>, sqlx::Error> {
    heads.learn(connection, std::slice::from_ref(append)).await?;
    let claim = match heads.claim(claims, append) {
        Ok(claim) => claim,
        Err(refused) => return Ok(Err(refused)),
    };
    if let Err(refused) = changes::apply(connection, &append.people).await? {
        return Ok(Err(refused));
    }
    let mut tail = heads.audit_tail(claims);
    let batch = Batch::of([append], &mut tail);
    batch.write(connection).await?;
    if batch.audits() {
        claims.end_audit(tail);
    }
    claims.take(claim);
    Ok(Ok(()))
}

/// Ends a transaction that failed.
pub(crate) async fn rollback(connection: &mut Connection) {
    // SQLite rolls back by itself after some errors; then there is nothing to roll back.
    if let Err(error) = connection.run("ROLLBACK").await {
        tracing::debug!(%error, "nothing to roll back");
    }
}
