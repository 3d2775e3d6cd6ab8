//! The contract on SQLite, and what is SQLite's own.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt as _;
use madang_protocol::UnixMs;
use madang_store::{
    Append, Integrity, People as _, Purse, Settings, SnapshotRow, SqliteStore, Store, StoreError,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, query, raw_sql};
use tempfile::TempDir;

use crate::support::{command, commit, commit_together, creation, loaded, one, texts, user};

mod contract {
    crate::contract::contract_tests!(super::empty);
}

mod contract_behind_the_redo_log {
    crate::contract::contract_tests!(crate::redo::empty);
}

/// An empty store and its directory.
async fn empty() -> (Arc<SqliteStore>, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await.unwrap();
    (Arc::new(store), dir)
}

async fn open(dir: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(dir, Settings::default()).await
}

/// A connection of another program to the store's file.
pub(crate) async fn stranger(dir: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(dir.join("madang.db")).connect().await.unwrap()
}

/// Lets a store write, and stops it as a kill would: nothing is closed, its tasks are gone.
fn killed_after<F: Future>(dir: &Path, work: impl FnOnce(SqliteStore) -> F) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { work(open(dir).await.unwrap()).await });
    drop(runtime);
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart() {
    let (store, dir) = empty().await;
    commit(&*store, creation(1, "마당")).await.unwrap();
    commit(&*store, Append { command: Some(command("c", 1, 1)), ..one(1, 1, "a") }).await.unwrap();
    store.close().await.unwrap();
    assert!(!dir.path().join("madang.db-wal").exists(), "everything is in the database file");
    let store = open(dir.path()).await.unwrap();
    assert_eq!(store.integrity(), Integrity::NotNeeded);
    assert_eq!(loaded(&store, 1).await.row.title, "마당");
    assert_eq!(texts(&store, 1).await, ["a"]);
    assert_eq!(store.command(user(1), "c").await.unwrap(), Some(command("c", 1, 1)));
    assert!(matches!(commit(&store, one(1, 1, "again")).await, Err(StoreError::Conflict)));
    commit(&store, one(1, 2, "b")).await.unwrap();
}

#[test]
fn an_unclean_stop_loses_nothing_and_is_checked_beside_the_service() {
    let dir = tempfile::tempdir().unwrap();
    killed_after(dir.path(), async |store| {
        commit(&store, creation(1, "")).await.unwrap();
        commit(&store, one(1, 1, "a")).await.unwrap();
    });
    killed_after(dir.path(), async |store| {
        assert_eq!(texts(&store, 1).await, ["a"]);
        assert_eq!(store.checked().await, Integrity::Sound);
        assert!(store.healthy());
        store.close().await.unwrap();
    });
    killed_after(dir.path(), async |store| assert_eq!(store.integrity(), Integrity::NotNeeded));
}

#[test]
fn closing_does_not_wait_for_the_check() {
    let dir = tempfile::tempdir().unwrap();
    killed_after(dir.path(), async |store| commit(&store, creation(1, "")).await.unwrap());
    killed_after(dir.path(), async |store| {
        store.close().await.unwrap();
        let ended = matches!(store.integrity(), Integrity::Sound | Integrity::Unfinished(_));
        assert!(ended, "{:?}", store.integrity());
    });
}

#[tokio::test]
async fn a_second_server_is_refused() {
    let (store, dir) = empty().await;
    assert!(matches!(open(dir.path()).await, Err(StoreError::Locked)));
    commit(&*store, creation(1, "")).await.unwrap();
    store.close().await.unwrap();
    open(dir.path()).await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_is_refused_untouched() {
    let (store, dir) = empty().await;
    store.close().await.unwrap();
    let mut stranger = stranger(dir.path()).await;
    query("INSERT INTO schema_version (version) VALUES (99)").execute(&mut stranger).await.unwrap();
    stranger.close().await.unwrap();
    let before = fs::read(dir.path().join("madang.db")).unwrap();
    let answer = open(dir.path()).await;
    assert!(matches!(answer, Err(StoreError::NewerSchema { found: 99, known: 7 })), "{answer:?}");
    assert_eq!(fs::read(dir.path().join("madang.db")).unwrap(), before);
}

#[tokio::test]
async fn an_older_schema_is_brought_up_to_date_with_what_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("madang.db");
    let mut old =
        SqliteConnectOptions::new().filename(&file).create_if_missing(true).connect().await.unwrap();
    raw_sql("CREATE TABLE schema_version (version BIGINT NOT NULL); INSERT INTO schema_version VALUES (1);")
        .execute(&mut old)
        .await
        .unwrap();
    raw_sql(include_str!("../../migrations/sqlite/0001_base.sql")).execute(&mut old).await.unwrap();
    raw_sql(
        "INSERT INTO ledger VALUES (5, 'ses_x', 'trn_x', 'usr_x', 'm', NULL, NULL, '{}', 3, 4, 7, 'p', 0, 'complete')",
    )
    .execute(&mut old)
    .await
    .unwrap();
    old.close().await.unwrap();
    let store = open(dir.path()).await.unwrap();
    let spent = store.spent(Purse::Server, UnixMs(0)).await.unwrap();
    assert_eq!((spent.tokens, spent.micro_usd), (7, 7));
    commit(&store, creation(1, "")).await.unwrap();
    assert_eq!(loaded(&store, 1).await.reads, []);
}

