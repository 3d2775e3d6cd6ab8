//! Commands of earlier runs (CM2), of which the store reads all at start so that new ones need not ask the disk.

use futures_util::FutureExt as _;
use madang_store::{Append, Settings, SqliteStore, Store, StoreError};

use crate::support::{command, commit, commit_together, creation, one, texts, user};

/// Commands of the first run: several of the pages that are read at start.
const COMMANDS: u64 = 5_000;

/// What is sent later comes before what was read already: reading on would not find it.
fn id(n: u64) -> String {
    if n <= COMMANDS { format!("command-{n:05}") } else { format!("a later command-{n}") }
}

/// Whether a command that was never sent is known to be new at once, without the disk.
fn knows_all(store: &SqliteStore, never_sent: &str) -> bool {
    match store.command(user(1), never_sent).now_or_never() {
        Some(answer) => {
            assert_eq!(answer.unwrap(), None);
            true
        }
        None => false,
    }
}

async fn is_found(store: &SqliteStore, n: u64) {
    assert_eq!(store.command(user(1), &id(n)).await.unwrap(), Some(command(&id(n), 1, n)), "{n}");
}

#[tokio::test]
async fn cm2_a_repeated_command_is_found_after_a_restart_whatever_was_read_by_then() {
    let dir = tempfile::tempdir().unwrap();
    let open = || SqliteStore::open(dir.path(), Settings::default());
    let sent = |n| Append { command: Some(command(&id(n), 1, n)), ..one(1, n, "x") };
    let store = open().await.unwrap();
    commit(&store, creation(1, "")).await.unwrap();
    let answers = commit_together(&store, (1..=COMMANDS).map(sent).collect()).await;
    answers.into_iter().for_each(Result::unwrap);
    store.close().await.unwrap();

    let store = open().await.unwrap();
    assert!(!knows_all(&store, "never sent"), "nothing is read yet: this test alone has the thread");
    let (mut tries, mut newest) = (0, COMMANDS);
    // One of a thousand new ones looks like an old one; the next does not.
    while !knows_all(&store, &format!("never sent {tries}")) {
        tries += 1;
        for n in [1, COMMANDS, tries * 997 % COMMANDS + 1, newest] {
            is_found(&store, n).await;
        }
        assert_eq!(store.command(user(2), &id(1)).await.unwrap(), None);
        // Written while it reads.
        newest += 1;
        commit(&store, sent(newest)).await.unwrap();
    }
    assert!(newest > COMMANDS, "some were written while it read");
    newest += 1;
    commit(&store, sent(newest)).await.unwrap();
    for n in 1..=newest {
        is_found(&store, n).await;
    }
    let again = Append { command: Some(command(&id(1), 1, newest + 1)), ..one(1, newest + 1, "again") };
    assert!(matches!(commit(&store, again).await, Err(StoreError::Conflict)));
    assert_eq!(texts(&store, 1).await.len() as u64, newest);
}
