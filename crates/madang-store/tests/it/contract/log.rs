//! Logs and commands.

use futures_util::future::join_all;
use madang_protocol::limits::EVENT_BYTES_MAX;
use madang_protocol::{Actor, DocumentId};
use madang_store::{Append, Record, SnapshotRow, Store, StoreError, Stream};

use crate::support::{
    at, command, commit, commit_together, creation, loaded, message, one, record, session, texts, turn, user,
};

pub(crate) async fn positions_have_no_gaps(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    commit(store, one(1, 1, "a")).await.unwrap();
    for wrong in [0, 1, 3, u64::MAX] {
        let answer = commit(store, one(1, wrong, "x")).await;
        assert!(matches!(answer, Err(StoreError::Conflict)), "{wrong}: {answer:?}");
    }
    commit(store, one(1, 2, "b")).await.unwrap();
    assert_eq!(texts(store, 1).await, ["a", "b"]);
}

pub(crate) async fn records_read_back_as_they_were_written(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let data = [
        r#"{"content":"\u0000 and \ud800 alone"}"#,
        "{\"content\":\"a raw \0 NUL\"}",
        "{\"content\":\"🧑‍🤝‍🧑 마당 e\u{301} \u{202e}\u{feff}\u{10ffff}\"}",
        "",
        "'; DROP TABLE log; --",
    ];
    let actors = [Actor::Claude, Actor::Server, Actor::User(user(9))];
    let records: Vec<Record> = data
        .iter()
        .zip(actors.iter().cycle())
        .zip(1..)
        .map(|((data, actor), position)| Record { actor: *actor, ..record(position, data) })
        .collect();
    let append =
        Append { records: records.iter().map(|r| (session(1), r.clone())).collect(), ..Append::default() };
    commit(store, append).await.unwrap();
    assert_eq!(store.read(session(1), Stream::SESSION, 0, 100).await.unwrap(), records);
}

pub(crate) async fn streams_count_on_their_own(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let model = Record { stream: Stream::MODEL, ..record(1, "verbatim") };
    let document = Record { stream: Stream(7), ..record(1, "[3]") };
    let records = [record(1, "a"), model.clone(), document.clone(), record(2, "b")];
    let append = Append { records: records.map(|r| (session(1), r)).to_vec(), ..Append::default() };
    commit(store, append).await.unwrap();
    assert_eq!(texts(store, 1).await, ["a", "b"]);
    assert_eq!(store.read(session(1), Stream::MODEL, 0, 9).await.unwrap(), [model]);
    assert_eq!(store.read(session(1), Stream(7), 0, 9).await.unwrap(), [document]);
}

pub(crate) async fn reading_stops_at_the_limit_and_goes_on_after_it(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let records = (1..=10).map(|n| (session(1), record(n, "x"))).collect();
    commit(store, Append { records, ..Append::default() }).await.unwrap();
    let mut seen = Vec::new();
    loop {
        let after = seen.last().copied().unwrap_or_default();
        let page = store.read(session(1), Stream::SESSION, after, 4).await.unwrap();
        assert!(page.len() <= 4);
        if page.is_empty() {
            break;
        }
        seen.extend(page.iter().map(|record| record.position));
    }
    assert_eq!(seen, Vec::from_iter(1..=10));
    assert!(store.read(session(1), Stream::SESSION, u64::MAX, 4).await.unwrap().is_empty());
    assert!(store.read(session(1), Stream::SESSION, 0, 0).await.unwrap().is_empty());
    assert!(store.read(session(2), Stream::SESSION, 0, 4).await.unwrap().is_empty());
}

pub(crate) async fn an_append_is_there_whole_or_not_at_all(store: &dyn Store) {
    commit(store, creation(1, "before")).await.unwrap();
    let wrong = Append {
        records: vec![(session(1), record(1, "a")), (session(1), record(3, "gap"))],
        command: Some(command("c", 1, 1)),
        sessions: creation(1, "after").sessions,
        users: vec![],
        ..creation(2, "two")
    };
    assert!(matches!(commit(store, wrong).await, Err(StoreError::Conflict)));
    assert_eq!(texts(store, 1).await, Vec::<String>::new());
    assert_eq!(store.command(user(1), "c").await.unwrap(), None);
    assert_eq!(loaded(store, 1).await.row.title, "before");
}

pub(crate) async fn a_conflict_fails_alone_in_its_group(store: &dyn Store) {
    for n in 1..=3 {
        commit(store, creation(n, "")).await.unwrap();
    }
    commit(store, Append { command: Some(command("taken", 1, 1)), ..one(1, 1, "first") }).await.unwrap();
    let answers = commit_together(
        store,
        vec![
            one(2, 1, "two"),
            Append { command: Some(command("taken", 1, 2)), ..one(1, 2, "refused") },
            one(3, 5, "refused"),
            Append { command: Some(command("new", 1, 2)), ..one(1, 2, "second") },
            one(3, 1, "three"),
        ],
    )
    .await;
    let outcome: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(outcome, [true, false, false, true, true], "{answers:?}");
    assert_eq!(texts(store, 1).await, ["first", "second"]);
    assert_eq!(texts(store, 2).await, ["two"]);
    assert_eq!(texts(store, 3).await, ["three"]);
}

