//! What the redo log adds to the contract: nothing acked is lost before the database has it, and reads don't notice.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use madang_protocol::DocumentId;
use madang_store::{Append, JournalEntry, Settings, SnapshotRow, SqliteStore, Store, StoreError, Stream};
use tempfile::TempDir;

use crate::support::{command, commit, creation, loaded, message, one, session, texts, turn, user};

/// A redo log from the start, small enough to be gone through many times.
pub(crate) fn settings() -> Settings {
    Settings { redo_bytes: 512 * 1024, redo_after: 0, ..Settings::default() }
}

/// The database takes nothing by itself.
fn never_caught_up() -> Settings {
    Settings { behind_ms: 3_600_000, ..settings() }
}

/// An empty store and its directory.
pub(crate) async fn empty() -> (Arc<SqliteStore>, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path(), settings()).await.unwrap();
    (Arc::new(store), dir)
}

/// Lets a store write, and stops it as a kill would.
fn killed_after<F: Future>(dir: &Path, settings: Settings, work: impl FnOnce(SqliteStore) -> F) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { work(SqliteStore::open(dir, settings).await.unwrap()).await });
    drop(runtime);
}

/// Positions that the database file itself has, whatever is in the redo log.
async fn in_the_database(dir: &Path) -> i64 {
    let mut stranger = crate::sqlite::stranger(dir).await;
    sqlx::query_scalar("SELECT COUNT(*) FROM log").fetch_one(&mut stranger).await.unwrap()
}

async fn ten_more(store: &SqliteStore, from: u64) {
    for position in from..from + 10 {
        let id = format!("c{position}");
        let append =
            Append { command: Some(command(&id, 1, position)), ..one(1, position, &position.to_string()) };
        commit(store, append).await.unwrap();
    }
}

fn numbers(to: u64) -> Vec<String> {
    (1..=to).map(|n| n.to_string()).collect()
}

#[test]
fn rs5_what_was_acked_and_the_database_has_not_is_there_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    killed_after(dir.path(), never_caught_up(), async |store| {
        commit(&store, creation(1, "")).await.unwrap();
        ten_more(&store, 1).await;
        assert!(in_the_database(dir.path()).await < 10, "what this test is about");
    });
    killed_after(dir.path(), never_caught_up(), async |store| {
        assert_eq!(texts(&store, 1).await, numbers(10));
        assert_eq!(store.command(user(1), "c7").await.unwrap(), Some(command("c7", 1, 7)));
        let again = Append { command: Some(command("c7", 1, 7)), ..one(1, 11, "again") };
        assert!(matches!(commit(&store, again).await, Err(StoreError::Conflict)));
        ten_more(&store, 11).await;
        store.close().await.unwrap();
    });
    killed_after(dir.path(), Settings::default(), async |store| {
        assert_eq!(texts(&store, 1).await, numbers(20), "each once");
    });
}

#[test]
fn rs5_changes_of_a_document_wait_in_the_redo_log_and_are_there_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let stream = Stream::document(DocumentId(2));
    let change = |position: u64| {
        let mut append = one(1, position, &position.to_string());
        append.records[0].1.stream = stream;
        append
    };
    let kept = SnapshotRow { stream, part: 1, position: 9, data: "kept".into() };
    killed_after(dir.path(), never_caught_up(), async |store| {
        commit(&store, creation(1, "")).await.unwrap();
        for position in 1..=50 {
            commit(&store, change(position)).await.unwrap();
        }
        let snapshots = vec![(session(1), kept.clone())];
        commit(&store, Append { snapshots, ..Append::default() }).await.unwrap();
        assert!(
            in_the_database(dir.path()).await <= 1,
            "the first makes the stream known, no other asks for it"
        );
    });
    killed_after(dir.path(), never_caught_up(), async |store| {
        let stored = store.read(session(1), stream, 0, 100).await.unwrap();
        let positions: Vec<_> = stored.iter().map(|record| record.position).collect();
        assert_eq!(positions, (1..=50).collect::<Vec<_>>());
        assert_eq!(store.snapshot_part(session(1), stream, 1).await.unwrap(), Some(kept));
    });
}

