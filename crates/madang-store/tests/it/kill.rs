//! RS5, DC1: a store killed at any moment keeps every acked append, whole and without gaps.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command};

use futures_util::future::join_all;
use madang_protocol::MessageId;
use madang_store::{Append, Integrity, JournalEntry, Settings, SqliteStore, Store, Stream};

use crate::child;
use crate::support::{command, commit, creation, message, one, session, turn, user};

/// Sessions that write at the same time.
const WRITERS: u64 = 50;
/// Of them, those that journal a reply instead of appending.
const JOURNALS: u64 = 5;
/// Kills in one run; `MADANG_KILL_CYCLES` asks for more.
const CYCLES: u64 = 20;
/// Cycles from one check of everything to the next.
const WHOLE: u64 = 10;
/// Which moments; `MADANG_KILL_SEED` asks for others.
const SEED: u64 = 20_261_122;
/// Acks read at most before a kill.
const ACKS_MAX: u64 = 1_500;

/// A number from the environment.
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("a number"))
}

/// SplitMix64.
pub(crate) fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[test]
fn rs5_a_kill_at_any_moment_loses_nothing_acked() {
    let dir = tempfile::tempdir().unwrap();
    let (mut seed, cycles) = (setting("MADANG_KILL_SEED", SEED), setting("MADANG_KILL_CYCLES", CYCLES));
    println!("seed {seed}, {cycles} cycles");
    let (mut acked, mut checked) = (HashMap::new(), HashMap::new());
    for cycle in 0..cycles {
        let acks = 1 + random(&mut seed) % ACKS_MAX;
        kill_after(acks, dir.path(), &mut acked);
        if cycle % WHOLE == 0 || cycle + 1 == cycles {
            checked.clear();
        }
        // A runtime of its own: when it is gone, so is the store with its lock, closed or not.
        tokio::runtime::Runtime::new().unwrap().block_on(check(dir.path(), &acked, &mut checked));
        println!("cycle {cycle}: killed after {acks} acks, {} events in all", acked.values().sum::<u64>());
    }
    assert_eq!(acked.len() as u64, WRITERS, "every writer had its turn");
}

/// The child that writes until it is killed.
pub(crate) fn start(dir: &Path) -> Child {
    child::start(Command::new(child::this_binary()), "kill::writes_until_killed", dir).expect("it starts")
}

/// Lets a child write, kills it, and notes what it had acked.
fn kill_after(acks: u64, dir: &Path, acked: &mut HashMap<u64, u64>) {
    let mut child = start(dir);
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut seen = 0;
    for line in lines {
        let line = line.unwrap();
        assert!(!line.contains("FAILED"), "the child failed by itself");
        seen += u64::from(note(&line, acked));
        if seen == acks {
            child.kill().unwrap();
        }
    }
    let status = child.wait().unwrap();
    assert!(!status.success(), "the child ended before it was killed, after {seen} acks");
}

/// Notes an ack, if the line is one: the last can be cut off by the kill.
pub(crate) fn note(line: &str, acked: &mut HashMap<u64, u64>) -> bool {
    let ack = line.strip_prefix("ack ").and_then(|ack| ack.strip_suffix(';'));
    let Some((writer, position)) = ack.and_then(|ack| ack.split_once(' ')) else {
        return false;
    };
    acked.insert(writer.parse().unwrap(), position.parse().unwrap());
    true
}

