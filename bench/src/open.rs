//! How long a client waits for a long session: from `follow_session` to its state with the newest messages.
//!
//! The log is made through the server itself: one of chat messages alone, and one of which a third are prompts and what came of
//! them. Warm, the session is in memory; cold, the server has
//! been started anew since: once told to end, which lets it tidy up, and once killed. The file cache is warm throughout.

use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::time::Instant;

use crate::client::{Socket, field, guest, number};
use crate::process::{Programs, Running, lasting_address};
use crate::stats::{Samples, figure, table};

/// Openings of each kind.
const OPENINGS: usize = 20;
/// Messages that wait for their acks while the log is made.
const AHEAD: u64 = 200;
/// Chat messages for each event of a turn.
const CHAT_PER_EVENT: u64 = 2;
/// Turns of a session come one after the other, each with several commits: what is made in so long is what is opened.
const MAKING: Duration = Duration::from_secs(120);
/// Limits of the product that would stand in the way, a drain that waits for nobody, and a model that answers at once.
const CONFIG: &str = "[gateway]\nguests_per_minute = 1000000\nchat_per_second = 1000000\nchat_burst = 1000000\n\
     control_per_second = 10000\ncontrol_burst = 10000\ndrain_window_ms = 1\nclose_ms = 10\n\
     [model]\nsimulated_first_piece_ms = 0\nsimulated_pieces_per_second = 0\n";

/// The session, and whose it is.
struct Long {
    token: String,
    session: String,
    /// Its newest position.
    seq: u64,
    /// How many prompts were answered.
    turns: u64,
}

/// What a session is made of.
#[derive(Clone, Copy)]
enum Of {
    Chat,
    Turns,
}

/// Makes each session, and opens it again and again.
pub(crate) async fn run(programs: &Programs, events: u64) -> anyhow::Result<()> {
    for of in [Of::Chat, Of::Turns] {
        measure(programs, events, of).await?;
    }
    Ok(())
}

async fn measure(programs: &Programs, events: u64, of: Of) -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let address = lasting_address()?;
    let mut server = programs.server_in(data.path(), &address, CONFIG).await?;
    let begun = Instant::now();
    let long = match of {
        Of::Chat => fill(&server, events).await?,
        Of::Turns => fill_with_turns(&server, events).await?,
    };
    let made = begun.elapsed();
    let mut first = Samples::default();
    first.add(open(&server, &long).await?);
    let warm = repeat(&server, &long).await?;
    let (mut ended, mut killed, mut ready) = (Samples::default(), Samples::default(), Samples::default());
    for (samples, kills) in [(&mut ended, false), (&mut killed, true)] {
        for _ in 0..OPENINGS {
            if kills {
                server.kill().await?;
            } else {
                server.terminate().await?;
            }
            server = programs.server_in(data.path(), &address, CONFIG).await?;
            ready.add(u64::try_from(server.ready.as_micros())?);
            samples.add(open(&server, &long).await?);
        }
    }
    table(&format!(
        "A session of {} events with {} turns is opened (made in {} s)",
        long.seq,
        long.turns,
        made.as_secs()
    ));
    let line = |what: &str, samples: &Samples, bound: &str| {
        let (p50, p99) = (samples.percentile_ms(50), samples.percentile_ms(99));
        figure(&format!("{what}: p50, p99"), &format!("{p50:.1}, {p99:.1} ms"), bound);
    };
    line("warm, 20 times", &warm, "≤ 200 ms");
    line("cold, 20 times after an orderly restart", &ended, "≤ 200 ms");
    line("cold, 20 times after a kill", &killed, "≤ 200 ms");
    line("start to ready", &ready, "");
    let worst =
        [&warm, &ended, &killed].map(|samples| samples.percentile_ms(99)).into_iter().fold(0.0, f64::max);
    server.kill().await?;
    ensure!(worst <= 200.0, "it opens too slowly");
    Ok(())
}