#[test]
fn rs5_a_group_that_was_half_written_is_left_out_and_those_before_are_not() {
    let dir = tempfile::tempdir().unwrap();
    killed_after(dir.path(), never_caught_up(), async |store| {
        commit(&store, creation(1, "")).await.unwrap();
        ten_more(&store, 1).await;
    });
    // The last group loses a byte: as if the power had gone while it was written.
    let file = dir.path().join("madang.redo-0");
    let mut bytes = fs::read(&file).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[end - 20] ^= 1;
    fs::write(&file, bytes).unwrap();
    killed_after(dir.path(), never_caught_up(), async |store| {
        assert_eq!(texts(&store, 1).await, numbers(9));
        ten_more(&store, 10).await;
        assert_eq!(texts(&store, 1).await, numbers(19));
    });
}

#[test]
fn a_redo_log_of_another_database_is_nobodys() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for dir in [&one, &other] {
        killed_after(dir.path(), never_caught_up(), async |store| {
            commit(&store, creation(1, "")).await.unwrap();
            ten_more(&store, 1).await;
        });
    }
    for name in ["madang.redo-0", "madang.redo-1"] {
        fs::copy(one.path().join(name), other.path().join(name)).unwrap();
    }
    let mut there = 0;
    killed_after(other.path(), never_caught_up(), async |store| {
        there = texts(&store, 1).await.len() as u64;
        ten_more(&store, there + 1).await;
    });
    assert!(there < 10);
    killed_after(other.path(), never_caught_up(), async |store| {
        assert_eq!(texts(&store, 1).await.len() as u64, there + 10);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_redo_log_goes_round_many_times() {
    let (store, dir) = empty().await;
    commit(&*store, creation(1, "")).await.unwrap();
    let large = "x".repeat(20_000);
    for position in 1..=200 {
        commit(&*store, one(1, position, &large)).await.unwrap();
    }
    assert_eq!(texts(&*store, 1).await.len(), 200);
    // One that no file of it could take, and something after it.
    let larger = "y".repeat(1_000_000);
    commit(&*store, one(1, 201, &larger)).await.unwrap();
    commit(&*store, one(1, 202, "z")).await.unwrap();
    assert_eq!(texts(&*store, 1).await[200..], [larger, "z".to_owned()]);
    let length = |name| fs::metadata(dir.path().join(name)).unwrap().len();
    assert_eq!([length("madang.redo-0"), length("madang.redo-1")], [256 * 1024; 2]);
    store.close().await.unwrap();
    let zeros = |name| fs::read(dir.path().join(name)).unwrap().iter().all(|byte| *byte == 0);
    assert!(zeros("madang.redo-0") && zeros("madang.redo-1"), "a store that was closed needs nothing of it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dc1_what_the_database_does_itself_comes_after_what_waits() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path(), never_caught_up()).await.unwrap();
    commit(&store, creation(1, "")).await.unwrap();
    ten_more(&store, 1).await;
    // A deletion needs the record that waits, and the record after it the deletion's.
    let redacted = (session(1), Stream::SESSION, 10, "{}".to_owned());
    commit(&store, Append { redactions: vec![redacted], ..one(1, 11, "11") }).await.unwrap();
    ten_more(&store, 12).await;
    let mut expected = numbers(21);
    expected[9] = "{}".to_owned();
    assert_eq!(texts(&store, 1).await, expected);
    let begin = JournalEntry::Begin { message: message(1), turn: turn(1) };
    commit(&store, Append { journal: vec![(session(1), begin)], ..Append::default() }).await.unwrap();
    assert_eq!(store.journaled_replies().await.unwrap().len(), 1);
    assert_eq!(loaded(&store, 1).await.row.session, session(1));
}

#[tokio::test]
async fn without_a_redo_log_every_commit_is_the_databases() {
    let dir = tempfile::tempdir().unwrap();
    let none = Settings { redo_bytes: 0, redo_after: 0, ..never_caught_up() };
    let store = SqliteStore::open(dir.path(), none).await.unwrap();
    commit(&store, creation(1, "")).await.unwrap();
    ten_more(&store, 1).await;
    assert_eq!(in_the_database(dir.path()).await, 10);
    assert!(!dir.path().join("madang.redo-0").exists());
}
