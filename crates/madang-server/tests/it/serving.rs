//! From ready to gone.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

use crate::binary::Server;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Status, headers and body of a GET.
fn get(url: &str, headers: &[(&str, &str)]) -> (u16, reqwest::header::HeaderMap, Vec<u8>) {
    runtime().block_on(async {
        let client = reqwest::Client::builder().build().unwrap();
        let request =
            headers.iter().fold(client.get(url), |request, (name, value)| request.header(*name, *value));
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.headers().clone(), response.bytes().await.unwrap().to_vec())
    })
}

/// Whether `/readyz` says yes; no answer is a no.
fn is_ready(url: &str) -> bool {
    let answer = runtime().block_on(async { reqwest::get(format!("{url}/readyz")).await });
    answer.is_ok_and(|answer| answer.status().is_success())
}

#[test]
fn it_says_where_it_is_and_that_the_model_is_simulated() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--guests"]);
    assert_eq!(server.printed.len(), 2, "{:?}", server.printed);
    assert!(server.printed[0].starts_with("Warning: the simulated model answers"), "{:?}", server.printed);
    assert!(server.url().starts_with("http://127.0.0.1:"), "{}", server.url());
    assert!(!server.url().ends_with(":0"), "{}", server.url());
    let (status, _, body) = get(&format!("{}/healthz", server.url()), &[]);
    let health = String::from_utf8(body).unwrap();
    assert_eq!(status, 200, "{health}");
    assert!(health.contains("simulated"), "{health}");
    assert_eq!(get(&format!("{}/readyz", server.url()), &[]).0, 200);
}

#[test]
fn cn8_a_signal_drains_and_ends_with_success() {
    for signal in ["TERM", "INT"] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path(), &[]);
        server.signal(signal);
        let (code, printed) = server.wait();
        assert_eq!((code, printed.as_str()), (Some(0), ""), "SIG{signal}");
        // Everything is in the database and its log is folded in: the sign of a clean stop.
        assert!(!folder.path().join("madang.db-wal").exists(), "SIG{signal}");
    }
}

#[test]
fn cn8_a_second_signal_stops_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("madang.toml");
    // So long that only a second signal can end the wait for a client that doesn't answer.
    std::fs::write(&config, "[gateway]\nclose_ms = 600000\n").unwrap();
    let server =
        Server::start(&folder.path().join("data"), &["--guests", "--config", config.to_str().unwrap()]);
    let mut silent = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
    let upgrade = format!(
        "GET /ws HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        server.url().strip_prefix("http://").unwrap()
    );
    silent.write_all(upgrade.as_bytes()).unwrap();
    let mut answer = [0; 12];
    silent.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
    server.signal("TERM");
    while is_ready(server.url()) {}
    server.signal("TERM");
    assert_eq!(server.wait().0, Some(1));
}

#[test]
fn it_starts_again_after_it_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let key = |folder: &std::path::Path| std::fs::read(folder.join("secrets/signing.key")).unwrap();
    let server = Server::start(folder.path(), &[]);
    let before = key(folder.path());
    server.signal("KILL");
    assert_eq!(server.wait().0, None);
    let _again = Server::start(folder.path(), &[]);
    assert_eq!(key(folder.path()), before);
}

#[test]
fn only_its_owner_can_read_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let _server = Server::start(&data, &[]);
    let mode = |name: &str| data.join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode(""), mode("secrets"), mode("secrets/signing.key"), mode("madang.db")),
        (0o700, 0o700, 0o600, 0o600)
    );
}

#[test]
fn it_is_ready_soon() {
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let _server = Server::start(folder.path(), &[]);
    // The promise is 100 ms for the optimised binary on an idle machine (bench/); this only catches a wait.
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

#[test]
fn the_app_is_served_with_a_strict_policy() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (status, headers, body) = get(&format!("{}/", server.url()), &[("accept", "text/html")]);
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(status, 200);
    assert!(String::from_utf8(body).unwrap().contains("<title>Madang</title>"));
    assert!(header("content-security-policy").starts_with("default-src 'none'; script-src 'self';"));
    assert!(!header("content-security-policy").contains("unsafe"));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-cache"),
    ] {
        assert_eq!(header(name), value, "{name}");
    }
    let tag = header("etag");
    assert_eq!(get(&format!("{}/", server.url()), &[("if-none-match", &tag)]).0, 304);
    assert_eq!(get(&format!("{}/s/some-session", server.url()), &[("accept", "text/html")]).0, 200);
    assert_eq!(get(&format!("{}/gone.js", server.url()), &[]).0, 404);
    assert_eq!(get(&format!("{}/api/v1/gone", server.url()), &[("accept", "text/html")]).0, 404);
}