pub(crate) async fn later_appends_of_a_session_fail_with_the_one_they_follow(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    commit(store, Append { command: Some(command("taken", 1, 1)), ..one(1, 1, "first") }).await.unwrap();
    let repeated = Append { command: Some(command("taken", 1, 2)), ..one(1, 2, "refused") };
    let answers =
        commit_together(store, vec![repeated, one(1, 3, "after it"), one(1, 4, "and after that")]).await;
    for answer in answers {
        assert!(matches!(answer, Err(StoreError::Conflict)), "{answer:?}");
    }
    assert_eq!(texts(store, 1).await, ["first"]);
    commit(store, one(1, 2, "second")).await.unwrap();
    assert!(store.healthy(), "a conflict is no trouble of the store's");
}

pub(crate) async fn appends_are_committed_in_the_order_of_their_submission(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let answers = commit_together(store, (1..=500).map(|n| one(1, n, &n.to_string())).collect()).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(texts(store, 1).await, Vec::from_iter((1..=500).map(|n| n.to_string())));
}

pub(crate) async fn cm2_a_command_is_found_again_with_its_answer(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let with = command("with \0 and 🧵", 1, 1);
    commit(store, Append { command: Some(with.clone()), ..one(1, 1, "a") }).await.unwrap();
    let without = madang_store::CommandRow { position: None, ..command("without", 1, 1) };
    commit(store, Append { command: Some(without.clone()), ..Append::default() }).await.unwrap();
    assert_eq!(store.command(user(1), &with.id).await.unwrap(), Some(with));
    assert_eq!(store.command(user(1), "without").await.unwrap(), Some(without));
    assert_eq!(store.command(user(1), "never").await.unwrap(), None);
    assert_eq!(store.command(user(2), "without").await.unwrap(), None);
}

pub(crate) async fn cm2_a_command_id_is_taken_once(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    commit(store, creation(2, "")).await.unwrap();
    let twice = |n| Append { command: Some(command("same", n, 1)), ..one(n, 1, "x") };
    let answers = commit_together(store, vec![twice(1), twice(2)]).await;
    assert!(answers[0].is_ok() && matches!(answers[1], Err(StoreError::Conflict)), "{answers:?}");
    assert!(matches!(commit(store, twice(2)).await, Err(StoreError::Conflict)));
    assert_eq!((texts(store, 1).await.len(), texts(store, 2).await.len()), (1, 0));
}

pub(crate) async fn cm2_the_same_id_of_two_people_is_two_commands(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let other = madang_store::CommandRow { user: user(2), ..command("same", 1, 2) };
    commit(store, Append { command: Some(command("same", 1, 1)), ..one(1, 1, "a") }).await.unwrap();
    commit(store, Append { command: Some(other.clone()), ..one(1, 2, "b") }).await.unwrap();
    assert_eq!(store.command(user(2), "same").await.unwrap(), Some(other));
}

pub(crate) async fn dc1_what_was_acked_is_read_at_once(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    for n in 1..=100 {
        commit(store, one(1, n, "x")).await.unwrap();
        let newest = store.read(session(1), Stream::SESSION, n - 1, 10).await.unwrap();
        assert_eq!(newest.len(), 1, "position {n} was acked");
    }
}

pub(crate) async fn many_writers_leave_no_gap(store: &dyn Store) {
    let writer = async |n: u64| {
        commit(store, creation(n, "")).await.unwrap();
        for position in 1..=40 {
            commit(store, one(n, position, "x")).await.unwrap();
        }
    };
    join_all((1..=50).map(writer)).await;
    for n in 1..=50 {
        assert_eq!(texts(store, n).await.len(), 40);
    }
}

pub(crate) async fn an_event_may_have_four_mebibytes_and_no_more(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let largest = "가".repeat(EVENT_BYTES_MAX / 3);
    let largest = format!("{largest}{}", "x".repeat(EVENT_BYTES_MAX - largest.len()));
    commit(store, one(1, 1, &largest)).await.unwrap();
    let answers = commit_together(store, vec![one(1, 2, &format!("{largest}x")), one(1, 2, "small")]).await;
    assert!(matches!(answers[0], Err(StoreError::Failed { .. })) && answers[1].is_ok(), "{answers:?}");
    assert!(texts(store, 1).await == [largest.as_str(), "small"]);
}

pub(crate) async fn a_record_of_no_session_is_refused_alone(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let answers = commit_together(store, vec![one(9, 1, "nowhere"), one(1, 1, "here")]).await;
    assert!(matches!(answers[0], Err(StoreError::Failed { .. })) && answers[1].is_ok(), "{answers:?}");
    assert!(store.healthy());
}

