//! Invite links (SE5).

use futures_util::future::join_all;
use madang_protocol::Role;
use madang_store::{Append, InviteRow, MemberRow, PersonChange, Store, StoreError};

use crate::support::people::{audit, change, hash, invite};
use crate::support::{at, commit, creation, loaded, session, user};

pub(crate) async fn se5_an_invite_is_found_by_its_hash_used_up_or_not(store: &dyn Store) {
    let row = invite(1, Some(1), 1);
    let rows = [row.clone(), InviteRow { role: Role::Viewer, ..invite(2, None, 3) }];
    change(store, rows.clone().map(PersonChange::Invite)).await.unwrap();
    assert_eq!(store.invite(hash(1)).await.unwrap(), Some(row.clone()));
    assert_eq!(store.invite(hash(2)).await.unwrap(), Some(rows[1].clone()));
    change(store, [PersonChange::UseInvite(row.invite, at(5))]).await.unwrap();
    let used = InviteRow { uses_left: 0, ..row.clone() };
    assert_eq!(store.invite(hash(1)).await.unwrap(), Some(used.clone()));
    for now in [at(900), at(901)] {
        change(store, [PersonChange::RevokeInvite(row.invite, now)]).await.unwrap();
    }
    let ended = InviteRow { revoked_at: Some(at(900)), ..used };
    assert_eq!(store.invite(hash(1)).await.unwrap(), Some(ended), "it ended once");
    assert_eq!(store.invite(hash(404)).await.unwrap(), None);
    change(store, [PersonChange::RevokeInvite(invite(404, None, 1).invite, at(1))]).await.unwrap();
}

pub(crate) async fn se5_fifty_racers_use_a_link_exactly_as_often_as_it_says(store: &dyn Store) {
    const USES: u32 = 7;
    commit(store, creation(1, "")).await.unwrap();
    let row = invite(1, Some(1), USES);
    change(store, [PersonChange::Invite(row.clone())]).await.unwrap();
    let join = |n: u64| Append {
        people: vec![PersonChange::UseInvite(row.invite, at(5))],
        members: vec![(session(1), MemberRow { user: user(n), role: Some(row.role) })],
        audit: vec![audit(n)],
        ..Append::default()
    };
    let answers = join_all((100..150).map(|n| commit(store, join(n)))).await;
    let refused = |answer: &&Result<(), StoreError>| matches!(answer, Err(StoreError::Taken));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), USES as usize);
    assert_eq!(answers.iter().filter(refused).count(), 50 - USES as usize);
    let members = loaded(store, 1).await.members;
    let winners = (100..150).zip(&answers).filter(|(_, answer)| answer.is_ok());
    let expected: Vec<_> = winners.map(|(n, _)| (user(n), row.role)).collect();
    assert_eq!(members[1..], expected, "who won is in, and nobody else");
    assert_eq!(store.invite(hash(1)).await.unwrap().unwrap().uses_left, 0);
    assert_eq!(store.audit(0, 100).await.unwrap().len(), USES as usize);
}

pub(crate) async fn se5_a_link_past_its_time_or_revoked_lets_nobody_in(store: &dyn Store) {
    let (old, ended) = (invite(1, None, 9), invite(2, None, 9));
    change(store, [old.clone(), ended.clone()].map(PersonChange::Invite)).await.unwrap();
    change(store, [PersonChange::RevokeInvite(ended.invite, at(3))]).await.unwrap();
    for (invite, now) in [
        (old.invite, old.expires_at),
        (old.invite, at(1_000_000)),
        (ended.invite, at(2)),
        (invite(404, None, 1).invite, at(2)),
    ] {
        let answer = change(store, [PersonChange::UseInvite(invite, now)]).await;
        assert!(matches!(answer, Err(StoreError::Taken)), "{invite} {now:?}: {answer:?}");
    }
    assert_eq!(store.invite(hash(1)).await.unwrap(), Some(old.clone()));
    let last = madang_protocol::UnixMs(old.expires_at.0 - 1);
    change(store, [PersonChange::UseInvite(old.invite, last)]).await.unwrap();
}

pub(crate) async fn se5_what_comes_with_a_refused_use_is_not_kept(store: &dyn Store) {
    let (one, none) = (invite(1, None, 1), invite(2, None, 0));
    change(store, [one.clone(), none.clone()].map(PersonChange::Invite)).await.unwrap();
    let both = [PersonChange::UseInvite(one.invite, at(3)), PersonChange::UseInvite(none.invite, at(3))];
    let answer = change(store, both).await;
    assert!(matches!(answer, Err(StoreError::Taken)), "{answer:?}");
    assert_eq!(store.invite(hash(1)).await.unwrap(), Some(one), "the use was given back");
}

pub(crate) async fn invites_are_listed_newest_first(store: &dyn Store) {
    let rows: Vec<InviteRow> = (1..=6).map(|n| invite(n, (n % 3 != 0).then_some(n % 3), 1)).collect();
    change(store, rows.iter().cloned().map(PersonChange::Invite)).await.unwrap();
    let of = |n: &[usize]| n.iter().map(|&n| rows[n - 1].clone()).collect::<Vec<_>>();
    assert_eq!(store.invites(Some(session(1))).await.unwrap(), of(&[4, 1]));
    assert_eq!(store.invites(Some(session(2))).await.unwrap(), of(&[5, 2]));
    assert_eq!(store.invites(None).await.unwrap(), of(&[6, 3]));
    let more = (1_000..1_250).map(|n| PersonChange::Invite(invite(n, Some(1), 1)));
    change(store, more).await.unwrap();
    let many = store.invites(Some(session(1))).await.unwrap();
    assert_eq!((many.len(), many[0].invite), (200, invite(1_249, None, 1).invite));
}
