//! `madang user`, `madang token`, `madang audit`: by the running server where there is one, else on the data itself.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use madang_accounts::{AccountLine, Accounts, Operation, Outcome, TokenLine, Typed};
use madang_hub::{Clock as _, SystemClock};
use madang_store::{SqliteStore, StoreError};

use crate::cli::{AuditCommand, Flags, Place, TokenCommand, UserCommand};
use crate::config::{Config, Loaded, ProcessEnvironment};
use crate::{control, prompt};

/// Carries out `madang user …`.
///
/// # Errors
/// One sentence that says why it was not done.
pub fn user(command: UserCommand) -> anyhow::Result<()> {
    let (operation, place) = match command {
        UserCommand::Add { name, display_name, admin, generate, place } => {
            let password = password(generate)?;
            (Operation::AddUser { name, display_name, admin, password }, place)
        }
        UserCommand::List { place } => return list(&place),
        UserCommand::Disable { name, place } => (Operation::DisableUser { name, disabled: true }, place),
        UserCommand::Enable { name, place } => (Operation::DisableUser { name, disabled: false }, place),
        UserCommand::ResetPassword { name, generate, place } => {
            (Operation::ResetPassword { name, password: password(generate)? }, place)
        }
        UserCommand::Link { name, issuer, subject, place } => {
            (Operation::LinkUser { name, issuer, subject }, place)
        }
    };
    show(&done(&place, vec![operation])?)
}

/// Carries out `madang token …`.
///
/// # Errors
/// One sentence that says why it was not done.
pub fn token(command: TokenCommand) -> anyhow::Result<()> {
    let (operation, place) = match command {
        TokenCommand::Create { user, name, scope, days, place } => {
            (Operation::CreateToken { user, name, scope, days }, place)
        }
        TokenCommand::List { user, place } => (Operation::ListTokens { user }, place),
        TokenCommand::Revoke { user, token_id, place } => {
            (Operation::RevokeToken { user, token: token_id }, place)
        }
    };
    show(&done(&place, vec![operation])?)
}

/// Carries out `madang audit …`.
///
/// # Errors
/// One sentence that says why it was not done, or where the log was tampered with.
pub fn audit(command: AuditCommand) -> anyhow::Result<()> {
    let AuditCommand::Verify { place } = command;
    show(&done(&place, vec![Operation::VerifyAudit {}])?)
}

/// All pages of the list, one after the other.
fn list(place: &Place) -> anyhow::Result<()> {
    let mut cursor = None;
    loop {
        let outcome = done(place, vec![Operation::ListUsers { cursor }])?;
        show(&outcome)?;
        let Outcome::Users { next: Some(next), .. } = outcome else { return Ok(()) };
        cursor = Some(next);
    }
}

/// The password that is to be set: never from the command line, where every process can read it.
fn password(generate: bool) -> anyhow::Result<Option<Typed>> {
    if generate { Ok(None) } else { prompt::new_password().map(|text| Some(Typed(text))) }
}

/// Has operations done, one after the other; the last one's outcome.
fn done(place: &Place, operations: Vec<Operation>) -> anyhow::Result<Outcome> {
    let flags = Flags { data_dir: place.data_dir.clone(), config: place.config.clone(), ..Flags::default() };
    let config = Loaded::load(&flags, &ProcessEnvironment)?.config;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.context("no thread to run on")?.block_on(async {
        match control::ask(&config.data_dir, &operations).await? {
            Some(outcome) => Ok(outcome),
            None => on_the_data(&config, operations).await,
        }
    })?;
    if let Outcome::Refused { message } = outcome {
        bail!(message);
    }
    Ok(outcome)
}

/// No server runs: the data is ours for the moment.
async fn on_the_data(config: &Config, operations: Vec<Operation>) -> anyhow::Result<Outcome> {
    // Only fails when a provider is there already.
    let _already_there = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let opened = SqliteStore::open(&config.data_dir, config.store.clone()).await;
    let folder = config.data_dir.display();
    if matches!(opened, Err(StoreError::Locked)) {
        bail!(
            "a server uses {folder} but does not answer at its control socket: restart it, or stop it first"
        );
    }
    let store = opened.with_context(|| format!("the data directory {folder} can't be used"))?;
    let store = Arc::new(store);
    let clock = Arc::new(|| SystemClock.now());
    let accounts = Accounts::new(config.accounts.clone(), store.clone(), clock);
    let accounts = accounts.context("the section [accounts]")?;
    let mut outcome = Outcome::Done {};
    for operation in operations {
        outcome = accounts.operate(operation).await;
    }
    store.close().await.context("the database was not closed cleanly; the next start checks it")?;
    Ok(outcome)
}

/// Prints what came of it.
fn show(outcome: &Outcome) -> anyhow::Result<()> {
    let mut text = String::new();
    match outcome {
        Outcome::User { user, password } => {
            user_line(&mut text, user)?;
            if let Some(password) = password {
                writeln!(text, "The password, shown this once: {password}")?;
            }
        }
        Outcome::Users { users, .. } => users.iter().try_for_each(|user| user_line(&mut text, user))?,
        Outcome::Token { token_id, token } => {
            writeln!(text, "{token_id}\nThe token, shown this once: {token}")?;
        }
        Outcome::Tokens { tokens } => {
            for TokenLine { token_id, name, scope, expires_at } in tokens {
                writeln!(text, "{token_id}  {:<5}  until {}  {name}", scope.as_str(), expires_at.0)?;
            }
        }
        Outcome::Done {} => text.push_str("Done.\n"),
        Outcome::Audit { whole: true, lines, head } => {
            let head = head.as_deref().unwrap_or_default();
            writeln!(text, "The audit log is whole: {lines} lines, the last one's hash is {head}.")?;
        }
        Outcome::Audit { whole: false, lines, .. } => {
            bail!("the audit log is broken at line {lines}: it was changed, or the line before it is missing")
        }
        Outcome::Refused { message } => bail!(message.clone()),
    }
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("standard output can't be written")
}

fn user_line(text: &mut String, user: &AccountLine) -> anyhow::Result<()> {
    let AccountLine { user_id, name, display_name, admin, disabled, .. } = user;
    let admin = if *admin { "  administrator" } else { "" };
    let disabled = if *disabled { "  suspended" } else { "" };
    writeln!(text, "{user_id}  {name}  ({display_name}){admin}{disabled}")?;
    Ok(())
}
