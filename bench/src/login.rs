//! Chat beside a flood of logins with wrong passwords (AU-16): each that is checked costs what a good one costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::client::Socket;
use crate::process::Programs;
use crate::stats::{Samples, figure, table};

/// Connections that chat, each in a session of its own, once a second.
const PEOPLE: usize = 100;
/// Connections that try to log in, each again as soon as it is answered.
const FLOOD: usize = 64;
/// Chat may take so long meanwhile.
const BOUND_MS: f64 = 100.0;
/// Limits of the product that would stand in the way of one machine playing everyone. Passwords keep theirs.
const CONFIG: &str = "[gateway]\nguests_per_minute = 1000000\n";

/// What the flood was answered.
#[derive(Default)]
struct Answers {
    /// The password was looked at.
    refused: AtomicU64,
    /// Too many at once.
    turned_away: AtomicU64,
    other: AtomicU64,
    over: AtomicBool,
}

/// Measures chat alone, and then beside the flood.
pub(crate) async fn run(programs: &Programs, seconds: u64) -> anyhow::Result<()> {
    let server = programs.server(None, CONFIG).await?;
    let alone = chat(&server.address, seconds).await?;
    let answers = Arc::new(Answers::default());
    let flood: Vec<_> =
        (0..FLOOD).map(|place| tokio::spawn(knock(server.address.clone(), place, answers.clone()))).collect();
    let beside = chat(&server.address, seconds).await?;
    answers.over.store(true, Ordering::Relaxed);
    for one in flood {
        one.await??;
    }
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let (refused, away) = (count(&answers.refused), count(&answers.turned_away));
    table(&format!(
        "Logins: {FLOOD} connections try wrong passwords beside {PEOPLE} chat messages/s, {seconds} s"
    ));
    figure("logins answered", &format!("{refused} wrong, {away} turned away"), "");
    let line = |what: &str, samples: &Samples, bound: &str| {
        let (p50, p99) = (samples.percentile_ms(50), samples.percentile_ms(99));
        figure(&format!("chat ack p50, p99, {what}"), &format!("{p50:.1}, {p99:.1} ms"), bound);
    };
    line("alone", &alone, "");
    line("beside the logins", &beside, "p99 ≤ 100 ms");
    ensure!(count(&answers.other) == 0, "a login was answered otherwise {} times", count(&answers.other));
    ensure!(refused > 0 && away > 0, "that was no flood");
    ensure!(beside.percentile_ms(99) <= BOUND_MS, "chat is held up");
    server.stop().await
}

async fn chat(address: &str, seconds: u64) -> anyhow::Result<Samples> {
    let mut people = Vec::with_capacity(PEOPLE);
    for _ in 0..PEOPLE {
        let mut socket = Socket::connect(address).await?;
        let session = socket.session("simulated").await?;
        people.push((socket, session));
    }
    let start = Instant::now() + Duration::from_millis(500);
    let mut tasks = Vec::with_capacity(PEOPLE);
    for (place, (socket, session)) in people.into_iter().enumerate() {
        let first = start + Duration::from_secs(1) * u32::try_from(place)? / PEOPLE as u32;
        tasks.push(tokio::spawn(crate::chat::speak(socket, session, first, seconds)));
    }
    let mut acks = Samples::default();
    for task in tasks {
        acks.merge(task.await??);
    }
    Ok(acks)
}

/// Tries names that nobody has, one after the other, on a connection that is kept.
async fn knock(address: String, place: usize, answers: Arc<Answers>) -> anyhow::Result<()> {
    let (mut n, mut stream) = (0_u64, TcpStream::connect(&address).await?);
    let mut buffer = vec![0; 16 * 1024];
    while !answers.over.load(Ordering::Relaxed) {
        n += 1;
        let body = format!(r#"{{"name":"nobody{place}x{n}","password":"a password that is wrong"}}"#);
        let head = format!(
            "POST /api/v1/login HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).await?;
        let read = stream.read(&mut buffer).await?;
        ensure!(read > 0, "the server closed a login's connection");
        let status = std::str::from_utf8(buffer.get(9..12).context("no status")?)?;
        let counter = match status {
            "401" => &answers.refused,
            "429" => &answers.turned_away,
            _ => &answers.other,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}
