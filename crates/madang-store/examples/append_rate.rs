//! How fast a store takes appends: `cargo run --example append_rate [DIR [SESSIONS]]`.
//!
//! An append is what a chat message is: one record of some 300 bytes, its command, its session's line.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use madang_protocol::{Actor, Epoch, MessageId, Role, SessionId, SessionStatus, TurnId, UnixMs, UserId};
use madang_store::{
    Append, CommandRow, JournalEntry, MemberRow, Record, SessionQuery, SessionRow, Settings, SqliteStore,
    Store, StoreError, Stream,
};

/// How long each measurement lasts.
const LASTS: Duration = Duration::from_secs(5);

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().map_or_else(|| std::env::temp_dir().join("madang-append-rate"), PathBuf::from);
    let only: Option<u64> = arguments.next().map(|n| n.parse()).transpose()?;
    for writers in only.map_or_else(|| vec![1, 10, 50, 200, 1000], |only| vec![only]) {
        let store = fresh(&dir, writers).await?;
        let begin = Instant::now();
        let all = join_all((0..writers).map(|n| hurry(Arc::clone(&store), n, begin))).await;
        report(&format!("{writers} sessions in a hurry"), begin, flat(all)?)?;
        store.close().await?;
    }
    if only.is_none() {
        promised_load(&dir).await?;
        starts(&dir).await?;
        lists(&dir).await?;
        reads(&dir).await?;
    }
    Ok(())
}

async fn promised_load(dir: &Path) -> Outcome {
    let store = fresh(dir, 1050).await?;
    let begin = Instant::now();
    let all = join_all((0..1000).map(|n| once_a_second(Arc::clone(&store), n, begin, false))).await;
    report("1,000 sessions, each once a second", begin, flat(all)?)?;
    store.close().await?;
    let store = fresh(dir, 1050).await?;
    let begin = Instant::now();
    let journals = join_all((1000..1050).map(|n| once_a_second(Arc::clone(&store), n, begin, true)));
    let appends = join_all((0..1000).map(|n| once_a_second(Arc::clone(&store), n, begin, false)));
    let (appends, journals) = tokio::join!(appends, journals);
    report("the same beside 50 journals every 200 ms", begin, flat(appends)?)?;
    report("those journals", begin, flat(journals)?)?;
    let begin = Instant::now();
    store.close().await?;
    say(&format!("close: {:?}", begin.elapsed()))
}

fn flat(all: Vec<Result<Vec<Duration>, StoreError>>) -> Result<Vec<Duration>, StoreError> {
    let all: Result<Vec<_>, _> = all.into_iter().collect();
    Ok(all?.concat())
}

fn say(line: &str) -> Outcome {
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn report(what: &str, begin: Instant, mut acks: Vec<Duration>) -> Outcome {
    let rate = acks.len() as f64 / begin.elapsed().as_secs_f64();
    acks.sort_unstable();
    let at = |share: f64| acks[((acks.len() - 1) as f64 * share) as usize];
    let (half, most, worst) = (at(0.5), at(0.99), at(1.0));
    say(&format!("{what}: {rate:.0}/s, ack p50 {half:?}, p99 {most:?}, worst {worst:?}"))
}

async fn starts(dir: &Path) -> Outcome {
    let mut times = Vec::new();
    for _ in 0..5 {
        let begin = Instant::now();
        let store = SqliteStore::open(dir, Settings::default()).await?;
        times.push(begin.elapsed());
        store.load(session(1)).await?;
        times.push(begin.elapsed());
        store.close().await?;
    }
    say(&format!("open, open and first read: {times:?}"))
}

async fn reads(dir: &Path) -> Outcome {
    let store = fresh(dir, 2).await?;
    let records = (1..=10_000).flat_map(|position| message(1, position).records).collect();
    store.submit(Append { records, ..Append::default() }).await?.await?;
    for limit in [1, 100, 10_000] {
        let mut times = Vec::new();
        for _ in 0..20 {
            let begin = Instant::now();
            store.read(session(1), Stream::SESSION, 0, limit).await?;
            times.push(begin.elapsed());
        }
        times.sort_unstable();
        say(&format!("reading {limit} records: median {:?}, worst {:?}", times[10], times[19]))?;
    }
    Ok(store.close().await?)
}

async fn lists(dir: &Path) -> Outcome {
    let store = fresh(dir, 10_000).await?;
    for title in [None, Some("session 9")] {
        let mut times = Vec::new();
        for _ in 0..20 {
            let query = SessionQuery { title: title.map(Into::into), cursor: None, limit: 50 };
            let begin = Instant::now();
            store.sessions_of(user(1), query).await?;
            times.push(begin.elapsed());
        }
        times.sort_unstable();
        say(&format!(
            "a page of 10,000 sessions, title {title:?}: median {:?}, worst {:?}",
            times[10], times[19]
        ))?;
    }
    Ok(store.close().await?)
}

fn bytes(n: u64) -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&blake3::hash(&n.to_le_bytes()).as_bytes()[..8]);
    bytes
}

