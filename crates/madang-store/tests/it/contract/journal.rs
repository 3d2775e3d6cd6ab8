//! The journal of running replies.

use madang_store::{Append, JournalEntry, JournaledReply, Store};

use crate::support::{commit, commit_together, creation, message, one, session, turn};

fn entries(n: u64, entries: impl IntoIterator<Item = JournalEntry>) -> Append {
    Append { journal: entries.into_iter().map(|entry| (session(n), entry)).collect(), ..Append::default() }
}

fn begin(n: u64) -> JournalEntry {
    JournalEntry::Begin { message: message(n), turn: turn(n) }
}

fn piece(n: u64, last: u32, pieces: &str) -> JournalEntry {
    JournalEntry::Piece { message: message(n), n: last, pieces: pieces.into() }
}

fn end(n: u64) -> JournalEntry {
    JournalEntry::End { message: message(n) }
}

fn reply(n: u64, pieces: &[&str]) -> JournaledReply {
    let pieces = pieces.iter().map(|piece| (*piece).to_owned()).collect();
    JournaledReply { session: session(n), message: message(n), turn: turn(n), pieces }
}

pub(crate) async fn rs5_a_running_reply_is_found_with_its_pieces_in_order(store: &dyn Store) {
    for n in 1..=3 {
        commit(store, creation(n, "")).await.unwrap();
    }
    commit(store, entries(1, [begin(1), piece(1, 2, "[1]")])).await.unwrap();
    commit(store, entries(2, [begin(2)])).await.unwrap();
    // Numbers, not texts: 10 comes after 9.
    commit(store, entries(1, [piece(1, 9, "[2]"), piece(1, 10, "[3]")])).await.unwrap();
    commit(store, entries(1, [piece(1, u32::MAX, "[4]")])).await.unwrap();
    let expected = [reply(1, &["[1]", "[2]", "[3]", "[4]"]), reply(2, &[])];
    assert_eq!(store.journaled_replies().await.unwrap(), expected);
}

pub(crate) async fn rs5_an_ended_reply_leaves_nothing(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    commit(store, creation(2, "")).await.unwrap();
    commit(store, entries(1, [begin(1), piece(1, 3, "[1]")])).await.unwrap();
    commit(store, entries(2, [begin(2), piece(2, 3, "[2]")])).await.unwrap();
    commit(store, Append { journal: entries(1, [end(1)]).journal, ..one(1, 1, "the reply") }).await.unwrap();
    assert_eq!(store.journaled_replies().await.unwrap(), [reply(2, &["[2]"])]);
    commit(store, entries(2, [end(2), end(2)])).await.unwrap();
    assert_eq!(store.journaled_replies().await.unwrap(), []);
}

pub(crate) async fn rs5_a_whole_reply_in_one_group_leaves_nothing(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let group = vec![
        entries(1, [begin(1)]),
        entries(1, [piece(1, 1, "[1]"), begin(2)]),
        entries(1, [piece(2, 1, "[2]")]),
        entries(1, [piece(1, 2, "[3]"), end(1)]),
        entries(1, [piece(2, 2, "[4]")]),
    ];
    for answer in commit_together(store, group).await {
        answer.unwrap();
    }
    let two = JournaledReply { session: session(1), ..reply(2, &["[2]", "[4]"]) };
    assert_eq!(store.journaled_replies().await.unwrap(), [two]);
}

pub(crate) async fn rs5_a_piece_without_a_beginning_harms_nothing(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    commit(store, entries(1, [begin(1), end(1)])).await.unwrap();
    commit(store, entries(1, [piece(1, 5, "[late]"), begin(2), piece(2, 1, "[2]")])).await.unwrap();
    let two = JournaledReply { session: session(1), ..reply(2, &["[2]"]) };
    assert_eq!(store.journaled_replies().await.unwrap(), [two]);
}
