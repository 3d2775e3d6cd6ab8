//! A disk that is full, or that fails: commands are refused, reading goes on, nothing acked is lost.

use std::path::Path;
use std::process::{Command, Stdio};

use madang_store::{Append, JournalEntry, Settings, SqliteStore, Store, StoreError};

use crate::support::{commit, commit_together, creation, message, one, session, texts, turn};
use crate::{child, redo};

/// Journal pieces of some 100 KiB, which an `End` takes away again.
fn ballast(n: u32) -> Append {
    let pieces = "x".repeat(100_000);
    Append {
        journal: vec![(session(1), JournalEntry::Piece { message: message(1), n, pieces })],
        ..Append::default()
    }
}

fn begin() -> Append {
    let entry = JournalEntry::Begin { message: message(1), turn: turn(1) };
    Append { journal: vec![(session(1), entry)], ..Append::default() }
}

fn end() -> Append {
    Append { journal: vec![(session(1), JournalEntry::End { message: message(1) })], ..Append::default() }
}

/// Fills the store until it refuses.
async fn fill(store: &dyn Store) -> u32 {
    commit(store, begin()).await.unwrap();
    for n in 1..1000 {
        match commit(store, ballast(n)).await {
            Ok(()) => {}
            Err(StoreError::Full) => return n,
            Err(other) => panic!("{other:?}"),
        }
    }
    panic!("it never got full");
}

#[tokio::test]
async fn a_full_database_refuses_appends_and_takes_them_again_when_there_is_space() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { database_bytes_max: 2 * 1024 * 1024, ..Settings::default() };
    let store = SqliteStore::open(dir.path(), settings).await.unwrap();
    commit(&store, creation(1, "")).await.unwrap();
    commit(&store, one(1, 1, "before")).await.unwrap();
    let pieces = fill(&store).await;
    assert!(!store.healthy());
    let large = "y".repeat(1_000_000);
    // They share a group, or the first fails and the others find no space either way.
    for answer in commit_together(&store, vec![one(1, 2, &large), one(1, 2, &large)]).await {
        assert!(matches!(answer, Err(StoreError::Full | StoreError::Conflict)), "{answer:?}");
    }
    assert_eq!(texts(&store, 1).await, ["before"], "reading goes on");
    assert_eq!(store.journaled_replies().await.unwrap()[0].pieces.len() as u32, pieces - 1);
    commit(&store, end()).await.unwrap();
    commit(&store, one(1, 2, &large)).await.unwrap();
    assert!(store.healthy());
    assert_eq!(texts(&store, 1).await, ["before", &large]);
    store.close().await.unwrap();
}

