//! What people delete is gone, in the files too.

use std::fs;
use std::path::Path;
use std::time::Duration;

use madang_protocol::UnixMs;
use madang_store::{Append, PersonChange, Settings, SnapshotRow, SqliteStore, Stream, TextRow};
use tokio::time::timeout;

use crate::support::people::{room, text};
use crate::support::{commit, loaded, one, row, session, user};

/// How long it may take on a busy machine; it is due after a second.
const SOON: Duration = Duration::from_secs(60);
/// A word that nothing else says.
const SECRET: &str = "zqxjkvwsecret";

/// In which files of the directory the word stands.
fn files_with(dir: &Path, word: &str) -> Vec<String> {
    let holds = |bytes: &[u8]| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    let mut found = Vec::new();
    for file in fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        if holds(&fs::read(&path).unwrap_or_default()) {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found.sort();
    found
}

fn snapshot(position: u64, data: String) -> Append {
    let row = SnapshotRow { stream: Stream::SESSION, part: 0, position, data };
    Append { snapshots: vec![(session(1), row)], ..Append::default() }
}

/// The secret in a log, a snapshot and the search, in messages short and long, among others.
async fn said(store: &SqliteStore) {
    room(store, 1, &[1]).await;
    // A title that was taken from what was said, in the list and in what someone asked in is told.
    let people = vec![PersonChange::Invitation(session(1), user(2), Some(SECRET.into()))];
    let titled = Append { people, sessions: vec![row(1, SECRET)], ..Append::default() };
    commit(store, titled).await.unwrap();
    for position in 1..=100 {
        let word = if position % 20 == 7 { SECRET } else { "harmless" };
        let said = format!("{word} {position} ").repeat(if position % 2 == 0 { 2 } else { 2_000 });
        let texts = vec![(session(1), text(position, &said))];
        commit(store, Append { texts, ..one(1, position, &said) }).await.unwrap();
        if position % 10 == 0 {
            commit(store, snapshot(position, said + SECRET)).await.unwrap();
        }
    }
}

async fn deleted(store: &SqliteStore) {
    for position in (1..=100).filter(|position| position % 20 == 7) {
        let gone = TextRow { text: None, at: UnixMs(0), ..text(position, "") };
        let append = Append {
            redactions: vec![(session(1), Stream::SESSION, position, "{}".into())],
            texts: vec![(session(1), gone)],
            sessions: vec![row(1, "")],
            people: vec![PersonChange::Invitation(session(1), user(2), Some("{}".into()))],
            ..snapshot(100, "{}".into())
        };
        commit(store, append).await.unwrap();
    }
}

#[tokio::test]
async fn tu5_what_was_deleted_is_in_no_file_soon_after() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { redo_after: 0, ..Settings::default() };
    let store = SqliteStore::open(dir.path(), settings).await.unwrap();
    said(&store).await;
    // Whoever reads finds it in the database.
    loaded(&store, 1).await;
    assert_eq!(files_with(dir.path(), SECRET), ["madang.db-wal", "madang.redo-0"]);
    deleted(&store).await;
    let gone = async {
        while !files_with(dir.path(), SECRET).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, gone).await.expect("the write-ahead log is emptied by itself");
    assert!(!files_with(dir.path(), "harmless").is_empty(), "the rest is there");
    store.close().await.unwrap();
    assert_eq!(files_with(dir.path(), SECRET), Vec::<String>::new());
}

#[tokio::test]
async fn tu5_what_was_deleted_long_after_it_was_said_is_in_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path(), Settings::default()).await.unwrap();
    said(&store).await;
    store.close().await.unwrap();
    assert_eq!(files_with(dir.path(), SECRET), ["madang.db"]);
    let store = SqliteStore::open(dir.path(), Settings::default()).await.unwrap();
    deleted(&store).await;
    store.close().await.unwrap();
    assert_eq!(files_with(dir.path(), SECRET), Vec::<String>::new());
    assert!(!files_with(dir.path(), "harmless").is_empty());
}
