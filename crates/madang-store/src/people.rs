//! Rows about people: accounts, logins, tokens, invite links, budgets, and the audit log.
//!
//! No secret is stored as it is: of each only a hash, which opens no door.

use serde::{Deserialize, Serialize};

use crate::{BoxFuture, SessionQuery, StoreError};
use madang_protocol::{
    Actor, Budget, InviteId, LoginId, MessageId, Role, Scope, SessionId, Spent, TokenId, UnixMs, UserId,
};

/// SHA-256 or BLAKE3 of a secret of at least 128 random bits.
pub type SecretHash = [u8; 32];

/// A person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// The person; a guest who signs up keeps their id.
    pub user: UserId,
    /// The login name as it was typed; unique by its folded form (NFKC, lower case).
    pub name: String,
    /// The name shown.
    pub display_name: String,
    /// Their colour; empty for the one that follows from the id.
    pub color: String,
    /// `en`, `ko`, or empty while not chosen.
    pub language: String,
    /// The password as a PHC string; none for those who come by OIDC or an embedding application.
    pub password: Option<String>,
    /// Whether they administer the server.
    pub admin: bool,
    /// When they were suspended; none for an account in force.
    pub disabled_at: Option<UnixMs>,
    /// When it was made.
    pub created_at: UnixMs,
}

/// Who an outside issuer says someone is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The issuer, as its tokens name it.
    pub issuer: String,
    /// Its name for the person.
    pub subject: String,
}

/// Outside identities of an account that are listed; nobody has nearly so many.
pub const SUBJECTS_MAX: u32 = 100;

/// One browser of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRow {
    /// Its id, no secret.
    pub login: LoginId,
    /// Of the token in the cookie.
    pub hash: SecretHash,
    /// Whose.
    pub user: UserId,
    /// When.
    pub created_at: UnixMs,
    /// When it was last used; written at most once an hour.
    pub seen_at: UnixMs,
    /// Until when, whatever happens.
    pub expires_at: UnixMs,
    /// The browser in a few words, at most 120 characters.
    pub agent: String,
    /// The address it came from.
    pub address: String,
}

/// A personal API token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Its id, no secret.
    pub token: TokenId,
    /// Of the token.
    pub hash: SecretHash,
    /// Whose.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// What it reaches.
    pub scope: Scope,
    /// When.
    pub created_at: UnixMs,
    /// Until when.
    pub expires_at: UnixMs,
    /// When it was last used; written at most once an hour.
    pub used_at: Option<UnixMs>,
}

/// A link that lets people into a session, or onto the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteRow {
    /// Its id, no secret.
    pub invite: InviteId,
    /// Of its code.
    pub hash: SecretHash,
    /// The session; none for one that only lets people sign up.
    pub session: Option<SessionId>,
    /// The role it gives in the session.
    pub role: Role,
    /// Whether whoever has no account may make one with it.
    pub sign_up: bool,
    /// Who made it.
    pub by: UserId,
    /// When.
    pub created_at: UnixMs,
    /// Until when.
    pub expires_at: UnixMs,
    /// How often it can still be used.
    pub uses_left: u32,
    /// When it was ended by hand; the row stays, because its code is its users' alias for the session (SE7).
    pub revoked_at: Option<UnixMs>,
}

impl InviteRow {
    /// Whether it lets people in now.
    #[must_use]
    pub fn holds(&self, now: UnixMs) -> bool {
        self.revoked_at.is_none() && self.uses_left > 0 && now < self.expires_at
    }
}

/// Whose budget, or whose spending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purse {
    /// The whole server.
    Server,
    /// One person, in all sessions.
    User(UserId),
    /// One session, whoever asks.
    Session(SessionId),
}

/// A change to people's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonChange {
    /// A new or changed account. A folded name that another has is [`crate::StoreError::Taken`].
    Account(AccountRow),
    /// An outside identity of an account; one that another account has is [`crate::StoreError::Taken`].
    Subject(UserId, Subject),
    /// An outside identity of an account goes.
    EndSubject(UserId, Subject),
    /// A new login when `seen_at` is `created_at`; otherwise its newer `seen_at`, agent and address, and nothing at all
    /// when it has ended: being seen late must not bring it back.
    Login(LoginRow),
    /// A login ends: the row goes.
    EndLogin(LoginId),
    /// All logins of a person end, but the one given.
    EndLogins(UserId, Option<LoginId>),
    /// A new token without `used_at`; otherwise its newer `used_at`, and nothing at all when it has ended.
    Token(TokenRow),
    /// A token ends: the row goes.
    EndToken(TokenId),
    /// All tokens of a person end.
    EndTokens(UserId),
    /// A new invite link.
    Invite(InviteRow),
    /// An invite link is used once: [`crate::StoreError::Taken`] when it is used up, revoked or past its time at `UnixMs`.
    UseInvite(InviteId, UnixMs),
    /// An account is made by a link of a session, which is used up only when its person joins: [`crate::StoreError::Taken`]
    /// when it has made as many as it lets in, or does not hold at `UnixMs`.
    SignUpByInvite(InviteId, UnixMs),
    /// An invite link ends.
    RevokeInvite(InviteId, UnixMs),
    /// An invite link goes that is good for nothing any more.
    ForgetInvite(InviteId),
    /// Someone is asked into a session: what they are told (JSON text), until they come or it is taken back (none).
    Invitation(SessionId, UserId, Option<String>),
    /// A budget of a person or of the server (a session's own is in its log); none takes it away.
    Budget(Purse, Option<Budget>),
}