/// A small file system in memory, gone with the value.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// None where it may not be mounted.
    fn mount(size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let option = format!("size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &option, "madang-test"]).arg(dir.path()).stderr(Stdio::null());
        match mount.status() {
            Ok(status) if status.success() => Some(Self(dir)),
            Ok(_) | Err(_) => None,
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(self.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "the test's file system is still mounted");
    }
}

#[tokio::test]
async fn a_full_disk_refuses_appends_and_takes_them_again_when_there_is_space() {
    fill_disk(Settings::default()).await;
}

/// What the redo log would take, a database without room could not take after it.
#[tokio::test]
async fn a_full_disk_refuses_appends_that_the_redo_log_has_room_for() {
    fill_disk(redo::settings()).await;
}

#[expect(clippy::print_stdout, reason = "shown when a test fails, or is asked to show it")]
async fn fill_disk(settings: Settings) {
    let Some(disk) = SmallDisk::mount("6m") else {
        println!("skipped: mounting a small file system is not permitted here");
        return;
    };
    let data = disk.path().join("data");
    let store = SqliteStore::open(&data, settings).await.unwrap();
    commit(&store, creation(1, "")).await.unwrap();
    commit(&store, one(1, 1, "before")).await.unwrap();
    // Another program takes the rest, but for a little.
    let hog = disk.path().join("hog");
    let wrote = std::fs::write(&hog, vec![0; 6 * 1024 * 1024]);
    assert!(wrote.is_err(), "the disk is larger than it should be");
    let length = std::fs::metadata(&hog).unwrap().len();
    std::fs::File::options().write(true).open(&hog).unwrap().set_len(length - 512 * 1024).unwrap();
    let refused = fill(&store).await;
    assert!(!store.healthy());
    let answers =
        commit_together(&store, vec![one(1, 2, &"y".repeat(100_000)), creation(2, &"z".repeat(100_000))])
            .await;
    assert!(answers.iter().all(|answer| matches!(answer, Err(StoreError::Full))), "{answers:?}");
    assert_eq!(texts(&store, 1).await, ["before"], "reading goes on");
    std::fs::remove_file(&hog).unwrap();
    commit(&store, one(1, 2, "after")).await.unwrap();
    commit(&store, ballast(refused)).await.unwrap();
    assert!(store.healthy());
    store.close().await.unwrap();
    let store = SqliteStore::open(&data, Settings::default()).await.unwrap();
    assert_eq!(texts(&store, 1).await, ["before", "after"]);
    store.close().await.unwrap();
}

/// F-11: the n-th fsync of each of the writer's connections fails. Its group is not acked and never appears; the
/// writer goes on with a new connection.
#[tokio::test]
async fn a_failed_fsync_is_not_acked_and_not_tried_again() {
    for nth in [16, 17, 25] {
        let dir = tempfile::tempdir().unwrap();
        let Some(output) = child::output_of(failing_fsync(nth), "full::appends_one_by_one", dir.path())
        else {
            println!("skipped: strace is not here, or may not trace");
            return;
        };
        let outcomes: Vec<&str> = output.lines().filter(|line| line.starts_with("append ")).collect();
        let failed = |line: &&str| line.ends_with(" failed");
        assert!(outcomes.len() == 40 && outcomes.iter().any(failed), "{output}");
        assert!(!outcomes.windows(2).any(|two| two.iter().all(failed)), "one failure, one refusal: {output}");
        let store = SqliteStore::open(dir.path(), Settings::default()).await.unwrap();
        let acked: Vec<&str> = outcomes.iter().filter_map(|line| line.strip_suffix(" acked")).collect();
        assert_eq!(texts(&store, 1).await, acked);
    }
}

/// The same, and the process ends at the moment of the refusal: what was refused must not come back.
#[tokio::test]
async fn a_refused_append_stays_away_when_the_server_dies_after_it() {
    for nth in [16, 17, 25] {
        let dir = tempfile::tempdir().unwrap();
        let Some(output) = child::output_of(failing_fsync(nth), "full::appends_until_one_fails", dir.path())
        else {
            println!("skipped: strace is not here, or may not trace");
            return;
        };
        assert!(output.ends_with("failed\n"), "{output}");
        let store = SqliteStore::open(dir.path(), Settings::default()).await.unwrap();
        let acked: Vec<&str> = output.lines().filter_map(|line| line.strip_suffix(" acked")).collect();
        assert_eq!(texts(&store, 1).await, acked);
    }
}

/// The same for the redo log's own sync.
#[tokio::test]
async fn a_refused_append_of_the_redo_log_stays_away_when_the_server_dies_after_it() {
    for (nth, test) in [(20, "full::logs_until_one_fails"), (30, "full::logs_one_by_one")] {
        let dir = tempfile::tempdir().unwrap();
        let Some(output) = child::output_of(failing_fsync(nth), test, dir.path()) else {
            println!("skipped: strace is not here, or may not trace");
            return;
        };
        let outcomes: Vec<&str> = output.lines().filter(|line| line.starts_with("append ")).collect();
        let failed = outcomes.iter().filter(|line| line.ends_with(" failed")).count();
        assert_eq!(failed, 1, "one failure, one refusal: {output}");
        let store = SqliteStore::open(dir.path(), Settings::default()).await.unwrap();
        let acked: Vec<&str> = outcomes.iter().filter_map(|line| line.strip_suffix(" acked")).collect();
        assert_eq!(texts(&store, 1).await, acked);
    }
}

/// A program that runs another, and has the n-th fsync of each of its threads fail.
fn failing_fsync(nth: u32) -> Command {
    let inject = format!("inject=fsync,fdatasync:error=EIO:when={nth}");
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", &inject]);
    traced
}

/// A child: 40 appends, and what became of each.
#[tokio::test]
async fn appends_one_by_one() {
    if let Some(dir) = child::dir() {
        append_one_by_one(&dir, Settings::default(), |_| {}).await;
    }
}

/// The same through the redo log.
#[tokio::test]
async fn logs_one_by_one() {
    if let Some(dir) = child::dir() {
        append_one_by_one(&dir, redo::settings(), |_| {}).await;
    }
}

/// A child that ends as if killed when an append is refused.
#[tokio::test]
async fn appends_until_one_fails() {
    if let Some(dir) = child::dir() {
        append_one_by_one(&dir, Settings::default(), end_if_failed).await;
    }
}

/// The same through the redo log.
#[tokio::test]
async fn logs_until_one_fails() {
    if let Some(dir) = child::dir() {
        append_one_by_one(&dir, redo::settings(), end_if_failed).await;
    }
}

fn end_if_failed(outcome: &str) {
    if outcome == "failed" {
        std::process::exit(0);
    }
}

async fn append_one_by_one(dir: &Path, settings: Settings, then: impl Fn(&str)) {
    let store = SqliteStore::open(dir, settings).await.unwrap();
    commit(&store, creation(1, "")).await.unwrap();
    // With a reader open, closing the failed connection does not empty the write-ahead log.
    assert!(texts(&store, 1).await.is_empty());
    // The harness has begun a line.
    child::say("");
    let mut position = 1;
    for n in 1..=40 {
        let text = format!("append {n}");
        let outcome = match commit(&store, one(1, position, &text)).await {
            Ok(()) => {
                position += 1;
                "acked"
            }
            Err(StoreError::Failed { .. }) => "failed",
            Err(other) => panic!("{other:?}"),
        };
        child::say(&format!("{text} {outcome}"));
        then(outcome);
    }
}
