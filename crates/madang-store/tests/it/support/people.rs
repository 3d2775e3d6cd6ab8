//! Values about people.

use madang_protocol::{Actor, InviteId, LoginId, Role, Scope, TokenId};
use madang_store::{
    AccountRow, Append, AuditRow, InviteRow, LoginRow, MemberRow, PersonChange, SecretHash, Store,
    StoreError, TextRow, TokenRow,
};

use super::{at, bytes, commit, creation, message, session, user};

/// The hash of the n-th secret.
pub(crate) fn hash(n: u64) -> SecretHash {
    *blake3::hash(&n.to_le_bytes()).as_bytes()
}

/// The n-th account.
pub(crate) fn account(n: u64, name: &str) -> AccountRow {
    AccountRow {
        user: user(n),
        name: name.to_owned(),
        display_name: format!("{name} the {n}th"),
        color: "teal".into(),
        language: "ko".into(),
        password: Some("$argon2id$v=19$m=47104,t=1,p=1$c2FsdA$aGFzaA".into()),
        admin: false,
        disabled_at: None,
        created_at: at(n),
    }
}

/// The n-th login, of a person.
pub(crate) fn login(n: u64, of: u64) -> LoginRow {
    LoginRow {
        login: LoginId::new(at(0), bytes(n)),
        hash: hash(n),
        user: user(of),
        created_at: at(n),
        seen_at: at(n),
        expires_at: at(n + 1_000),
        agent: "Firefox on Linux".into(),
        address: "192.0.2.7".into(),
    }
}

/// The n-th token, of a person.
pub(crate) fn token(n: u64, of: u64) -> TokenRow {
    TokenRow {
        token: TokenId::new(at(0), bytes(n)),
        hash: hash(n),
        user: user(of),
        name: format!("script {n}"),
        scope: Scope::Write,
        created_at: at(n),
        expires_at: at(n + 1_000),
        used_at: None,
    }
}

/// The n-th invite link, made by person 1.
pub(crate) fn invite(n: u64, to: Option<u64>, uses: u32) -> InviteRow {
    InviteRow {
        invite: InviteId::new(at(0), bytes(n)),
        hash: hash(n),
        session: to.map(session),
        role: Role::Collaborator,
        sign_up: to.is_none(),
        by: user(1),
        created_at: at(n),
        expires_at: at(n + 1_000),
        uses_left: uses,
        revoked_at: None,
    }
}

/// A line for the audit log.
pub(crate) fn audit(n: u64) -> AuditRow {
    AuditRow {
        at: at(n),
        actor: Actor::User(user(n)),
        kind: "role.changed".into(),
        session: n.is_multiple_of(2).then(|| session(n)),
        target: n.is_multiple_of(3).then(|| user(n + 1).to_string()),
        details: format!("{{\"role\":\"viewer\",\"n\":{n}}}"),
        address: (!n.is_multiple_of(5)).then(|| "2001:db8::1".to_owned()),
    }
}

/// What the n-th message says, written by person 1 at that moment.
pub(crate) fn text(n: u64, text: &str) -> TextRow {
    TextRow {
        message: message(n),
        author: Actor::User(user(1)),
        author_name: "Mina".into(),
        at: at(n),
        text: Some(text.to_owned()),
    }
}

/// Commits changes to people.
pub(crate) async fn change(
    store: &dyn Store,
    people: impl IntoIterator<Item = PersonChange>,
) -> Result<(), StoreError> {
    commit(store, Append { people: people.into_iter().collect(), ..Append::default() }).await
}

/// Makes the n-th session, with these people as its members.
pub(crate) async fn room(store: &dyn Store, n: u64, members: &[u64]) {
    let members =
        members.iter().map(|&m| (session(n), MemberRow { user: user(m), role: Some(Role::Viewer) }));
    let append = Append { members: members.collect(), ..creation(n, &format!("room {n}")) };
    commit(store, append).await.unwrap();
}
