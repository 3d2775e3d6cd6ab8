//! Rows HS: the opening handshake.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use super::scene::{BRISK, Scene};
use super::wire::{Target, V2, text, upgrade_head};

fn status(target: Target, headers: &[&str]) -> u16 {
    target.try_upgrade("/ws", headers).1.status
}

#[test]
fn cn2_hostile_origins_hosts_and_cookies() {
    let mut scene = Scene::start(BRISK);
    let token = scene.server.target.guest();
    let cookie = format!("Cookie: __Host-madang={token}");
    let origin = |scene: &mut Scene, row: &str, origin: &str| {
        let header = format!("Origin: {origin}");
        scene.case(row, origin, |at| assert_eq!(status(at, &[&cookie, &header]), 403));
    };
    origin(&mut scene, "HS-01", "https://evil.example");
    origin(&mut scene, "HS-03", "https://localhost.evil.example");
    origin(&mut scene, "HS-03", "https://evil.example/localhost");
    origin(&mut scene, "HS-05", "null");
    scene.case("HS-02", "a cookie without an origin; a bearer without one", |at| {
        assert_eq!(status(at, &[&cookie]), 403);
        assert_eq!(status(at, &[&cookie, "Origin: http://localhost"]), 101);
        assert_eq!(status(at, &[&format!("Authorization: Bearer {token}")]), 101);
    });
    scene.case("HS-06", "two origins", |at| {
        let good = "Origin: http://localhost";
        assert_eq!(status(at, &[&cookie, good, "Origin: https://evil.example"]), 403);
        assert_eq!(status(at, &[&cookie, "Origin: https://evil.example", good]), 403);
    });
    scene.case("HS-07", "a foreign host with the origin that fits it", |at| {
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "a b", "[::1"] {
            let headers = [&format!("Host: {host}"), &format!("Origin: http://{host}"), &cookie];
            let got = status(at, &headers.map(String::as_str));
            assert!(matches!(got, 400 | 403), "{host:?}: {got}");
        }
    });
}

#[test]
fn cn2_hostile_handshakes() {
    let mut scene = Scene::start(BRISK);
    let swap = |from: &str, to: &str| upgrade_head("/ws", &[]).replace(from, to).into_bytes();
    scene.case("HS-20", "a subprotocol of 32,000 blanks, and 5,000 of them", |at| {
        let blanks = format!("Sec-WebSocket-Protocol: b{}x", " ".repeat(32_000));
        let many = format!("Sec-WebSocket-Protocol: {}", vec!["p"; 5_000].join(","));
        assert_eq!([status(at, &[&blanks]), status(at, &[&many])], [400, 400]);
    });
    scene.case("HS-21", "versions 12, 0 and none", |at| {
        for to in ["Sec-WebSocket-Version: 12\r\n", "Sec-WebSocket-Version: 0\r\n", ""] {
            let answer = at.raw(&swap("Sec-WebSocket-Version: 13\r\n", to));
            assert_eq!((answer.status, answer.header("sec-websocket-version")), (426, Some("13")));
        }
    });
    scene.case("HS-22", "keys of the wrong length", |at| {
        for key in ["dGhlIHNhbXBsZQ==", "????IHNhbXBsZSBub25jZQ==", ""] {
            assert_eq!(at.raw(&swap("dGhlIHNhbXBsZSBub25jZQ==", key)).status, 400, "{key}");
        }
    });
    scene.case("HS-23", "extensions", |at| {
        let wire = at
            .upgrade("/ws", &["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=0; ;;"]);
        assert_eq!(wire.answer.header("sec-websocket-extensions"), None);
    });
    scene.case("HS-25", "requests that hide another", |at| {
        for header in [
            "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: +5",
            "Content-Length: 5",
            "Transfer-Encoding: chunked",
        ] {
            let mut socket = at.socket();
            let head = upgrade_head("/ws", &[header]) + "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
            socket.write_all(head.as_bytes()).unwrap();
            let mut all = Vec::new();
            drop(socket.read_to_end(&mut all));
            let said = String::from_utf8_lossy(&all);
            assert!(said.starts_with("HTTP/1.1 400"), "{header}: {said}");
            assert!(!said.contains("simulated"), "{header}: the second request was answered: {said}");
        }
    });
}

