//! How fast people's questions are answered in a large store: `cargo run --example search_rate [DIR [MESSAGES]]`.
//!
//! A thousand sessions, two hundred people; each message is some words of Korean and English. Then a session with a
//! hundred thousand events is opened.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use madang_protocol::{Actor, Epoch, MessageId, Role, SessionId, SessionStatus, TurnId, UnixMs, UserId};
use madang_store::{
    Append, AuditRow, LedgerRow, MemberRow, People as _, Purse, Record, SessionRow, Settings, SnapshotRow,
    SqliteStore, Store as _, Stream, TextQuery, TextRow, UsageBy,
};

/// Sessions in the store.
const SESSIONS: u64 = 1_000;
/// People who belong to some of them: person n to one in n, person 1 to all.
const PEOPLE: u64 = 200;
/// Messages in one append: about a group of the promised load.
const GROUP: u64 = 8;
/// Events of the long session.
const EVENTS: u64 = 100_000;
/// Events behind its snapshot.
const TAIL: u64 = 1_000;
/// How often each question is asked.
const TIMES: usize = 21;

const KOREAN: [&str; 16] = [
    "서버를",
    "회의에서",
    "배포했어요",
    "문서",
    "예산은",
    "일정이",
    "웹서버",
    "고객의",
    "검토",
    "결과를",
    "오류",
    "설정을",
    "연결",
    "권한",
    "초대장",
    "요약",
];
const ENGLISH: [&str; 16] = [
    "deploy",
    "server",
    "the",
    "meeting",
    "a",
    "budget",
    "review",
    "of",
    "and",
    "timeline",
    "customer",
    "failed",
    "connection",
    "is",
    "to",
    "summary",
];

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().map_or_else(|| std::env::temp_dir().join("madang-search-rate"), PathBuf::from);
    let messages = arguments.next().map_or(Ok(100_000), |n| n.parse())?;
    if dir.exists() {
        std::fs::remove_dir_all(&dir)?;
    }
    let store = SqliteStore::open(&dir, Settings::default()).await?;
    fill(&store, messages).await?;
    searches(&store).await?;
    sums(&store, messages).await?;
    audit(&store).await?;
    long_session(&store).await?;
    store.close().await?;
    let size = std::fs::metadata(dir.join("madang.db"))?.len();
    say(&format!("database: {} MiB", size >> 20))?;
    clean(&dir)
}

fn clean(dir: &Path) -> Outcome {
    Ok(std::fs::remove_dir_all(dir)?)
}

fn say(line: &str) -> Outcome {
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn bytes(n: u64) -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&blake3::hash(&n.to_le_bytes()).as_bytes()[..8]);
    bytes
}

fn random(n: u64) -> u64 {
    bytes(n).iter().fold(0, |all, byte| all << 8 | u64::from(*byte))
}

fn session(n: u64) -> SessionId {
    SessionId::new(UnixMs(n), bytes(n))
}

fn user(n: u64) -> UserId {
    UserId::new(UnixMs(n), bytes(n))
}

/// The moment of the n-th message.
fn at(n: u64) -> UnixMs {
    UnixMs(1_790_000_000_000 + n * 5_000)
}

fn line(n: u64) -> SessionRow {
    SessionRow {
        session: session(n),
        epoch: Epoch::new(n),
        title: format!("session {n}"),
        status: SessionStatus::Idle,
        created_at: at(0),
        last_activity: at(n),
        message_count: 1,
        participant_count: 1,
    }
}

fn text(n: u64) -> TextRow {
    let words = 5 + random(n) % 40;
    let word = |w: u64| {
        let r = random(n * 64 + w) as usize;
        if r.is_multiple_of(2) {
            KOREAN[r / 2 % 16].to_owned()
        } else {
            format!("{}{}", ENGLISH[r / 2 % 16], r / 32 % 300)
        }
    };
    let said: Vec<String> = (0..words).map(word).collect();
    TextRow {
        message: MessageId::new(at(n), bytes(n)),
        author: Actor::User(user(1 + n % PEOPLE)),
        author_name: "Mina".into(),
        at: at(n),
        text: Some(said.join(" ")),
    }
}

fn request(n: u64) -> LedgerRow {
    LedgerRow {
        at: at(n),
        session: session(n % SESSIONS),
        turn: TurnId::new(at(n), bytes(n)),
        user: user(1 + n % PEOPLE),
        model: "claude".into(),
        request_id: None,
        upstream_id: None,
        usage: "{\"input_tokens\":1000,\"output_tokens\":500}".into(),
        input_tokens: 1_000,
        output_tokens: 500,
        cost_micro_usd: Some(10_500),
        price_table: "2026-11".into(),
        estimated: false,
        outcome: "complete".into(),
    }
}

async fn fill(store: &SqliteStore, messages: u64) -> Outcome {
    for n in 0..SESSIONS {
        let belongs = |m: &u64| n.is_multiple_of(*m);
        let member = |m| (session(n), MemberRow { user: user(m), role: Some(Role::Collaborator) });
        let members = (1..=PEOPLE).filter(belongs).map(member).collect();
        store.submit(Append { sessions: vec![line(n)], members, ..Append::default() }).await?.await?;
    }
    for (what, texts) in [("with texts and ledger", true), ("the same records alone", false)] {
        let begin = Instant::now();
        for first in (0..messages).step_by(GROUP as usize) {
            let append = group(first, texts);
            store.submit(append).await?.await?;
        }
        let each = begin.elapsed() / u32::try_from(messages / GROUP)?;
        say(&format!("{messages} messages {what}, {GROUP} in an append, one at a time: {each:?} each"))?;
    }
    Ok(())
}