#[cfg(unix)]
#[tokio::test]
async fn others_cannot_read_the_data() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("a/b");
    let store = open(&inner).await.unwrap();
    commit(&store, creation(1, "")).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    for file in fs::read_dir(&inner).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn a_directory_that_cannot_be_used_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "not a directory").unwrap();
    assert!(matches!(open(&file).await, Err(StoreError::Failed { .. })));
    fs::write(
        dir.path().join("madang.db"),
        "not a database, but long enough to be read as the head of one".repeat(9),
    )
    .unwrap();
    let answer = open(dir.path()).await;
    assert!(matches!(answer, Err(StoreError::Failed { .. })), "{answer:?}");
}

#[tokio::test]
async fn closing_commits_what_is_queued_and_refuses_the_rest() {
    let (store, dir) = empty().await;
    commit(&*store, creation(1, "")).await.unwrap();
    let queued = commit_together(&*store, (1..=300).map(|n| one(1, n, "x")).collect());
    let (answers, closed) = tokio::join!(queued, store.close());
    closed.unwrap();
    let stored = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(matches!(commit(&*store, one(1, 301, "late")).await, Err(StoreError::Failed { .. })));
    assert!(store.close().await.is_err(), "it is closed already");
    assert!(!store.healthy());
    assert_eq!(texts(&open(dir.path()).await.unwrap(), 1).await.len(), stored);
}

#[tokio::test]
async fn an_append_nobody_waits_for_is_written() {
    let (store, _dir) = empty().await;
    commit(&*store, creation(1, "")).await.unwrap();
    drop(store.submit(one(1, 1, "a")).await.unwrap());
    commit(&*store, one(1, 2, "b")).await.unwrap();
    assert_eq!(texts(&*store, 1).await, ["a", "b"]);
}

#[tokio::test]
async fn a_full_queue_makes_submit_wait() {
    for (settings, fitting, size) in [
        (Settings { queue_appends: 3, ..Settings::default() }, 3, 10),
        (Settings { queue_bytes: 100_000, ..Settings::default() }, 1, 60_000),
        (Settings { queue_bytes: 100_000, ..Settings::default() }, 0, 200_000),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path(), settings).await.unwrap();
        commit(&store, creation(1, "")).await.unwrap();
        // The writer waits with this one; its answer is given when the other program is done.
        let mut stranger = stranger(dir.path()).await;
        query("BEGIN IMMEDIATE").execute(&mut stranger).await.unwrap();
        let data = "x".repeat(size);
        let mut waiting = vec![store.submit(one(1, 1, "first")).await.unwrap()];
        while waiting.len() < fitting + 1 {
            waiting.push(store.submit(one(1, waiting.len() as u64 + 1, &data)).await.unwrap());
        }
        // Whether the writer has taken the first one or several yet, at some point there is no room.
        let blocked = loop {
            let mut next = store.submit(one(1, waiting.len() as u64 + 1, &data));
            match (&mut next).now_or_never() {
                Some(commit) => waiting.push(commit.unwrap()),
                None => break next,
            }
            assert!(waiting.len() < 2 * fitting + 10, "the queue has no end");
        };
        query("COMMIT").execute(&mut stranger).await.unwrap();
        let (last, ()) = tokio::join!(async { blocked.await.unwrap().await }, async {
            for commit in waiting.drain(..) {
                commit.await.unwrap();
            }
        });
        last.unwrap();
    }
}

#[tokio::test]
async fn another_programs_lock_fails_appends_for_as_long_as_it_lasts() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { busy_timeout_ms: 1, ..Settings::default() };
    let store = SqliteStore::open(dir.path(), settings).await.unwrap();
    commit_together(&store, vec![creation(1, ""), creation(2, "")])
        .await
        .into_iter()
        .for_each(Result::unwrap);
    let mut stranger = stranger(dir.path()).await;
    query("BEGIN IMMEDIATE").execute(&mut stranger).await.unwrap();
    // Of two sessions: in one, the second conflicts if it comes in a group of its own, without the first.
    let answers = commit_together(&store, vec![one(1, 1, "a"), one(2, 1, "b")]).await;
    assert!(answers.iter().all(|answer| matches!(answer, Err(StoreError::Failed { .. }))), "{answers:?}");
    assert!(!store.healthy());
    assert_eq!(texts(&store, 1).await, Vec::<String>::new(), "reading goes on");
    query("COMMIT").execute(&mut stranger).await.unwrap();
    commit(&store, one(1, 1, "c")).await.unwrap();
    assert!(store.healthy());
}

