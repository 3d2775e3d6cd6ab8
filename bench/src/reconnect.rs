//! Everyone comes back at once after a kill: how long until the last one has exactly what was missed (RS1).

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::time::Instant;

use crate::client::{Socket, field, guest, number};
use crate::process::{Programs, lasting_address};
use crate::stats::{Samples, figure, table};

/// Connections of one session; all are devices of one person.
const DEVICES: usize = 10;
/// Files that are not connections.
const SPARE_FILES: usize = 300;
/// Time for the last one to be back.
const BOUND: Duration = Duration::from_secs(10);
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);
/// Limits of the product that would stand in the way of one machine playing everyone.
pub(crate) const CONFIG: &str = "[gateway]\nconnections_max = 60000\nconnections_per_person_max = 60000\nguests_per_minute = 1000000\ncontrol_per_second = 10000\ncontrol_burst = 10000\n";

/// One connection as it was when the server was killed.
struct Left {
    token: String,
    session: String,
    epoch: String,
    /// The position before the last event, so that everyone has missed one.
    seq: u64,
}

/// Kills a server with so many connections, and measures how they come back.
pub(crate) async fn run(programs: &Programs, connections: usize) -> anyhow::Result<()> {
    let connections = connections.min(files()?.saturating_sub(SPARE_FILES));
    let data = tempfile::tempdir()?;
    let server = programs.server_in(data.path(), &lasting_address()?, CONFIG).await?;
    let address = server.address.clone();
    let (mut sockets, mut left) = (Vec::new(), Vec::new());
    while left.len() < connections {
        settle(&address, &mut sockets, &mut left).await?;
    }
    server.kill().await?;
    drop(sockets);
    let killed = Instant::now();
    let server = programs.server_in(data.path(), &address, CONFIG).await?;
    let ready = killed.elapsed();
    let address: Arc<str> = address.into();
    let backs: Vec<_> = left
        .into_iter()
        .map(|left| {
            let address = address.clone();
            tokio::spawn(async move {
                let socket = tokio::time::timeout(PATIENCE, come_back(&address, &left)).await??;
                anyhow::Ok((socket, killed.elapsed()))
            })
        })
        .collect();
    let (mut times, mut held) = (Samples::default(), Vec::new());
    for back in backs {
        let (socket, time) = back.await??;
        times.add(u64::try_from(time.as_micros())?);
        held.push(socket);
    }
    let last = times.percentile_ms(100);
    table(&format!(
        "Reconnect: {connections} connections of {} sessions at once after a kill",
        connections / DEVICES
    ));
    figure("kill to ready", &format!("{} ms", ready.as_millis()), "≤ 2,000 ms");
    figure("kill to resumed exactly, p50", &format!("{:.0} ms", times.percentile_ms(50)), "");
    figure("kill to resumed exactly, the last", &format!("{last:.0} ms"), "≤ 10,000 ms");
    ensure!(last <= BOUND.as_secs_f64() * 1e3, "the last one came back too late");
    drop(held);
    server.kill().await
}

/// A person with a session and their devices, all of which have seen the same.
async fn settle(address: &str, sockets: &mut Vec<Socket>, left: &mut Vec<Left>) -> anyhow::Result<()> {
    let token = guest(address).await?;
    let mut first = Socket::connect_as(address, &token).await?;
    let session = first.session("simulated").await?;
    first
        .send("chat_message", &format!(r#"{{"session_id":"{session}","content":"before the kill"}}"#))
        .await?;
    let said = first.until(r#""type":"message_created""#).await?;
    let epoch = field(&said, "epoch").context("no epoch")?.to_owned();
    let seq = number(&said, "seq").context("no position")?;
    sockets.push(first);
    for _ in 1..DEVICES {
        let mut socket = Socket::connect_as(address, &token).await?;
        socket.send("follow_session", &format!(r#"{{"session_id":"{session}"}}"#)).await?;
        socket.until(r#""type":"session_state""#).await?;
        sockets.push(socket);
    }
    left.extend((0..DEVICES).map(|_| Left {
        token: token.clone(),
        session: session.clone(),
        epoch: epoch.clone(),
        seq: seq - 1,
    }));
    Ok(())
}

/// Comes back, and reads what was missed.
async fn come_back(address: &str, left: &Left) -> anyhow::Result<Socket> {
    let Left { token, session, epoch, seq } = left;
    let resume = format!(r#"{{"sessions":{{"{session}":{{"epoch":"{epoch}","seq":{seq}}}}}}}"#);
    let mut socket = Socket::resume(address, token, &resume).await?;
    socket.until(r#""type":"resumed""#).await?;
    Ok(socket)
}

/// Files that a process may open here.
fn files() -> anyhow::Result<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find(|line| line.starts_with("Max open files")).context("no limit of files")?;
    Ok(line.split_whitespace().nth(3).context("no figure")?.parse()?)
}