/// Says so many things in a new session.
async fn fill(server: &Running, events: u64) -> anyhow::Result<Long> {
    let token = guest(&server.address).await?;
    let mut socket = Socket::connect_as(&server.address, &token).await?;
    let session = socket.session("simulated").await?;
    let (mut sent, mut acked, mut seq) = (0, 0, 0);
    while acked < events {
        while sent < events && sent < acked + AHEAD {
            let data = format!(
                r#"{{"session_id":"{session}","content":"Message {sent} of a long session, of ordinary length, as people write them."}}"#
            );
            socket.send("chat_message", &data).await?;
            sent += 1;
        }
        let text = socket.next().await?;
        ensure!(!text.contains(r#""type":"error""#), "refused: {text}");
        acked += text.matches(r#""type":"ack""#).count() as u64;
        // Several may come in one frame, in order: the last position counts.
        let last = text.rfind(r#""seq":"#).and_then(|at| number(&text[at..], "seq"));
        seq = last.unwrap_or(seq);
    }
    Ok(Long { token, session, seq, turns: 0 })
}

/// Asks, and says things while the reply comes, again and again.
async fn fill_with_turns(server: &Running, events: u64) -> anyhow::Result<Long> {
    let token = guest(&server.address).await?;
    let mut socket = Socket::connect_as(&server.address, &token).await?;
    let session = socket.session("simulated").await?;
    let end = Instant::now() + MAKING;
    let (mut turns, mut chat, mut seq) = (0, 0, 0);
    while seq < events && Instant::now() < end {
        let data = format!(r#"{{"session_id":"{session}","content":"Question {turns} to the model?"}}"#);
        socket.send("claude_message", &data).await?;
        // As many as the turns so far call for, and at least one.
        let due = (seq.saturating_sub(chat) * CHAT_PER_EVENT).saturating_sub(chat).clamp(1, AHEAD);
        for _ in 0..due {
            let data = format!(r#"{{"session_id":"{session}","content":"Message {chat}, said meanwhile."}}"#);
            socket.send("chat_message", &data).await?;
            chat += 1;
        }
        turns += 1;
        let (mut acked, mut ended) = (0, false);
        while acked < due + 1 || !ended {
            let text = socket.next().await?;
            ensure!(!text.contains(r#""type":"error""#), "refused: {text}");
            acked += text.matches(r#""type":"ack""#).count() as u64;
            ended |= text.contains(r#""completed":true"#);
            seq = text
                .match_indices(r#""seq":"#)
                .filter_map(|(at, _)| number(&text[at..], "seq"))
                .fold(seq, u64::max);
        }
    }
    let mut long = Long { token, session, seq, turns };
    // The last turn's last event may come after its reply.
    long.seq = number(&state(server, &long).await?.0, "seq").context("a state without a position")?;
    Ok(long)
}

async fn repeat(server: &Running, long: &Long) -> anyhow::Result<Samples> {
    let mut samples = Samples::default();
    for _ in 0..OPENINGS {
        samples.add(open(server, long).await?);
    }
    Ok(samples)
}

/// Opens it once; microseconds.
async fn open(server: &Running, long: &Long) -> anyhow::Result<u64> {
    let (state, took) = state(server, long).await?;
    ensure!(field(&state, "content").is_some(), "a state without messages");
    ensure!(state.contains(&format!(r#""seq":{}"#, long.seq)), "not the newest state");
    Ok(took)
}

/// What a client gets that follows the session, on a connection that is there already; and after how many microseconds.
async fn state(server: &Running, long: &Long) -> anyhow::Result<(String, u64)> {
    let mut socket = Socket::connect_as(&server.address, &long.token).await?;
    let begun = Instant::now();
    socket.send("follow_session", &format!(r#"{{"session_id":"{}"}}"#, long.session)).await?;
    let state = socket.until(r#""type":"session_state""#).await?;
    Ok((state, u64::try_from(begun.elapsed().as_micros())?))
}