#[test]
fn cn1_hostile_clients_that_never_say_who_they_are() {
    let mut scene = Scene::without_guests(BRISK);
    scene.case("HS-09", "a head that drips", |at| {
        let mut socket = at.socket();
        let begun = Instant::now();
        for byte in upgrade_head("/ws", &[]).bytes().cycle() {
            if socket.write_all(&[byte]).is_err() {
                break;
            }
            // The drip itself.
            std::thread::sleep(Duration::from_millis(5));
            assert!(begun.elapsed() < Duration::from_secs(10), "the drip was never cut");
        }
    });
    scene.case("HS-10", "an upgrade and silence, or a flood", |at| {
        for flood in [false, true] {
            let mut wire = at.upgrade("/ws", &[V2]);
            let begun = Instant::now();
            while flood && begun.elapsed() < Duration::from_secs(5) {
                let junk = json!({"type": "chat_message", "id": "x", "data": {"content": "x".repeat(8_000)}});
                if !wire.bytes(&text(&junk.to_string())) {
                    break;
                }
            }
            let (code, _) = wire.closed();
            // A peer that is cut off while it still sends sees a reset.
            let right =
                if flood { matches!(code, Some(1008 | 4104 | 4401) | None) } else { code == Some(4104) };
            assert!(right, "{code:?}");
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        }
    });
    scene.case("HS-11", "a bad credential and a command in one segment", |at| {
        let mut wire = at.upgrade("/ws", &[]);
        let auth = json!({"type": "auth", "id": "a", "data": {"token": "mdg1.made.up"}});
        let make = json!({"type": "create_session", "id": "c", "data": {}});
        wire.bytes(&[text(&auth.to_string()), text(&make.to_string())].concat());
        let mut answers = Vec::new();
        while let Some(event) = wire.next() {
            answers.push((event["type"].as_str().unwrap().to_owned(), event["data"]["code"].clone()));
        }
        let expected =
            [("error".to_owned(), json!("INVALID_AUTH")), ("disconnected".to_owned(), json!(4401))];
        assert_eq!(answers, expected);
    });
    scene.case("HS-13", "every upgrade route without a credential", |at| {
        for path in ["/ws", "/v1/ws", "/api/v1/ws"] {
            // A browser can't read a refusal of its upgrade: it is let in to say who it is, and to nothing else.
            let mut wire = at.upgrade(path, &[]);
            assert_eq!(wire.ask("l", "list_sessions", &json!({}))["data"]["code"], "INVALID_AUTH");
        }
        let stream = "/api/v1/sessions/ses_01930000000070008000000000000000/events";
        let answer = at.ask(&format!("GET {stream}"), &[], "");
        assert!(matches!(answer.status, 401 | 404), "{answer:?}");
    });
}

#[test]
fn cn1_hostile_use_of_tickets() {
    let mut scene = Scene::start(BRISK);
    let ticket = |at: Target, token: &str| {
        let answer = at.ask("POST /api/v1/tickets", &[&format!("Authorization: Bearer {token}")], "");
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        body["ticket"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    };
    let opens = |at: Target, ticket: &str| status_at(at, ticket) == 101;
    let (own, other) = (scene.server.target.guest(), scene.server.target.guest());
    scene.case("HS-14", "a ticket used twice", |at| {
        let ticket = ticket(at, &own);
        assert_eq!([opens(at, &ticket), opens(at, &ticket)], [true, false]);
    });
    scene.case("HS-15", "sockets that race with a ticket", |at| {
        let ticket = ticket(at, &own);
        let racers: Vec<_> = (0..8)
            .map(|_| {
                let ticket = ticket.clone();
                std::thread::spawn(move || opens(at, &ticket))
            })
            .collect();
        assert_eq!(racers.into_iter().map(|racer| racer.join().unwrap()).filter(|won| *won).count(), 1);
    });
    scene.case("HS-17", "a ticket of one person with the cookie of another", |at| {
        // The explicit comes before the ambient (CN1): the ticket decides, and the cookie decides nothing.
        let mut wire = at.upgrade(
            &format!("/ws?ticket={}", ticket(at, &own)),
            &["Origin: http://localhost", &format!("Cookie: __Host-madang={other}")],
        );
        let mine = at.person(&own).ask("p", "ping", &json!({}));
        assert_eq!(mine["type"], "pong");
        assert!(own.contains(
            wire.event("connected")["data"]["user_id"].as_str().unwrap().trim_start_matches("usr_")
        ));
    });
    drop(scene);
    let mut scene = Scene::start(&BRISK.replace("[hub]", "ticket_ms = 20\n[hub]"));
    let own = scene.server.target.guest();
    scene.case("HS-16", "a ticket after its time", |at| {
        let ticket = ticket(at, &own);
        // Time itself is the case.
        std::thread::sleep(Duration::from_millis(25));
        assert!(!opens(at, &ticket));
    });
}

/// Version 1 is told before the upgrade.
fn status_at(target: Target, ticket: &str) -> u16 {
    target.try_upgrade(&format!("/ws?ticket={ticket}"), &[]).1.status
}

/// How many sockets this process may hold beside its other files, after asking for all that it may ask for:
/// a shell often starts with 1,024 files.
fn room_for_sockets() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let files = if raised.is_ok() { maximum } else { current }.unwrap_or(u64::MAX);
    usize::try_from(files).unwrap_or(usize::MAX).saturating_sub(100)
}

#[test]
fn cn2_hostile_crowds_of_silent_sockets() {
    // Loopback is exempt from the bound on one address (tested in the gateway): here the server's own holds.
    let few = BRISK.replace("[hub]", "connections_max = 100\n[hub]");
    // Somewhat too many: who comes is told so. The silent ones stay for as long as that takes.
    let mut scene = Scene::start(&few.replace("header_ms = 400", "header_ms = 60000"));
    scene.case("HS-26", "300 sockets that send nothing, and one that says who it is", |at| {
        let sockets: Vec<TcpStream> = (0..300).map(|_| at.socket()).collect();
        at.upgrade("/ws", &[V2]).must_close(4100);
        drop(sockets);
    });
    drop(scene);
    let mut scene = Scene::start(&few);
    let crowd = room_for_sockets().min(2_000);
    scene.case("HS-26", "2,000 sockets that send nothing", |at| {
        // Far too many: dropped without a word.
        let mut sockets: Vec<TcpStream> = (0..crowd).map(|_| at.socket()).collect();
        for socket in &mut sockets {
            assert_eq!(socket.read(&mut [0; 1]).unwrap_or(0), 0, "each is dropped in time");
        }
    });
}
