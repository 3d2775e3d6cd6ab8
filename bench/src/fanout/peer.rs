//! Bun's uWebSockets, given the same publishers, payloads and viewers.

use std::io::{Read, Write};
use std::path::Path;

use anyhow::bail;

use super::{Measured, Shape, VIEWERS, WARM_UP, measure, publishers};
use crate::crowd::{Crowd, Marked, text_frame};
use crate::process::Programs;

/// Measures the program with its script.
pub(super) async fn run(
    programs: &Programs,
    (bun, script): (&Path, &Path),
    shape: &Shape,
) -> anyhow::Result<Measured> {
    let server = programs.peer(bun, script).await?;
    let sockets: Vec<_> = (0..VIEWERS)
        .map(|place| join(&server.address, place / shape.fan()))
        .collect::<anyhow::Result<_>>()?;
    let wire = Marked(|out: &mut Vec<u8>, _, payload: &str| text_frame(out, payload.as_bytes()));
    let mut crowd = Crowd::new(sockets, &publishers(), Box::new(wire))?;
    crowd.settle()?;
    crowd.window(shape.rate, WARM_UP, shape.fan() as u64)?;
    let measured = measure(&mut crowd, &server, shape, shape.seconds)?;
    drop(crowd);
    server.kill().await?;
    Ok(measured)
}

fn join(address: &str, room: usize) -> anyhow::Result<std::net::TcpStream> {
    let mut socket = std::net::TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let head = format!(
        "GET /?room=r{room} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(head.as_bytes())?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0; 1];
        socket.read_exact(&mut byte)?;
        answer.push(byte[0]);
    }
    if !answer.starts_with(b"HTTP/1.1 101") {
        bail!("the peer refused: {}", String::from_utf8_lossy(&answer));
    }
    Ok(socket)
}
