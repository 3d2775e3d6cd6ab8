//! How far people have read (SE9), and the list of everyone's sessions.

use madang_protocol::{Role, SessionStatus};
use madang_store::{Append, MentionRow, ReadRow, SessionQuery, SessionRow, Store, StoreError};

use crate::support::people::room;
use crate::support::{commit, commit_together, creation, loaded, message, row, session, user};

fn mark(n: u64, who: u64, count: u32) -> Append {
    let read = ReadRow { user: user(who), message: message(count.into()), count };
    Append { reads: vec![(session(n), read)], ..Append::default() }
}

async fn counts(store: &dyn Store, who: u64) -> Vec<(String, u32)> {
    let query = SessionQuery { limit: 10, ..SessionQuery::default() };
    let page = store.sessions_of(user(who), query).await.unwrap();
    page.sessions.into_iter().map(|listed| (listed.row.title, listed.read_count)).collect()
}

pub(crate) async fn se9_read_marks_are_loaded_and_listed(store: &dyn Store) {
    room(store, 1, &[1, 2]).await;
    room(store, 2, &[1, 2]).await;
    assert_eq!(loaded(store, 1).await.reads, []);
    for append in [mark(1, 1, 3), mark(1, 2, 5), mark(2, 1, u32::MAX), mark(1, 1, 4)] {
        commit(store, append).await.unwrap();
    }
    let read = |who, count: u32| ReadRow { user: user(who), message: message(count.into()), count };
    assert_eq!(loaded(store, 1).await.reads, [read(1, 4), read(2, 5)]);
    assert_eq!(counts(store, 1).await, [("room 2".into(), u32::MAX), ("room 1".into(), 4)]);
    assert_eq!(counts(store, 2).await, [("room 2".into(), 0), ("room 1".into(), 5)]);
}

pub(crate) async fn se9_the_last_mark_in_a_group_counts(store: &dyn Store) {
    room(store, 1, &[1]).await;
    for answer in commit_together(store, (1..=40).map(|count| mark(1, 1, count)).collect()).await {
        answer.unwrap();
    }
    assert_eq!(counts(store, 1).await, [("room 1".into(), 40)]);
}

pub(crate) async fn se9_what_concerns_people_is_loaded_and_listed(store: &dyn Store) {
    room(store, 1, &[1, 2]).await;
    room(store, 2, &[1]).await;
    let concern = |n, who, unread| {
        let row = MentionRow { user: user(who), unread };
        Append { mentions: vec![(session(n), row)], ..Append::default() }
    };
    let appends = vec![concern(1, 1, 3), concern(1, 2, 1), concern(2, 1, 7), concern(1, 1, 4)];
    for answer in commit_together(store, appends).await {
        answer.unwrap();
    }
    let listed = async || {
        let query = SessionQuery { limit: 10, ..SessionQuery::default() };
        let page = store.sessions_of(user(1), query).await.unwrap();
        page.sessions.iter().map(|line| (line.read_count, line.unread_mentions)).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [(0, 7), (0, 4)], "also of who was never there");
    commit(store, concern(1, 1, 0)).await.unwrap();
    assert_eq!(listed().await, [(0, 7), (0, 0)]);
    assert_eq!(loaded(store, 1).await.mentions, [MentionRow { user: user(2), unread: 1 }]);
}

pub(crate) async fn a_mark_in_no_session_is_refused_alone(store: &dyn Store) {
    room(store, 1, &[1]).await;
    let answers = commit_together(store, vec![mark(1, 1, 1), mark(404, 1, 1), mark(1, 2, 2)]).await;
    assert!(matches!(answers[..], [Ok(()), Err(StoreError::Failed { .. }), Ok(())]), "{answers:?}");
    assert_eq!(loaded(store, 1).await.reads.len(), 2);
}

pub(crate) async fn all_sessions_are_listed_for_administrators(store: &dyn Store) {
    for n in 1..=7 {
        commit(store, creation(n, &format!("{}", n % 2))).await.unwrap();
    }
    let deleted = SessionRow { status: SessionStatus::Deleted, ..row(4, "0") };
    commit(store, Append { sessions: vec![deleted], ..mark(7, 1, 3) }).await.unwrap();
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.all_sessions(SessionQuery { title: None, cursor, limit: 2 }).await.unwrap();
        seen.extend(page.sessions);
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    let ids: Vec<_> = seen.iter().map(|listed| listed.row.session).collect();
    assert_eq!(ids, [7, 6, 5, 3, 2, 1].map(session));
    assert!(seen.iter().all(|listed| listed.role == Role::Viewer && listed.read_count == 0));
    let even = SessionQuery { title: Some("0".into()), cursor: None, limit: 10 };
    assert_eq!(store.all_sessions(even).await.unwrap().sessions.len(), 2);
    let bad = SessionQuery { cursor: Some("7".into()), limit: 1, title: None };
    assert!(matches!(store.all_sessions(bad).await, Err(StoreError::BadCursor)));
}