fn group(first: u64, texts: bool) -> Append {
    let all = first..first + GROUP;
    let records = all.clone().map(|n| {
        let stream = if texts { Stream::SESSION } else { Stream(7) };
        let position = n / SESSIONS + 1;
        (session(n % SESSIONS), record(stream, position, text(n).text.unwrap_or_default()))
    });
    let said = all.clone().filter(|_| texts).map(|n| (session(n % SESSIONS), text(n)));
    let ledger = all.filter(|_| texts).map(request);
    Append {
        records: records.collect(),
        texts: said.collect(),
        ledger: ledger.collect(),
        ..Append::default()
    }
}

fn record(stream: Stream, position: u64, data: String) -> Record {
    Record {
        stream,
        position,
        at: at(position),
        actor: Actor::User(user(1)),
        kind: "chat_message".into(),
        data,
    }
}

/// Says what a question takes.
async fn measure<T, F: Future<Output = Result<T, madang_store::StoreError>>>(
    what: &str,
    show: impl Fn(&T) -> String,
    ask: impl Fn() -> F,
) -> Outcome {
    let mut times: Vec<Duration> = Vec::new();
    let mut answer = String::new();
    for _ in 0..TIMES {
        let begin = Instant::now();
        let found = ask().await?;
        times.push(begin.elapsed());
        answer = show(&found);
    }
    times.sort_unstable();
    say(&format!("{what}: median {:?}, worst {:?} ({answer})", times[TIMES / 2], times[TIMES - 1]))
}

async fn searches(store: &SqliteStore) -> Outcome {
    for words in ["서버", "서", "웹서버 배포", "deploy", "deploy17", "server1 서버", "없는말", "the"]
    {
        // In all sessions, in half of them, in 50, in 5.
        for person in [1, 2, 20, 200] {
            measure(
                &format!("searching {words:?} in {} sessions", SESSIONS / person),
                |page: &madang_store::TextPage| format!("{} hits", page.hits.len()),
                || {
                    let query = TextQuery { words: words.into(), session: None, cursor: None, limit: 50 };
                    store.search(user(person), query)
                },
            )
            .await?;
        }
    }
    Ok(())
}

async fn sums(store: &SqliteStore, rows: u64) -> Outcome {
    for (what, purse) in [("all", Purse::Server), ("one person's", Purse::User(user(1)))] {
        let shown = |spent: &madang_protocol::Spent| format!("{} tokens of {rows} rows", spent.tokens);
        measure(&format!("{what} spending"), shown, || store.spent(purse, UnixMs(0))).await?;
    }
    for by in [UsageBy::Day, UsageBy::User, UsageBy::Model] {
        let shown = |rows: &Vec<_>| format!("{} rows", rows.len());
        let span = (UnixMs(0), UnixMs(u64::MAX));
        measure(&format!("usage by {by:?}"), shown, || store.usage(Purse::Server, span, by, 100)).await?;
    }
    Ok(())
}

async fn audit(store: &SqliteStore) -> Outcome {
    let row = |n: u64| AuditRow {
        at: at(n),
        actor: Actor::User(user(n)),
        kind: "login.ok".into(),
        session: None,
        target: None,
        details: "{}".into(),
        address: Some("192.0.2.1".into()),
    };
    store.submit(Append { audit: (0..100_000).map(row).collect(), ..Append::default() }).await?.await?;
    measure(
        "going through 100,000 lines of audit log",
        |v| format!("{v:?}").chars().take(20).collect(),
        || store.verify_audit(),
    )
    .await
}

async fn long_session(store: &SqliteStore) -> Outcome {
    let n = SESSIONS + 1;
    store.submit(Append { sessions: vec![line(n)], ..Append::default() }).await?.await?;
    for first in (1..=EVENTS).step_by(1_000) {
        let records = (first..first + 1_000)
            .map(|position| (session(n), record(Stream::SESSION, position, "x".repeat(300))))
            .collect();
        store.submit(Append { records, ..Append::default() }).await?.await?;
    }
    for kib in [64, 1_024, 8_192] {
        let data = "s".repeat(kib * 1024);
        let snapshot = SnapshotRow { stream: Stream::SESSION, part: 0, position: EVENTS - TAIL, data };
        store.submit(Append { snapshots: vec![(session(n), snapshot)], ..Append::default() }).await?.await?;
        measure(
            &format!("loading a session with a snapshot of {kib} KiB"),
            |_| "in one part".into(),
            || store.snapshot(session(n)),
        )
        .await?;
    }
    for tail in [TAIL, 10_000] {
        measure(
            &format!("reading its last {tail} of {EVENTS} events"),
            |records: &Vec<Record>| format!("{} records", records.len()),
            || store.read(session(n), Stream::SESSION, EVENTS - tail, u32::MAX),
        )
        .await?;
    }
    Ok(())
}
