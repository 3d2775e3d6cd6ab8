//! People, memberships, the ledger.

use madang_protocol::Role;
use madang_store::{Append, LedgerRow, MemberRow, Store, UserRow};

use crate::support::{at, commit, commit_together, creation, loaded, row, session, turn, user};

fn person(name: &str) -> UserRow {
    UserRow {
        user: user(1),
        display_name: name.into(),
        guest: true,
        created_at: at(1),
        default_session: None,
        joined_session: None,
    }
}

fn member(n: u64, role: Option<Role>) -> Append {
    Append { members: vec![(session(1), MemberRow { user: user(n), role })], ..Append::default() }
}

pub(crate) async fn a_person_is_stored_and_changed(store: &dyn Store) {
    assert_eq!(store.user(user(1)).await.unwrap(), None);
    let guest = person("조용한 수달 🦦\0");
    commit(store, Append { users: vec![guest.clone()], ..creation(1, "") }).await.unwrap();
    assert_eq!(store.user(user(1)).await.unwrap(), Some(guest));
    let joined_session = Some(session(2));
    let known = UserRow { guest: false, default_session: Some(session(1)), joined_session, ..person("Mina") };
    commit(store, Append { users: vec![known.clone()], ..Append::default() }).await.unwrap();
    assert_eq!(store.user(user(1)).await.unwrap(), Some(known));
}

pub(crate) async fn the_last_word_in_a_group_counts(store: &dyn Store) {
    let named = |title: &str, name: &str| Append {
        sessions: vec![row(1, "never seen"), row(1, title)],
        users: vec![person(name)],
        ..Append::default()
    };
    let mut group = vec![creation(1, "0")];
    group.extend((1..=20).map(|n| named(&n.to_string(), &format!("name {n}"))));
    for answer in commit_together(store, group).await {
        answer.unwrap();
    }
    assert_eq!(loaded(store, 1).await.row.title, "20");
    assert_eq!(store.user(user(1)).await.unwrap(), Some(person("name 20")));
}

pub(crate) async fn a_removed_member_can_come_back(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let group = vec![
        member(2, Some(Role::Viewer)),
        member(3, Some(Role::Viewer)),
        member(2, None),
        member(3, None),
        member(3, Some(Role::Collaborator)),
        member(4, None),
    ];
    for answer in commit_together(store, group).await {
        answer.unwrap();
    }
    assert_eq!(loaded(store, 1).await.members, [(user(1), Role::Owner), (user(3), Role::Collaborator)]);
    commit(store, member(3, None)).await.unwrap();
    assert_eq!(loaded(store, 1).await.members, [(user(1), Role::Owner)]);
}

pub(crate) async fn the_ledger_takes_entries_with_and_without_a_price(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let priced = LedgerRow {
        at: at(1),
        session: session(1),
        turn: turn(1),
        user: user(1),
        model: "claude".into(),
        request_id: Some("req_1".into()),
        upstream_id: Some("msg_1".into()),
        usage: "{\"output_tokens\":3}".into(),
        input_tokens: u64::MAX,
        output_tokens: 3,
        cost_micro_usd: Some(1),
        price_table: "2026-11".into(),
        estimated: false,
        outcome: "complete".into(),
    };
    let free = LedgerRow {
        request_id: None,
        upstream_id: None,
        cost_micro_usd: None,
        estimated: true,
        ..priced.clone()
    };
    // The same entry twice is two requests.
    commit(store, Append { ledger: vec![priced.clone(), free, priced], ..Append::default() }).await.unwrap();
}
