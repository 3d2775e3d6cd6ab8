//! CM4 and trust.md 2.3 A-C: hostile handshakes, frames and envelopes, with somebody beside them who must not notice.

use std::time::Instant;

use madang_gateway::Settings;
use madang_protocol::limits::{
    ANONYMOUS_MESSAGE_BYTES_MAX, EMPTY_FRAGMENTS_MAX, FRAGMENTS_MAX, MESSAGE_BYTES_MAX,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::frames::{close, frame, header};
use crate::raw::{Frame, RawClient, V2, ask, request, soon, upgrade_head};
use crate::server::{TestServer, with_guests};

/// A server, and a connection that must go on working whatever others do.
struct Scene {
    server: TestServer,
    canary: RawClient,
}

impl Scene {
    async fn new(settings: Settings) -> Scene {
        let server = TestServer::start(settings).await;
        let canary = RawClient::v2(&server).await;
        Scene { server, canary }
    }

    /// Sends bytes on a connection of its own, which must be closed with this code.
    #[track_caller]
    fn closes(&mut self, headers: &'static [&str], bytes: Vec<u8>, code: u16) -> impl Future<Output = ()> {
        let at = std::panic::Location::caller();
        async move {
            let mut client = RawClient::connect(&self.server, "/ws", headers).await;
            client.socket.write_all(&bytes).await.ok();
            let (closed, said) = client.closed().await;
            assert_eq!(closed, Some(code), "at {at}");
            assert_eq!(said.map(|said| said["code"].clone()), Some(json!(code)), "at {at}");
            self.canary.must_live().await;
        }
    }
}

#[tokio::test]
async fn cn2_a_handshake_that_is_none_is_refused() {
    let mut scene = Scene::new(with_guests()).await;
    let head = upgrade_head("/ws", &[]);
    let cases = [
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 12", 426),
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 0", 426),
        ("Sec-WebSocket-Version: 13\r\n", "", 426),
        ("Upgrade: websocket", "Upgrade: h2c", 426),
        ("Connection: Upgrade", "Connection: keep-alive", 426),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==", 400),
        ("dGhlIHNhbXBsZSBub25jZQ==", "????IHNhbXBsZSBub25jZQ==", 400),
        ("Upgrade: websocket", "Content-Length: 5\r\nUpgrade: websocket", 400),
        ("Upgrade: websocket", "Transfer-Encoding: chunked\r\nUpgrade: websocket", 400),
        ("Upgrade: websocket", "Content-Length: +5\r\nUpgrade: websocket", 400),
        ("Upgrade: websocket", "Sec-WebSocket-Protocol: graphql\r\nUpgrade: websocket", 400),
        ("GET", "POST", 405),
    ];
    for (from, to, status) in cases {
        let answer = request(&scene.server, &head.replace(from, to)).await;
        assert_eq!(answer.status, status, "{to}");
        if status == 426 {
            assert_eq!(answer.header("sec-websocket-version").as_deref(), Some("13"));
        }
        scene.canary.must_live().await;
    }
    let odd = head
        .replace("Upgrade: websocket", "upgrade: foo, WebSocket")
        .replace("Connection: Upgrade", "connection: keep-alive, UPGRADE");
    assert_eq!(request(&scene.server, &odd).await.status, 101);
    let extensions = ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=0; ;;"];
    let client = RawClient::connect(&scene.server, "/ws", &extensions).await;
    assert_eq!(client.answer.header("sec-websocket-extensions"), None);
}

#[tokio::test]
async fn cn2_hostile_headers_cost_little() {
    let mut scene = Scene::new(with_guests()).await;
    let blanks = format!("Sec-WebSocket-Protocol: b{}x", " ".repeat(32_000));
    let many = format!("Sec-WebSocket-Protocol: {}", vec!["p"; 5_000].join(","));
    let known = format!("{many},madang.v2.json");
    for (value, status) in [(&blanks, 400), (&many, 400), (&known, 101)] {
        let begun = Instant::now();
        assert_eq!(RawClient::try_connect(&scene.server, "/ws", &[value]).await.answer.status, status);
        assert!(begun.elapsed().as_millis() < 1000, "took {:?}", begun.elapsed());
    }
    let long = format!("X-Long: {}", "x".repeat(100_000));
    assert_eq!(RawClient::try_connect(&scene.server, "/ws", &[&long]).await.answer.status, 431);
    let headers: Vec<String> = (0..200).map(|n| format!("X-{n}: x")).collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    assert_eq!(RawClient::try_connect(&scene.server, "/ws", &headers).await.answer.status, 431);
    scene.canary.must_live().await;
}

#[tokio::test]
async fn ht3_half_requests_are_dropped_in_time() {
    let mut scene = Scene::new(Settings { header_ms: 150, ..with_guests() }).await;
    for half in ["", "G", "PRI * HTTP/2.0\r\n\r\nSM", "GET /ws HTTP/1.1\r\nHost: localhost\r\n"] {
        let mut socket = TcpStream::connect(scene.server.address).await.unwrap();
        socket.write_all(half.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        soon("the end", socket.read_to_end(&mut rest)).await.ok();
        scene.canary.must_live().await;
    }
}

#[tokio::test]
async fn ht3_a_head_that_drips_is_dropped_in_time() {
    let scene = Scene::new(Settings { header_ms: 200, ..with_guests() }).await;
    let mut socket = TcpStream::connect(scene.server.address).await.unwrap();
    let head = upgrade_head("/ws", &[]);
    let begun = Instant::now();
    for byte in head.bytes().cycle() {
        if socket.write_all(&[byte]).await.is_err() {
            break;
        }
        // Not a wait for anything: the drip itself.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        assert!(begun.elapsed().as_secs() < 20, "the drip was never cut");
    }
}

#[tokio::test]
async fn en5_frames_that_break_the_rules_close_with_1002() {
    let mut scene = Scene::new(with_guests()).await;
    let unmasked = vec![0x81, 1, b'x'];
    for bytes in [
        unmasked,
        frame(0xc1, b"x"),
        frame(0x83, b"x"),
        frame(0x8b, b"x"),
        frame(0x09, b"x"),
        frame(0x80, b"x"),
        [frame(0x01, b"a"), frame(0x81, b"b")].concat(),
        header(0x81, u64::MAX, [0; 4]),
        frame(0x88, &[3]),
        close(999, b""),
        close(1005, b""),
        close(1006, b""),
        close(1000, &[b'x'; 124]),
        close(1000, b"\xff"),
    ] {
        scene.closes(&[], bytes.clone(), 1002).await;
        scene.closes(&[V2], bytes, 1002).await;
    }
    scene.closes(&[], frame(0x81, b"\xff"), 1007).await;
}

#[tokio::test]
async fn en5_what_is_too_big_closes_with_1009_after_draining() {
    let mut scene = Scene::new(with_guests()).await;
    scene.closes(&[], header(0x81, (1 << 63) - 1, [0; 4]), 1009).await;
    // The client sends all of it before it reads: the close must still reach it.
    scene.closes(&[], frame(0x81, &vec![b'x'; 8 << 20]), 1009).await;
    scene.closes(&[V2], frame(0x81, &vec![b'x'; MESSAGE_BYTES_MAX + 1]), 1009).await;
    let mut fragments = frame(0x01, b"x");
    (0..FRAGMENTS_MAX).for_each(|_| fragments.extend(frame(0x00, b"x")));
    scene.closes(&[], fragments, 1009).await;
    let mut empty = frame(0x01, b"x");
    (0..=EMPTY_FRAGMENTS_MAX).for_each(|_| empty.extend(frame(0x00, b"")));
    scene.closes(&[], empty, 1009).await;
}

#[tokio::test]
async fn en5_the_limit_grows_when_the_credential_is_known() {
    let guests = TestServer::start(with_guests()).await;
    let token = RawClient::v1(&guests).await.token();
    let server = TestServer::start(Settings::default()).await;
    let big = json!({"type": "ping", "id": "big", "data": {"x": "x".repeat(ANONYMOUS_MESSAGE_BYTES_MAX)}})
        .to_string();
    let mut client = RawClient::connect(&server, "/ws", &[]).await;
    client.text(&big).await;
    client.must_close(1009).await;
    let mut client = RawClient::connect(&server, "/ws", &[]).await;
    client.command("1", "auth", json!({"token": token})).await;
    client.event("connected").await;
    client.text(&big).await;
    assert_eq!(client.answer_to("big").await["type"], "pong");
}

#[tokio::test]
async fn en5_large_messages_share_a_budget_and_are_otherwise_refused_alone() {
    let mut scene = Scene::new(Settings { large_budget_bytes: 1 << 20, ..with_guests() }).await;
    let mut client = RawClient::v1(&scene.server).await;
    let upload = |bytes: usize| {
        json!({"data": 0})
            .to_string()
            .replace("{", r#"{"type":"file_upload","id":"up","#)
            .replace(":0", &format!(":\"{}\"", "x".repeat(bytes)))
    };
    client.text(&upload(600_000)).await;
    assert_eq!(
        client.answer_to("up").await["data"]["code"],
        "UNKNOWN_TYPE",
        "read whole, though not yet a command"
    );
    client.text(&upload(2_000_000)).await;
    assert_eq!(client.event("error").await["data"]["code"], "SERVICE_UNAVAILABLE");
    client.must_live().await;
    scene.canary.must_live().await;
}

#[tokio::test]
async fn en5_a_message_that_stops_in_the_middle_closes_in_time() {
    let mut scene = Scene::new(Settings { read_stall_ms: 100, ..with_guests() }).await;
    for bytes in [header(0x81, 200_000, [0; 4]), vec![0x81], frame(0x01, b"begun")] {
        scene.closes(&[V2], bytes, 4103).await;
    }
}

#[tokio::test]
async fn cm4_ping_floods_close_with_1008() {
    let mut scene = Scene::new(with_guests()).await;
    let flood = frame(0x89, b"x").repeat(10_000);
    scene.closes(&[V2], flood, 1008).await;
}

#[tokio::test]
async fn cm4_ten_malformed_messages_in_a_row_close_with_1008() {
    let mut scene = Scene::new(with_guests()).await;
    let malformed = ["", "not json", "[]", "\"x\"", "0", "true", "null", "\u{feff}{}", "NaN", "{\"type\":1}"];
    let bytes: Vec<u8> = malformed.iter().flat_map(|text| crate::frames::text(text)).collect();
    scene.closes(&[], bytes, 1008).await;
    let mut client = RawClient::v2(&scene.server).await;
    for _ in 0..3 {
        for text in &malformed[..9] {
            client.text(text).await;
            assert_eq!(client.event("error").await["data"]["code"], "INVALID_JSON", "{text}");
        }
        client.must_live().await;
    }
}

#[tokio::test]
async fn cm4_hostile_envelopes_are_answered_and_nobody_is_disturbed() {
    let mut scene = Scene::new(with_guests()).await;
    let mut client = RawClient::v2(&scene.server).await;
    let deep = format!(r#"{{"type":"ping","data":{}{}}}"#, "[".repeat(50_000), "]".repeat(50_000));
    let invalid_json = [
        deep.as_str(),
        r#"{"type":"ping","type":"create_session"}"#,
        r#"{"type":"ping","data":{"timestamp":1e400}}"#,
        r#"{"type":null}"#,
        r#"[null]"#,
        r#"[[]]"#,
        r#"{"type":"ping","id":5}"#,
        r#"{"type":"chat_message","data":{"content":"\ud800"}}"#,
    ];
    for text in invalid_json {
        client.text(text).await;
        let code = client.event("error").await["data"]["code"].clone();
        assert!(code == "INVALID_JSON" || code == "INVALID_DATA", "{text}: {code}");
        client.must_live().await;
    }
    for kind in ["__proto__", "constructor", "toString", "cursor_updated", "💥"] {
        client.command("1", kind, Value::Null).await;
        assert_eq!(client.answer_to("1").await["data"]["code"], "UNKNOWN_TYPE");
    }
    client.command("1", &"x".repeat(200_000), Value::Null).await;
    let refused = client.event("error").await;
    assert!(refused.to_string().len() < 2000, "a client's own words come back bounded");
    client.must_live().await;
    scene.canary.must_live().await;
}

#[tokio::test]
async fn cm4_null_at_every_position_is_answered() {
    let mut scene = Scene::new(Settings { control_burst: 1000, chat_burst: 1000, ..with_guests() }).await;
    for kind in madang_protocol::Command::TYPES {
        let mut client = RawClient::v2(&scene.server).await;
        let fields = [
            "session_id",
            "content",
            "message_id",
            "resume",
            "client",
            "token",
            "title",
            "limit",
            "timestamp",
        ];
        for field in fields {
            let id = format!("n-{field}");
            client.command(&id, kind, json!({field: null})).await;
            let answer = client.answer_to(&id).await;
            if *kind == "auth" && answer["data"]["code"] == "INVALID_AUTH" {
                break;
            }
        }
        scene.canary.must_live().await;
    }
}

#[tokio::test]
async fn en2_unknown_types_do_not_count_as_malformed() {
    let scene = Scene::new(Settings { control_burst: 100, ..with_guests() }).await;
    let mut client = RawClient::v1(&scene.server).await;
    for n in 0..30 {
        client
            .command(&format!("c{n}"), "cursor_updated", json!({"position": {"line": 1, "column": 1}}))
            .await;
        assert_eq!(client.answer_to(&format!("c{n}")).await["data"]["code"], "UNKNOWN_TYPE");
    }
    client.must_live().await;
}

#[tokio::test]
async fn en3_binary_messages_are_refused_and_the_connection_lives() {
    let scene = Scene::new(with_guests()).await;
    for headers in [&[][..], &[V2]] {
        let mut client = RawClient::connect(&scene.server, "/ws", headers).await;
        client.bytes(&frame(0x82, b"\x00\xff")).await;
        assert_eq!(client.event("error").await["data"]["code"], "INVALID_DATA");
        client.must_live().await;
    }
}

#[tokio::test]
async fn en3_arrays_are_version_2s() {
    let scene = Scene::new(with_guests()).await;
    let two = json!([{"type": "ping", "id": "a"}, {"type": "ping", "id": "b"}]).to_string();
    let mut v2 = RawClient::v2(&scene.server).await;
    v2.text(&two).await;
    assert_eq!(v2.answer_to("a").await["type"], "pong");
    assert_eq!(v2.answer_to("b").await["type"], "pong");
    let mut v1 = RawClient::v1(&scene.server).await;
    v1.text(&two).await;
    assert_eq!(v1.event("error").await["data"]["code"], "INVALID_JSON");
}

#[tokio::test]
async fn cm5_over_the_rate_is_refused_with_the_time_to_wait() {
    let mut scene = Scene::new(Settings { control_burst: 3, control_per_second: 1, ..with_guests() }).await;
    let mut client = RawClient::v2(&scene.server).await;
    // All at once: no second goes by among them.
    for n in 0..5 {
        client.command(&format!("p{n}"), "list_sessions", json!({})).await;
    }
    let mut codes = std::collections::BTreeMap::new();
    while codes.len() < 5 {
        let answer = client.next().await;
        let Some(id) = answer["correlation_id"].as_str().filter(|id| id.starts_with('p')) else { continue };
        let code = answer["data"]["code"].as_str().unwrap_or("ok");
        codes.insert(id.to_owned(), code.to_owned());
        if code == "RATE_LIMITED" {
            assert!(answer["data"]["retry_after"].as_u64().unwrap() <= 1000);
            assert_eq!(answer["data"]["recoverable"], true);
        }
    }
    let codes: Vec<_> = codes.into_values().collect();
    assert_eq!(codes, ["ok", "ok", "ok", "RATE_LIMITED", "RATE_LIMITED"]);
    scene.canary.must_live().await;
}

#[tokio::test]
async fn cm4_sockets_that_break_off_anywhere_leave_nothing_behind() {
    let scene = Scene::new(with_guests()).await;
    let bytes = [
        upgrade_head("/ws", &[V2]).into_bytes(),
        crate::frames::text(r#"{"type":"hello","data":{"client":{"name":"x","version":"1"}}}"#),
    ]
    .concat();
    for cut in (0..bytes.len()).step_by(7) {
        let mut socket = TcpStream::connect(scene.server.address).await.unwrap();
        socket.write_all(&bytes[..cut]).await.unwrap();
        drop(socket);
    }
    soon("all to be gone", async {
        while scene.server.gateway.connections() != 1 || scene.server.hub.stats().connections != 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn cn6_a_client_that_never_answers_a_close_is_dropped() {
    let scene = Scene::new(Settings { close_ms: 60, ..with_guests() }).await;
    let mut client = RawClient::v2(&scene.server).await;
    client.command("1", "auth", json!({"token": "wrong"})).await;
    assert_eq!(client.closed().await.0, Some(4401));
    assert_eq!(client.frame().await, Frame::End, "the server did not wait for ever");
}

#[tokio::test]
async fn ht3_errors_are_problems_with_safe_headers() {
    let scene = Scene::new(with_guests()).await;
    for (line, status, code) in [
        ("GET /api/v1/nothing", 404, "NOT_FOUND"),
        ("GET /nothing?token=secret", 404, "NOT_FOUND"),
        ("GET /api/v1/tickets", 405, "INVALID_DATA"),
        ("DELETE /healthz", 405, "INVALID_DATA"),
    ] {
        let answer = ask(&scene.server, line, &[]).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (status, Some(code)), "{line}");
        assert_eq!(answer.header("content-type").as_deref(), Some("application/problem+json"));
        assert_eq!(answer.header("x-content-type-options").as_deref(), Some("nosniff"));
        assert_eq!(answer.header("cross-origin-resource-policy").as_deref(), Some("same-origin"));
        assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"));
        assert!(answer.header("x-request-id").unwrap().starts_with("req_"));
        assert!(!answer.body.contains("secret"));
    }
}

#[tokio::test]
async fn ht3_another_sites_page_may_not_post() {
    let scene = Scene::new(with_guests()).await;
    let token = RawClient::v1(&scene.server).await.token();
    let cookie = format!("Cookie: __Host-madang={token}");
    let status = async |headers: &[&str]| ask(&scene.server, "POST /api/v1/tickets", headers).await.status;
    assert_eq!(status(&[&cookie, "Origin: http://localhost"]).await, 200);
    assert_eq!(status(&[&cookie, "Sec-Fetch-Site: same-origin"]).await, 200);
    assert_eq!(status(&[&cookie]).await, 403);
    assert_eq!(status(&[&cookie, "Origin: https://evil.example"]).await, 403);
    for site in ["cross-site", "same-site", "x"] {
        let fetch = format!("Sec-Fetch-Site: {site}");
        assert_eq!(status(&[&cookie, "Origin: http://localhost", &fetch]).await, 403, "{site}");
        assert_eq!(status(&[&cookie, &fetch, "Sec-Fetch-Mode: no-cors"]).await, 403, "{site}");
    }
    assert_eq!(ask(&scene.server, "POST /api/v1/guests", &["Content-Length: 70000"]).await.status, 413);
}

#[tokio::test]
async fn ht4_cors_follows_the_allow_list() {
    let server =
        TestServer::start(Settings { allowed_origins: vec!["https://app.example".into()], ..with_guests() })
            .await;
    let preflight = async |origin: &str| {
        let origin = format!("Origin: {origin}");
        ask(&server, "OPTIONS /api/v1/guests", &[&origin, "Access-Control-Request-Method: POST"]).await
    };
    for origin in ["https://app.example", "http://localhost:5173"] {
        let answer = preflight(origin).await;
        assert_eq!(answer.header("access-control-allow-origin").as_deref(), Some(origin));
        assert_eq!(answer.header("access-control-allow-credentials").as_deref(), Some("true"));
    }
    assert_eq!(preflight("https://app.example.evil").await.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn ht3_health_readiness_and_metrics() {
    let scene = Scene::new(with_guests()).await;
    let health = ask(&scene.server, "GET /healthz", &[]).await;
    assert_eq!((health.status, health.json()["simulated"].clone()), (200, json!(true)));
    assert_eq!(health.json()["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(ask(&scene.server, "GET /readyz", &[]).await.status, 200);
    let metrics = ask(&scene.server, "GET /metrics", &[]).await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.body.contains("madang_websockets 1\n"), "{}", metrics.body);
    let series = metrics.body.lines().count();
    for n in 0..50 {
        ask(&scene.server, &format!("GET /random/{n}"), &[&format!("User-Agent: {n}")]).await;
    }
    assert_eq!(ask(&scene.server, "GET /metrics", &[]).await.body.lines().count(), series);
    assert_eq!(ask(&scene.server, "GET /metrics", &["X-Forwarded-For: 1.2.3.4"]).await.status, 404);
}
