//! How long a client waits for a long session: from `follow_session` to its state with the newest messages.
//!
//! The log is made through the server itself, chat message by chat message. Warm, the session is in memory; cold, the server has
//! been started anew since: once told to end, which lets it tidy up, and once killed. The file cache is warm throughout.

use anyhow::ensure;
use tokio::time::Instant;

use crate::client::{Socket, field, guest, number};
use crate::process::{Programs, Running, lasting_address};
use crate::stats::{Samples, figure, table};

/// Openings of each kind.
const OPENINGS: usize = 20;
/// Messages that wait for their acks while the log is made.
const AHEAD: u64 = 200;
/// Limits of the product that would stand in the way, and a drain that waits for nobody.
const CONFIG: &str = "[gateway]\nguests_per_minute = 1000000\nchat_per_second = 1000000\nchat_burst = 1000000\n\
     control_per_second = 10000\ncontrol_burst = 10000\ndrain_window_ms = 1\nclose_ms = 10\n";

/// The session, and whose it is.
struct Long {
    token: String,
    session: String,
    /// Its newest position.
    seq: u64,
}

/// Makes the session, and opens it again and again.
pub(crate) async fn run(programs: &Programs, events: u64) -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let address = lasting_address()?;
    let mut server = programs.server_in(data.path(), &address, CONFIG).await?;
    let begun = Instant::now();
    let long = fill(&server, events).await?;
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
    table(&format!("A session of {} events is opened (made in {} s)", long.seq, made.as_secs()));
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
    Ok(Long { token, session, seq })
}

async fn repeat(server: &Running, long: &Long) -> anyhow::Result<Samples> {
    let mut samples = Samples::default();
    for _ in 0..OPENINGS {
        samples.add(open(server, long).await?);
    }
    Ok(samples)
}

/// Opens it once, on a connection that is there already; microseconds.
async fn open(server: &Running, long: &Long) -> anyhow::Result<u64> {
    let mut socket = Socket::connect_as(&server.address, &long.token).await?;
    let begun = Instant::now();
    socket.send("follow_session", &format!(r#"{{"session_id":"{}"}}"#, long.session)).await?;
    let state = socket.until(r#""type":"session_state""#).await?;
    let took = u64::try_from(begun.elapsed().as_micros())?;
    ensure!(field(&state, "content").is_some(), "a state without messages");
    ensure!(state.contains(&format!(r#""seq":{}"#, long.seq)), "not the newest state");
    Ok(took)
}
