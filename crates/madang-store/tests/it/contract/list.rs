//! The list of sessions.

use madang_protocol::{Role, SessionStatus};
use madang_store::{Append, MemberRow, SessionQuery, SessionRow, Store, StoreError};

use crate::support::{at, commit, creation, loaded, row, session, user};

async fn page(store: &dyn Store, query: SessionQuery) -> (Vec<String>, Option<String>) {
    let page = store.sessions_of(user(1), query).await.unwrap();
    (page.sessions.into_iter().map(|listed| listed.row.title).collect(), page.next)
}

async fn search(store: &dyn Store, text: &str) -> Vec<String> {
    page(store, SessionQuery { title: Some(text.into()), cursor: None, limit: 100 }).await.0
}

pub(crate) async fn a_session_is_loaded_with_its_members(store: &dyn Store) {
    let row = SessionRow { message_count: u32::MAX, status: SessionStatus::Closed, ..row(1, "마당") };
    let member = |n, role| (session(1), MemberRow { user: user(n), role: Some(role) });
    let members = vec![member(3, Role::Viewer), member(1, Role::Owner), member(2, Role::Collaborator)];
    commit(store, Append { sessions: vec![row.clone()], members, ..Append::default() }).await.unwrap();
    let found = loaded(store, 1).await;
    assert_eq!(found.row, row);
    assert_eq!(
        found.members,
        [(user(1), Role::Owner), (user(2), Role::Collaborator), (user(3), Role::Viewer)]
    );
}

pub(crate) async fn a_session_that_never_was_is_none(store: &dyn Store) {
    assert!(store.load(session(404)).await.unwrap().is_none());
}

