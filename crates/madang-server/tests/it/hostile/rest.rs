//! Rows RE and SS: requests and event streams.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use serde_json::{Value, json};

use super::fields::commands;
use super::scene::{BRISK, Scene, pss_kib};
use super::wire::{Answer, Target};

/// Bytes of a body that no route takes.
const TOO_LARGE: usize = 40 << 20;

fn is_problem(answer: &Answer) -> bool {
    answer.header("content-type") == Some("application/problem+json") && !answer.code().is_empty()
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

#[test]
fn ht3_hostile_pages_of_other_sites() {
    let mut scene = Scene::start(BRISK);
    let token = scene.server.target.guest();
    let cookie = format!("Cookie: __Host-madang={token}");
    let paths = ["/api/v1/tickets", "/api/v1/sessions", "/api/v1/logout", "/api/v1/commands/create_session"];
    let refused = |at: Target, headers: &[&str]| {
        for path in paths {
            let mut all = vec![cookie.as_str()];
            all.extend(headers);
            let answer = at.ask(&format!("POST {path}"), &all, "{}");
            assert_eq!((answer.status, answer.code().as_str()), (403, "FORBIDDEN"), "{path} {headers:?}");
        }
    };
    scene.case("RE-01", "a form of another site", |at| {
        refused(at, &["Origin: https://evil.example"]);
        refused(at, &["Origin: https://evil.example", "Sec-Fetch-Site: cross-site"]);
        refused(at, &["Origin: null"]);
    });
    scene.case("RE-02", "what the browser itself says", |at| {
        for site in ["cross-site", "same-site", "x", ""] {
            refused(at, &[&format!("Sec-Fetch-Site: {site}")]);
        }
    });
    scene.case("RE-03", "no-cors is no excuse", |at| {
        refused(at, &["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"]);
    });
    scene.case("RE-04", "a cookie and not a word of where from", |at| refused(at, &[]));
    scene.case("SS-08", "an event stream for another site's page", |at| {
        let session = at.person(&token).session("s");
        let line = format!("GET /api/v1/sessions/{session}/events");
        for origin in ["https://evil.example", "null"] {
            let answer = at.ask(&line, &[&cookie, &format!("Origin: {origin}")], "");
            assert_eq!(answer.status, 403, "{origin}: {answer:?}");
        }
    });
}

#[test]
fn ht1_hostile_bodies_on_every_route() {
    let mut scene = Scene::start(BRISK);
    let token = scene.server.target.guest();
    scene.case("RE-10", "bodies of the wrong kind for every command", |at| {
        let session = at.person(&token).session("s");
        for (command, _) in commands() {
            for body in
                ["", "null", "[]", "0", "\"x\"", "{", "{\"session_id\":1}", "\u{0}", "{\"session_id\":{}}"]
            {
                for path in [format!("commands/{command}"), format!("sessions/{session}/commands/{command}")]
                {
                    let answer = at.ask(&format!("POST /api/v1/{path}"), &[&bearer(&token)], body);
                    assert!(answer.status < 500, "{path} {body:?}: {answer:?}");
                    assert!(answer.status < 400 || is_problem(&answer), "{path} {body:?}: {answer:?}");
                }
            }
        }
    });
    scene.case("RE-12", "work for nobody", |at| {
        for line in [
            "GET /api/v1/sessions",
            "GET /api/v1/me",
            "POST /api/v1/sessions",
            "POST /api/v1/sessions/import",
            "POST /api/v1/commands/search",
            "GET /api/v1/admin/users",
            "GET /api/v1/admin/usage",
        ] {
            let answer = at.ask(line, &[], "");
            assert_eq!((answer.status, answer.code().as_str()), (401, "INVALID_AUTH"), "{line}: {answer:?}");
        }
        for path in ["tickets", "commands/create_session", "sessions/import", "login"] {
            // Refused by what it says it will be, without reading it.
            let head = format!(
                "POST /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {TOO_LARGE}\r\n\r\n"
            );
            let answer = at.raw(head.as_bytes());
            assert!(matches!(answer.status, 401 | 413), "{path}: {answer:?}");
        }
    });
    scene.case("RE-18", "searches that mean something to a database", |at| {
        let huge = "x".repeat(1 << 16);
        for query in ["%", "_", "' OR 1=1 --", "\"", "*", "NEAR(a b", "a AND", "^", "(", "\u{0}", "\\", &huge]
        {
            let answer = at.person(&token).ask("q", "search", &json!({"query": query}));
            let code = answer["data"]["code"].as_str().unwrap_or_default();
            assert!(answer["type"] == "search_results" || code == "INVALID_DATA", "{query:.20}: {answer}");
            let answer = at.person(&token).ask("q", "list_sessions", &json!({"query": query}));
            let code = answer["data"]["code"].as_str().unwrap_or_default();
            assert!(answer["type"] == "sessions" || code == "INVALID_DATA", "{query:.20}: {answer}");
        }
    });
    scene.case("RE-21", "pages without end, and cursors made up", |at| {
        let mut wire = at.person(&token);
        for (limit, cursor) in [
            (json!(1_000_000_000_u64), json!(null)),
            (json!(1), json!("x")),
            (json!(0), json!("\u{0}")),
            (json!(1), json!("9".repeat(100_000))),
        ] {
            for command in ["list_sessions", "search"] {
                let answer = wire.ask("p", command, &json!({"query": "a", "limit": limit, "cursor": cursor}));
                let code = answer["data"]["code"].as_str().unwrap_or("fine");
                assert!(matches!(code, "fine" | "INVALID_DATA"), "{command}: {answer}");
            }
        }
        for query in ["limit=-1", "limit=99999999999999999999", "limit=x", "cursor=%00", "limit=1&limit=2"] {
            let answer = at.ask(&format!("GET /api/v1/sessions?{query}"), &[&bearer(&token)], "");
            assert!(answer.status < 500, "{query}: {answer:?}");
        }
    });
}

#[test]
fn ht3_hostile_requests_leave_no_trace() {
    let mut scene = Scene::start(BRISK);
    let series = |at: Target| at.ask("GET /metrics", &[], "").body.lines().count();
    scene.case("RE-14", "addresses and programs at random", |at| {
        let before = series(at);
        for n in 0..300 {
            let answer = at.ask(&format!("GET /api/v1/{n}/%2e%2e%2f{n}"), &[&format!("User-Agent: {n}")], "");
            assert!(answer.status < 500, "{answer:?}");
            at.ask(&format!("GET /{n}"), &[], "");
        }
        assert_eq!(series(at), before);
    });
    scene.case("RE-15", "secrets where the server shows itself", |at| {
        let token = at.guest();
        let secret = token.rsplit('.').next().unwrap();
        for path in ["/metrics", "/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/site"] {
            let answer = at.ask(&format!("GET {path}"), &[&bearer(&token)], "");
            assert!(!answer.body.contains(secret) && !answer.body.contains("signing"), "{path}");
        }
    });
    scene.case("RE-19", "what errors tell", |at| {
        let lines = [
            "GET /api/v1/nowhere",
            "DELETE /healthz",
            "GET /api/v1/sessions/%ff",
            "GET /api/v1/sessions/ses_x",
            "POST /api/v1/commands/x",
            "GET /api/v1/../../etc/passwd",
        ];
        for line in lines {
            let answer = at.ask(line, &[], "");
            for leak in ["/src/", "SELECT", "sqlx", "panicked", ".rs:", "/home", "/work", "backtrace"] {
                assert!(!answer.body.contains(leak), "{line}: {answer:?}");
            }
        }
    });
}

/// Opens an event stream; the head of its answer is read.
fn stream(at: Target, session: &str, headers: &[&str]) -> (std::net::TcpStream, Answer) {
    let mut socket = at.socket();
    let mut head = format!("GET /api/v1/sessions/{session}/events HTTP/1.1\r\nHost: localhost\r\n");
    headers.iter().for_each(|header| head.push_str(&format!("{header}\r\n")));
    socket.write_all((head + "\r\n").as_bytes()).unwrap();
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0; 1];
        if socket.read(&mut byte).unwrap_or(0) == 0 {
            break;
        }
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (socket, Answer { status, head, body: String::new() })
}