/// Checks everything, or in most cycles what is new since the last one.
pub(crate) async fn check(dir: &Path, acked: &HashMap<u64, u64>, checked: &mut HashMap<u64, u64>) {
    let store = SqliteStore::open(dir, Settings::default()).await.unwrap();
    let replies = store.journaled_replies().await.unwrap();
    for (&writer, &position) in acked {
        if writer < JOURNALS {
            let reply = replies.iter().find(|reply| reply.message == reply_of(writer)).expect("it was begun");
            let pieces: Vec<String> = (1..=reply.pieces.len()).map(|n| piece(n as u64)).collect();
            assert_eq!(reply.pieces, pieces);
            assert!(pieces.len() as u64 >= position, "writer {writer}: {} of {position}", pieces.len());
            continue;
        }
        let mut head = checked.get(&writer).copied().unwrap_or_default();
        for record in store.read(session(writer), Stream::SESSION, head, u32::MAX).await.unwrap() {
            head += 1;
            assert_eq!((record.position, record.data), (head, text(writer, head)), "writer {writer}");
        }
        assert!(head >= position, "writer {writer}: {head} of {position}");
        let found = store.command(user(1), &command_id(writer, head)).await.unwrap();
        assert_eq!(found, Some(command(&command_id(writer, head), writer, head)), "both or neither");
        assert_eq!(
            store.command(user(1), &command_id(writer, head + 1)).await.unwrap(),
            None,
            "both or neither"
        );
        checked.insert(writer, head);
    }
    assert_eq!(store.checked().await, Integrity::Sound);
    // Not closed: the next child finds the file as a kill leaves it.
}

fn text(writer: u64, position: u64) -> String {
    format!(
        "{{\"writer\":{writer},\"position\":{position},\"filler\":\"{}\"}}",
        "x".repeat(position as usize % 700)
    )
}

fn command_id(writer: u64, position: u64) -> String {
    format!("{writer}:{position}")
}

fn reply_of(writer: u64) -> MessageId {
    message(writer)
}

fn piece(n: u64) -> String {
    format!("[\"piece {n}\"]")
}

/// The last position of a session's log, found by halving: reading everything would take the child too long.
async fn head_of(store: &dyn Store, n: u64) -> u64 {
    let (mut low, mut high) = (0_u64, 1 << 40);
    while low < high {
        let middle = low.midpoint(high);
        let after = store.read(session(n), Stream::SESSION, middle, 1).await.unwrap();
        if after.is_empty() {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// The child of the test above: writes in all sessions until it is killed, and says what was acked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_until_killed() {
    let Some(dir) = child::dir() else {
        return;
    };
    // The write-ahead log is moved and the redo log's files change all the time, so that kills come in the middle of that, too.
    let settings =
        Settings { checkpoint_pages: 50, redo_bytes: 512 * 1024, redo_after: 0, ..Settings::default() };
    let store = SqliteStore::open(&dir, settings).await.unwrap();
    let replies = store.journaled_replies().await.unwrap();
    let journaled = |writer| replies.iter().find(|reply| reply.message == reply_of(writer));
    let pieces = |writer| journaled(writer).map(|reply| reply.pieces.len() as u64);
    join_all((0..WRITERS).map(|writer| write(&store, writer, pieces(writer)))).await;
}

async fn write(store: &SqliteStore, writer: u64, pieces: Option<u64>) {
    if store.load(session(writer)).await.unwrap().is_none() {
        commit(store, creation(writer, "")).await.unwrap();
        let begin = JournalEntry::Begin { message: reply_of(writer), turn: turn(writer) };
        if writer < JOURNALS {
            commit(store, Append { journal: vec![(session(writer), begin)], ..Append::default() })
                .await
                .unwrap();
        }
    }
    let mut position = match pieces {
        Some(pieces) => pieces,
        None => head_of(store, writer).await,
    };
    loop {
        position += 1;
        let append = if writer < JOURNALS {
            let entry = JournalEntry::Piece {
                message: reply_of(writer),
                n: position as u32,
                pieces: piece(position),
            };
            Append { journal: vec![(session(writer), entry)], ..Append::default() }
        } else {
            let id = command_id(writer, position);
            Append {
                command: Some(command(&id, writer, position)),
                ..one(writer, position, &text(writer, position))
            }
        };
        commit(store, append).await.unwrap();
        child::say(&format!("ack {writer} {position};"));
    }
}
