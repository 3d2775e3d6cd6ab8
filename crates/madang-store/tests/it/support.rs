//! Values for tests: ids by number, appends by what matters.

pub(crate) mod people;

use madang_protocol::{Actor, Epoch, MessageId, Role, SessionId, SessionStatus, TurnId, UnixMs, UserId};
use madang_store::{
    Append, CommandRow, LoadedSession, MemberRow, Record, SessionRow, Store, StoreError, Stream,
};

/// A time.
pub(crate) fn at(ms: u64) -> UnixMs {
    UnixMs(ms.saturating_add(1_700_000_000_000))
}

/// The bytes of the n-th id.
pub(crate) fn bytes(n: u64) -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&n.to_be_bytes());
    bytes
}

/// The n-th session.
pub(crate) fn session(n: u64) -> SessionId {
    SessionId::new(at(0), bytes(n))
}

/// The n-th person.
pub(crate) fn user(n: u64) -> UserId {
    UserId::new(at(0), bytes(n))
}

/// The n-th message.
pub(crate) fn message(n: u64) -> MessageId {
    MessageId::new(at(0), bytes(n))
}

/// The n-th turn.
pub(crate) fn turn(n: u64) -> TurnId {
    TurnId::new(at(0), bytes(n))
}

/// The n-th session's line.
pub(crate) fn row(n: u64, title: &str) -> SessionRow {
    SessionRow {
        session: session(n),
        epoch: Epoch::new(n),
        title: title.to_owned(),
        status: SessionStatus::Idle,
        created_at: at(n),
        last_activity: at(n),
        message_count: 0,
        participant_count: 1,
    }
}

/// A record of a session's own log.
pub(crate) fn record(position: u64, data: &str) -> Record {
    Record {
        stream: Stream::SESSION,
        position,
        at: at(position),
        actor: Actor::User(user(1)),
        kind: "chat_message".into(),
        data: data.into(),
    }
}

/// An append that makes the n-th session, owned by person 1.
pub(crate) fn creation(n: u64, title: &str) -> Append {
    Append {
        sessions: vec![row(n, title)],
        members: vec![(session(n), MemberRow { user: user(1), role: Some(Role::Owner) })],
        ..Append::default()
    }
}

/// An append of one record to the n-th session.
pub(crate) fn one(n: u64, position: u64, data: &str) -> Append {
    Append { records: vec![(session(n), record(position, data))], ..Append::default() }
}

/// A command of person 1 that changed the n-th session.
pub(crate) fn command(id: &str, n: u64, position: u64) -> CommandRow {
    CommandRow {
        user: user(1),
        id: id.into(),
        digest: [7; 16],
        session: session(n),
        position: Some(position),
        answer: format!("{{\"seq\":{position}}}"),
    }
}

/// Submits and waits for the commit.
pub(crate) async fn commit(store: &dyn Store, append: Append) -> Result<(), StoreError> {
    store.submit(append).await?.await
}

/// Submits all before waiting for any, so that they share a group where that is possible.
pub(crate) async fn commit_together(store: &dyn Store, appends: Vec<Append>) -> Vec<Result<(), StoreError>> {
    let mut commits = Vec::new();
    for append in appends {
        commits.push(store.submit(append).await.unwrap());
    }
    let mut answers = Vec::new();
    for commit in commits {
        answers.push(commit.await);
    }
    answers
}

/// The data of a session's own log.
pub(crate) async fn texts(store: &dyn Store, n: u64) -> Vec<String> {
    let records = store.read(session(n), Stream::SESSION, 0, 1_000_000).await.unwrap();
    for (i, record) in records.iter().enumerate() {
        assert_eq!(record.position, i as u64 + 1, "a gap in session {n}");
    }
    records.into_iter().map(|record| record.data).collect()
}

/// A session that must be there.
pub(crate) async fn loaded(store: &dyn Store, n: u64) -> LoadedSession {
    store.load(session(n)).await.unwrap().expect("the session is stored")
}