/// More than may wait for anyone.
fn say_much(at: Target, token: &str, session: &str) {
    let mut author = at.person(token);
    let content = "x".repeat(150_000);
    for n in 0..30 {
        let data = json!({"session_id": session, "content": content});
        let said: Value = author.ask(&format!("{session}-{n}"), "chat_message", &data);
        assert_eq!(said["type"], "ack", "{said}");
    }
}

#[test]
fn ht2_hostile_event_streams() {
    let mut scene = Scene::start(BRISK);
    let (own, other) = (scene.server.target.guest(), scene.server.target.guest());
    let session = scene.server.target.person(&own).session("s");
    let pid = scene.server.pid();
    scene.case("SS-01", "the stream of another", |at| {
        assert_eq!(stream(at, &session, &[&bearer(&own)]).1.status, 200);
        assert_eq!(stream(at, &session, &[&bearer(&other)]).1.status, 404);
        let nowhere = "ses_01930000000070008000000000000000";
        assert_eq!(stream(at, nowhere, &[&bearer(&other)]).1.status, 404);
    });
    scene.case("SS-02", "without a credential, or with one in the address", |at| {
        assert_eq!(stream(at, &session, &[]).1.status, 401);
        assert_eq!(
            at.ask(&format!("GET /api/v1/sessions/{session}/events?token={own}"), &[], "").status,
            401
        );
    });
    scene.case("SS-03", "positions that never were", |at| {
        let long = "9".repeat(20_000);
        for id in ["-1", "18446744073709551616", "x:1", ":", "::", "a:b:c", "0", &long, "\u{fffd}"] {
            let (_, answer) = stream(at, &session, &[&bearer(&own), &format!("Last-Event-ID: {id}")]);
            assert!(matches!(answer.status, 200 | 400), "{id:.20}: {answer:?}");
        }
    });
    scene.case("SS-05", "streams without end", |at| {
        let held: Vec<_> = (0..300).map(|_| stream(at, &session, &[&bearer(&own)])).collect();
        let refused = held.iter().filter(|(_, answer)| answer.status == 429 || answer.status == 503).count();
        assert!(refused > 0, "300 streams of one person were opened");
        assert_eq!(stream(at, &session, &[&bearer(&other)]).1.status, 404, "others are served");
    });
    // The caches of the database have a size that they grow to once, by the first commits of its own and then again by those
    // through the redo log, which there is after some 64: not what this row is about.
    for name in ["warm-1", "warm-2", "warm-3", "warm-4"] {
        let warm = scene.server.target.person(&own).session(name);
        say_much(scene.server.target, &own, &warm);
    }
    let plays = std::cell::Cell::new(0);
    scene.case("SS-06", "a reader who stops", |at| {
        // A repeated case is the same again: in a session of which nothing is said yet, and with the one before gone.
        plays.set(plays.get() + 1);
        let session = at.person(&own).session(&format!("much-{}", plays.get()));
        let before = pss_kib(pid);
        let (socket, answer) = stream(at, &session, &[&bearer(&own)]);
        assert_eq!(answer.status, 200);
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        say_much(at, &own, &session);
        let after = pss_kib(pid);
        let grown = after.zip(before).map(|(after, before)| after.saturating_sub(before));
        // The session itself keeps what was said, 4.5 MB of it: what waits for the reader is beyond that.
        assert!(grown.is_none_or(|grown| grown < 24 << 10), "{grown:?} KiB");
        drop(socket);
    });
}