/// How far a person has read in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadRow {
    /// The person.
    pub user: UserId,
    /// The last message read.
    pub message: MessageId,
    /// How many messages there are up to it, itself included, on all branches.
    pub count: u32,
}

/// How many unread messages of a session concern a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MentionRow {
    /// The person.
    pub user: UserId,
    /// Messages after their mark that name or answer them.
    pub unread: u32,
}

/// What the full-text search knows of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextRow {
    /// The message; an older text of it is replaced.
    pub message: MessageId,
    /// Who wrote it.
    pub author: Actor,
    /// Their name.
    pub author_name: String,
    /// When.
    pub at: UnixMs,
    /// The text; none takes it out of the search.
    pub text: Option<String>,
}

/// What to search for.
#[derive(Debug, Clone)]
pub struct TextQuery {
    /// The words, as typed; nothing in them is syntax.
    pub words: String,
    /// In this session alone.
    pub session: Option<SessionId>,
    /// Where the page begins; a malformed one is [`crate::StoreError::BadCursor`].
    pub cursor: Option<String>,
    /// At most this many.
    pub limit: u32,
}

/// A hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextHit {
    /// The session.
    pub session: SessionId,
    /// Its title.
    pub title: String,
    /// What was found; `text` is the snippet, with what matched between U+E000 and U+E001.
    pub row: TextRow,
}

/// A page of hits.
#[derive(Debug, Clone)]
pub struct TextPage {
    /// Newest first.
    pub hits: Vec<TextHit>,
    /// Pass as `cursor` for the next page.
    pub next: Option<String>,
}

/// What happened, for the audit log: who, what, to whom; never content, never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// When.
    pub at: UnixMs,
    /// Who.
    pub actor: Actor,
    /// What: `login.ok`, `login.failed`, `login.ended`, `account.created`, `role.changed`, `refused`, …
    pub kind: String,
    /// In which session.
    pub session: Option<SessionId>,
    /// To whom or what, as an id.
    pub target: Option<String>,
    /// More, as JSON text of an object of short values.
    pub details: String,
    /// From which address.
    pub address: Option<String>,
}

/// A line of the audit log as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// From 1 without gaps.
    pub position: u64,
    /// What happened.
    pub row: AuditRow,
    /// BLAKE3 over the record before it and this one's fields.
    pub hash: [u8; 32],
}

/// What comes of going through the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every line follows from the one before; so many, the last with this hash.
    Whole {
        /// Lines.
        lines: u64,
        /// The last one's hash; all zero when there is none.
        head: [u8; 32],
    },
    /// The chain breaks at this position: the line was changed, or one before it is missing.
    Broken {
        /// Where.
        position: u64,
    },
}

/// By what the ledger is summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageBy {
    /// By UTC day.
    Day,
    /// By person.
    User,
    /// By session.
    Session,
    /// By model.
    Model,
}

/// A sum of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// The day as `2026-11-22`, or the id, or the model.
    pub key: String,
    /// Upstream requests.
    pub requests: u64,
    /// Tokens read, the cache included.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Tokens and money.
    pub spent: Spent,
}

/// A page of accounts.
#[derive(Debug, Clone)]
pub struct AccountPage {
    /// By folded name.
    pub accounts: Vec<AccountRow>,
    /// Pass as `cursor` for the next page.
    pub next: Option<String>,
}

/// A person's budget, with their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetRow {
    /// The person.
    pub user: UserId,
    /// Their login name; none for a guest.
    pub name: Option<String>,
    /// The name shown; empty for someone of whom nothing is stored.
    pub display_name: String,
    /// What they may spend.
    pub budget: Budget,
}

/// Before when something is good for nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// Logins that ran out by now.
    pub now: UnixMs,
    /// Logins that were not used since.
    pub idle: UnixMs,
    /// Tokens that ran out, and links onto the server that let nobody in, since then: until then they are still shown.
    pub shown: UnixMs,
}

/// What is good for nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stale {
    /// Logins.
    pub logins: Vec<LoginId>,
    /// Tokens.
    pub tokens: Vec<TokenId>,
    /// Links: those onto the server, and those of deleted sessions. A living session's stay, whose users know it by them.
    pub invites: Vec<InviteId>,
}