pub(crate) async fn the_list_is_paged_by_activity(store: &dyn Store) {
    for n in 1..=25 {
        commit(store, creation(n, &n.to_string())).await.unwrap();
    }
    // The oldest becomes the newest.
    let busy = SessionRow { last_activity: at(100), ..row(1, "1") };
    commit(store, Append { sessions: vec![busy], ..Append::default() }).await.unwrap();
    let (mut titles, mut cursor) = (Vec::new(), None);
    let mut pages = 0;
    loop {
        let (more, next) = page(store, SessionQuery { title: None, cursor, limit: 10 }).await;
        titles.extend(more);
        pages += 1;
        match next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    let expected: Vec<String> = [1].into_iter().chain((2..=25).rev()).map(|n: u64| n.to_string()).collect();
    assert_eq!((titles, pages), (expected, 3));
}

pub(crate) async fn sessions_of_the_same_moment_are_paged_too(store: &dyn Store) {
    for n in 1..=9 {
        let row = SessionRow { last_activity: at(5), ..row(n, &n.to_string()) };
        commit(store, Append { sessions: vec![row], ..creation(n, "") }).await.unwrap();
    }
    let (mut titles, mut cursor) = (Vec::new(), None);
    for _ in 0..3 {
        let (more, next) = page(store, SessionQuery { title: None, cursor, limit: 3 }).await;
        titles.extend(more);
        cursor = next;
    }
    titles.sort();
    assert_eq!(titles, Vec::from_iter((1..=9).map(|n| n.to_string())));
    assert_eq!(cursor, None);
}

pub(crate) async fn the_list_shows_only_ones_own_sessions_with_ones_role(store: &dyn Store) {
    commit(store, creation(1, "mine")).await.unwrap();
    let other = vec![
        (session(2), MemberRow { user: user(2), role: Some(Role::Owner) }),
        (session(2), MemberRow { user: user(1), role: Some(Role::Viewer) }),
    ];
    commit(store, Append { members: other, ..creation(2, "shared") }).await.unwrap();
    let foreign = vec![(session(3), MemberRow { user: user(2), role: Some(Role::Owner) })];
    commit(store, Append { members: foreign, ..creation(3, "not mine") }).await.unwrap();
    let query = SessionQuery { limit: 10, ..SessionQuery::default() };
    let mine = store.sessions_of(user(1), query.clone()).await.unwrap().sessions;
    let mine: Vec<_> = mine.iter().map(|listed| (listed.row.title.as_str(), listed.role)).collect();
    assert_eq!(mine, [("shared", Role::Viewer), ("mine", Role::Owner)]);
    assert!(store.sessions_of(user(3), query).await.unwrap().sessions.is_empty());
}

pub(crate) async fn deleted_sessions_are_left_out(store: &dyn Store) {
    for n in 1..=3 {
        commit(store, creation(n, &n.to_string())).await.unwrap();
    }
    let deleted = SessionRow { status: SessionStatus::Deleted, ..row(2, "2") };
    let closed = SessionRow { status: SessionStatus::Closed, ..row(3, "3") };
    commit(store, Append { sessions: vec![deleted, closed], ..Append::default() }).await.unwrap();
    let query = SessionQuery { limit: 2, ..SessionQuery::default() };
    assert_eq!(page(store, query).await, (vec!["3".into(), "1".into()], None));
    assert_eq!(
        loaded(store, 2).await.row.status,
        SessionStatus::Deleted,
        "a deleted session is loaded still"
    );
}

pub(crate) async fn titles_are_found_whatever_the_case(store: &dyn Store) {
    for (n, title) in [(1, "Rust 서버 설계"), (2, "ÄRGER mit ΟΔΟΣ"), (3, "서울 여행")] {
        commit(store, creation(n, title)).await.unwrap();
    }
    assert_eq!(search(store, "rUsT").await, ["Rust 서버 설계"]);
    assert_eq!(search(store, "서").await, ["서울 여행", "Rust 서버 설계"]);
    assert_eq!(search(store, "버 설").await, ["Rust 서버 설계"]);
    assert_eq!(search(store, "ärger MIT").await, ["ÄRGER mit ΟΔΟΣ"]);
    assert_eq!(search(store, "σ").await, ["ÄRGER mit ΟΔΟΣ"]);
    assert_eq!(search(store, "부산").await, Vec::<String>::new());
    assert_eq!(search(store, "").await.len(), 3);
    assert_eq!(search(store, &"x".repeat(100_000)).await, Vec::<String>::new());
}

pub(crate) async fn like_metacharacters_are_plain_characters(store: &dyn Store) {
    let titles = ["100% done", "100 done", "a_b", "axb", r"back\slash", "bang!", "it's \"quoted\""];
    for (n, title) in (1..).zip(titles) {
        commit(store, creation(n, title)).await.unwrap();
    }
    for (text, found) in [
        ("100%", vec!["100% done"]),
        ("%", vec!["100% done"]),
        ("_", vec!["a_b"]),
        ("a_b", vec!["a_b"]),
        (r"\", vec![r"back\slash"]),
        ("!", vec!["bang!"]),
        ("!%", vec![]),
        ("'", vec!["it's \"quoted\""]),
        ("\"", vec!["it's \"quoted\""]),
    ] {
        assert_eq!(search(store, text).await, found, "{text}");
    }
}

pub(crate) async fn a_foreign_cursor_is_refused(store: &dyn Store) {
    for cursor in
        ["", "0", "nonsense", "1.ses_", "-1.ses_0192f0c1b2d37000800000000000abcd", "1.'; DROP TABLE log"]
    {
        let query = SessionQuery { cursor: Some(cursor.into()), limit: 10, title: None };
        let answer = store.sessions_of(user(1), query).await;
        assert!(matches!(answer, Err(StoreError::BadCursor)), "{cursor}: {answer:?}");
    }
}

pub(crate) async fn a_page_of_nothing_is_empty(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    assert_eq!(page(store, SessionQuery::default()).await, (vec![], None));
}

pub(crate) async fn odd_titles_read_back(store: &dyn Store) {
    for (n, title) in (1..).zip(["a\0b", "🧑‍🤝‍🧑", "\u{202e}evil", "e\u{301}", "  ", "\n"]) {
        commit(store, creation(n, title)).await.unwrap();
        assert_eq!(loaded(store, n).await.row.title, title);
        assert_eq!(search(store, title).await.first().map(String::as_str), Some(title));
    }
    assert_eq!(search(store, "b").await, ["a\0b"], "what stands after a NUL is found too");
}
