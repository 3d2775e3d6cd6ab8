//! Measures the memory of idle connections: `cargo run --release -p madang-gateway --example idle -- 10000`.
//!
//! The server runs in a process of its own; its Pss is read before and after, with every connection authenticated and
//! past its `hello`. Both processes need as many files as there are connections.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement, run by hand")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;

use madang_accounts::Accounts;
use madang_bus::LocalBus;
use madang_gateway::{Gateway, Settings, serve};
use madang_hub::{Clock as _, Hub, SystemClock};
use madang_store::SqliteStore;
use madang_testkit::ScriptedModel;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections before the first reading, so that what is made once is in it.
const WARM_UP: usize = 500;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("serve") => {
            tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(run())
        }
        count => measure(count.map_or(10_000, |count| count.parse().unwrap())),
    }
}

/// The server: says its address, and ends with its standard input.
async fn run() {
    let dir = tempfile::tempdir().unwrap();
    let store =
        SqliteStore::open(&dir.path().join("madang.db"), madang_store::Settings::default()).await.unwrap();
    let hub = madang_hub::Settings::default();
    let model = ScriptedModel::new();
    let store = Arc::new(store);
    let accounts =
        Accounts::new(madang_accounts::Settings::default(), store.clone(), Arc::new(|| SystemClock.now()))
            .unwrap();
    let hub = Hub::start(hub, store, model, Arc::new(LocalBus::default()), Arc::new(SystemClock));
    let settings = Settings { guests: true, ..Settings::default() };
    let gateway = Gateway::new(settings, (hub.await.unwrap(), accounts), &[1; 32], None);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let parent_gone = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0; 1]));
    tokio::select! {
        served = serve(gateway.unwrap(), listener, None, std::future::pending()) => served.unwrap(),
        _ = parent_gone => {}
    }
}

fn measure(count: usize) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let connect = || open(address.trim());
    let mut connections: Vec<TcpStream> = (0..WARM_UP).map(|_| connect()).collect();
    let before = pss_kib(child.id());
    connections.extend((0..count).map(|_| connect()));
    let after = pss_kib(child.id());
    println!("{WARM_UP} connections: {before} KiB, {} more: {after} KiB", count);
    println!("{:.2} KiB of Pss a connection", (after - before) as f64 / count as f64);
    drop(connections);
    drop(child.stdin.take());
    child.wait().unwrap();
}

/// Connects as a guest with version 2, up to and including `connected`.
fn open(address: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).unwrap();
    let head = "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                Sec-WebSocket-Protocol: madang.v2.json\r\n\r\n";
    let hello = br#"{"type":"hello","id":"1","data":{"client":{"name":"idle","version":"1"}}}"#;
    socket.write_all(head.as_bytes()).unwrap();
    socket.write_all(&[0x81, 0x80 | hello.len() as u8, 0, 0, 0, 0]).unwrap();
    socket.write_all(hello).unwrap();
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while !seen.windows(9).any(|window| window == b"connected") {
        let read = socket.read(&mut buffer).unwrap();
        assert!(read > 0, "closed: {}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&buffer[..read]);
    }
    socket
}

/// Proportional set size of a process.
fn pss_kib(pid: u32) -> u64 {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
