//! Memory of connections that have been let in and rest.

use std::time::Duration;

use crate::client::Socket;
use crate::fanout::Rooms;
use crate::process::{Programs, Running};
use crate::stats::{figure, table};

/// Connections before the first look: allocators and tables grow to their working size.
const FIRST: usize = 1_000;
/// Connections of one session that they follow: few, where the session counts too, and many.
const ROOMS: [usize; 2] = [5, 100];
/// People of a session at most; the product's own limit is 200.
const PEOPLE: usize = 50;
/// After so long without anything, connections rest, and the sessions that they follow.
const REST: Duration = Duration::from_secs(8);
/// Limits of the product that would stand in the way of one machine playing everyone. The database's page caches (24
/// MiB at most, by default) are a constant of the server: here they are so small that the first connections fill them, and
/// no further one pays for them.
const CONFIG: &str = "[gateway]\nconnections_max = 60000\nguests_per_minute = 1000000\nheartbeat_ms = 600000\n\
     control_per_second = 100000\ncontrol_burst = 100000\n\
     [store]\nwriter_cache_kib = 512\nreader_cache_kib = 128\n";

/// Measures the slope between `FIRST` and `connections`.
pub(crate) async fn run(programs: &Programs, connections: usize) -> anyhow::Result<()> {
    let server = programs.server(None, CONFIG).await?;
    let empty = server.pss_kib()?;
    let mut sockets = Vec::with_capacity(connections);
    while sockets.len() < FIRST {
        sockets.push(Socket::connect(&server.address).await?);
    }
    let few = rested(&server).await?;
    while sockets.len() < connections {
        sockets.push(Socket::connect(&server.address).await?);
    }
    let many = rested(&server).await?;
    table(&format!("Idle connections: {connections}, authenticated, version 2"));
    tell("", (empty, few, many), connections);
    drop(sockets);
    server.stop().await?;
    for room in ROOMS {
        members(programs, connections, room).await?;
    }
    Ok(())
}

/// The same for members who follow a session; what the sessions themselves take is in it.
async fn members(programs: &Programs, connections: usize, room: usize) -> anyhow::Result<()> {
    let server = programs.server(None, CONFIG).await?;
    let empty = server.pss_kib()?;
    let people = room.min(PEOPLE);
    let fill = |rooms| Rooms::fill(&server.address, rooms, room, people, "simulated");
    let first = fill(FIRST / room).await?;
    let few = rested(&server).await?;
    let rest = fill((connections - FIRST) / room).await?;
    let many = rested(&server).await?;
    let count = first.sockets.len() + rest.sockets.len();
    tell(&format!(", following one of {} sessions of {room}", count / room), (empty, few, many), count);
    drop((first, rest));
    server.kill().await
}

async fn rested(server: &Running) -> anyhow::Result<u64> {
    tokio::time::sleep(REST).await;
    server.pss_kib()
}

fn tell(which: &str, (empty, few, many): (u64, u64, u64), connections: usize) {
    let all = (many.saturating_sub(empty)) as f64 / connections as f64;
    let slope = (many.saturating_sub(few)) as f64 / (connections - FIRST) as f64;
    figure(&format!("Pss per connection{which}, all"), &format!("{all:.2} KiB"), "≤ 3 KiB");
    figure(&format!("Pss per connection{which}, beyond {FIRST}"), &format!("{slope:.2} KiB"), "≤ 3 KiB");
}
