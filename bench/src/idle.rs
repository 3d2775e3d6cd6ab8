//! Memory of connections that have been let in and rest.

use crate::client::Socket;
use crate::process::Programs;
use crate::stats::{figure, table};

/// Connections before the first look: allocators and tables grow to their working size.
const FIRST: usize = 1_000;

/// Measures the slope between `FIRST` and `connections`.
pub(crate) async fn run(programs: &Programs, connections: usize) -> anyhow::Result<()> {
    let server = programs.server(None, "[gateway]\nconnections_max = 60000\n").await?;
    let empty = server.pss_kib()?;
    let mut sockets = Vec::with_capacity(connections);
    while sockets.len() < FIRST {
        sockets.push(Socket::connect(&server.address).await?);
    }
    let few = server.pss_kib()?;
    while sockets.len() < connections {
        sockets.push(Socket::connect(&server.address).await?);
    }
    let many = server.pss_kib()?;
    table(&format!("Idle connections: {connections}, authenticated, version 2"));
    let all = (many.saturating_sub(empty)) as f64 / connections as f64;
    let slope = (many.saturating_sub(few)) as f64 / (connections - FIRST) as f64;
    figure("Pss per connection, all", &format!("{all:.2} KiB"), "≤ 3 KiB");
    figure(&format!("Pss per connection beyond {FIRST}"), &format!("{slope:.2} KiB"), "≤ 3 KiB");
    drop(sockets);
    server.stop().await
}
