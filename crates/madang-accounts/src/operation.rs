//! What the operator can have done from the command line, in a form that also travels through the control socket.

use madang_protocol::{Scope, TokenId, UnixMs};
use madang_store::{AccountRow, AuditVerdict, SessionQuery, Subject};
use serde::{Deserialize, Serialize};

use crate::Refusal;
use crate::accounts::{Accounts, By};
use crate::admin::Decision;
use crate::people::NewAccount;
use crate::tokens::NewToken;

/// Accounts in one page of a list.
const PAGE: u32 = 100;

/// What is to be done. People are named by their login names.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// Makes an account.
    AddUser {
        /// The login name.
        name: String,
        /// The name shown; empty: the login name.
        display_name: String,
        /// Whether they administer.
        admin: bool,
        /// The password; none: one is generated.
        password: Option<Typed>,
    },
    /// Lists accounts from a cursor on.
    ListUsers {
        /// Where the page begins.
        cursor: Option<String>,
    },
    /// Suspends an account, or ends that.
    DisableUser {
        /// Whose.
        name: String,
        /// Whether it is suspended from now on.
        disabled: bool,
    },
    /// Gives another password.
    ResetPassword {
        /// Whose.
        name: String,
        /// The password; none: one is generated.
        password: Option<Typed>,
    },
    /// Lets whom an issuer knows come in as this account.
    LinkUser {
        /// Whose account.
        name: String,
        /// The issuer's address.
        issuer: String,
        /// Its name for the person.
        subject: String,
    },
    /// Makes a personal token.
    CreateToken {
        /// Whose.
        user: String,
        /// What it is called.
        name: String,
        /// What it reaches.
        scope: Scope,
        /// Days that it holds.
        days: u32,
    },
    /// Lists someone's tokens.
    ListTokens {
        /// Whose.
        user: String,
    },
    /// Ends a token.
    RevokeToken {
        /// Whose.
        user: String,
        /// Which.
        token: TokenId,
    },
    /// Goes through the audit log.
    VerifyAudit {},
}

/// A password on its way through the control socket; never shown.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Typed(pub String);

impl std::fmt::Debug for Typed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Typed(…)")
    }
}

/// An account, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLine {
    /// Its id.
    pub user_id: String,
    /// The login name.
    pub name: String,
    /// The name shown.
    pub display_name: String,
    /// Whether they administer.
    pub admin: bool,
    /// Whether it is suspended.
    pub disabled: bool,
    /// When it was made.
    pub created_at: UnixMs,
}

impl AccountLine {
    fn of(row: &AccountRow) -> AccountLine {
        AccountLine {
            user_id: row.user.to_string(),
            name: row.name.clone(),
            display_name: row.display_name.clone(),
            admin: row.admin,
            disabled: row.disabled_at.is_some(),
            created_at: row.created_at,
        }
    }
}

/// A token, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenLine {
    /// Its id.
    pub token_id: TokenId,
    /// What it is called.
    pub name: String,
    /// What it reaches.
    pub scope: Scope,
    /// Until when.
    pub expires_at: UnixMs,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// An account, made or changed; with the password when it was generated.
    User {
        /// The account.
        user: AccountLine,
        /// To be shown once.
        password: Option<String>,
    },
    /// A page of accounts.
    Users {
        /// By name.
        users: Vec<AccountLine>,
        /// Where the next page begins.
        next: Option<String>,
    },
    /// A new token.
    Token {
        /// Its id.
        token_id: TokenId,
        /// Its text, to be shown once.
        token: String,
    },
    /// Someone's tokens.
    Tokens {
        /// Newest first.
        tokens: Vec<TokenLine>,
    },
    /// Done, and there is nothing to show.
    Done {},
    /// How the audit log stands.
    Audit {
        /// Whether every line follows from the one before.
        whole: bool,
        /// So many lines, or the line at which the chain breaks.
        lines: u64,
        /// The last line's hash, in hexadecimal.
        head: Option<String>,
    },
    /// It was not done.
    Refused {
        /// Why.
        message: String,
    },
}

impl Accounts {
    /// Carries out what the operator wants.
    pub async fn operate(&self, operation: Operation) -> Outcome {
        match Box::pin(self.try_operate(operation)).await {
            Ok(outcome) => outcome,
            Err(refusal) => {
                if let Some(source) = &refusal.source {
                    tracing::error!(error = &**source as &dyn std::error::Error, "an operation failed");
                }
                Outcome::Refused { message: refusal.message.into_owned() }
            }
        }
    }

    async fn try_operate(&self, operation: Operation) -> Result<Outcome, Refusal> {
        let by = By::operator();
        match operation {
            Operation::AddUser { name, display_name, admin, password } => {
                let password = password.map(|typed| typed.0).unwrap_or_default();
                let new = NewAccount { name, display_name, password, language: String::new() };
                let (row, password) = self.create(new, admin, &by).await?;
                Ok(Outcome::User { user: AccountLine::of(&row), password })
            }
            Operation::ListUsers { cursor } => {
                let page = self.page(SessionQuery { title: None, cursor, limit: PAGE }).await?;
                let users = page.accounts.iter().map(AccountLine::of).collect();
                Ok(Outcome::Users { users, next: page.next })
            }
            Operation::DisableUser { name, disabled } => {
                let decision = Decision { disabled: Some(disabled), ..Decision::default() };
                let row = self.decide(self.named(&name).await?.user, decision, &by).await?;
                Ok(Outcome::User { user: AccountLine::of(&row), password: None })
            }
            Operation::ResetPassword { name, password } => {
                let row = self.named(&name).await?;
                let typed = password.is_some();
                let password = self.reset_password(row.user, password.map(|typed| typed.0), &by).await?;
                Ok(Outcome::User { user: AccountLine::of(&row), password: (!typed).then_some(password) })
            }
            Operation::LinkUser { name, issuer, subject } => {
                let user = self.named(&name).await?.user;
                self.link(user, Subject { issuer, subject }, &by).await?;
                Ok(Outcome::Done {})
            }
            Operation::CreateToken { user, name, scope, days } => {
                let user = self.named(&user).await?.user;
                let (row, token) = self.create_token(user, NewToken { name, scope, days }, &by).await?;
                Ok(Outcome::Token { token_id: row.token, token })
            }
            Operation::ListTokens { user } => {
                let rows = self.tokens(self.named(&user).await?.user).await?;
                let line = |row: madang_store::TokenRow| TokenLine {
                    token_id: row.token,
                    name: row.name,
                    scope: row.scope,
                    expires_at: row.expires_at,
                };
                Ok(Outcome::Tokens { tokens: rows.into_iter().map(line).collect() })
            }
            Operation::RevokeToken { user, token } => {
                self.end_token(self.named(&user).await?.user, token, &by).await?;
                Ok(Outcome::Done {})
            }
            Operation::VerifyAudit {} => Ok(match self.verify_audit().await? {
                AuditVerdict::Whole { lines, head } => {
                    Outcome::Audit { whole: true, lines, head: Some(hex(&head)) }
                }
                AuditVerdict::Broken { position } => {
                    Outcome::Audit { whole: false, lines: position, head: None }
                }
            }),
        }
    }

    async fn named(&self, name: &str) -> Result<AccountRow, Refusal> {
        let row = self.inner.store.account_named(name.trim()).await?;
        row.ok_or_else(|| Refusal::nothing_here("There is no account of that name."))
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
