//! Records whose data was taken back (TU5).

use madang_protocol::limits::EVENT_BYTES_MAX;
use madang_store::{Append, Store, StoreError, Stream};

use crate::support::{command, commit, commit_together, creation, one, record, session, texts};

fn redaction(n: u64, position: u64, data: &str) -> Append {
    Append { redactions: vec![(session(n), Stream::SESSION, position, data.into())], ..Append::default() }
}

pub(crate) async fn tu5_a_redacted_record_says_something_else_and_is_whole(store: &dyn Store) {
    for n in 1..=2 {
        commit(store, creation(n, "")).await.unwrap();
        for position in 1..=3 {
            commit(store, one(n, position, "said")).await.unwrap();
        }
    }
    let deletes = Append {
        redactions: redaction(1, 2, "{\"erased\":true}").redactions,
        command: Some(command("delete", 1, 4)),
        ..one(1, 4, "deleted")
    };
    commit(store, deletes).await.unwrap();
    assert_eq!(texts(store, 1).await, ["said", "{\"erased\":true}", "said", "deleted"]);
    assert_eq!(texts(store, 2).await, ["said"; 3]);
    let read = store.read(session(1), Stream::SESSION, 1, 1).await.unwrap();
    assert_eq!(read, [record(2, "{\"erased\":true}")], "who, when and what kind stay");
    for data in ["", "again"] {
        commit(store, redaction(1, 2, data)).await.unwrap();
        assert_eq!(texts(store, 1).await[1], data);
    }
}

pub(crate) async fn tu5_a_record_can_be_redacted_in_the_append_that_makes_it(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    commit(store, Append { redactions: redaction(1, 1, "b").redactions, ..one(1, 1, "a") }).await.unwrap();
    assert_eq!(texts(store, 1).await, ["b"]);
}

pub(crate) async fn tu5_redacting_what_is_not_there_fails_alone(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let wrong =
        |n, position| Append { redactions: redaction(n, position, "x").redactions, ..one(1, 2, "no") };
    let group = vec![one(1, 1, "a"), wrong(1, 7), wrong(2, 1), wrong(1, u64::MAX), one(1, 2, "b")];
    let answers = commit_together(store, group).await;
    let outcome: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(outcome, [true, false, false, false, true], "{answers:?}");
    assert!(matches!(answers[1], Err(StoreError::Failed { .. })));
    assert_eq!(texts(store, 1).await, ["a", "b"]);
    assert!(store.healthy());
}

pub(crate) async fn tu5_a_redaction_has_the_limit_of_an_event(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    commit(store, one(1, 1, "a")).await.unwrap();
    let answer = commit(store, redaction(1, 1, &"x".repeat(EVENT_BYTES_MAX + 1))).await;
    assert!(matches!(answer, Err(StoreError::Failed { .. })), "{answer:?}");
    assert_eq!(texts(store, 1).await, ["a"]);
}