fn session(n: u64) -> SessionId {
    SessionId::new(UnixMs(n), bytes(n))
}

fn user(n: u64) -> UserId {
    UserId::new(UnixMs(n), bytes(n))
}

fn line(n: u64, position: u64) -> SessionRow {
    SessionRow {
        session: session(n),
        epoch: Epoch::new(n),
        title: format!("session {n}"),
        status: SessionStatus::Idle,
        created_at: UnixMs(n),
        last_activity: UnixMs(n + position),
        message_count: 1,
        participant_count: 1,
    }
}

async fn fresh(dir: &Path, sessions: u64) -> Outcome<Arc<SqliteStore>> {
    if dir.exists() {
        std::fs::remove_dir_all(dir)?;
    }
    let store = SqliteStore::open(dir, Settings::default()).await?;
    let owner = MemberRow { user: user(1), role: Some(Role::Owner) };
    let sessions: Vec<_> = (0..sessions).map(|n| line(n, 0)).collect();
    let members = sessions.iter().map(|row| (row.session, owner.clone())).collect();
    store.submit(Append { sessions, members, ..Append::default() }).await?.await?;
    Ok(Arc::new(store))
}

fn message(n: u64, position: u64) -> Append {
    let record = Record {
        stream: Stream::SESSION,
        position,
        at: UnixMs(position),
        actor: Actor::User(user(1)),
        kind: "chat_message".into(),
        data: format!("{{\"content\":\"{}\"}}", "text ".repeat(56)),
    };
    let command = CommandRow {
        user: user(n),
        id: format!("{}-{position}", session(n)),
        digest: [7; 16],
        session: session(n),
        position: Some(position),
        answer: format!("{{\"seq\":{position}}}"),
    };
    Append {
        records: vec![(session(n), record)],
        command: Some(command),
        sessions: vec![line(n, position)],
        ..Append::default()
    }
}

fn piece(n: u64, last: u64) -> Append {
    let message = MessageId::new(UnixMs(n), bytes(n));
    let turn = TurnId::new(UnixMs(n), bytes(n));
    let entry = match last {
        1 => JournalEntry::Begin { message, turn },
        _ => JournalEntry::Piece { message, n: last as u32, pieces: format!("[\"{}\"]", "text ".repeat(12)) },
    };
    Append { journal: vec![(session(n), entry)], ..Append::default() }
}

async fn timed(store: &SqliteStore, append: Append) -> Result<Duration, StoreError> {
    let begin = Instant::now();
    store.submit(append).await?.await?;
    Ok(begin.elapsed())
}

async fn hurry(store: Arc<SqliteStore>, n: u64, begin: Instant) -> Result<Vec<Duration>, StoreError> {
    let task = async move {
        let mut acks = Vec::new();
        while begin.elapsed() < LASTS {
            acks.push(timed(&store, message(n, acks.len() as u64 + 1)).await?);
        }
        Ok(acks)
    };
    tokio::spawn(task).await.expect("the task does not panic")
}

async fn once_a_second(
    store: Arc<SqliteStore>,
    n: u64,
    begin: Instant,
    journal: bool,
) -> Result<Vec<Duration>, StoreError> {
    let (every, first) = if journal { (200, n % 200) } else { (1000, n % 1000) };
    let task = async move {
        let mut acks = Vec::new();
        let mut clock = tokio::time::interval_at(
            (begin + Duration::from_millis(first)).into(),
            Duration::from_millis(every),
        );
        while begin.elapsed() < LASTS {
            clock.tick().await;
            let next = acks.len() as u64 + 1;
            acks.push(timed(&store, if journal { piece(n, next) } else { message(n, next) }).await?);
        }
        Ok(acks)
    };
    tokio::spawn(task).await.expect("the task does not panic")
}