/// Where people, what they spent, what they said and what happened is read; changes go through [`crate::Append`].
///
/// Reads see every commit that was acked before they began.
pub trait People: Send + Sync + 'static {
    /// An account.
    fn account(&self, user: UserId) -> BoxFuture<'_, Result<Option<AccountRow>, StoreError>>;

    /// The accounts of many people at once, in no order; who has none is left out.
    fn accounts_by_id(&self, users: Vec<UserId>) -> BoxFuture<'_, Result<Vec<AccountRow>, StoreError>>;

    /// The account of a login name, whatever its case and Unicode form.
    fn account_named<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<AccountRow>, StoreError>>;

    /// The account of an outside identity.
    fn account_of_subject<'a>(
        &'a self,
        subject: &'a Subject,
    ) -> BoxFuture<'a, Result<Option<AccountRow>, StoreError>>;

    /// The accounts of a subject whoever issued it: at most two are returned, for `target_user_id` (SE1).
    fn accounts_of_any_subject<'a>(
        &'a self,
        subject: &'a str,
    ) -> BoxFuture<'a, Result<Vec<AccountRow>, StoreError>>;

    /// The outside identities of an account, by issuer and subject, [`SUBJECTS_MAX`] at most.
    fn subjects_of(&self, user: UserId) -> BoxFuture<'_, Result<Vec<Subject>, StoreError>>;

    /// A page of accounts whose login or display name contains the query's title.
    fn accounts(&self, query: SessionQuery) -> BoxFuture<'_, Result<AccountPage, StoreError>>;

    /// Whether there is an account in force that administers.
    fn has_admin(&self) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// A login by its hash.
    fn login(&self, hash: SecretHash) -> BoxFuture<'_, Result<Option<LoginRow>, StoreError>>;

    /// Many logins at once, in no order; what has ended is left out.
    fn logins_by_id(&self, logins: Vec<LoginId>) -> BoxFuture<'_, Result<Vec<LoginRow>, StoreError>>;

    /// A person's logins, newest first.
    fn logins(&self, user: UserId) -> BoxFuture<'_, Result<Vec<LoginRow>, StoreError>>;

    /// A token by its hash.
    fn token(&self, hash: SecretHash) -> BoxFuture<'_, Result<Option<TokenRow>, StoreError>>;

    /// Many tokens at once, in no order; what has ended is left out.
    fn tokens_by_id(&self, tokens: Vec<TokenId>) -> BoxFuture<'_, Result<Vec<TokenRow>, StoreError>>;

    /// A person's tokens, newest first.
    fn tokens(&self, user: UserId) -> BoxFuture<'_, Result<Vec<TokenRow>, StoreError>>;

    /// An invite link by its hash; used-up and ended ones too.
    fn invite(&self, hash: SecretHash) -> BoxFuture<'_, Result<Option<InviteRow>, StoreError>>;

    /// The invite links of a session, or of the server (none), newest first; used-up and ended ones too, at most 200.
    fn invites(&self, session: Option<SessionId>) -> BoxFuture<'_, Result<Vec<InviteRow>, StoreError>>;

    /// What a person is to be told of sessions that they were asked into, newest first, at most 100.
    fn invitations(&self, user: UserId) -> BoxFuture<'_, Result<Vec<String>, StoreError>>;

    /// The budget of a person or of the server; none for a session, whose budget is in its log.
    fn budget(&self, purse: Purse) -> BoxFuture<'_, Result<Option<Budget>, StoreError>>;

    /// The people who have a budget after a person, by id, at most `limit`.
    fn budgets(&self, after: Option<UserId>, limit: u32)
    -> BoxFuture<'_, Result<Vec<BudgetRow>, StoreError>>;

    /// What can go, at most `limit` of each kind.
    fn stale(&self, before: Before, limit: u32) -> BoxFuture<'_, Result<Stale, StoreError>>;

    /// What was spent since a moment.
    fn spent(&self, purse: Purse, since: UnixMs) -> BoxFuture<'_, Result<Spent, StoreError>>;

    /// Sums of the ledger over `[from, to)`, the largest cost first (days: in order), at most `limit`.
    fn usage(
        &self,
        purse: Purse,
        span: (UnixMs, UnixMs),
        by: UsageBy,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<UsageRow>, StoreError>>;

    /// Messages of all sessions that the person belongs to.
    fn search(&self, user: UserId, query: TextQuery) -> BoxFuture<'_, Result<TextPage, StoreError>>;

    /// The newest lines of the audit log before a position (0: from the end), newest first, at most `limit`.
    fn audit(&self, before: u64, limit: u32) -> BoxFuture<'_, Result<Vec<AuditRecord>, StoreError>>;

    /// Goes through the whole audit log.
    fn verify_audit(&self) -> BoxFuture<'_, Result<AuditVerdict, StoreError>>;
}