/// Fills sessions 1 to 40 and stops cleanly.
async fn filled(dir: &Path) {
    let store = open(dir).await.unwrap();
    for n in 1..=40 {
        commit(&store, creation(n, "")).await.unwrap();
        let records = (1..=10).flat_map(|p| one(n, p, &format!("session {n} record {p};").repeat(9)).records);
        commit(&store, Append { records: records.collect(), ..Append::default() }).await.unwrap();
    }
    store.close().await.unwrap();
}

/// Changes one byte of the database, and has the next start believe that the stop was unclean.
fn damage(dir: &Path, place: impl FnOnce(&[u8]) -> usize) {
    let file = dir.join("madang.db");
    let mut bytes = fs::read(&file).unwrap();
    let place = place(&bytes);
    bytes[place] ^= 0x40;
    fs::write(&file, bytes).unwrap();
    fs::write(dir.join("madang.lock"), "using\n").unwrap();
}

#[tokio::test]
async fn a_damaged_page_is_found_and_the_rest_still_works() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path()).await;
    let mut stranger = stranger(dir.path()).await;
    let leaf =
        "SELECT pageno FROM dbstat WHERE name = 'log_places' AND pagetype = 'leaf' ORDER BY path LIMIT 1";
    let page: i64 = query(leaf).fetch_one(&mut stranger).await.unwrap().try_get(0).unwrap();
    stranger.close().await.unwrap();
    // The number of cells on the page.
    damage(dir.path(), |_| (page as usize - 1) * 4096 + 3);
    let store = open(dir.path()).await.unwrap();
    let outcome = store.checked().await;
    assert!(matches!(&outcome, Integrity::Damaged(findings) if !findings.is_empty()), "{outcome:?}");
    assert_eq!(texts(&store, 40).await.len(), 10, "a session on other pages reads as before");
    let answers =
        commit_together(&store, vec![one(1, 11, "lost"), one(40, 11, "kept"), one(1, 11, "lost")]).await;
    let kept: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(kept, [false, true, false], "{answers:?}");
    assert_eq!(texts(&store, 40).await.len(), 11);
    assert!(store.healthy());
    store.close().await.unwrap();
    let store = open(dir.path()).await.unwrap();
    assert_ne!(store.integrity(), Integrity::NotNeeded, "the next start looks again");
}

#[tokio::test]
async fn a_flipped_bit_in_a_text_is_found_when_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path()).await;
    let text = b"session 7 record 5;";
    damage(dir.path(), |bytes| bytes.windows(text.len()).position(|window| window == text).unwrap());
    let store = open(dir.path()).await.unwrap();
    let read = |n, after| store.read(crate::support::session(n), madang_store::Stream::SESSION, after, 100);
    let answer = read(7, 0).await;
    assert!(matches!(&answer, Err(StoreError::Failed { .. })), "{answer:?}");
    assert_eq!(read(7, 5).await.unwrap().len(), 5, "what lies behind it is whole");
    assert_eq!(texts(&store, 8).await.len(), 10);
}

#[tokio::test]
async fn settings_refuse_unknown_names() {
    let settings = |text| serde_json::from_str::<Settings>(text);
    assert_eq!(settings("{}").unwrap(), Settings::default());
    assert_eq!(settings("{\"readers\":2}").unwrap(), Settings { readers: 2, ..Settings::default() });
    assert!(settings("{\"reader\":2}").is_err());
}

#[tokio::test]
async fn a_damaged_part_of_a_snapshot_is_left_out_and_the_log_still_reads() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path()).await;
    let store = open(dir.path()).await.unwrap();
    let id = crate::support::session(7);
    let part = |part| {
        let data = format!("part {part} of a snapshot;").repeat(400);
        (id, SnapshotRow { stream: madang_store::Stream::SESSION, part, position: 10, data })
    };
    commit(&store, Append { snapshots: (0..5).map(part).collect(), ..Append::default() }).await.unwrap();
    store.close().await.unwrap();
    let text = b"part 3 of a snapshot;";
    damage(dir.path(), |bytes| bytes.windows(text.len()).position(|window| window == text).unwrap());
    let store = open(dir.path()).await.unwrap();
    let whole: Vec<_> = store.snapshot(id).await.unwrap().iter().map(|part| part.part).collect();
    assert_eq!(whole, [0, 1, 2, 4]);
    assert_eq!(texts(&store, 7).await.len(), 10);
    // It is written over like any other.
    let anew = SnapshotRow { data: "whole".into(), ..part(3).1 };
    commit(&store, Append { snapshots: vec![(id, anew)], ..Append::default() }).await.unwrap();
    assert_eq!(store.snapshot(id).await.unwrap().len(), 5);
}
