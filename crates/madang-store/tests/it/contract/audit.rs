//! The audit log. How it notices tampering is the business of each database: see `sqlite`.

use futures_util::future::join_all;
use madang_store::{Append, AuditVerdict, Store, StoreError};

use crate::support::people::audit;
use crate::support::{commit, commit_together, creation, one};

fn lines(of: impl IntoIterator<Item = u64>) -> Append {
    Append { audit: of.into_iter().map(audit).collect(), ..Append::default() }
}

async fn whole(store: &dyn Store) -> (u64, [u8; 32]) {
    match store.verify_audit().await.unwrap() {
        AuditVerdict::Whole { lines, head } => (lines, head),
        AuditVerdict::Broken { position } => panic!("broken at {position}"),
    }
}

pub(crate) async fn an_empty_audit_log_is_whole(store: &dyn Store) {
    assert_eq!(whole(store).await, (0, [0; 32]));
    assert_eq!(store.audit(0, 10).await.unwrap(), []);
}

pub(crate) async fn the_audit_log_counts_without_gaps(store: &dyn Store) {
    let mut heads = vec![whole(store).await.1];
    for append in [lines([1, 2, 3]), lines([]), lines([4]), lines([5, 6])] {
        commit(store, append).await.unwrap();
        heads.push(whole(store).await.1);
    }
    assert_eq!(heads[1], heads[2], "nothing was added");
    heads.dedup();
    assert_eq!(heads.len(), 4, "each line changes the head");
    let mut found = store.audit(0, 100).await.unwrap();
    assert_eq!(Some(&found[0].hash), heads.last());
    found.reverse();
    for (n, line) in (1..).zip(&found) {
        assert_eq!((line.position, &line.row), (n, &audit(n)));
    }
    assert_eq!(whole(store).await.0, 6);
}

pub(crate) async fn the_audit_log_is_read_backwards_in_pages(store: &dyn Store) {
    commit(store, lines(1..=25)).await.unwrap();
    let (mut before, mut seen) = (0, Vec::new());
    loop {
        let page = store.audit(before, 10).await.unwrap();
        let Some(last) = page.last() else {
            break;
        };
        before = last.position;
        seen.extend(page.iter().map(|line| line.position));
    }
    assert_eq!(seen, Vec::from_iter((1..=25).rev()));
    assert_eq!(store.audit(1, 10).await.unwrap(), []);
    assert_eq!(store.audit(u64::MAX, 1).await.unwrap()[0].position, 25);
    assert_eq!(store.audit(0, 0).await.unwrap(), []);
}

pub(crate) async fn lines_of_a_refused_append_are_not_in_the_audit_log(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let group = vec![
        lines([1]),
        Append { audit: vec![audit(2)], ..one(1, 7, "a gap") },
        lines([3]),
        // No such session: the group is written one by one.
        Append { audit: vec![audit(4)], ..one(9, 1, "nowhere") },
        lines([5, 6]),
    ];
    let answers = commit_together(store, group).await;
    let outcome: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(outcome, [true, false, true, false, true], "{answers:?}");
    let found = store.audit(0, 100).await.unwrap();
    let rows: Vec<_> = found.iter().rev().map(|line| line.row.clone()).collect();
    assert_eq!(rows, [1, 3, 5, 6].map(audit));
    commit(store, lines([7])).await.unwrap();
    assert_eq!(whole(store).await.0, 5);
}

pub(crate) async fn many_writers_make_one_chain(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let answers = join_all((1..=300).map(|n| async move {
        let wrong = Append { audit: vec![audit(n)], ..one(1, 999, "a gap") };
        commit(store, if n % 7 == 0 { wrong } else { lines([n]) }).await
    }))
    .await;
    let refused = |answer: &Result<(), StoreError>| matches!(answer, Err(StoreError::Conflict));
    assert_eq!(answers.iter().filter(|answer| refused(answer)).count(), 300 / 7);
    assert_eq!(whole(store).await.0, 300 - 300 / 7);
}
