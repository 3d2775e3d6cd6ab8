//! Durable chat: many connections, each in its own session, acks after the disk.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::client::Socket;
use crate::process::Programs;
use crate::stats::{Samples, figure, table};

/// Connections, and messages a second in all.
const CONNECTIONS: usize = 1_000;

/// Measures the time from when a message was due to its ack.
pub(crate) async fn run(programs: &Programs, seconds: u64) -> anyhow::Result<()> {
    let server = programs
        .server(None, "[gateway]\nconnections_max = 60000\nconnections_per_person_max = 60000\n")
        .await?;
    let mut sockets = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let mut socket = Socket::connect(&server.address).await?;
        let session = socket.session("simulated").await?;
        sockets.push((socket, session));
    }
    let before = server.cpu()?;
    let start = Instant::now() + Duration::from_millis(500);
    let mut tasks = Vec::with_capacity(CONNECTIONS);
    for (place, (socket, session)) in sockets.into_iter().enumerate() {
        let first = start + Duration::from_secs(1) * u32::try_from(place)? / CONNECTIONS as u32;
        tasks.push(tokio::spawn(speak(socket, session, first, seconds)));
    }
    let mut acks = Samples::default();
    for task in tasks {
        acks.merge(task.await??);
    }
    let cpu = server.cpu()? - before;
    table(&format!("Chat: {CONNECTIONS} connections, {CONNECTIONS} messages/s in all, {seconds} s, durable"));
    figure("acks", &acks.len().to_string(), "");
    figure("ack p50", &format!("{:.1} ms", acks.percentile_ms(50)), "");
    figure("ack p99", &format!("{:.1} ms", acks.percentile_ms(99)), "≤ 50 ms");
    figure("server CPU per message", &format!("{:.0} µs", cpu.as_secs_f64() * 1e6 / acks.len() as f64), "");
    server.stop().await
}

/// One person: a message a second, whether or not the one before was acked in time.
pub(crate) async fn speak(
    mut socket: Socket,
    session: String,
    first: Instant,
    seconds: u64,
) -> anyhow::Result<Samples> {
    let mut acks = Samples::default();
    for second in 0..seconds {
        let due = first + Duration::from_secs(second);
        sleep_until(due).await;
        let data = format!(
            r#"{{"session_id":"{session}","content":"A message of ordinary length, number {second}."}}"#
        );
        let id = socket.send("chat_message", &data).await?;
        let wanted = format!(r#""correlation_id":"b{id}""#);
        let answer = socket.until(&wanted).await?;
        anyhow::ensure!(answer.contains(r#""type":"ack""#), "refused: {answer}");
        acks.add(u64::try_from(due.elapsed().as_micros())?);
    }
    Ok(acks)
}
