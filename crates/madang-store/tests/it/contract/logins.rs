//! Logins and tokens.

use madang_protocol::Scope;
use madang_store::{LoginRow, PersonChange, Store, StoreError, TokenRow};

use crate::support::people::{change, hash, login, token};
use crate::support::{at, user};

pub(crate) async fn a_login_is_found_by_its_hash_until_it_ends(store: &dyn Store) {
    let (first, second) = (login(1, 1), login(2, 1));
    change(store, [PersonChange::Login(first.clone()), PersonChange::Login(second.clone())]).await.unwrap();
    assert_eq!(store.login(hash(1)).await.unwrap(), Some(first.clone()));
    assert_eq!(store.login(hash(3)).await.unwrap(), None);
    let seen =
        LoginRow { seen_at: at(50), agent: "Firefox 2".into(), address: "::1".into(), ..first.clone() };
    change(store, [PersonChange::Login(seen.clone())]).await.unwrap();
    let late = LoginRow { seen_at: at(40), ..first.clone() };
    change(store, [PersonChange::Login(late)]).await.unwrap();
    assert_eq!(store.login(hash(1)).await.unwrap(), Some(seen.clone()), "the newest counts");
    assert_eq!(store.logins(user(1)).await.unwrap(), [second, seen]);
    change(store, [PersonChange::EndLogin(first.login), PersonChange::EndLogin(first.login)]).await.unwrap();
    assert_eq!(store.login(hash(1)).await.unwrap(), None);
    assert_eq!(store.logins(user(2)).await.unwrap(), []);
}

pub(crate) async fn se4_an_ended_login_does_not_come_back_by_being_seen(store: &dyn Store) {
    change(store, [PersonChange::Login(login(1, 1))]).await.unwrap();
    let seen = PersonChange::Login(LoginRow { seen_at: at(50), ..login(1, 1) });
    change(store, [PersonChange::EndLogin(login(1, 1).login), seen]).await.unwrap();
    assert_eq!(store.login(hash(1)).await.unwrap(), None);
    assert_eq!(store.logins(user(1)).await.unwrap(), []);
}

pub(crate) async fn se4_all_logins_of_a_person_end_but_one(store: &dyn Store) {
    let logins = (1..=4).map(|n| PersonChange::Login(login(n, 1 + n / 4)));
    change(store, logins).await.unwrap();
    change(store, [PersonChange::EndLogins(user(1), Some(login(2, 1).login))]).await.unwrap();
    assert_eq!(store.logins(user(1)).await.unwrap(), [login(2, 1)]);
    change(store, [PersonChange::EndLogins(user(1), None)]).await.unwrap();
    assert_eq!(store.logins(user(1)).await.unwrap(), []);
    assert_eq!(store.logins(user(2)).await.unwrap(), [login(4, 2)], "others' go on");
}

pub(crate) async fn a_hash_is_one_logins(store: &dyn Store) {
    change(store, [PersonChange::Login(login(1, 1))]).await.unwrap();
    let same = LoginRow { hash: hash(1), ..login(2, 2) };
    let answer = change(store, [PersonChange::Login(same)]).await;
    assert!(matches!(answer, Err(StoreError::Taken)), "{answer:?}");
    let again = change(store, [PersonChange::Login(login(1, 1))]).await;
    assert!(matches!(again, Err(StoreError::Taken)), "{again:?}");
}

pub(crate) async fn tokens_are_found_used_and_ended(store: &dyn Store) {
    let all = [Scope::Read, Scope::Write, Scope::Full];
    let rows: Vec<TokenRow> = (1..).zip(all).map(|(n, scope)| TokenRow { scope, ..token(n, 1) }).collect();
    change(store, rows.iter().cloned().map(PersonChange::Token)).await.unwrap();
    for (n, row) in (1..).zip(&rows) {
        assert_eq!(store.token(hash(n)).await.unwrap().as_ref(), Some(row));
    }
    let used = TokenRow { used_at: Some(at(50)), ..rows[0].clone() };
    let earlier = TokenRow { used_at: Some(at(40)), ..rows[0].clone() };
    change(store, [PersonChange::Token(used.clone()), PersonChange::Token(earlier)]).await.unwrap();
    let newest_first = [rows[2].clone(), rows[1].clone(), used];
    assert_eq!(store.tokens(user(1)).await.unwrap(), newest_first);
    change(store, [PersonChange::EndToken(rows[2].token)]).await.unwrap();
    assert_eq!(store.token(hash(3)).await.unwrap(), None);
    change(store, [PersonChange::Token(token(4, 2)), PersonChange::EndTokens(user(1))]).await.unwrap();
    assert_eq!(store.tokens(user(1)).await.unwrap(), []);
    assert_eq!(store.tokens(user(2)).await.unwrap(), [token(4, 2)]);
}

pub(crate) async fn se4_an_ended_token_does_not_come_back_by_being_used(store: &dyn Store) {
    change(store, [PersonChange::Token(token(1, 1)), PersonChange::EndToken(token(1, 1).token)])
        .await
        .unwrap();
    change(store, [PersonChange::Token(TokenRow { used_at: Some(at(50)), ..token(1, 1) })]).await.unwrap();
    assert_eq!(store.token(hash(1)).await.unwrap(), None);
}
