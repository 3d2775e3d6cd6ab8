//! Changes to people's rows, one after the other: what one of them needs, one before it may have made.

use madang_protocol::{Period, UnixMs};

use crate::bind::{Row, role_name};
use crate::connection::Connection;
use crate::fault::{Fault, said};
use crate::statements::people as sql;
use crate::{AccountRow, InviteRow, LoginRow, PersonChange, Purse, StoreError, TokenRow, fold};

/// What a purse is called that is nobody's own.
const SERVER: &str = "server";

/// Whether a statement must have changed a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Must {
    /// Otherwise what it needs is taken.
    Change,
    /// There may be nothing to change.
    Nothing,
}

/// Refuses what no store keeps, before anything is written.
pub(crate) fn check(changes: &[PersonChange]) -> Result<(), StoreError> {
    if changes.iter().any(|change| matches!(change, PersonChange::Budget(Purse::Session(_), _))) {
        return Err(said("checking a budget", "a session's budget is in its log"));
    }
    Ok(())
}

/// Carries them out in order. The inner error is the append's own: whoever asked has to undo what was done before it.
pub(crate) async fn apply(
    connection: &mut Connection,
    changes: &[PersonChange],
) -> Result<Result<(), StoreError>, sqlx::Error> {
    for change in changes {
        let (text, must, row) = statement(change);
        match connection.execute(text, row).await {
            Ok(0) if must == Must::Change => {
                return Ok(Err(StoreError::Taken));
            }
            Ok(_) => {}
            Err(error) if Fault::of(&error) == Fault::Taken => return Ok(Err(StoreError::Taken)),
            Err(error) => return Err(error),
        }
    }
    Ok(Ok(()))
}

/// The statement of a change, with its values.
type Statement = (&'static str, Must, Row);

fn statement(change: &PersonChange) -> Statement {
    match change {
        PersonChange::Account(row) => with(sql::ACCOUNT_PUT, Must::Change, |to| account(to, row)),
        PersonChange::Subject(user, subject) => with(sql::SUBJECT_PUT, Must::Change, |to| {
            to.text(&subject.issuer);
            to.text(&subject.subject);
            to.id(user);
        }),
        PersonChange::EndSubject(user, subject) => with(sql::SUBJECT_END, Must::Nothing, |to| {
            to.text(&subject.subject);
            to.text(&subject.issuer);
            to.id(user);
        }),
        PersonChange::Login(row) if row.seen_at > row.created_at => {
            with(sql::LOGIN_SEEN, Must::Nothing, |to| login_seen(to, row))
        }
        PersonChange::Login(row) => with(sql::LOGIN_NEW, Must::Change, |to| login(to, row)),
        PersonChange::EndLogin(login) => with(sql::LOGIN_END, Must::Nothing, |to| to.id(login)),
        PersonChange::EndLogins(user, kept) => with(sql::LOGINS_END, Must::Nothing, |to| {
            to.id(user);
            to.text(&kept.map(|login| login.to_string()).unwrap_or_default());
        }),
        PersonChange::Token(row) => match row.used_at {
            Some(used) => with(sql::TOKEN_USED, Must::Nothing, |to| keyed(to, row.token, used)),
            None => with(sql::TOKEN_NEW, Must::Change, |to| token(to, row)),
        },
        PersonChange::EndToken(token) => with(sql::TOKEN_END, Must::Nothing, |to| to.id(token)),
        PersonChange::EndTokens(user) => with(sql::TOKENS_END, Must::Nothing, |to| to.id(user)),
        PersonChange::Invite(row) => with(sql::INVITE_NEW, Must::Change, |to| invite(to, row)),
        PersonChange::UseInvite(invite, now) => {
            with(sql::INVITE_USE, Must::Change, |to| keyed(to, invite, *now))
        }
        PersonChange::SignUpByInvite(invite, now) => {
            with(sql::INVITE_SIGN_UP, Must::Change, |to| keyed(to, invite, *now))
        }
        PersonChange::RevokeInvite(invite, now) => {
            with(sql::INVITE_REVOKE, Must::Nothing, |to| keyed(to, invite, *now))
        }
        PersonChange::ForgetInvite(invite) => with(sql::INVITE_GONE, Must::Nothing, |to| to.id(invite)),
        PersonChange::Invitation(session, user, Some(told)) => {
            with(sql::INVITATION_PUT, Must::Change, |to| {
                to.id(user);
                to.id(session);
                to.text(told);
            })
        }
        PersonChange::Invitation(session, user, None) => with(sql::INVITATION_GONE, Must::Nothing, |to| {
            to.id(user);
            to.id(session);
        }),
        PersonChange::Budget(purse, Some(budget)) => with(sql::BUDGET_PUT, Must::Change, |to| {
            to.text(&purse_name(*purse));
            to.number_or_null(budget.tokens);
            to.number_or_null(budget.micro_usd);
            to.text(period_name(budget.period));
        }),
        PersonChange::Budget(purse, None) => {
            with(sql::BUDGET_GONE, Must::Nothing, |to| to.text(&purse_name(*purse)))
        }
    }
}

fn with(text: &'static str, must: Must, bind: impl FnOnce(&mut Row)) -> Statement {
    let mut row = Row::default();
    bind(&mut row);
    (text, must, row)
}

/// What a purse is called in its table.
pub(crate) fn purse_name(purse: Purse) -> String {
    match purse {
        Purse::Server => SERVER.to_owned(),
        Purse::User(user) => user.to_string(),
        Purse::Session(session) => session.to_string(),
    }
}

/// A period's word.
pub(crate) fn period_name(period: Period) -> &'static str {
    match period {
        Period::Day => "day",
        Period::Month => "month",
    }
}

fn keyed(to: &mut Row, key: impl std::fmt::Display, at: UnixMs) {
    to.id(key);
    to.number(at.0);
}

fn account(to: &mut Row, row: &AccountRow) {
    to.id(row.user);
    to.text(&row.name);
    to.text(&fold::name(&row.name));
    to.text(&row.display_name);
    to.text(&fold::name(&row.display_name));
    to.text(&row.color);
    to.text(&row.language);
    to.text_or_null(row.password.as_deref());
    to.number(row.admin.into());
    to.number_or_null(row.disabled_at.map(|at| at.0));
    to.number(row.created_at.0);
}

fn login(to: &mut Row, row: &LoginRow) {
    to.id(row.login);
    to.bytes(&row.hash);
    to.id(row.user);
    to.number(row.created_at.0);
    to.number(row.seen_at.0);
    to.number(row.expires_at.0);
    to.text(&row.agent);
    to.text(&row.address);
}

fn login_seen(to: &mut Row, row: &LoginRow) {
    keyed(to, row.login, row.seen_at);
    to.text(&row.agent);
    to.text(&row.address);
}

fn token(to: &mut Row, row: &TokenRow) {
    to.id(row.token);
    to.bytes(&row.hash);
    to.id(row.user);
    to.text(&row.name);
    to.text(row.scope.as_str());
    to.number(row.created_at.0);
    to.number(row.expires_at.0);
}

fn invite(to: &mut Row, row: &InviteRow) {
    to.id(row.invite);
    to.bytes(&row.hash);
    to.text(&row.session.map(|session| session.to_string()).unwrap_or_default());
    to.text(role_name(row.role));
    to.number(row.sign_up.into());
    to.id(row.by);
    to.number(row.created_at.0);
    to.number(row.expires_at.0);
    to.number(row.uses_left.into());
    to.number_or_null(row.revoked_at.map(|at| at.0));
}