/// A part of the first session's snapshot.
fn part(part: u32, position: u64, stream: Stream) -> SnapshotRow {
    let data = format!("{{\"turn\":\"{}\",\"of\":\"{}\",\"at\":{}}}", turn(1), message(1), at(position).0);
    SnapshotRow { stream, part, position, data }
}

fn put(snapshots: Vec<SnapshotRow>) -> Append {
    Append {
        snapshots: snapshots.into_iter().map(|snapshot| (session(1), snapshot)).collect(),
        ..Append::default()
    }
}

pub(crate) async fn a_snapshot_replaces_the_older_one(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    assert_eq!(store.snapshot(session(1)).await.unwrap(), []);
    let at_position = |position, stream| part(0, position, stream);
    commit(store, put(vec![at_position(5, Stream::SESSION), at_position(9, Stream::MODEL)])).await.unwrap();
    assert_eq!(store.snapshot(session(1)).await.unwrap(), [at_position(5, Stream::SESSION)]);
    commit(store, put(vec![at_position(8, Stream::SESSION), at_position(6, Stream::SESSION)])).await.unwrap();
    commit(store, put(vec![at_position(7, Stream::SESSION)])).await.unwrap();
    assert_eq!(store.snapshot(session(1)).await.unwrap(), [at_position(8, Stream::SESSION)]);
}

pub(crate) async fn the_parts_of_a_snapshot_are_replaced_one_by_one(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let parts = |numbers: &[u32], position| -> Vec<_> {
        numbers.iter().map(|number| part(*number, position, Stream::SESSION)).collect()
    };
    commit(store, put(parts(&[2, 0, 1, 3], 10))).await.unwrap();
    assert_eq!(store.snapshot(session(1)).await.unwrap(), parts(&[0, 1, 2, 3], 10));
    // Two in one group: what the later one has not written again is the earlier one's.
    let both = vec![put(parts(&[0, 3], 20)), put(parts(&[0, 4], 30))];
    assert!(commit_together(store, both).await.iter().all(Result::is_ok));
    let wanted = [(0, 30), (1, 10), (2, 10), (3, 20), (4, 30)];
    let wanted: Vec<_> = wanted.map(|(number, at)| part(number, at, Stream::SESSION)).into();
    assert_eq!(store.snapshot(session(1)).await.unwrap(), wanted);
    // An older part is nothing, wherever it stands.
    commit(store, put(parts(&[3, 4], 15))).await.unwrap();
    assert_eq!(store.snapshot(session(1)).await.unwrap(), wanted);
    commit(store, put(parts(&(0..300).collect::<Vec<_>>(), 40))).await.unwrap();
    assert_eq!(store.snapshot(session(1)).await.unwrap(), parts(&(0..300).collect::<Vec<_>>(), 40));
}

pub(crate) async fn one_part_of_any_stream_is_read_by_itself(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let document = Stream::document(DocumentId(3));
    commit(store, put(vec![part(0, 9, document), part(2, 4, document), part(2, 7, Stream::SESSION)]))
        .await
        .unwrap();
    assert_eq!(store.snapshot_part(session(1), document, 2).await.unwrap(), Some(part(2, 4, document)));
    assert_eq!(store.snapshot_part(session(1), document, 1).await.unwrap(), None);
    assert_eq!(store.snapshot_part(session(2), document, 2).await.unwrap(), None);
    // A part that is used again has a later position.
    commit(store, put(vec![part(2, 11, document)])).await.unwrap();
    assert_eq!(store.snapshot_part(session(1), document, 2).await.unwrap(), Some(part(2, 11, document)));
    assert_eq!(store.snapshot_part(session(1), document, 0).await.unwrap(), Some(part(0, 9, document)));
}

pub(crate) async fn dc1_a_document_is_a_stream_of_its_own(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let (first, second) = (Stream::document(DocumentId::MAIN), Stream::document(DocumentId(2)));
    assert!(![Stream::SESSION, Stream::MODEL].contains(&first) && first != second);
    let change = |stream: Stream, position: u64| Append {
        records: vec![(session(1), Record { stream, kind: "code_changed".into(), ..record(position, "[]") })],
        ..Append::default()
    };
    // In one group, and one after the other: each counts on its own, and a gap is refused.
    let together = vec![change(first, 1), change(second, 1), change(first, 2), change(first, 4)];
    let answers = commit_together(store, together).await;
    assert!(answers[..3].iter().all(Result::is_ok));
    assert!(matches!(answers[3], Err(StoreError::Conflict)));
    commit(store, change(first, 3)).await.unwrap();
    let read = async |stream| store.read(session(1), stream, 0, 10).await.unwrap().len();
    assert_eq!((read(first).await, read(second).await), (3, 1));
}
